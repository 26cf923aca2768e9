"""SGD: two steps worked by hand, and PyTorch's over fifty."""

import itertools

import numpy as np
import pytest

from minigrad.optim import SGD
from minigrad.tensor import Tensor

pytestmark = pytest.mark.usefixtures("device")


def test_plain_steps_by_hand(path):
    #                                                          1 - 0.1 * 0.5, then - 0.1 * -0.2
    assert path(lambda ps: SGD(ps, lr=0.1), [0.5, -0.2]) == pytest.approx([0.95, 0.97], abs=1e-15)


def test_momentum_by_hand(path):
    # buf: 0.5; 0.9 * 0.5 - 0.2 = 0.25; 0.9 * 0.25 + 0.3 = 0.525
    expected = [1 - 0.05, 0.95 - 0.025, 0.925 - 0.0525]
    assert path(lambda ps: SGD(ps, lr=0.1, momentum=0.9), [0.5, -0.2, 0.3]) == pytest.approx(
        expected, abs=1e-15
    )


def test_nesterov_by_hand(path):
    # buf: 0.5, then 0.25; d = g + 0.9 buf: 0.5 + 0.45 = 0.95, then -0.2 + 0.225 = 0.025
    expected = [1 - 0.095, 0.905 - 0.0025]
    steps = path(lambda ps: SGD(ps, lr=0.1, momentum=0.9, nesterov=True), [0.5, -0.2])
    assert steps == pytest.approx(expected, abs=1e-15)


def test_dampening_does_not_touch_the_first_step(path):
    # buf: 0.5; 0.9 * 0.5 + (1 - 0.4) * -0.2 = 0.33
    steps = path(lambda ps: SGD(ps, lr=0.1, momentum=0.9, dampening=0.4), [0.5, -0.2])
    assert steps == pytest.approx([0.95, 0.95 - 0.033], abs=1e-15)


def test_weight_decay_and_maximize_by_hand(path):
    # d = -g + 0.1 p: -0.5 + 0.1 = -0.4, so p = 1.04; then 0.2 + 0.104 = 0.304
    steps = path(lambda ps: SGD(ps, lr=0.1, weight_decay=0.1, maximize=True), [0.5, -0.2])
    assert steps == pytest.approx([1.04, 1.04 - 0.0304], abs=1e-15)


@pytest.mark.parametrize(
    ("momentum", "weight_decay", "maximize"), list(itertools.product((0, 0.9), (0, 0.1), (False, True)))
)
def test_as_pytorch(same_as_torch, momentum, weight_decay, maximize):
    same_as_torch("SGD", lr=0.01, momentum=momentum, weight_decay=weight_decay, maximize=maximize)


def test_dampening_and_nesterov_as_pytorch(same_as_torch):
    same_as_torch("SGD", lr=0.01, momentum=0.8, dampening=0.3, weight_decay=0.01)
    same_as_torch("SGD", lr=0.01, momentum=0.8, nesterov=True, weight_decay=0.01)


def test_float32_as_pytorch(same_as_torch):
    same_as_torch("SGD", 1e-5, np.float32, lr=0.01, momentum=0.9)


@pytest.mark.parametrize(
    "options", [{"nesterov": True}, {"nesterov": True, "momentum": 0.9, "dampening": 0.1}]
)
def test_nesterov_without_momentum_or_with_dampening_is_refused(options):
    with pytest.raises(ValueError, match="nesterov needs a momentum above 0 and a dampening of 0"):
        SGD([Tensor(np.ones(1))], **options)


def test_without_momentum_there_is_no_state():
    p = Tensor(np.ones(1), requires_grad=True)
    optimizer = SGD([p], lr=0.1)
    p.grad = Tensor(np.ones(1))
    optimizer.step()
    assert optimizer.state_dict()["state"] == {}
