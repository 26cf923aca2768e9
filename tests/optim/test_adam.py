"""Adam and AdamW: steps worked by hand, and PyTorch's over fifty."""

import itertools
import math

import numpy as np
import pytest

from minigrad.optim import Adam, AdamW
from minigrad.tensor import Tensor

pytestmark = pytest.mark.usefixtures("device")

EPS = 1e-8


def test_adam_by_hand(path):
    # gradients 0.5, -0.2, 0.3
    # m = 0.9 m + 0.1 g      : 0.05;    0.045 - 0.02 = 0.025;             0.0225 + 0.03 = 0.0525
    # v = 0.999 v + 0.001 g² : 0.00025; 0.00024975 + 0.00004 = 0.00028975;
    #                          0.00028946025 + 0.00009 = 0.00037946025
    # 1 - 0.9^t              : 0.1;     0.19;                             0.271
    # 1 - 0.999^t            : 0.001;   0.001999;                         0.002997001
    p1 = 1 - 0.1 * 0.5 / (0.5 + EPS)
    p2 = p1 - 0.1 * (0.025 / 0.19) / (math.sqrt(0.00028975 / 0.001999) + EPS)
    p3 = p2 - 0.1 * (0.0525 / 0.271) / (math.sqrt(0.00037946025 / 0.002997001) + EPS)
    assert path(lambda ps: Adam(ps, lr=0.1), [0.5, -0.2, 0.3]) == pytest.approx([p1, p2, p3], abs=1e-14)
    assert [p1, p2, p3] == pytest.approx([0.900000, 0.865440, 0.810995], abs=1e-6)


def test_the_first_step_is_the_rate_whatever_the_gradient(path):
    # m / (1 - beta1) is g and v / (1 - beta2) is g², so the step is lr g / |g|.
    for g in (1e-3, 1.0, -1e3):
        assert path(lambda ps: Adam(ps, lr=0.1), [g]) == pytest.approx([1 - math.copysign(0.1, g)], abs=2e-6)


def test_weight_decay_by_hand(path):
    # Adam adds 0.5 p to the gradient -0.3, which turns its sign: 0.2, and the first step is lr g / |g|.
    # AdamW takes p (1 - 0.1 * 0.5) = 0.95 first, and then a step by the gradient's own sign.
    assert path(lambda ps: Adam(ps, lr=0.1, weight_decay=0.5), [-0.3]) == pytest.approx([0.9], abs=1e-7)
    assert path(lambda ps: AdamW(ps, lr=0.1, weight_decay=0.5), [-0.3]) == pytest.approx([1.05], abs=1e-7)


def test_amsgrad_by_hand(path):
    # betas 0.5 and 0.5, gradients 1, 0: m = 0.5, 0.25; v = 0.5, 0.25; the largest v stays 0.5.
    # 1 - 0.5^t: 0.5, 0.75. Second step: m_hat = 1/3, Adam's v_hat = 1/3, AMSGrad's 2/3.
    def steps(amsgrad):
        return path(lambda ps: Adam(ps, lr=0.1, betas=(0.5, 0.5), eps=0, amsgrad=amsgrad), [1.0, 0.0])

    assert steps(False) == pytest.approx([0.9, 0.9 - 0.1 * math.sqrt(1 / 3)], abs=1e-14)
    assert steps(True) == pytest.approx([0.9, 0.9 - 0.1 / 3 / math.sqrt(2 / 3)], abs=1e-14)


def test_maximize_mirrors(path):
    up = path(lambda ps: Adam(ps, lr=0.1, maximize=True), [0.5, -0.2, 0.3])
    assert up == pytest.approx(path(lambda ps: Adam(ps, lr=0.1), [-0.5, 0.2, -0.3]), abs=1e-15)
    assert up[0] > 1


@pytest.mark.parametrize("name", ["Adam", "AdamW"])
@pytest.mark.parametrize(
    ("amsgrad", "weight_decay", "maximize"), list(itertools.product((False, True), (0, 0.1), (False, True)))
)
def test_as_pytorch(same_as_torch, name, amsgrad, weight_decay, maximize):
    same_as_torch(name, lr=0.01, amsgrad=amsgrad, weight_decay=weight_decay, maximize=maximize)


def test_other_betas_and_eps_as_pytorch(same_as_torch):
    same_as_torch("Adam", lr=0.01, betas=(0.0, 0.5), eps=1e-3)
    same_as_torch("Adam", lr=0.01, weight_decay=0.1, decoupled_weight_decay=True)
    same_as_torch("AdamW")


def test_float32_as_pytorch(same_as_torch):
    same_as_torch("Adam", 1e-5, np.float32, lr=0.01, weight_decay=0.1)


@pytest.mark.parametrize("betas", [(1.0, 0.999), (0.9, -0.1), (0.9, float("nan"))])
def test_betas_outside_their_range_are_refused(betas):
    with pytest.raises(ValueError, match=r"Adam: expected betas\[[01]\] to be in \[0, 1\), got"):
        Adam([Tensor(np.ones(1))], betas=betas)


def test_adamw_keeps_its_weight_decay_when_it_loads_adam_s_state():
    p = Tensor(np.ones(1), requires_grad=True)
    optimizer = AdamW([p])
    optimizer.load_state_dict(Adam([p], weight_decay=0.3).state_dict())
    assert optimizer.param_groups[0]["decoupled_weight_decay"] is True
    assert optimizer.param_groups[0]["weight_decay"] == 0.3


def test_a_tiny_gradient_counts_where_eps_is_zero(kernels):
    p = Tensor(np.zeros(1, np.float32), requires_grad=True)
    p.grad = Tensor(np.full(1, 1e-20, np.float32))
    Adam([p], eps=0.0).step()
    assert p.item() == pytest.approx(-0.001, rel=0.02)  # v is 1e-43, of which float32 has one digit or two
