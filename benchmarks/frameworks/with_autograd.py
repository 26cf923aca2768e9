"""HIPS autograd. It has no layers or dropout, and its Adam is a whole loop: plain NumPy here."""

import itertools
from collections.abc import Callable
from typing import Any

import autograd
import autograd.numpy as np

from benchmarks import problem
from benchmarks.frameworks.plain_numpy import Adam, Dropout


def loss_of(parameters: list[Any], x: Any, y: Any, mask: Any) -> Any:
    w1, b1, w2, b2, w3, b3 = parameters
    h = np.maximum(np.maximum(x @ w1 + b1, 0) @ w2 + b2, 0)
    z = (h * mask) @ w3 + b3
    z = z - np.max(z, axis=1, keepdims=True)
    log_p = z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))
    return -np.mean(log_p[np.arange(len(y)), y])


def dense_step() -> Callable[[], Any]:
    parameters = [array for weight, bias in problem.layers() for array in (weight.T.copy(), bias)]
    optimizer = Adam(parameters)
    dropout = Dropout()
    data = itertools.cycle(problem.batches())
    loss_and_gradients = autograd.value_and_grad(loss_of)

    def step() -> Any:
        x, y = next(data)
        mask = dropout.mask((problem.BATCH, problem.SIZES[2]))
        loss, gradients = loss_and_gradients(parameters, x, y, mask)
        optimizer.step(gradients)
        return loss

    return step


def chain() -> Callable[[], Any]:
    def links(x: Any) -> Any:
        y = x
        for _ in range(problem.CHAIN_LENGTH):
            y = y * problem.CHAIN_FACTOR + problem.CHAIN_ADDEND
        return y

    derivative = autograd.elementwise_grad(links)
    return lambda: derivative(np.ones(1, dtype=np.float32)).item()
