"""Softmax, losses, layer_norm."""

from typing import Any

import numpy as np

import minigrad as mg
import minigrad.nn.functional as F
from tests.diagnosis.planted.table import Numbers, case, sigmoid, softmax


def scores(n: Numbers) -> Any:
    return n.any((n.size(2), n.size(2)))


def labelled(n: Numbers) -> Any:
    rows, classes = n.size(), n.size(2)
    return n.any((rows, classes)), n.rng.integers(0, classes, rows)


def hot(labels: Any, x: Any) -> Any:
    return np.eye(x.shape[1])[labels]


def one_hot_rows(n: Numbers) -> Any:
    x, labels = labelled(n)
    return x, hot(labels, x)


def jacobian_softmax(dy: Any, y: Any) -> Any:
    return np.stack([(np.diag(p) - np.outer(p, p)) @ d for p, d in zip(y, dy, strict=True)])


case(
    "softmax",
    lambda x: mg.softmax(x, 1),
    scores,
    "x",
    [lambda dy, y: y * (dy - (dy * y).sum(1, keepdims=True)), jacobian_softmax],
    {
        "wrong_axis": [
            lambda dy, y: y * (dy - (dy * y).sum(0, keepdims=True)),
            lambda dy, x: softmax(x, 0) * (dy - (dy * softmax(x, 0)).sum(0, keepdims=True)),
            lambda dy, y: y * (dy - (dy * y).sum()),
        ],
        "diagonal": lambda dy, y: dy * y * (1 - y),
        "accumulation": [lambda dy, y: dy * y, lambda dy, y: -y * (dy * y).sum(1, keepdims=True)],
        "other_formula": lambda dy, y: dy - np.exp(y) * dy.sum(1, keepdims=True),
        "misremembered": lambda dy, y: y * (dy - dy.sum(1, keepdims=True)),
    },
    flat=True,
)
case(
    "softmax, spelled out",
    lambda x: mg.exp(x) / mg.exp(x).sum(0, keepdim=True),
    scores,
    "x",
    lambda dy, y: y * (dy - (dy * y).sum(0, keepdims=True)),
    {
        "wrong_axis": lambda dy, y: y * (dy - (dy * y).sum(1, keepdims=True)),
        "accumulation": lambda dy, y: dy * y,
        "diagonal": lambda dy, y: dy * y * (1 - y),
    },
    flat=True,
)
case(
    "log_softmax",
    lambda x: mg.log_softmax(x, 1),
    scores,
    "x",
    lambda dy, y: dy - np.exp(y) * dy.sum(1, keepdims=True),
    {
        "wrong_axis": lambda dy, y: dy - np.exp(y) * dy.sum(0, keepdims=True),
        "accumulation|chain": lambda dy: dy,
        "at_input": lambda dy, x: dy - np.exp(x) * dy.sum(1, keepdims=True),
        "other_formula": lambda dy, y: np.exp(y) * (dy - (dy * np.exp(y)).sum(1, keepdims=True)),
        "misremembered": lambda dy, y: dy - np.exp(y),
    },
)
case(
    "cross_entropy",
    F.cross_entropy,
    labelled,
    "input",
    lambda dy, input, target: dy * (softmax(input, 1) - hot(target, input)) / len(input),
    {
        "mean": lambda dy, input, target: dy * (softmax(input, 1) - hot(target, input)),
        "sign": lambda dy, input, target: dy * (hot(target, input) - softmax(input, 1)) / len(input),
        "accumulation": lambda dy, input: dy * softmax(input, 1) / len(input),
        "wrong_axis": lambda dy, input, target: dy * (softmax(input, 0) - hot(target, input)) / len(input),
        "at_input": lambda dy, input, target: dy * (input - hot(target, input)) / len(input),
        "chain": lambda dy, input, target: -dy * hot(target, input) / softmax(input, 1) / len(input),
    },
)
case(
    "cross-entropy with one-hot rows",
    lambda x, t: -(t * mg.log_softmax(x, 1)).sum() / x.shape[0],
    one_hot_rows,
    "x",
    lambda dy, x, t: dy * (softmax(x, 1) - t) / len(x),
    {
        "mean": lambda dy, x, t: dy * (softmax(x, 1) - t),
        "sign": lambda dy, x, t: dy * (t - softmax(x, 1)) / len(x),
        "accumulation": lambda dy, x: dy * softmax(x, 1) / len(x),
    },
)
case(
    "cross-entropy of a softmax, written out",
    lambda x, t: -(t * mg.log(mg.softmax(x, 1))).sum(1).mean(),
    one_hot_rows,
    "x",
    lambda dy, x, t: dy * (softmax(x, 1) - t) / len(x),
    {
        "mean": lambda dy, x, t: dy * (softmax(x, 1) - t),
        "sign": lambda dy, x, t: dy * (t - softmax(x, 1)) / len(x),
        "wrong_axis": lambda dy, x, t: dy * (softmax(x, 0) - t) / len(x),
    },
)
case(
    "mse_loss",
    F.mse_loss,
    lambda n: (lambda shape: (n.any(shape), n.any(shape)))(n.shape(1)),
    "input",
    lambda dy, input, target: dy * 2 * (input - target) / input.size,
    {
        "mean": lambda dy, input, target: dy * 2 * (input - target),
        "factor": lambda dy, input, target: dy * (input - target) / input.size,
        "sign": lambda dy, input, target: dy * 2 * (target - input) / input.size,
        "other_formula": lambda dy, input, target: dy * np.sign(input - target) / input.size,
    },
)
case(
    "binary_cross_entropy_with_logits",
    F.binary_cross_entropy_with_logits,
    lambda n: (lambda shape: (n.any(shape), n.rng.integers(0, 2, shape).astype(float)))((3, *n.shape(1, 2))),
    "input",
    lambda dy, input, target: dy * (sigmoid(input) - target) / input.size,
    {
        "mean": lambda dy, input, target: dy * (sigmoid(input) - target),
        "chain": lambda dy, input, target: (
            dy * (sigmoid(input) - target) * sigmoid(input) * sigmoid(-input) / input.size
        ),
        "sign": lambda dy, input, target: dy * (target - sigmoid(input)) / input.size,
        "other_formula": lambda dy, input, target: dy * 2 * (input - target) / input.size,
    },
)


