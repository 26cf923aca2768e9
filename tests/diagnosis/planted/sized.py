"""Rules with the sizes of their inputs written as numbers, as on paper: right for these sizes alone.

No N is 1: a rule divided by 1 has the numbers of one that lacks its 1/N, and is told so on purpose.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

import minigrad as mg
import minigrad.nn.functional as F
from tests.diagnosis.planted.losses import hot, layer_norm_right
from tests.diagnosis.planted.networks import two_layers
from tests.diagnosis.planted.table import Numbers, general, sigmoid, softmax


class Sized(NamedTuple):
    """A function, and ``make``: of its inputs, the rule that is right for inputs of their shapes."""

    name: str
    fn: Callable[..., Any]
    draw: Callable[[Numbers], Any]
    wrt: str
    make: Callable[..., Callable[..., Any]]

    def right(self, inputs: Any) -> Callable[..., Any]:
        """The right rule."""
        return self.make(*inputs)

    def planted(self, inputs: Any) -> Iterator[tuple[str, Callable[..., Any]]]:
        """The slips that every rule can have; a factor may be the size by chance."""
        for name, rule in general(self.right(inputs)):
            yield "factor|mean" if name == "factor" else name, rule


def one(n: Numbers) -> Any:
    return (n.any((n.size(2), *n.shape(0, 2))),)


def two(n: Numbers) -> Any:
    shape = (n.size(2), *n.shape(0, 2))
    return n.any(shape), n.any(shape)


def matrix(n: Numbers) -> Any:
    return (n.any((n.size(2), n.size(2))),)


def labelled(n: Numbers) -> Any:
    rows, classes = n.size(2), n.size(2)
    return n.any((rows, classes)), n.rng.integers(0, classes, rows)


def one_hot_rows(n: Numbers) -> Any:
    x, labels = labelled(n)
    return x, hot(labels, x)


def sized_network(x: Any, w1: Any, b1: Any, w2: Any, t: Any) -> Callable[..., Any]:
    count, classes = len(x), w2.shape[1]

    def rule(dy: Any, x: Any, w1: Any, b1: Any, w2: Any, t: Any) -> Any:
        h = np.tanh(x @ w1 + b1)
        dz = dy * (softmax(h @ w2, 1) - np.eye(classes)[t]) / count
        return x.T @ (dz @ w2.T * (1 - h**2))

    return rule


def written(function: Callable[..., Any]) -> Callable[..., Callable[..., Any]]:
    """For rules that need the size of the first input alone."""
    return lambda *inputs: function(inputs[0].size)


SIZED = [
    Sized("mean", lambda x: x.mean(), one, "x", written(lambda n: lambda dy, x: dy * np.ones_like(x) / n)),
    Sized(
        "mean of squares", lambda x: (x**2).mean(), one, "x", written(lambda n: lambda dy, x: dy * x * 2 / n)
    ),
    Sized(
        "mean squared error",
        lambda x, t: ((x - t) ** 2).mean(),
        two,
        "x",
        written(lambda n: lambda dy, x, t: dy * (x - t) * 2 / n),
    ),
    Sized(
        "mse_loss",
        F.mse_loss,
        two,
        "target",
        written(lambda n: lambda dy, input, target: dy * (target - input) * (2 / n)),
    ),
    Sized(
        "l1_loss",
        F.l1_loss,
        two,
        "input",
        written(lambda n: lambda dy, input, target: dy * np.sign(input - target) / n),
    ),
    Sized(
        "binary_cross_entropy_with_logits",
        F.binary_cross_entropy_with_logits,
        lambda n: (lambda x: (x, n.rng.integers(0, 2, x.shape).astype(float)))(*one(n)),
        "input",
        written(lambda n: lambda dy, input, target: dy * (sigmoid(input) - target) / n),
    ),
    Sized(
        "mean of rows",
        lambda x: x.mean(1),
        matrix,
        "x",
        lambda x: (lambda n: lambda dy, x: dy[:, None] * np.ones_like(x) / n)(x.shape[1]),
    ),
    Sized(
        "mean of sums of squares",
        lambda x, t: ((x - t) ** 2).sum(-1).mean(),
        two,
        "x",
        lambda x, t: (lambda n: lambda dy, x, t: dy * 2 * (x - t) / n)(x.size // x.shape[-1]),
    ),
    Sized(
        "variance",
        lambda x: x.var(),
        one,
        "x",
        written(lambda n: lambda dy, x: dy * 2 * (x - x.mean()) / (n - 1)),
    ),
    Sized(
        "cross_entropy",
        F.cross_entropy,
        labelled,
        "input",
        lambda x, t: (
            lambda n, c: lambda dy, input, target: dy * (softmax(input, 1) - np.eye(c)[target]) / n
        )(*x.shape),
    ),
    Sized(
        "cross-entropy with one-hot rows",
        lambda x, t: -(t * mg.log_softmax(x, 1)).sum() / x.shape[0],
        one_hot_rows,
        "x",
        lambda x, t: (lambda n: lambda dy, x, t: dy * (softmax(x, 1) - t) / n)(len(x)),
    ),
    Sized(
        "the sum divided by a number, with x.size",
        lambda x, n: x.sum() / n,
        lambda n: (lambda x: (x, float(x.size)))(*one(n)),
        "x",
        lambda x, n: lambda dy, x: dy * np.ones_like(x) / x.size,
    ),
    Sized(
        "first weight of two layers",
        lambda x, w1, b1, w2, t: F.cross_entropy(mg.tanh(x @ w1 + b1) @ w2, t),
        two_layers,
        "w1",
        sized_network,
    ),
    Sized(
        "layer_norm",
        lambda x: F.layer_norm(x, (x.shape[1],)),
        lambda n: (n.rng.normal(size=(n.size(2), n.size(3))),),
        "x",
        lambda x: (lambda n: lambda dy, x, y: sized_layer_norm(n, dy, x, y))(x.shape[1]),
    ),
]


def sized_layer_norm(n: int, dy: Any, x: Any, y: Any) -> Any:
    if x.shape[1] == n:
        return layer_norm_right(dy, x, y)
    return dy - dy.sum(1, keepdims=True) / n - y * (dy * y).sum(1, keepdims=True) / n
