"""Chains of functions, products of functions, and values that are used more than once."""

from typing import Any

import numpy as np

import minigrad as mg
import minigrad.nn.functional as F
from tests.diagnosis.planted.table import Numbers, case, sigmoid

case(
    "sin(x ** 2)",
    lambda x: mg.sin(x**2),
    lambda n: n.one(),
    "x",
    lambda dy, x: dy * np.cos(x**2) * 2 * x,
    {
        "chain": [lambda dy, x: dy * np.cos(x**2), lambda dy, x: dy * 2 * x],
        "factor": lambda dy, x: dy * np.cos(x**2) * x,
    },
)
case(
    "exp(sin(x))",
    lambda x: mg.exp(mg.sin(x)),
    lambda n: n.one(),
    "x",
    lambda dy, x, y: dy * y * np.cos(x),
    {
        "chain|value": lambda dy, y: dy * y,
        "chain|factor": lambda dy, x: dy * np.cos(x),
        "sign": lambda dy, x, y: -dy * y * np.cos(x),
    },
)
case(
    "1 / (1 + exp(-x))",
    lambda x: 1 / (1 + mg.exp(-x)),
    lambda n: n.one(),
    "x",
    lambda dy, y: dy * y * (1 - y),
    {
        "at_input": lambda dy, x: dy * x * (1 - x),
        "other_formula": lambda dy, y: dy * (1 - y * y),
        "sign": lambda dy, y: dy * y * (y - 1),
    },
)
case(
    "neuron",
    lambda x, w, b: mg.tanh(x @ w + b).sum(),
    lambda n: (lambda a, i, o: (n.any((a, i)), n.any((i, o)) / 3, n.any((o,))))(
        n.size(), n.size(2), n.size(2)
    ),
    "w",
    lambda dy, x, w, b: x.T @ (dy * (1 - np.tanh(x @ w + b) ** 2)),
    {
        "transposed_product": lambda dy, x, w, b: (dy * (1 - np.tanh(x @ w + b) ** 2)).T @ x,
        "chain": lambda dy, x, w, b: x.T @ (dy * np.ones((len(x), len(b)))),
        "at_input": lambda dy, x, w, b: x.T @ (dy * (1 - (x @ w + b) ** 2)),
    },
)
case(
    "x sin(x)",
    lambda x: x * mg.sin(x),
    lambda n: n.one(),
    "x",
    lambda dy, x: dy * (np.sin(x) + x * np.cos(x)),
    {
        "accumulation": [lambda dy, x: dy * np.sin(x), lambda dy, x: dy * x * np.cos(x)],
        "product_rule": lambda dy, x: dy * np.cos(x),
        "sign": lambda dy, x: dy * (np.sin(x) - x * np.cos(x)),
    },
)
case(
    "x * x",
    lambda x: x * x,
    lambda n: n.one(),
    "x",
    lambda dy, x: dy * 2 * x,
    {
        "accumulation|factor": lambda dy, x: dy * x,
        "product_rule|chain": lambda dy: dy,
    },
)
case(
    "x ** 2 + x",
    lambda x: x**2 + x,
    lambda n: n.one(),
    "x",
    lambda dy, x: dy * (2 * x + 1),
    {
        "accumulation": [lambda dy, x: dy * 2 * x, lambda dy: dy],
        "factor": lambda dy, x: dy * (x + 1),
    },
)
case(
    "x / (1 + x ** 2)",
    lambda x: x / (1 + x**2),
    lambda n: n.one(),
    "x",
    lambda dy, x: dy * (1 - x**2) / (1 + x**2) ** 2,
    {
        "accumulation": [lambda dy, x: dy / (1 + x**2), lambda dy, x: -dy * 2 * x**2 / (1 + x**2) ** 2],
        "sign": lambda dy, x: dy * (1 + 3 * x**2) / (1 + x**2) ** 2,
        "other_formula": lambda dy, x: dy * (1 + 3 * x**2),
    },
)
case(
    "h + h ** 2, h = exp(x)",
    lambda x: (lambda h: h + h**2)(mg.exp(x)),
    lambda n: n.one(),
    "x",
    lambda dy, x: dy * (1 + 2 * np.exp(x)) * np.exp(x),
    {
        "accumulation": [lambda dy, x: dy * np.exp(x), lambda dy, x: dy * 2 * np.exp(x) ** 2],
    },
)
case(
    "centred",
    lambda x: x - x.mean(),
    lambda n: n.any((n.size(2), *n.shape(0, 1))),
    "x",
    lambda dy: dy - dy.mean(),
    {
        "accumulation": lambda dy: dy,
        "mean": lambda dy: dy - dy.sum(),
        "sign": lambda dy: dy + dy.mean(),
    },
    flat=True,
)


