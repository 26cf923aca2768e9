"""Gradients are bounded between backward and the step."""

import math

import pytest

import minigrad as mg
from minigrad import nn, optim, train


def step(*callbacks: train.Callback) -> tuple[float, float]:
    """y = w x + b with w = b = 0 on x = 3, target 4: errors -4, so the gradients are -8 * 3 and -8."""
    model = nn.Linear(1, 1)
    model.load_state_dict({"weight": mg.tensor([[0.0]]), "bias": mg.tensor([0.0])})
    data = [(mg.tensor([[3.0]]), mg.tensor([[4.0]]))]
    optimizer = optim.SGD(model.parameters(), lr=1.0)
    train.fit(model, data, nn.MSELoss(), optimizer, 1, callbacks=callbacks, progress=False)
    return model.weight.item(), model.bias.item()


def test_their_norm() -> None:
    clip = train.ClipGradients(1.0)
    norm = math.hypot(24, 8)
    assert step(clip) == pytest.approx((24 / norm, 8 / norm), rel=1e-5)
    assert clip.norm == pytest.approx(norm)
    assert step(train.ClipGradients(100.0)) == (24.0, 8.0)


def test_another_norm() -> None:
    assert step(train.ClipGradients(1.0, norm_type=math.inf)) == pytest.approx((1.0, 1 / 3), rel=1e-5)


def test_every_element() -> None:
    assert step(train.ClipGradients(max_value=10.0)) == (10.0, 8.0)


def test_messages() -> None:
    for options in ({}, {"max_norm": 1.0, "max_value": 1.0}):
        with pytest.raises(ValueError, match="either max_norm or max_value"):
            train.ClipGradients(**options)
    with pytest.raises(ValueError, match="the bound must be above 0, got 0"):
        train.ClipGradients(0)
