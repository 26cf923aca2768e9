"""The batch of three, worked out once more in plain Python, and the slides' update of b1."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from minigrad.course.examples.batch import as_matrix, of_three

W = [[0.65, 1.19], [0.69, -0.92]]
X = [[0.2, 0.7], [0.8, 0.1], [0.3, 0.5]]
Y = [[1, 0], [0, 1], [1, 0]]


def product(w: Any, x: Any, b: Any) -> list[float]:
    return [w[i][0] * x[0] + w[i][1] * x[1] + b[i] for i in range(2)]


def softmax(z: Any) -> list[float]:
    h = [math.exp(value) for value in z]
    return [value / sum(h) for value in h]


def cross_entropy(y: Any, p: Any) -> float:
    return -sum(y[i] * math.log(p[i]) for i in range(2))


def one_after_another(p: Any) -> None:
    p.W, p.b = W, [0, 0]
    p.xA, p.xB, p.xC = X
    p.yA, p.yB, p.yC = Y
    p.zA, p.zB, p.zC = product(p.W, p.xA, p.b), product(p.W, p.xB, p.b), product(p.W, p.xC, p.b)
    p.pA, p.pB, p.pC = softmax(p.zA), softmax(p.zB), softmax(p.zC)
    p.LA, p.LB, p.LC = cross_entropy(p.yA, p.pA), cross_entropy(p.yB, p.pB), cross_entropy(p.yC, p.pC)
    p.J = (p.LA + p.LB + p.LC) / 3


def at_once(p: Any) -> None:
    p.W, p.b, p.X, p.Y = W, [0, 0], X, Y
    p.Z = [product(p.W, x, p.b) for x in p.X]
    p.P = [softmax(z) for z in p.Z]
    p.L = [cross_entropy(y, q) for y, q in zip(p.Y, p.P, strict=True)]
    p.J = sum(p.L) / 3


def test_one_after_another(agree: Callable[..., None]) -> None:
    agree(of_three, one_after_another)


def test_at_once(agree: Callable[..., None]) -> None:
    agree(as_matrix, at_once)


@pytest.mark.parametrize(("name", "shown"), [("gA", "-0.19"), ("gB", "0.54"), ("gC", "-0.26"), ("g", "0.03")])
def test_the_gradients_of_b1_are_those_of_the_slides(name: str, shown: str) -> None:
    assert str(of_three[name].value[0]) == shown


def test_the_update_of_b1_is_that_of_the_slides() -> None:
    assert str(of_three["new_b"].value[0]) == "-0.003"
    assert str(of_three["alpha"].value) == "0.1"


def test_afterwards_in_plain_python() -> None:
    """yhat1 - y1 for each example, its mean, and the step against it."""
    slopes = [np.subtract(softmax(product(W, x, [0, 0])), y) for x, y in zip(X, Y, strict=True)]
    mean = sum(slopes) / 3
    for name, value in zip(("gA", "gB", "gC", "g", "new_b"), (*slopes, mean, -0.1 * mean), strict=True):
        written = of_three[name].value
        for number, exact in zip(written.numbers, value, strict=True):
            assert round(exact, number.decimals) == float(number.text), name
