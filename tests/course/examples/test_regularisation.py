"""Dropout and batch norm, worked out once more in plain Python."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.course.examples.regularisation import batch_norm, dropout


def test_dropout(agree: Callable[..., None]) -> None:
    def work(p: Any) -> None:
        p.x, p.m, p.p = [1, -2, 3, 4], [1, 0, 1, 0], 0.5
        p.y = [p.x[0] / 0.5, 0 * p.x[1], p.x[2] / 0.5, 0 * p.x[3]]
        p.dy = [1, 2, -1, 3]
        p.L = p.y[0] + 2 * p.y[1] - p.y[2] + 3 * p.y[3]

    agree(dropout, work)


def test_batch_norm(agree: Callable[..., None]) -> None:
    def work(p: Any) -> None:
        p.x, p.gamma, p.beta = [2, 4, 4, 4, 5, 5, 7, 9], 2, 1
        p.m = math.fsum(p.x) / 8
        p.c = [x - p.m for x in p.x]
        p.v = math.fsum(c * c for c in p.c) / 8
        p.s = math.sqrt(p.v)
        p.xhat = [c / p.s for c in p.c]
        p.y = [p.gamma * h + p.beta for h in p.xhat]
        p.dy = [1, 0, 0, -1, 0, 0, 0, 2]
        p.L = p.y[0] - p.y[3] + 2 * p.y[7]

    agree(batch_norm, work)


def test_the_gradient_of_x_in_one_line() -> None:
    """dx = gamma / s (dy - mean of dy - xhat * mean of dy xhat)"""
    written = {name: batch_norm[name].value.exact() for name in ("gamma", "s", "dy", "xhat")}
    gamma, s, dy, xhat = written.values()
    dx = gamma / s * (dy - dy.mean() - xhat * np.mean(dy * xhat))
    gradient = batch_norm["x"].gradient
    assert gradient is not None
    assert np.array_equal(gradient.exact(), dx)
    assert dx.sum() == np.sum(dx * xhat) == 0
