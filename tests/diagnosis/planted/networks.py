"""Layers of networks; joined, turned and combined tensors."""

from typing import Any

import numpy as np

import minigrad as mg
import minigrad.nn.functional as F
from tests.diagnosis.planted.table import Numbers, case, sigmoid, softmax

# Layers -----------------------------------------------------------------------------------------------------


def two_layers(n: Numbers) -> Any:
    rows, inputs, hidden, classes = n.size(2), n.size(2), n.size(3), n.size(2)
    return (
        n.any((rows, inputs)),
        n.any((inputs, hidden)),
        n.any((hidden,)),
        n.any((hidden, classes)),
        n.rng.integers(0, classes, rows),
    )


def upstream_of_hidden(dy: Any, x: Any, w1: Any, b1: Any, w2: Any, t: Any, masked: bool = True) -> Any:
    """What arrives at x @ w1 + b1 in the network with relu."""
    h = x @ w1 + b1
    z = np.maximum(h, 0) @ w2
    dz = dy * (softmax(z, 1) - np.eye(z.shape[1])[t]) / len(x)
    return dz @ w2.T * (h > 0) if masked else dz @ w2.T


def with_scores(dy: Any, x: Any, w1: Any, b1: Any, w2: Any, t: Any) -> Any:
    h = x @ w1 + b1
    z = np.maximum(h, 0) @ w2
    return x.T @ (dy * (z - np.eye(z.shape[1])[t]) / len(x) @ w2.T * (h > 0))


case(
    "first weight of two layers",
    lambda x, w1, b1, w2, t: F.cross_entropy(mg.relu(x @ w1 + b1) @ w2, t),
    two_layers,
    "w1",
    lambda dy, x, w1, b1, w2, t: x.T @ upstream_of_hidden(dy, x, w1, b1, w2, t),
    {
        "chain": lambda dy, x, w1, b1, w2, t: x.T @ upstream_of_hidden(dy, x, w1, b1, w2, t, masked=False),
        "mean": lambda dy, x, w1, b1, w2, t: x.T @ upstream_of_hidden(dy, x, w1, b1, w2, t) * len(x),
        "transposed_product": lambda dy, x, w1, b1, w2, t: upstream_of_hidden(dy, x, w1, b1, w2, t).T @ x,
        "at_input": with_scores,
    },
)


def sigmoid_upstream(dy: Any, x: Any, w1: Any, b1: Any, w2: Any) -> Any:
    s = sigmoid(x @ w1 + b1)
    return dy * w2.sum(1) * s * (1 - s)


def tanh_upstream(dy: Any, x: Any, w1: Any, b1: Any, w2: Any) -> Any:
    s = sigmoid(x @ w1 + b1)
    return dy * w2.sum(1) * (1 - s * s)


case(
    "first bias of two layers",
    lambda x, w1, b1, w2: (mg.sigmoid(x @ w1 + b1) @ w2).sum(),
    lambda n: two_layers(n)[:4],
    "b1",
    lambda dy, x, w1, b1, w2: sigmoid_upstream(dy, x, w1, b1, w2).sum(0),
    {
        "broadcast": [
            lambda dy, x, w1, b1, w2: sigmoid_upstream(dy, x, w1, b1, w2),
            lambda dy, x, w1, b1, w2: sigmoid_upstream(dy, x, w1, b1, w2).mean(0),
        ],
        "chain": lambda dy, x, w2: (dy * w2.sum(1) * np.ones((len(x), 1))).sum(0),
        "other_formula": lambda dy, x, w1, b1, w2: tanh_upstream(dy, x, w1, b1, w2).sum(0),
    },
)


def attention_inputs(n: Numbers) -> Any:
    rows, size, keys = n.size(2), n.size(2), n.size(2)
    return n.any((rows, size)), n.any((keys, size)), n.any((keys, size + 1))


def attention_rule(dy: Any, q: Any, k: Any, v: Any, slip: str = "") -> Any:
    root = np.sqrt(q.shape[1])
    p = softmax(q @ k.T / root, 1)
    dp = dy @ v.T
    mixed = (dp * p).sum(0 if slip == "axis" else 1, keepdims=True)
    ds = p * (dp - mixed)
    if slip == "path":
        ds = p * dp
    if slip == "diagonal":
        ds = p * (1 - p) * dp
    dq = ds @ k
    return dq if slip == "root" else dq / root


case(
    "attention",
    lambda q, k, v: mg.softmax(q @ k.T / q.shape[1] ** 0.5, 1) @ v,
    attention_inputs,
    "q",
    lambda dy, q, k, v: attention_rule(dy, q, k, v),
    {
        "factor": lambda dy, q, k, v: attention_rule(dy, q, k, v, "root"),
        "wrong_axis": lambda dy, q, k, v: attention_rule(dy, q, k, v, "axis"),
        "transposed_product": lambda dy, q, k, v: attention_rule(dy, q, k, v).T,
        "accumulation": lambda dy, q, k, v: attention_rule(dy, q, k, v, "path"),
        "diagonal": lambda dy, q, k, v: attention_rule(dy, q, k, v, "diagonal"),
    },
)


