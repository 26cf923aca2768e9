"""Products of matrices."""

from typing import Any

import numpy as np

import minigrad.nn.functional as F
from tests.diagnosis.planted.table import Numbers, case


def matrices(n: Numbers) -> Any:
    rows, inner, columns = n.size(), n.size(2), n.size(2)
    return n.any((rows, inner)), n.any((inner, columns))


def square_matrices(n: Numbers) -> Any:
    size = n.size(2)
    return n.any((size, size)), n.any((size, size))


case(
    "a @ b, by a",
    lambda a, b: a @ b,
    matrices,
    "a",
    [lambda dy, b: dy @ b.T, lambda dy, b: np.einsum("ij,kj->ik", dy, b)],
    {
        "transposed_product": [lambda dy, b: dy @ b, lambda dy, b: b @ dy.T, lambda dy, b: b @ dy],
    },
)
case(
    "a @ b, by b",
    lambda a, b: a @ b,
    matrices,
    "b",
    [lambda dy, a: a.T @ dy, lambda dy, a: (dy.T @ a).T],
    {
        "transposed_product": [lambda dy, a: a @ dy, lambda dy, a: dy.T @ a, lambda dy, a: dy @ a.T],
    },
)
case(
    "a @ b, square",
    lambda a, b: a @ b,
    square_matrices,
    "a",
    lambda dy, b: dy @ b.T,
    {
        "transposed_product": [
            lambda dy, b: dy @ b,
            lambda dy, b: b @ dy.T,
            lambda dy, b: b @ dy,
            lambda dy, b: b.T @ dy,
            lambda dy, b: dy.T @ b,
        ],
        "wrong_argument": lambda dy, a: a.T @ dy,
    },
)
case(
    "linear, by weight",
    F.linear,
    lambda n: (lambda a, i, o: (n.any((a, i)), n.any((o, i)), n.any((o,))))(n.size(2), n.size(2), n.size(2)),
    "weight",
    lambda dy, input: dy.T @ input,
    {
        "transposed_product": [lambda dy, input: input.T @ dy, lambda dy, input: dy @ input],
    },
)
case(
    "linear, by bias",
    F.linear,
    lambda n: (lambda a, i, o: (n.any((a, i)), n.any((o, i)), n.any((o,))))(n.size(2), n.size(), n.size(2)),
    "bias",
    lambda dy: dy.sum(0),
    {
        "broadcast": [lambda dy: dy, lambda dy: dy.mean(0), lambda dy: dy[0]],
    },
)
case(
    "matrix @ vector",
    lambda a, v: a @ v,
    lambda n: (lambda rows, columns: (n.any((rows, columns)), n.any((columns,))))(n.size(2), n.size(2)),
    "a",
    lambda dy, v: np.outer(dy, v),
    {
        "transposed_product": lambda dy, v: np.outer(v, dy),
    },
)
case(
    "stacks of matrices",
    lambda a, b: a @ b,
    lambda n: (lambda k, r, i, c: (n.any((k, r, i)), n.any((k, i, c))))(
        n.size(), n.size(), n.size(2), n.size(2)
    ),
    "b",
    lambda dy, a: a.swapaxes(1, 2) @ dy,
    {
        "transposed_product": lambda dy, a: dy.swapaxes(1, 2) @ a,
    },
)
case(
    "quadratic form",
    lambda x, a: x @ a @ x,
    lambda n: (lambda k: (n.any((k,)), n.any((k, k))))(n.size(2)),
    "x",
    lambda dy, x, a: dy * (a + a.T) @ x,
    {
        "accumulation": [lambda dy, x, a: dy * a @ x, lambda dy, x, a: dy * a.T @ x],
    },
)
