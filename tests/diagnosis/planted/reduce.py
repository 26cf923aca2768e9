"""Sums, means and their like; running sums; axes in another order; rows by their numbers."""

from typing import Any

import numpy as np

import minigrad as mg
from tests.diagnosis.planted.table import Numbers, case, softmax


def matrix(n: Numbers) -> Any:
    return n.any((n.size(), n.size()))


def square_matrix(n: Numbers) -> Any:
    size = n.size(2)
    return n.any((size, size))


case(
    "sum",
    lambda x: x.sum(),
    lambda n: n.any(n.shape(1)),
    "x",
    [lambda dy, x: dy * np.ones_like(x), lambda dy, x_shape: np.broadcast_to(dy, x_shape)],
    {
        "not_spread": lambda dy: dy,
        "other_formula|factor": lambda dy, x: dy * np.ones_like(x) / x.size,
    },
)
case(
    "sum, dim",
    lambda x: x.sum(1),
    matrix,
    "x",
    lambda dy, x: dy[:, None] * np.ones_like(x),
    {
        "not_spread|shape": lambda dy: dy[:, None],
        "other_formula|factor": lambda dy, x: dy[:, None] * np.ones_like(x) / x.shape[1],
    },
)
case(
    "sum, dim, square",
    lambda x: x.sum(1),
    square_matrix,
    "x",
    lambda dy, x: dy[:, None] * np.ones_like(x),
    {
        "wrong_axis": lambda dy, x: dy * np.ones_like(x),
    },
)
case(
    "mean",
    lambda x: x.mean(),
    lambda n: n.any(n.shape(1)),
    "x",
    lambda dy, x: np.full(x.shape, dy / x.size),
    {
        "mean": [lambda dy, x: np.full(x.shape, dy), lambda dy, x: np.full(x.shape, float(dy))],
        "not_spread": lambda dy, x: dy / x.size,
    },
)
case(
    "mean, dim",
    lambda x: x.mean(0),
    matrix,
    "x",
    lambda dy, x: np.broadcast_to(dy / x.shape[0], x.shape),
    {
        "mean": [
            lambda dy, x: np.broadcast_to(dy, x.shape),
        ],
        "not_spread": lambda dy, x: dy / x.shape[0],
    },
)
case(
    "mean of squares",
    lambda x: (x**2).mean(),
    lambda n: n.any((n.size(2), n.size(2))),
    "x",
    lambda dy, x: dy * 2 * x / x.size,
    {
        "mean": [lambda dy, x: dy * 2 * x, lambda dy, x: dy * 2 * x / len(x)],
        "factor": lambda dy, x: dy * x / x.size,
    },
)
case(
    "var",
    lambda x: x.var(),
    lambda n: n.any((n.size(3), n.size())),
    "x",
    lambda dy, x: dy * 2 * (x - x.mean()) / (x.size - 1),
    {
        "mean": [lambda dy, x: dy * 2 * (x - x.mean()) / x.size, lambda dy, x: dy * 2 * (x - x.mean())],
        "factor": lambda dy, x: dy * (x - x.mean()) / (x.size - 1),
    },
)
case(
    "norm",
    lambda x: mg.norm(x),
    lambda n: n.away((2, *n.shape(0, 2))),
    "x",
    lambda dy, x, y: dy * x / y,
    {
        "factor": [lambda dy, x: dy * x, lambda dy, x, y: dy * 2 * x / y],
    },
)
case(
    "logsumexp",
    lambda x: mg.logsumexp(x, 1),
    lambda n: n.any((n.size(), n.size(2))),
    "x",
    lambda dy, x: dy[:, None] * softmax(x, 1),
    {
        "wrong_axis|other_formula": lambda dy, x: dy[:, None] * np.ones_like(x),
    },
)
case(
    "amax",
    lambda x: mg.amax(x, 1),
    lambda n: n.any((n.size(), n.size(2))),
    "x",
    lambda dy, x, y: dy[:, None] * (x == y[:, None]),
    {
        "other_formula": [
            lambda dy, x: dy[:, None] * np.ones_like(x),
            lambda dy, x: dy[:, None] * (x == x.min(1, keepdims=True)),
        ],
    },
)
case(
    "cumsum",
    lambda x: mg.cumsum(x, 0),
    lambda n: n.any((n.size(2), *n.shape(0, 1))),
    "x",
    lambda dy: np.cumsum(dy[::-1], axis=0)[::-1],
    {
        "not_inverted": lambda dy: np.cumsum(dy, axis=0),
        "diagonal|chain": lambda dy: dy,
    },
)
case(
    "permute",
    lambda x: x.permute(1, 2, 0),
    lambda n: n.any((n.size(2),) * 3),
    "x",
    lambda dy: dy.transpose(2, 0, 1),
    {
        "not_inverted": lambda dy: dy.transpose(1, 2, 0),
    },
)
case(
    "rows by number",
    lambda w, i: w[i],
    lambda n: (n.any((4, n.size())), np.array([1, 3, 1, 0, 1])),
    "w",
    lambda dy, w, i: np.stack([dy[i == row].sum(0) for row in range(len(w))]),
    {
        "accumulation": lambda dy, w, i: np.stack(
            [dy[i == row][-1] if (i == row).any() else 0 * w[0] for row in range(len(w))]
        ),
    },
)
