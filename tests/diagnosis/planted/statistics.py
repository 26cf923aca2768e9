"""Normalised values, and losses by hand."""

from typing import Any

import numpy as np

import minigrad as mg
from tests.diagnosis.planted.table import Numbers, case, sigmoid, softmax

# Normalised values ------------------------------------------------------------------------------------------

case(
    "x / sum of x",
    lambda x: x / x.sum(1, keepdim=True),
    lambda n: n.positive((n.size(2), n.size(2))),
    "x",
    lambda dy, x, y: (dy - (dy * y).sum(1, keepdims=True)) / x.sum(1, keepdims=True),
    {"accumulation": lambda dy, x: dy / x.sum(1, keepdims=True)},
    flat=True,
)


def deviation(x: Any) -> Any:
    return np.sqrt(x.var(0) + 1e-5)


case(
    "batch norm by hand",
    lambda x: (x - x.mean(0)) / mg.sqrt(((x - x.mean(0)) ** 2).mean(0) + 1e-5),
    lambda n: n.rng.normal(size=(n.size(3), n.size())),
    "x",
    lambda dy, x, y: (dy - dy.mean(0) - y * (dy * y).mean(0)) / deviation(x),
    {
        "accumulation": [lambda dy, x: dy / deviation(x), lambda dy, x: (dy - dy.mean(0)) / deviation(x)],
        "wrong_axis": lambda dy, x, y: (
            (dy - dy.mean(1, keepdims=True) - y * (dy * y).mean(1, keepdims=True)) / deviation(x)
        ),
    },
    flat=True,
)


def centred(x: Any) -> Any:
    return (x - x.mean(0)) / x.std(0, ddof=1)


def batch_and_channels(n: Numbers) -> Any:
    rows, channels = n.size(3), n.size(2)
    return n.rng.normal(size=(rows, channels)), n.any((channels,)), n.any((channels,))


case(
    "scale of a batch norm",
    lambda x, g, b: (x - x.mean(0)) / mg.std(x, 0) * g + b,
    batch_and_channels,
    "g",
    lambda dy, x: (dy * centred(x)).sum(0),
    {
        "broadcast": [lambda dy, x: dy * centred(x), lambda dy, x: (dy * centred(x)).mean(0)],
        "wrong_axis|shape": lambda dy, x: (dy * centred(x)).sum(1),
    },
)
case(
    "lengths of rows",
    lambda x: mg.sqrt((x * x).sum(1)),
    lambda n: n.away((n.size(), n.size(2))),
    "x",
    lambda dy, x, y: (dy / y)[:, None] * x,
    {"factor": lambda dy, x: dy[:, None] * x, "not_spread|shape": lambda dy, y: (dy / y)[:, None]},
)


def weighted(n: Numbers) -> Any:
    shape = (2, *n.shape(0, 2))
    return n.any(shape), n.positive(shape)


case(
    "weighted mean, by the numbers",
    lambda x, w: (x * w).sum() / w.sum(),
    weighted,
    "x",
    lambda dy, w: dy * w / w.sum(),
    {
        "mean|factor|chain": lambda dy, w: dy * w,
        "factor|chain": lambda dy, w: dy * np.ones_like(w) / w.sum(),
    },
)
case(
    "weighted mean, by the weights",
    lambda x, w: (x * w).sum() / w.sum(),
    weighted,
    "w",
    lambda dy, x, w, y: dy * (x - y) / w.sum(),
    {
        "accumulation": lambda dy, x, w: dy * x / w.sum(),
        "sign": lambda dy, x, w, y: dy * (x + y) / w.sum(),
    },
)


def directions(n: Numbers) -> Any:
    size = n.size(3)
    return n.away((size,)), n.away((size,))


def cosine_rule(dy: Any, a: Any, b: Any, y: Any, along: float = 1.0) -> Any:
    return dy * (b / np.linalg.norm(b) - along * y * a / np.linalg.norm(a)) / np.linalg.norm(a)


case(
    "cosine of an angle",
    lambda a, b: (a * b).sum() / (mg.norm(a) * mg.norm(b)),
    directions,
    "a",
    cosine_rule,
    {
        "accumulation": lambda dy, a, b, y: cosine_rule(dy, a, b, y, along=0.0),
        "sign": lambda dy, a, b, y: cosine_rule(dy, a, b, y, along=-1.0),
        "wrong_argument": lambda dy, a, b, y: cosine_rule(dy, b, a, y),
    },
)
case(
    "mean of logsumexp",
    lambda x: mg.logsumexp(x, 1).mean(),
    lambda n: n.any((n.size(2), n.size(2))),
    "x",
    lambda dy, x: dy * softmax(x, 1) / len(x),
    {
        "mean": lambda dy, x: dy * softmax(x, 1),
        "mean|factor": lambda dy, x: dy * softmax(x, 1) / x.size,
        "wrong_axis": lambda dy, x: dy * softmax(x, 0) / len(x),
    },
)

