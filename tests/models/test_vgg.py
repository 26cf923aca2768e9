"""VGG: torchvision's names and numbers."""

import numpy as np
import pytest

from tests.models.conftest import numbers


@pytest.fixture
def undrawn(library, monkeypatch):
    """Networks are made without drawing their weights, of which there are many."""
    module = library.models("vgg")
    monkeypatch.setattr(module, "start", lambda layer: None)
    for layer in (library.nn.Linear, library.nn.Conv2d):
        monkeypatch.setattr(layer, "reset_parameters", lambda layer: None)
    return module


@pytest.mark.parametrize(
    ("builder", "parameters", "places"),
    [
        ("vgg11", 132_863_336, (0, 3, 6, 8, 11, 13, 16, 18)),
        ("vgg16", 138_357_544, (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)),
    ],
)
def test_names_and_numbers_of_parameters_are_torchvisions(undrawn, builder, parameters, places):
    model = getattr(undrawn, builder)()
    assert numbers(model) == parameters
    state = model.state_dict()
    layers = [*(f"features.{i}" for i in places), "classifier.0", "classifier.3", "classifier.6"]
    assert list(state) == [f"{layer}.{name}" for layer in layers for name in ("weight", "bias")]
    assert tuple(state[f"{layers[-4]}.weight"].shape) == (512, 512, 3, 3)
    assert tuple(state["classifier.0.weight"].shape) == (4096, 25088)
    assert tuple(state["classifier.6.weight"].shape) == (1000, 4096)


def test_each_stage_ends_with_a_pool(library):
    model = library.models("vgg").VGG(((4,), (8, 8)), 5, 0.5).eval()
    sides = []
    for layer in model.features:
        if type(layer).__name__ == "MaxPool2d":
            layer.register_forward_hook(lambda layer, inputs, output: sides.append(tuple(output.shape)))
    assert model(library.lib.zeros(2, 3, 28, 30)).shape == (2, 5)
    assert sides == [(2, 4, 14, 15), (2, 8, 7, 7)]


def test_first_weights(library):
    library.lib.manual_seed(0)
    state = library.models("vgg").VGG(((4,), (8, 8)), 5, 0.5).state_dict()
    assert state["features.3.weight"].numpy().std() == pytest.approx((2 / (8 * 9)) ** 0.5, rel=0.15)
    assert state["classifier.3.weight"].numpy().std() == pytest.approx(0.01, rel=0.01)
    assert not state["features.0.bias"].numpy().any() and not state["classifier.0.bias"].numpy().any()


def test_torch_gives_the_same_scores(on_both, monkeypatch):
    import benchmarks.frameworks.torch_models as on_torch
    from models import vgg

    for file in (vgg, on_torch.models("vgg")):
        monkeypatch.setattr(file, "VGG11", ((4,), (8, 8)))
    ours, theirs = on_both.outputs("vgg", "vgg11", (2, 3, 32, 32), train=True)
    assert np.abs(ours - theirs).max() < 1e-5 * max(1, np.abs(theirs).max())