def three(n: Numbers) -> Any:
    shape = n.shape()
    return n.any(shape), n.any(shape), n.any(shape)


case(
    "log(1 + exp(x))",
    lambda x: mg.log(1 + mg.exp(x)),
    lambda n: n.one(),
    "x",
    lambda dy, x: dy * sigmoid(x),
    {
        "chain|factor": [lambda dy, x: dy / (1 + np.exp(x)), lambda dy, x: dy * np.exp(x)],
        "other_formula": lambda dy, x: dy * sigmoid(x) * (1 - sigmoid(x)),
    },
)
case(
    "tanh(w x + b)",
    lambda w, x, b: mg.tanh(w * x + b),
    three,
    "w",
    lambda dy, x, y: dy * (1 - y * y) * x,
    {
        "chain|factor": lambda dy, x, y: dy * (1 - y * y),
        "chain": lambda dy, x: dy * x,
        "at_input": lambda dy, w, x, b: dy * x * (1 - (w * x + b) ** 2),
        "wrong_argument": lambda dy, w, y: dy * (1 - y * y) * w,
    },
)
case(
    "exp(-x ** 2 / 2)",
    lambda x: mg.exp(-(x**2) / 2),
    lambda n: n.one(),
    "x",
    lambda dy, x, y: -dy * x * y,
    {
        "sign": lambda dy, x, y: dy * x * y,
        "factor": lambda dy, x, y: -2 * dy * x * y,
        "factor|chain": [lambda dy, y: -dy * y, lambda dy, x: -dy * x],
    },
)
case(
    "3 x ** 2 + 2 x + 1",
    lambda x: 3 * x**2 + 2 * x + 1,
    lambda n: n.one(),
    "x",
    lambda dy, x: dy * (6 * x + 2),
    {
        "factor": [
            lambda dy, x: dy * (3 * x + 2),
            lambda dy, x: dy * (2 * x + 2),
            lambda dy, x: dy * (6 * x + 1),
        ],
        "accumulation": [lambda dy, x: dy * 6 * x, lambda dy: dy * 2.0],
    },
)
case(
    "sin(x) cos(x)",
    lambda x: mg.sin(x) * mg.cos(x),
    lambda n: n.one(),
    "x",
    lambda dy, x: dy * (np.cos(x) ** 2 - np.sin(x) ** 2),
    {
        "product_rule": lambda dy, x: -dy * np.cos(x) * np.sin(x),
        "accumulation": [lambda dy, x: dy * np.cos(x) ** 2, lambda dy, x: -dy * np.sin(x) ** 2],
        "sign": lambda dy, x: dy * (np.cos(x) ** 2 + np.sin(x) ** 2),
    },
)
case(
    "x ** 3 exp(-x)",
    lambda x: x**3 * mg.exp(-x),
    lambda n: n.one(),
    "x",
    lambda dy, x: dy * (3 * x**2 - x**3) * np.exp(-x),
    {
        "product_rule": lambda dy, x: -dy * 3 * x**2 * np.exp(-x),
        "sign": lambda dy, x: dy * (3 * x**2 + x**3) * np.exp(-x),
        "factor": lambda dy, x: dy * (x**2 - x**3) * np.exp(-x),
    },
)
case(
    "leaky_relu",
    lambda x: F.leaky_relu(x, 0.1),
    lambda n: n.any((4, *n.shape(0, 2))),
    "x",
    lambda dy, x: np.where(x > 0, dy, 0.1 * dy),
    {"other_formula": lambda dy, x: dy * (x > 0), "chain": lambda dy: dy},
)
