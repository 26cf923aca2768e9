"""NAdam: two steps worked by hand, and PyTorch's over fifty."""

import itertools
import math

import numpy as np
import pytest

from minigrad.optim import NAdam
from minigrad.tensor import Tensor

pytestmark = pytest.mark.usefixtures("device")


def test_by_hand_with_a_constant_momentum(path):
    # momentum_decay 0 makes every mu 0.9 / 2 = 0.45; gradients 0.5, -0.2; beta2 0.999.
    # Products of mu: 0.45, 0.2025, 0.091125. m: 0.05, 0.025; v / (1 - beta2^t): 0.25, 0.00028975 / 0.001999.
    # Step 1: 0.55 * 0.5 / 0.55 + 0.45 * 0.05 / 0.7975 = 0.5 + 0.0225 / 0.7975
    # Step 2: 0.55 * -0.2 / 0.7975 + 0.45 * 0.025 / 0.908875
    p1 = 1 - 0.1 * (0.5 + 0.0225 / 0.7975) / (0.5 + 1e-8)
    p2 = p1 - 0.1 * (-0.11 / 0.7975 + 0.01125 / 0.908875) / (math.sqrt(0.00028975 / 0.001999) + 1e-8)
    steps = path(lambda ps: NAdam(ps, lr=0.1, momentum_decay=0), [0.5, -0.2])
    # The product is kept in float32, as in PyTorch: seven digits of 0.2025.
    assert steps == pytest.approx([p1, p2], abs=1e-8)


def test_the_momentum_grows_by_the_published_schedule(path):
    # mu_t = 0.9 (1 - 0.96^(t psi) / 2); with psi = 250 and 500, 0.96^250 = 3.7e-5 and 0.96^500 = 1.4e-9.
    mu1, mu2 = 0.9 * (1 - 0.5 * 0.96**250), 0.9 * (1 - 0.5 * 0.96**500)
    step = 0.5 + mu2 * 0.05 / (1 - mu1 * mu2)  # (1 - mu1) g / (1 - mu1) = g
    steps = path(lambda ps: NAdam(ps, lr=0.1, momentum_decay=250), [0.5])
    assert steps == pytest.approx([1 - 0.1 * step / (0.5 + 1e-8)], abs=1e-7)


def test_weight_decay_by_hand(path):
    # The coupled decay makes 0.2 of the gradient -0.3, and both share in the first step: with mu = 0.45,
    # d = 0.2 and m = 0.02 it is (0.2 + 0.45 * 0.02 / 0.7975) / 0.2. Decoupled: 0.95, then with d = -0.3.
    def steps(decoupled):
        options = {"lr": 0.1, "momentum_decay": 0, "weight_decay": 0.5, "decoupled_weight_decay": decoupled}
        return path(lambda ps: NAdam(ps, **options), [-0.3])

    share = 1 + 0.045 / 0.7975
    assert steps(False) == pytest.approx([1 - 0.1 * share], abs=1e-7)
    assert steps(True) == pytest.approx([0.95 + 0.1 * share], abs=1e-7)


def test_maximize_mirrors(path):
    up = path(lambda ps: NAdam(ps, maximize=True), [0.5, -0.2])
    assert up == pytest.approx(path(NAdam, [-0.5, 0.2]), abs=1e-15)
    assert up[0] > 1


@pytest.mark.parametrize(
    ("weight_decay", "decoupled", "maximize"),
    [(0, False, False), *itertools.product((0.1,), (False, True), (False, True))],
)
def test_as_pytorch(same_as_torch, weight_decay, decoupled, maximize):
    same_as_torch("NAdam", weight_decay=weight_decay, decoupled_weight_decay=decoupled, maximize=maximize)


def test_other_decays_as_pytorch(same_as_torch):
    same_as_torch("NAdam", lr=0.01, betas=(0.8, 0.9), eps=1e-4, momentum_decay=0.05)


def test_float32_as_pytorch(same_as_torch):
    same_as_torch("NAdam", 1e-5, np.float32, lr=0.01)


def test_a_negative_momentum_decay_is_refused():
    with pytest.raises(ValueError, match="NAdam: expected momentum_decay to be at least 0, got -1"):
        NAdam([Tensor(np.ones(1))], momentum_decay=-1)
