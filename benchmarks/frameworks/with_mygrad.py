"""MyGrad. It has no layers, dropout or optimisers: those are plain NumPy here."""

import itertools
from collections.abc import Callable
from typing import Any

import mygrad
import numpy as np
from mygrad.nnet.activations import relu
from mygrad.nnet.losses import softmax_crossentropy

from benchmarks import problem
from benchmarks.frameworks.plain_numpy import Adam, Dropout

mygrad.turn_memory_guarding_off()  # as its documentation advises for speed


def dense_step() -> Callable[[], Any]:
    parameters = [
        mygrad.tensor(array) for weight, bias in problem.layers() for array in (weight.T.copy(), bias)
    ]
    w1, b1, w2, b2, w3, b3 = parameters
    optimizer = Adam([p.data for p in parameters])
    dropout = Dropout()
    data = itertools.cycle(problem.batches())

    def step() -> Any:
        x, y = next(data)
        h = relu(relu(x @ w1 + b1) @ w2 + b2)
        loss = softmax_crossentropy((h * dropout.mask(h.shape)) @ w3 + b3, y)
        loss.backward()
        optimizer.step([p.grad for p in parameters])
        for p in parameters:
            p.null_grad()
        return loss.data

    return step


def chain() -> Callable[[], Any]:
    def run() -> Any:
        x = mygrad.tensor(np.ones(1, dtype=np.float32))
        y = x
        for _ in range(problem.CHAIN_LENGTH):
            y = y * problem.CHAIN_FACTOR + problem.CHAIN_ADDEND
        y.backward()
        return x.grad.item()

    return run
