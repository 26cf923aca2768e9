"""Adagrad: two steps worked by hand, and PyTorch's over fifty."""

import itertools
import math

import numpy as np
import pytest

from minigrad.optim import Adagrad
from minigrad.tensor import Tensor

pytestmark = pytest.mark.usefixtures("device")


def test_by_hand(path):
    # sum of squares: 9, 25; steps 0.1 * 3 / 3 and 0.1 * 4 / 5
    assert path(lambda ps: Adagrad(ps, lr=0.1), [3.0, 4.0]) == pytest.approx([0.9, 0.82], abs=1e-10)


def test_decay_of_the_rate_and_a_start_by_hand(path):
    # rates 0.1 and 0.1 / 1.5; sum of squares 16 + 9, then 25 + 11
    steps = path(
        lambda ps: Adagrad(ps, lr=0.1, lr_decay=0.5, initial_accumulator_value=16), [3.0, math.sqrt(11)]
    )
    assert steps == pytest.approx([1 - 0.06, 0.94 - 0.1 / 1.5 * math.sqrt(11) / 6], abs=1e-10)


def test_weight_decay_and_maximize_by_hand(path):
    # g = -1 + 0.5 p = -0.5; the sum of squares is 0.25, so the step is lr g / |g|: up.
    # Then p = 1.1 and g = -1 + 0.55 = -0.45; sum 0.4525.
    steps = path(lambda ps: Adagrad(ps, lr=0.1, weight_decay=0.5, maximize=True), [1.0, 1.0])
    assert steps == pytest.approx([1.1, 1.1 + 0.045 / math.sqrt(0.4525)], abs=1e-9)


@pytest.mark.parametrize(
    ("lr_decay", "weight_decay", "maximize"), list(itertools.product((0, 0.1), (0, 0.1), (False, True)))
)
def test_as_pytorch(same_as_torch, lr_decay, weight_decay, maximize):
    same_as_torch("Adagrad", lr_decay=lr_decay, weight_decay=weight_decay, maximize=maximize)


def test_a_start_and_another_eps_as_pytorch(same_as_torch):
    same_as_torch("Adagrad", lr=0.1, initial_accumulator_value=0.5, eps=1e-3)


def test_float32_as_pytorch(same_as_torch):
    same_as_torch("Adagrad", 1e-5, np.float32)


def test_the_state_is_there_before_the_first_step():
    optimizer = Adagrad([Tensor(np.ones((2, 2)))], initial_accumulator_value=0.5)
    state = optimizer.state_dict()["state"][0]
    assert state["sum"].tolist() == [[0.5, 0.5], [0.5, 0.5]]
    assert state["step"].item() == 0
