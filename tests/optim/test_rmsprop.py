"""RMSprop: two steps worked by hand, and PyTorch's over fifty."""

import itertools
import math

import numpy as np
import pytest

from minigrad.optim import RMSprop
from minigrad.tensor import Tensor

pytestmark = pytest.mark.usefixtures("device")


def test_by_hand(path):
    # alpha 0.75, gradients 2, 2: the mean square is 1, then 0.75 + 1 = 1.75
    steps = path(lambda ps: RMSprop(ps, lr=0.1, alpha=0.75), [2.0, 2.0])
    assert steps == pytest.approx([0.8, 0.8 - 0.2 / math.sqrt(1.75)], abs=1e-8)


def test_centered_by_hand(path):
    # mean 0.5, then 0.375 + 0.5 = 0.875; variance 1 - 0.25 = 0.75, then 1.75 - 0.765625 = 0.984375
    steps = path(lambda ps: RMSprop(ps, lr=0.1, alpha=0.75, eps=0, centered=True), [2.0, 2.0])
    p1 = 1 - 0.2 / math.sqrt(0.75)
    assert steps == pytest.approx([p1, p1 - 0.2 / math.sqrt(0.984375)], abs=1e-14)


def test_momentum_by_hand(path):
    # buf 2 / 1 = 2, then 0.5 * 2 + 2 / sqrt(1.75)
    steps = path(lambda ps: RMSprop(ps, lr=0.1, alpha=0.75, eps=0, momentum=0.5), [2.0, 2.0])
    assert steps == pytest.approx([0.8, 0.8 - 0.1 * (1 + 2 / math.sqrt(1.75))], abs=1e-14)


def test_weight_decay_and_maximize_by_hand(path):
    # g = -1 + 0.5 p = -0.5; the mean square is 0.0625, so the step is 0.1 * 0.5 / 0.25 = 0.2, up.
    steps = path(lambda ps: RMSprop(ps, lr=0.1, alpha=0.75, weight_decay=0.5, maximize=True), [1.0])
    assert steps == pytest.approx([1.2], abs=1e-7)


@pytest.mark.parametrize(
    ("centered", "momentum", "weight_decay", "maximize"),
    list(itertools.product((False, True), (0, 0.9), (0, 0.1), (False, True))),
)
def test_as_pytorch(same_as_torch, centered, momentum, weight_decay, maximize):
    same_as_torch(
        "RMSprop",
        lr=0.001,
        centered=centered,
        momentum=momentum,
        weight_decay=weight_decay,
        maximize=maximize,
    )


def test_other_alpha_and_eps_as_pytorch(same_as_torch):
    same_as_torch("RMSprop", alpha=0.5, eps=1e-3)


def test_float32_as_pytorch(same_as_torch):
    same_as_torch("RMSprop", 1e-5, np.float32, lr=0.001, momentum=0.9)


def test_a_negative_alpha_is_refused():
    with pytest.raises(ValueError, match=r"RMSprop: expected alpha to be at least 0, got -0\.5"):
        RMSprop([Tensor(np.ones(1))], alpha=-0.5)
