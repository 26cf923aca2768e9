"""Each schedule against its closed form worked by hand, and against PyTorch's epoch by epoch."""

import functools
import math

import pytest

from minigrad.optim.lr_scheduler import (
    ConstantLR,
    CosineAnnealingLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiplicativeLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)


def test_step_by_hand(optimizer, rates):
    assert rates(StepLR(optimizer, step_size=3), 7) == pytest.approx([1, 1, 1, 0.1, 0.1, 0.1, 0.01])


def test_multi_step_by_hand(optimizer, rates):
    scheduler = MultiStepLR(optimizer, milestones=[2, 3, 3, 5], gamma=0.5)  # 3 is named twice
    assert rates(scheduler, 7) == pytest.approx([1, 1, 0.5, 0.125, 0.125, 0.0625, 0.0625])


def test_exponential_by_hand(optimizer, rates):
    assert rates(ExponentialLR(optimizer, gamma=0.5), 4) == pytest.approx([1, 0.5, 0.25, 0.125])


def test_linear_warm_up_by_hand(optimizer, rates):
    scheduler = LinearLR(optimizer, start_factor=0.25, total_iters=3)
    assert rates(scheduler, 6) == pytest.approx([0.25, 0.5, 0.75, 1, 1, 1])


def test_linear_decay_by_hand(optimizer, rates):
    scheduler = LinearLR(optimizer, start_factor=1, end_factor=0.2, total_iters=4)
    assert rates(scheduler, 6) == pytest.approx([1, 0.8, 0.6, 0.4, 0.2, 0.2])


def test_cosine_by_hand(optimizer, rates):
    # From 1 down to 0.2 and up again: 0.6 + 0.4 cos(pi t / 4).
    half = 0.4 * math.sqrt(0.5)
    down = [1, 0.6 + half, 0.6, 0.6 - half]
    expected = [*down, 0.2, *reversed(down[1:]), *down]
    assert rates(CosineAnnealingLR(optimizer, T_max=4, eta_min=0.2), 12) == pytest.approx(expected)


def test_cosine_down_to_zero_comes_up_again(optimizer, rates):
    seen = rates(CosineAnnealingLR(optimizer, T_max=2), 9)
    assert seen == pytest.approx([1, 0.5, 0, 0.5, 1, 0.5, 0, 0.5, 1], abs=1e-12)


def test_lambda_by_hand(optimizer, rates):
    scheduler = LambdaLR(optimizer, [lambda t: 1 / (t + 1), lambda t: 1])
    assert rates(scheduler, 3) == pytest.approx([1, 1 / 2, 1 / 3])
    assert optimizer.param_groups[1]["lr"] == 0.2


class Power:
    """A factor with a state, as a class."""

    def __init__(self, base):
        self.base = base

    def __call__(self, epoch):
        return self.base**epoch


def test_lambda_saves_the_attributes_of_objects_and_no_functions(optimizer):
    state = LambdaLR(optimizer, [Power(0.5), lambda t: 1]).state_dict()
    assert state["lr_lambdas"] == [{"base": 0.5}, None]
    other = LambdaLR(optimizer, [Power(0.1), lambda t: 1])
    other.load_state_dict(state)
    assert other.lr_lambdas[0].base == 0.5
    assert other.lr_lambdas[1](3) == 1


@pytest.mark.parametrize(
    "make",
    [
        lambda s, o: s.StepLR(o, 4),
        lambda s, o: s.StepLR(o, step_size=3, gamma=0.7),
        lambda s, o: s.MultiStepLR(o, [3, 4, 4, 11]),
        lambda s, o: s.MultiStepLR(o, milestones=(1, 20), gamma=0.3),
        lambda s, o: s.ExponentialLR(o, 0.9),
        lambda s, o: s.CosineAnnealingLR(o, 10),
        lambda s, o: s.CosineAnnealingLR(o, T_max=7, eta_min=1e-3),
        lambda s, o: s.CosineAnnealingLR(o, T_max=1),
        lambda s, o: s.LinearLR(o),
        lambda s, o: s.LinearLR(o, start_factor=0.1, end_factor=0.8, total_iters=9),
        lambda s, o: s.LinearLR(o, start_factor=1.0, end_factor=0.0, total_iters=12),
        lambda s, o: s.LambdaLR(o, lambda epoch: 0.95**epoch),
        lambda s, o: s.LambdaLR(o, [lambda epoch: epoch // 3, functools.partial(pow, 0.9)]),
        lambda s, o: s.LambdaLR(o, Power(0.8)),
        lambda s, o: s.MultiplicativeLR(o, lambda epoch: 0.95),
        lambda s, o: s.MultiplicativeLR(o, [lambda epoch: 1 + 1 / epoch, Power(0.99)]),
        lambda s, o: s.ConstantLR(o),
        lambda s, o: s.ConstantLR(o, factor=0.25, total_iters=9),
        lambda s, o: s.PolynomialLR(o),
        lambda s, o: s.PolynomialLR(o, total_iters=17, power=1.5),
    ],
)
def test_as_pytorch(same_as_torch, make):
    same_as_torch(make)


def test_constant_by_hand(optimizer, rates):
    assert rates(ConstantLR(optimizer, factor=0.25, total_iters=2), 4) == pytest.approx([0.25, 0.25, 1, 1])


def test_constant_from_nothing(optimizer, rates):
    assert rates(ConstantLR(optimizer, factor=0, total_iters=2), 4) == [0, 0, 1, 1]


def test_polynomial_by_hand(optimizer, rates):
    scheduler = PolynomialLR(optimizer, total_iters=4, power=2)
    assert rates(scheduler, 6) == pytest.approx([1, 9 / 16, 4 / 16, 1 / 16, 0, 0])


def test_multiplicative_by_hand(optimizer, rates):
    assert rates(MultiplicativeLR(optimizer, lambda t: t), 5) == pytest.approx([1, 1, 2, 6, 24])


def test_a_constant_factor_outside_its_range_is_refused(optimizer):
    with pytest.raises(ValueError, match=r"expected factor in \[0, 1\], got 2"):
        ConstantLR(optimizer, factor=2)


@pytest.mark.parametrize("start", [0, -0.5, 1.5])
def test_a_linear_start_outside_its_range_is_refused(optimizer, start):
    with pytest.raises(ValueError, match=r"expected start_factor in \(0, 1\], got"):
        LinearLR(optimizer, start_factor=start)


def test_a_linear_end_outside_its_range_is_refused(optimizer):
    with pytest.raises(ValueError, match=r"expected end_factor in \[0, 1\], got 2"):
        LinearLR(optimizer, end_factor=2)


def test_lambdas_must_be_as_many_as_groups(optimizer):
    with pytest.raises(
        ValueError, match="one lr_lambda for each of the optimiser's 2 parameter groups, got 1"
    ):
        LambdaLR(optimizer, [lambda epoch: 1.0])
