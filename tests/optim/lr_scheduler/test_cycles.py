"""Schedules that rise and fall, by hand, and beside PyTorch's step by step."""

import importlib
import math
import warnings

import pytest

from minigrad import optim
from minigrad.optim.lr_scheduler import CosineAnnealingWarmRestarts, CyclicLR, OneCycleLR
from tests.optim.lr_scheduler.conftest import tensors


def test_warm_restarts_by_hand(optimizer, rates):
    # Two epochs down, then four: 0.2 + 0.8 (1 + cos) / 2.
    high, low = 0.6 + 0.4 * math.sqrt(0.5), 0.6 - 0.4 * math.sqrt(0.5)
    scheduler = CosineAnnealingWarmRestarts(optimizer, T_0=2, T_mult=2, eta_min=0.2)
    assert rates(scheduler, 7) == pytest.approx([1, 0.6, 1, high, 0.6, low, 1])


def test_between_two_epochs(optimizer):
    scheduler = CosineAnnealingWarmRestarts(optimizer, T_0=2)
    optimizer.step()
    low, high = (1 - math.sqrt(0.5)) / 2, (1 + math.sqrt(0.5)) / 2
    for epoch, expected in ((0.5, high), (1, 0.5), (2, 1), (3.5, low)):
        scheduler.step(epoch)
        assert scheduler.get_last_lr()[0] == pytest.approx(expected)
        assert scheduler.last_epoch == math.floor(epoch)
    with pytest.raises(ValueError, match="epoch of at least 0, got -1"):
        scheduler.step(-1)


def test_one_cycle_by_hand(optimizer, rates):
    # From 8 / 4 in two steps up to 8 and in three down to 2 / 2.
    scheduler = OneCycleLR(
        optimizer, 8, 6, pct_start=0.5, anneal_strategy="linear", div_factor=4, final_div_factor=2
    )
    assert rates(scheduler, 6) == pytest.approx([2, 5, 8, 8 - 7 / 3, 8 - 14 / 3, 1])
    assert scheduler.last_epoch == 6  # after the last batch, too, a step is taken
    with pytest.raises(ValueError, match=r"OneCycleLR: step 7 of a cycle of 6 steps"):
        scheduler.step()


def test_cycles_by_hand(optimizer, rates):
    scheduler = CyclicLR(optimizer, 1, 5, step_size_up=2, step_size_down=4, mode="triangular2")
    assert rates(scheduler, 10) == pytest.approx([1, 3, 5, 4, 3, 2, 1, 2, 3, 2.5])


def followed(make, kind, schedules, parameter, epochs=25):
    """The rates and momenta that a schedule sets, step by step."""
    groups = [{"params": [parameter()]}, {"params": [parameter()], "lr": 0.02}]
    optimizer = kind(groups, lr=0.1)
    scheduler, seen = make(schedules, optimizer), []
    for _ in range(epochs):
        momenta = [g["betas"][0] if "betas" in g else g["momentum"] for g in optimizer.param_groups]
        seen.append([*(g["lr"] for g in optimizer.param_groups), *momenta])
        optimizer.step()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PyTorch's, about its own internals
            scheduler.step()
    return seen


SCHEDULES = {
    "one cycle": lambda s, o: s.OneCycleLR(o, 0.5, total_steps=25),
    "epochs and steps": lambda s, o: s.OneCycleLR(o, [0.5, 0.1], epochs=5, steps_per_epoch=6),
    "three phases": lambda s, o: s.OneCycleLR(o, 0.5, 25, three_phase=True, pct_start=0.4),
    "straight": lambda s, o: s.OneCycleLR(o, 0.5, 25, anneal_strategy="linear", base_momentum=0.5),
    "constant momentum": lambda s, o: s.OneCycleLR(o, 0.5, 30, cycle_momentum=False, div_factor=10.0),
    "triangles": lambda s, o: s.CyclicLR(o, 0.01, 0.1, 4),
    "lower triangles": lambda s, o: s.CyclicLR(o, [0.01, 0.02], [0.1, 0.3], 3, 5, "triangular2"),
    "exponential": lambda s, o: s.CyclicLR(o, 0.01, 0.1, 6, mode="exp_range", gamma=0.97, max_momentum=0.99),
    "own scale": lambda s, o: s.CyclicLR(o, 0.01, 0.1, 4, scale_fn=lambda n: 1 / n),
    "own scale by step": lambda s, o: s.CyclicLR(
        o, 0.01, 0.1, 4, scale_fn=lambda n: 0.9**n, scale_mode="iterations", cycle_momentum=False
    ),
}


