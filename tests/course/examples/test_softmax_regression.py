"""Softmax regression with the numbers that the slides show, worked out once more in plain Python."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from minigrad.course.examples.softmax_regression import by_hand, with_vectors


def one_by_one(p: Any) -> None:
    p.w11, p.w12, p.w21, p.w22 = 0.65, 1.19, 0.69, -0.92
    p.b1, p.b2 = 0, 0
    p.x1, p.x2 = 0.2, 0.7
    p.y1, p.y2 = 1, 0
    p.p11, p.p12 = p.w11 * p.x1, p.w12 * p.x2
    p.p21, p.p22 = p.w21 * p.x1, p.w22 * p.x2
    p.z1 = p.p11 + p.p12 + p.b1
    p.z2 = p.p21 + p.p22 + p.b2
    p.h1, p.h2 = math.exp(p.z1), math.exp(p.z2)
    p.H = p.h1 + p.h2
    p.yhat1 = p.h1 / p.H
    p.yhat2 = p.h2 / p.H
    p.l1 = math.log(p.yhat1)
    p.l2 = math.log(p.yhat2)
    p.m1 = p.y1 * p.l1
    p.m2 = p.y2 * p.l2
    p.s = p.m1 + p.m2
    p.L = -p.s


def vectors(p: Any) -> None:
    p.W = [[0.65, 1.19], [0.69, -0.92]]
    p.b, p.x, p.y = [0, 0], [0.2, 0.7], [1, 0]
    p.z = [sum(w * x for w, x in zip(row, p.x, strict=True)) for row in p.W] + p.b
    p.h = [math.exp(z) for z in p.z]
    p.H = math.fsum(p.h)
    p.yhat = p.h / p.H
    p.L = -sum(y * math.log(q) for y, q in zip(p.y, p.yhat, strict=True))


def test_one_by_one(agree: Callable[..., None]) -> None:
    agree(by_hand, one_by_one)


def test_with_vectors(agree: Callable[..., None]) -> None:
    agree(with_vectors, vectors)


# What the slides' pictures show, and what was worked out in five digits.
SHOWN = {
    "w11": "0.65", "w12": "1.19", "w21": "0.69", "w22": "-0.92", "x1": "0.2", "x2": "0.7", "b1": "0",
    "b2": "0", "y1": "1", "y2": "0", "p11": "0.13", "p12": "0.83", "p21": "0.14", "p22": "-0.64",
    "z1": "0.96", "z2": "-0.5", "h1": "2.61", "h2": "0.6", "H": "3.22", "yhat1": "0.81", "yhat2": "0.19",
    "l1": "-0.207", "l2": "-1.67", "m1": "-0.207", "m2": "0", "s": "-0.207", "L": "0.207",
}  # fmt: skip


@pytest.mark.parametrize("name", by_hand.nodes)
def test_the_record_shows_what_the_slides_show(name: str) -> None:
    assert str(by_hand[name].value) == SHOWN[name]


def test_the_gradient_of_b1_is_that_of_the_slides() -> None:
    assert str(by_hand["b1"].gradient) == "-0.19"


FIVE_DIGITS = {
    "z": [0.963, -0.506],
    "h": [2.61954, 0.60290],
    "H": 3.22245,
    "yhat": [0.81291, 0.18709],
    "L": 0.20714,
    "grad W": [[-0.03742, -0.13097], [0.03742, 0.13097]],
    "grad b": [-0.18709, 0.18709],
    "grad x": [0.00748, -0.39477],
}


@pytest.mark.parametrize("name", FIVE_DIGITS)
def test_five_digits(name: str) -> None:
    node = with_vectors[name.removeprefix("grad ")]
    written = node.gradient if name.startswith("grad ") else node.value
    assert written is not None
    assert np.array_equal(written.exact(), FIVE_DIGITS[name])


def test_the_three_paths_into_b1() -> None:
    """-y1 + y1 h1 / H + y2 h1 / H = yhat1 - y1, for other numbers, too, and by measuring each path alone."""
    first, second, third, total = by_hand.paths
    assert [path.product.text for path in by_hand.paths] == ["-y1", "y1*h1/H", "y2*h1/H", "yhat1 - y1"]
    assert first.nodes == ("L", "s", "m1", "l1", "yhat1", "h1", "z1", "b1")
    assert second.nodes == ("L", "s", "m1", "l1", "yhat1", "H", "h1", "z1", "b1")
    assert third.nodes == ("L", "s", "m2", "l2", "yhat2", "H", "h1", "z1", "b1")
    assert total.is_sum

    h1, h2, y1, y2 = 2.7, 0.9, 0.3, 0.7

    def loss(numerator: float, in_first: float, in_second: float) -> float:
        """The loss, with h1 moved in one of its three places only."""
        yhat1 = (h1 * numerator) / (h1 * in_first + h2)
        yhat2 = h2 / (h1 * in_second + h2)
        return -(y1 * math.log(yhat1) + y2 * math.log(yhat2))

    step = 1e-6
    up, down = math.exp(step), math.exp(-step)  # b1 moves z1, and z1 is the logarithm of h1
    measured = [
        (loss(up, 1, 1) - loss(down, 1, 1)) / (2 * step),
        (loss(1, up, 1) - loss(1, down, 1)) / (2 * step),
        (loss(1, 1, up) - loss(1, 1, down)) / (2 * step),
    ]
    H = h1 + h2
    names = {"y1": y1, "y2": y2, "h1": h1, "H": H, "yhat1": h1 / H}
    products = [eval(path.product.text, {"__builtins__": {}}, names) for path in by_hand.paths]
    np.testing.assert_allclose(products[:3], measured, atol=1e-8)
    assert math.isclose(sum(products[:3]), products[3])
