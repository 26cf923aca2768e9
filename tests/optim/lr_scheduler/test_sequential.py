"""Schedules one after another."""

import pytest

from minigrad.optim import SGD
from minigrad.optim.lr_scheduler import (
    ChainedScheduler,
    CosineAnnealingLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
)


def test_warm_up_then_cosine_by_hand(optimizer, rates):
    warm_up = LinearLR(optimizer, start_factor=0.25, total_iters=3)
    cosine = CosineAnnealingLR(optimizer, T_max=2)
    scheduler = SequentialLR(optimizer, [warm_up, cosine], milestones=[3])
    assert rates(scheduler, 6) == pytest.approx([0.25, 0.5, 0.75, 1, 0.5, 0], abs=1e-15)


def test_three_by_hand(optimizer, rates):
    parts = [
        LambdaLR(optimizer, lambda t: 0.1),
        ExponentialLR(optimizer, gamma=0.5),
        StepLR(optimizer, step_size=1, gamma=0.1),
    ]
    scheduler = SequentialLR(optimizer, parts, milestones=[2, 4])
    assert rates(scheduler, 7) == pytest.approx([0.1, 0.1, 1, 0.5, 1, 0.1, 0.01])


@pytest.mark.parametrize(
    "make",
    [
        lambda s, o: s.SequentialLR(o, [s.LinearLR(o, 0.1, total_iters=5), s.CosineAnnealingLR(o, 15)], [5]),
        lambda s, o: s.SequentialLR(o, [s.StepLR(o, 2), s.ExponentialLR(o, 0.9), s.LinearLR(o)], [7, 12]),
        lambda s, o: s.SequentialLR(o, [s.LambdaLR(o, lambda t: 0.5), s.MultiStepLR(o, [2, 4])], [6]),
        lambda s, o: s.SequentialLR(o, [s.ExponentialLR(o, 0.5), s.LambdaLR(o, lambda t: 1 / (t + 1))], [6]),
        lambda s, o: s.SequentialLR(o, [s.ExponentialLR(o, 0.9)], []),
        lambda s, o: s.SequentialLR(o, [s.LinearLR(o, 0.1), s.ExponentialLR(o, 0.9)], [0]),
        lambda s, o: s.SequentialLR(o, [s.LinearLR(o, 0.1), s.StepLR(o, 1), s.ExponentialLR(o, 0.9)], [0, 3]),
        lambda s, o: s.SequentialLR(o, [s.ConstantLR(o, 0.5, 3), s.PolynomialLR(o, 9)], [5]),
        lambda s, o: s.SequentialLR(o, [s.StepLR(o, 2), s.ConstantLR(o, 0.1, 6)], [4]),
        lambda s, o: s.SequentialLR(o, [s.LinearLR(o), s.CosineAnnealingWarmRestarts(o, 3, 2)], [5]),
        lambda s, o: s.ChainedScheduler([s.ConstantLR(o, 0.1, 7), s.ExponentialLR(o, 0.9)]),
        lambda s, o: s.ChainedScheduler([s.LinearLR(o), s.StepLR(o, 4), s.StepLR(o, 6)], o),
    ],
)
def test_as_pytorch(same_as_torch, make):
    same_as_torch(make)


def test_what_does_not_fit_together_is_refused(optimizer):
    first, second = StepLR(optimizer, 2), ExponentialLR(optimizer, 0.5)
    with pytest.raises(ValueError, match="expected at least one schedule"):
        SequentialLR(optimizer, [], [])
    with pytest.raises(ValueError, match="one milestone between each two schedules, 1 in all, got 2"):
        SequentialLR(optimizer, [first, second], [2, 4])
    with pytest.raises(ValueError, match="schedule 1 belongs to another optimizer"):
        other = SGD(optimizer.param_groups[0]["params"], lr=1.0)
        SequentialLR(optimizer, [first, StepLR(other, 2)], [2])
    with pytest.raises(ValueError, match="schedule 1 is a ReduceLROnPlateau, which is not supported"):
        SequentialLR(optimizer, [first, ReduceLROnPlateau(optimizer)], [2])
    with pytest.raises(NotImplementedError, match=r"SequentialLR\.step: epoch=1 is not supported"):
        SequentialLR(optimizer, [first, second], [2]).step(1)


def test_what_cannot_be_chained_is_refused(optimizer):
    first = StepLR(optimizer, 2)
    other = SGD(optimizer.param_groups[0]["params"], lr=1.0)
    with pytest.raises(ValueError, match="ChainedScheduler: expected at least one schedule"):
        ChainedScheduler([])
    with pytest.raises(ValueError, match="ChainedScheduler: schedule 1 belongs to another optimizer"):
        ChainedScheduler([first, StepLR(other, 2)])
    with pytest.raises(ValueError, match="schedule 1 is a ReduceLROnPlateau, which is not supported"):
        ChainedScheduler([first, ReduceLROnPlateau(optimizer)])


def test_a_chain_takes_no_epoch(optimizer):
    with pytest.raises(NotImplementedError, match=r"ChainedScheduler\.step: epoch=1 is not supported"):
        ChainedScheduler([StepLR(optimizer, 2)]).step(1)