# Losses by hand ---------------------------------------------------------------------------------------------


def probabilities(n: Numbers) -> Any:
    shape = (3, *n.shape(0, 2))
    return n.rng.uniform(0.05, 0.95, shape), n.rng.integers(0, 2, shape).astype(float)


def signs(n: Numbers) -> Any:
    shape = (4, *n.shape(0, 2))
    return n.any(shape), n.rng.choice([-1.0, 1.0], shape)


def two_distributions(n: Numbers) -> Any:
    shape = n.shape(1)
    return n.positive(shape), n.positive(shape)


case(
    "cross-entropy of yes or no",
    lambda p, t: -(t * mg.log(p) + (1 - t) * mg.log(1 - p)).mean(),
    probabilities,
    "p",
    lambda dy, p, t: dy * (p - t) / (p * (1 - p)) / p.size,
    {
        "sign": lambda dy, p, t: dy * (t - p) / (p * (1 - p)) / p.size,
        "mean": lambda dy, p, t: dy * (p - t) / (p * (1 - p)),
        "accumulation": [
            lambda dy, p, t: -dy * t / p / p.size,
            lambda dy, p, t: dy * (1 - t) / (1 - p) / p.size,
        ],
    },
)
case(
    "hinge loss",
    lambda x, t: mg.relu(1 - t * x).mean(),
    signs,
    "x",
    lambda dy, x, t: -dy * t * (t * x < 1) / x.size,
    {
        "sign": lambda dy, x, t: dy * t * (t * x < 1) / x.size,
        "mean": lambda dy, x, t: -dy * t * (t * x < 1),
        "mask": lambda dy, x, t: -dy * t * (t * x > 1) / x.size,
        "chain": lambda dy, x, t: -dy * t / x.size,
    },
)
case(
    "logistic loss",
    lambda x, t: mg.log(1 + mg.exp(-t * x)).sum(),
    signs,
    "x",
    lambda dy, x, t: -dy * t * sigmoid(-t * x),
    {
        "sign": lambda dy, x, t: dy * t * sigmoid(-t * x),
        "factor|chain": lambda dy, x, t: -dy * sigmoid(-t * x),
    },
)
case(
    "KL divergence, by p",
    lambda p, q: (p * mg.log(p / q)).sum(),
    two_distributions,
    "p",
    lambda dy, p, q: dy * (np.log(p / q) + 1),
    {"accumulation": [lambda dy, p, q: dy * np.log(p / q), lambda dy, p: dy * np.ones_like(p)]},
)
case(
    "KL divergence, by q",
    lambda p, q: (p * mg.log(p / q)).sum(),
    two_distributions,
    "q",
    lambda dy, p, q: -dy * p / q,
    {"sign": lambda dy, p, q: dy * p / q, "factor|chain": lambda dy, q: -dy / q},
)


def regression(n: Numbers) -> Any:
    rows, features = n.size(2), n.size(2)
    return n.any((features,)), n.any((rows, features)), n.any((rows,))


def ridge_right(dy: Any, w: Any, x: Any, t: Any, data: float = 1.0, decay: float = 0.2) -> Any:
    return dy * (data * 2 * x.T @ (x @ w - t) / len(x) + decay * w)


case(
    "ridge regression",
    lambda w, x, t: ((x @ w - t) ** 2).mean() + 0.1 * (w**2).sum(),
    regression,
    "w",
    lambda dy, w, x, t: ridge_right(dy, w, x, t),
    {
        "accumulation": [
            lambda dy, w, x, t: ridge_right(dy, w, x, t, decay=0.0),
            lambda dy, w: dy * 0.2 * w,
        ],
        "mean": lambda dy, w, x, t: ridge_right(dy, w, x, t, data=len(x)),
        "factor": [
            lambda dy, w, x, t: ridge_right(dy, w, x, t, decay=0.1),
            lambda dy, w, x, t: ridge_right(dy, w, x, t, decay=2.0),
            lambda dy, w, x, t: ridge_right(dy, w, x, t, data=0.5),
        ],
        "sign": lambda dy, w, x, t: ridge_right(dy, w, x, t, data=-1.0),
    },
)
