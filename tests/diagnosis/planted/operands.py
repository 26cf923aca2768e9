"""Functions of two arguments, which broadcasting may stretch."""

from typing import Any

import numpy as np

import minigrad as mg
from tests.diagnosis.planted.table import Numbers, case


def pair(n: Numbers) -> Any:
    shape = n.shape()
    return n.any(shape), n.any(shape)


def matrix_and_row(n: Numbers) -> Any:
    rows, columns = n.size(2), n.size()
    return n.away((rows, columns)), n.away((columns,))


def matrix_and_column(n: Numbers) -> Any:
    rows, columns = n.size(), n.size(2)
    return n.away((rows, columns)), n.away((rows, 1))


def square_and_row(n: Numbers) -> Any:
    size = n.size(2)
    return n.away((size, size)), n.away((size,))


case(
    "a * b",
    lambda a, b: a * b,
    pair,
    "a",
    lambda dy, b: dy * b,
    {
        "wrong_argument": lambda dy, a: dy * a,
        "factor|chain": lambda dy: dy,
        "at_output": lambda dy, y: dy * y,
        "other_formula": lambda dy, b: dy / b,
    },
)
case(
    "a * row",
    lambda a, b: a * b,
    matrix_and_row,
    "b",
    lambda dy, a: (dy * a).sum(0),
    {
        "broadcast": [
            lambda dy, a: dy * a,
            lambda dy, a: (dy * a).mean(0),
            lambda dy, a: (dy * a)[0],
            lambda dy, a: (dy * a)[-1],
        ],
    },
)
case(
    "a * column",
    lambda a, b: a * b,
    matrix_and_column,
    "b",
    lambda dy, a: (dy * a).sum(1, keepdims=True),
    {
        "broadcast": [
            lambda dy, a: dy * a,
            lambda dy, a: (dy * a)[:, :1],
            lambda dy, a: (dy * a).mean(1, keepdims=True),
        ],
        "shape": lambda dy, a: (dy * a).sum(1),
    },
)
case(
    "a * row, square",
    lambda a, b: a * b,
    square_and_row,
    "b",
    lambda dy, a: (dy * a).sum(0),
    {
        "wrong_axis": lambda dy, a: (dy * a).sum(1),
    },
)
case(
    "a + row",
    lambda a, b: a + b,
    matrix_and_row,
    "b",
    lambda dy: dy.sum(0),
    {
        "broadcast": [lambda dy: dy, lambda dy: dy.mean(0), lambda dy: dy[0]],
        "shape": lambda dy: dy.sum(0, keepdims=True),
    },
)
case(
    "a - b",
    lambda a, b: a - b,
    pair,
    "b",
    lambda dy: -dy,
    {
        "sign|wrong_argument": lambda dy: dy,
    },
)
case(
    "a / b, by a",
    lambda a, b: a / b,
    matrix_and_row,
    "a",
    lambda dy, b: dy / b,
    {
        "other_formula": lambda dy, b: dy * b,
        "chain|factor": lambda dy: dy,
    },
)
case(
    "a / b, by b",
    lambda a, b: a / b,
    lambda n: (lambda shape: (n.away(shape), n.away(shape)))(n.shape()),
    "b",
    lambda dy, a, b: -dy * a / b**2,
    {
        "sign": lambda dy, a, b: dy * a / b**2,
        "factor": lambda dy, a, b: -dy * a / b,
        "factor|other_formula": lambda dy, b: -dy / b**2,
        "other_formula": lambda dy, a: dy * a,
    },
)
case(
    "a ** b, by b",
    lambda a, b: a**b,
    lambda n: (lambda shape: (n.positive(shape), n.any(shape)))(n.shape()),
    "b",
    lambda dy, a, y: dy * y * np.log(a),
    {
        "wrong_argument": lambda dy, a, b: dy * b * a ** (b - 1),
    },
)
case(
    "maximum",
    mg.maximum,
    pair,
    "input",
    lambda dy, input, other: dy * (input >= other),
    {
        "other_formula|wrong_argument": lambda dy, input, other: dy * (input < other),
        "chain|mask": lambda dy: dy,
    },
)
case(
    "where",
    lambda c, a, b: mg.where(c > 0, a, b),
    lambda n: (lambda shape: (n.any(shape), n.any(shape), n.any(shape)))((3, *n.shape(1, 2))),
    "a",
    lambda dy, c: np.where(c > 0, dy, 0),
    {
        "wrong_argument": lambda dy, c: np.where(c > 0, 0, dy),
        "mask|chain": lambda dy: dy,
    },
)
case(
    "clamp",
    lambda x: mg.clamp(x, -0.5, 0.5),
    lambda n: n.any((4, *n.shape(0, 2))),
    "x",
    lambda dy, x: dy * (np.abs(x) <= 0.5),
    {
        "mask": lambda dy, x: dy * (np.abs(x) > 0.5),
        "chain": lambda dy: dy,
    },
)
