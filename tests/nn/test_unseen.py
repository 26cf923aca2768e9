"""Layers in a plain list are warned of when an optimiser asks for parameters, and nothing else is."""

import warnings

import pytest

import minigrad as mg
from minigrad import nn


class Holder(nn.Module):
    """A module with one layer of its own, and something else."""

    def __init__(self, held):
        super().__init__()
        self.own = nn.Linear(2, 2)
        self.held = held


def layers(n=2):
    return [nn.Linear(2, 2) for _ in range(n)]


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (layers(), ("Holder.held", "list with 2 modules", "nn.ModuleList(held)")),
        (tuple(layers(3)), ("tuple with 3 modules", "nn.ModuleList(held)")),
        (dict(zip("ab", layers(), strict=True)), ("dict with 2 modules", "nn.ModuleDict(held)")),
        ([layers(), layers()], ("list with 4 modules",)),
        (
            [nn.Parameter(mg.ones(1)), nn.Parameter(mg.ones(2))],
            ("list with 2 parameters", "nn.ParameterList(held)"),
        ),
    ],
)
def test_what_is_not_seen_is_named(held, words):
    model = nn.Sequential(Holder(held))
    with pytest.warns(UserWarning) as caught:
        found = list(model.parameters())
    assert len(found) == 2 and len(caught) == 1
    assert caught[0].filename == __file__
    for word in words:
        assert word in str(caught[0].message)


def frozen(layer):
    return layer.requires_grad_(False)


@pytest.mark.parametrize(
    "held",
    [
        [],
        [1, 2],
        [nn.ReLU(), nn.Tanh()],
        layers(1),  # a teacher, say, hidden on purpose
        [frozen(layer) for layer in layers(3)],
        nn.ModuleList(layers()),
        {"mean": 0.0, "layer": nn.Linear(1, 1)},
    ],
)
def test_what_may_be_meant_is_left_alone(held):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        list(Holder(held).parameters())


def test_what_is_registered_elsewhere_is_left_alone():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = layers()
            self.order = [self.second, self.first]

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(list(Net().parameters())) == 4


def test_a_step_of_training_does_not_look():
    """zero_grad is called in every step, and has nothing to tell."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Holder(layers()).zero_grad()
