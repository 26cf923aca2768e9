"""Heads: what each can learn and what it cannot."""

from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from models.outfits.heads import Head, TwoTowers, hidden_layer, one_layer, two_towers


@pytest.fixture(scope="module")
def crossed() -> tuple[Any, Any]:
    """Exclusive or of two halves with eight numbers each: the sign of the first of both."""
    x = np.random.default_rng(0).normal(size=(400, 16))
    return x, ((x[:, 0] > 0) == (x[:, 8] > 0)).astype(np.int64)


def accuracy(head: Head, x: Any, y: Any) -> float:
    return float(((head(x[:300], y[:300], x[300:], 0) > 0.5) == y[300:]).mean())


@pytest.mark.parametrize("build", [hidden_layer, two_towers])
def test_both_halves_together_can_be_learnt(crossed: tuple[Any, Any], build: Any) -> None:
    assert accuracy(Head(build), *crossed) > 0.75


def test_one_layer_learns_a_plane_and_no_cross(crossed: tuple[Any, Any]) -> None:
    x, crossing = crossed
    assert accuracy(Head(one_layer, epochs=20), x, (x[:, 0] + x[:, 8] > 0).astype(np.int64)) > 0.9
    assert accuracy(Head(one_layer, epochs=20), x, crossing) < 0.65


def test_the_same_seed_learns_the_same(crossed: tuple[Any, Any]) -> None:
    x, y = crossed
    first, again, other = (Head(one_layer, epochs=2)(x, y, x[:5], seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_both_towers_are_one() -> None:
    """What goes through is in the towers' weights once, and exchanging halves exchanges u and v."""
    head = TwoTowers(5, 4).eval()
    assert [name for name, _ in head.named_parameters() if name.startswith("tower")] == [
        "tower.1.weight",
        "tower.1.bias",
    ]
    x = mg.randn(3, 10)
    seen: list[Any] = []
    head.joint.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].detach().numpy()))
    with mg.no_grad():
        head(x)
        head(mg.cat([x[:, 5:], x[:, :5]], 1))
    a, b = seen
    np.testing.assert_allclose(a[:, :4], b[:, 4:8], rtol=1e-5)
    np.testing.assert_allclose(a[:, 8:], b[:, 8:], rtol=1e-5, atol=1e-7)
    assert isinstance(head.tower[0], nn.Dropout)