@pytest.mark.parametrize("make", SCHEDULES.values(), ids=SCHEDULES)
@pytest.mark.parametrize("kind", ["SGD", "Adam"])
def test_rates_and_momenta_as_pytorch(make, kind):
    torch = pytest.importorskip("torch")
    theirs = importlib.import_module("torch.optim.lr_scheduler")
    ours = followed(make, getattr(optim, kind), optim.lr_scheduler, lambda: tensors(1)[0])
    expected = followed(make, getattr(torch.optim, kind), theirs, lambda: torch.ones(1, requires_grad=True))
    for step, (our, their) in enumerate(zip(ours, expected, strict=True)):
        assert our == pytest.approx(their, rel=1e-12, abs=1e-15), f"step {step}"


@pytest.mark.parametrize(
    "make",
    [
        lambda s, o: s.CosineAnnealingWarmRestarts(o, 4),
        lambda s, o: s.CosineAnnealingWarmRestarts(o, T_0=3, T_mult=2, eta_min=1e-3),
        lambda s, o: s.OneCycleLR(o, 0.5, total_steps=25),
        lambda s, o: s.CyclicLR(o, 0.01, 0.1, 4, mode="triangular2"),
        lambda s, o: s.CyclicLR(o, 0.01, 0.1, 4, scale_fn=lambda n: 1 / n),
    ],
)
def test_as_pytorch_and_from_a_saved_state(same_as_torch, make):
    same_as_torch(make)


def test_what_makes_no_sense_is_refused(optimizer):
    with pytest.raises(ValueError, match="expected T_0 to be an integer, 1 or more, got 0"):
        CosineAnnealingWarmRestarts(optimizer, 0)
    with pytest.raises(ValueError, match=r"T_mult to be an integer, 1 or more, got 1\.5"):
        CosineAnnealingWarmRestarts(optimizer, 2, 1.5)
    with pytest.raises(ValueError, match="give total_steps, or epochs and steps_per_epoch"):
        OneCycleLR(optimizer, 1.0, epochs=3)
    with pytest.raises(ValueError, match="pct_start to be a share from 0 to 1, got 30"):
        OneCycleLR(optimizer, 1.0, 10, pct_start=30)
    with pytest.raises(ValueError, match=r"pct_start to be a share from 0 to 1, got '0\.3'"):
        OneCycleLR(optimizer, 1.0, 10, pct_start="0.3")
    with pytest.raises(ValueError, match="anneal_strategy 'cos' or 'linear', got 'step'"):
        OneCycleLR(optimizer, 1.0, 10, anneal_strategy="step")
    with pytest.raises(ValueError, match=r"expected mode 'triangular'.*got 'round'"):
        CyclicLR(optimizer, 0.1, 1.0, mode="round")
    with pytest.raises(ValueError, match="expected scale_mode 'cycle' or 'iterations', got 'step'"):
        CyclicLR(optimizer, 0.1, 1.0, scale_mode="step")
    with pytest.raises(ValueError, match="one max_lr for each of the optimiser's 2 parameter groups, got 3"):
        CyclicLR(optimizer, 0.1, [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match=r"Adagrad has neither momentum nor betas.*cycle_momentum=False"):
        OneCycleLR(optim.Adagrad(tensors(1)), 1.0, 10)


def test_what_the_cycles_keep_and_the_shortest_one(optimizer):
    assert OneCycleLR(optimizer, 0.5, total_steps=1, cycle_momentum=False).cycle_momentum is False
    assert CyclicLR(optimizer, 0.01, 0.1, cycle_momentum=False).cycle_momentum is False