def two_probabilities(n: Numbers) -> Any:
    shape = (3, *n.shape(1, 2))
    return n.rng.uniform(0.05, 0.95, shape), n.rng.integers(0, 2, shape).astype(float)


case(
    "binary_cross_entropy",
    F.binary_cross_entropy,
    two_probabilities,
    "input",
    lambda dy, input, target: dy * (input - target) / (input * (1 - input)) / input.size,
    {
        "mean": lambda dy, input, target: dy * (input - target) / (input * (1 - input)),
        "chain": lambda dy, input, target: dy * (input - target) / input.size,
        "other_formula": lambda dy, input, target: dy * np.sign(input - target) / input.size,
    },
)
case(
    "smooth_l1_loss",
    F.smooth_l1_loss,
    lambda n: (lambda shape: (3 * n.any(shape), n.any(shape)))((4, *n.shape(1, 2))),
    "input",
    lambda dy, input, target: dy * np.clip(input - target, -1, 1) / input.size,
    {
        "mean": lambda dy, input, target: dy * np.clip(input - target, -1, 1),
        "other_formula": [
            lambda dy, input, target: dy * np.sign(input - target) / input.size,
            lambda dy, input, target: dy * 2 * (input - target) / input.size,
        ],
        "mask": lambda dy, input, target: dy * (input - target) / input.size,
    },
)


def normalised(x: Any) -> Any:
    return (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5)


def layer_norm_right(dy: Any, x: Any, y: Any) -> Any:
    straight, along = dy.mean(1, keepdims=True), (dy * y).mean(1, keepdims=True)
    return (dy - straight - y * along) / np.sqrt(x.var(1, keepdims=True) + 1e-5)


case(
    "layer_norm",
    lambda x: F.layer_norm(x, (x.shape[1],)),
    lambda n: n.rng.normal(size=(n.size(), n.size(3))),
    "x",
    layer_norm_right,
    {
        "accumulation": [
            lambda dy, x: dy / np.sqrt(x.var(1, keepdims=True) + 1e-5),
            lambda dy, x: (dy - dy.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5),
        ],
        "misremembered": [
            lambda dy, x, y: layer_norm_right(dy, x, y) / np.sqrt(x.var(1, keepdims=True) + 1e-5),
            lambda dy, x, y: (
                (dy - dy.sum(1, keepdims=True) - y * (dy * y).sum(1, keepdims=True))
                / np.sqrt(x.var(1, keepdims=True) + 1e-5)
            ),
        ],
    },
    flat=True,
)
