"""DeZero, with its own layers, dropout and Adam."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

# The one repair: DeZero's import needs `np.int`, another name for int that NumPy 1.24 took away.
np.int = int  # type: ignore[attr-defined]  # noqa: NPY001

import dezero  # noqa: E402
import dezero.functions as F  # noqa: E402
import dezero.layers as L  # noqa: E402

from benchmarks import networks, problem  # noqa: E402
from benchmarks.frameworks import plain_numpy  # noqa: E402


class Dense(dezero.Model):
    def __init__(self) -> None:
        super().__init__()
        self.l1, self.l2, self.l3 = (L.Linear(size) for size in problem.SIZES[1:])
        for layer, (weight, bias) in zip((self.l1, self.l2, self.l3), problem.layers(), strict=True):
            layer.W.data = np.ascontiguousarray(weight.T)
            layer.b.data = bias

    def forward(self, x: Any) -> Any:
        h = F.relu(self.l2(F.relu(self.l1(x))))
        return self.l3(F.dropout(h, problem.DROPOUT))


def dense_step() -> Callable[[], Any]:
    return training(Dense(), problem.batches())


def training(model: Any, batches: list[Any]) -> Callable[[], Any]:
    optimizer = dezero.optimizers.Adam(alpha=problem.LEARNING_RATE).setup(model)
    data = itertools.cycle(batches)

    def step() -> Any:
        x, y = next(data)
        loss = F.softmax_cross_entropy(model(x), y)
        model.cleargrads()
        loss.backward()
        optimizer.update()
        return loss.data

    return step


class CNN(dezero.Model):
    """models/cnn.py's small_cnn."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.dropout = dropout
        self.conv1, self.conv2 = L.Conv2d(32, 3, in_channels=1), L.Conv2d(64, 3, in_channels=32)
        self.l1, self.l2 = L.Linear(128, in_size=1600), L.Linear(10, in_size=128)
        layers = (self.conv1, self.conv2, self.l1, self.l2)
        for layer, (weight, bias) in zip(layers, plain_numpy.cnn_layers(), strict=True):
            layer.W.data = weight if weight.ndim == 4 else np.ascontiguousarray(weight.T)
            layer.b.data = bias

    def forward(self, x: Any) -> Any:
        h = F.pooling(F.relu(self.conv1(x)), 2, 2)
        h = F.pooling(F.relu(self.conv2(h)), 2, 2)
        h = F.relu(self.l1(F.reshape(h, (len(h), -1))))
        return self.l2(F.dropout(h, self.dropout))


def network(name: str, dropout: float = plain_numpy.CNN_DROPOUT) -> Callable[[], Any]:
    spec = networks.NETWORKS[plain_numpy.the_cnn(name)]
    return training(CNN(dropout), networks.labelled(spec))


def network_without_dropout(name: str) -> Callable[[], Any]:
    return network(name, dropout=0.0)


def chain() -> Callable[[], Any]:
    def run() -> Any:
        x = dezero.Variable(np.ones(1, dtype=np.float32))
        y = x
        for _ in range(problem.CHAIN_LENGTH):
            y = y * problem.CHAIN_FACTOR + problem.CHAIN_ADDEND
        y.backward()
        return x.grad.data.item()

    return run
