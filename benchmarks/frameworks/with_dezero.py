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

from benchmarks import problem  # noqa: E402


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
    model = Dense()
    optimizer = dezero.optimizers.Adam(alpha=problem.LEARNING_RATE).setup(model)
    data = itertools.cycle(problem.batches())

    def step() -> Any:
        x, y = next(data)
        loss = F.softmax_cross_entropy(model(x), y)
        model.cleargrads()
        loss.backward()
        optimizer.update()
        return loss.data

    return step


def chain() -> Callable[[], Any]:
    def run() -> Any:
        x = dezero.Variable(np.ones(1, dtype=np.float32))
        y = x
        for _ in range(problem.CHAIN_LENGTH):
            y = y * problem.CHAIN_FACTOR + problem.CHAIN_ADDEND
        y.backward()
        return x.grad.data.item()

    return run
