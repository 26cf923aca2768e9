"""The schedule of weight averaging, by hand, and beside PyTorch's step by step."""

import math

import pytest

from minigrad import optim
from minigrad.optim import lr_scheduler
from minigrad.optim.swa_utils import SWALR


def test_linear_by_hand(optimizer, rates):
    assert rates(SWALR(optimizer, 0.2, 4, "linear"), 7) == pytest.approx([1, 0.8, 0.6, 0.4, 0.2, 0.2, 0.2])


def test_cosine_by_hand(optimizer, rates):
    high, low = 0.6 + 0.4 * math.sqrt(0.5), 0.6 - 0.4 * math.sqrt(0.5)
    assert rates(SWALR(optimizer, 0.2, 4), 6) == pytest.approx([1, high, 0.6, low, 0.2, 0.2])


def test_at_once(optimizer, rates):
    assert rates(SWALR(optimizer, [0.5, 0.1], 0), 3) == [0.5, 0.5, 0.5]
    assert optimizer.param_groups[1]["lr"] == 0.1


@pytest.mark.parametrize(
    "options",
    [
        {"swa_lr": 0.05},
        {"swa_lr": [0.5, 0.001], "anneal_epochs": 7, "anneal_strategy": "linear"},
        {"swa_lr": 0.3, "anneal_epochs": 0},
        {"swa_lr": 0.3, "anneal_epochs": 1},
    ],
)
def test_torch_gives_the_same(same_as_torch, options):
    torch = pytest.importorskip("torch")

    def make(schedules, optimizer):
        utils = optim.swa_utils if schedules is lr_scheduler else torch.optim.swa_utils
        return utils.SWALR(optimizer, **options)

    same_as_torch(make)


def test_torch_gives_the_same_beside_another_schedule(same_as_torch):
    torch = pytest.importorskip("torch")

    def make(schedules, optimizer):
        utils = optim.swa_utils if schedules is lr_scheduler else torch.optim.swa_utils
        first = schedules.ExponentialLR(optimizer, 0.9)
        return schedules.ChainedScheduler([first, utils.SWALR(optimizer, 0.05, 6)])

    same_as_torch(make)


def test_what_makes_no_sense_is_refused(optimizer):
    with pytest.raises(ValueError, match="SWALR: expected anneal_strategy 'cos' or 'linear', got 'steps'"):
        SWALR(optimizer, 0.1, anneal_strategy="steps")
    with pytest.raises(ValueError, match="anneal_epochs to be an integer, 0 or more, got -1"):
        SWALR(optimizer, 0.1, -1)
    with pytest.raises(ValueError, match="one swa_lr for each of the optimiser's 2 parameter groups, got 3"):
        SWALR(optimizer, [0.1, 0.2, 0.3])
    with pytest.raises(TypeError, match="SWALR: expected an Optimizer, got float"):
        SWALR(0.1, optimizer)