def recurrent_inputs(n: Numbers) -> Any:
    rows, size = n.size(2), n.size(2)
    return n.any((rows, size)), n.any((rows, size)), n.any((size, size)) / 2


def recurrent_rule(dy: Any, h: Any, x: Any, w: Any, y: Any, slip: str = "") -> Any:
    h1 = np.tanh(h @ w + x)
    d2 = dy * (1 - y * y)
    d1 = d2 @ (w if slip == "transposed" else w.T)
    d1 = d1 if slip == "chain" else d1 * (1 - h1 * h1)
    return h1.T @ d2 * (slip != "first") + h.T @ d1 * (slip != "last")


case(
    "two steps of a recurrent layer",
    lambda h, x, w: mg.tanh(mg.tanh(h @ w + x) @ w + x),
    recurrent_inputs,
    "w",
    lambda dy, h, x, w, y: recurrent_rule(dy, h, x, w, y),
    {
        "accumulation": [
            lambda dy, h, x, w, y: recurrent_rule(dy, h, x, w, y, "last"),
            lambda dy, h, x, w, y: recurrent_rule(dy, h, x, w, y, "first"),
        ],
        "transposed_product": lambda dy, h, x, w, y: recurrent_rule(dy, h, x, w, y, "transposed"),
        "chain": lambda dy, h, x, w, y: recurrent_rule(dy, h, x, w, y, "chain"),
    },
)

# Shapes -----------------------------------------------------------------------------------------------------


def stacks(n: Numbers) -> Any:
    count, rows, inner, columns = n.size(), n.size(2), n.size(2), n.size(2)
    return n.any((count, rows, inner)), n.any((count, inner, columns))


def like_pair(n: Numbers) -> Any:
    shape = (n.size(), n.size())
    return n.any(shape), n.any(shape)


case(
    "x.T @ x",
    lambda x: x.T @ x,
    lambda n: n.any((n.size(2), n.size(2))),
    "x",
    lambda dy, x: x @ (dy + dy.T),
    {
        "accumulation": [lambda dy, x: x @ dy, lambda dy, x: x @ dy.T],
        "transposed_product|shape": lambda dy, x: (dy + dy.T) @ x.T,
    },
)
case(
    "einsum",
    lambda a, b: mg.einsum("bij,bjk->bik", a, b),
    stacks,
    "a",
    lambda dy, b: np.einsum("bik,bjk->bij", dy, b),
    {"transposed_product|shape": lambda dy, b: np.einsum("bik,bjk->bji", dy, b)},
)
case(
    "largest of each column",
    lambda x: x.amax(0),
    lambda n: n.any((n.size(2), n.size(2))),
    "x",
    lambda dy, x, y: dy * (x == y),
    {
        "other_formula": [
            lambda dy, x: dy * np.ones_like(x),
            lambda dy, x: dy * np.ones_like(x) / len(x),
        ]
    },
)
case(
    "cat",
    lambda a, b: mg.cat([a, b]),
    like_pair,
    "a",
    lambda dy, a: dy[: len(a)],
    {"wrong_argument": lambda dy, a: dy[len(a) :]},
)
case(
    "flip",
    lambda x: x.flip(0),
    lambda n: n.any((n.size(2), n.size())),
    "x",
    lambda dy: dy[::-1],
    {"chain|not_inverted": lambda dy: dy},
)
case(
    "every sum of two",
    lambda a, b: mg.tanh(a[:, None] + b[None, :]),
    lambda n: (n.any((n.size(2),)), n.any((n.size(2),))),
    "a",
    lambda dy, y: (dy * (1 - y * y)).sum(1),
    {
        "broadcast": [
            lambda dy, y: dy * (1 - y * y),
            lambda dy, y: (dy * (1 - y * y)).mean(1),
            lambda dy, y: (dy * (1 - y * y))[:, 0],
        ],
        "wrong_axis|wrong_argument": lambda dy, y: (dy * (1 - y * y)).sum(0),
    },
)
case(
    "sum of squared means",
    lambda x: (x.mean(1) ** 2).sum(),
    lambda n: n.any((n.size(2), n.size(2))),
    "x",
    lambda dy, x: dy * 2 * x.mean(1, keepdims=True) * np.ones_like(x) / x.shape[1],
    {
        "mean": lambda dy, x: dy * 2 * x.mean(1, keepdims=True) * np.ones_like(x),
        "factor": lambda dy, x: dy * x.mean(1, keepdims=True) * np.ones_like(x) / x.shape[1],
        "at_input|other_formula": lambda dy, x: dy * 2 * x / x.shape[1],
    },
)
