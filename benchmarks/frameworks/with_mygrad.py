"""MyGrad. It has no modules, dropout or optimisers: those are plain NumPy here."""

import itertools
from collections.abc import Callable
from typing import Any

import mygrad
import numpy as np
from mygrad.nnet.activations import relu
from mygrad.nnet.layers import conv_nd, max_pool
from mygrad.nnet.losses import softmax_crossentropy

from benchmarks import networks, problem
from benchmarks.frameworks.plain_numpy import CNN_DROPOUT, Adam, Dropout, cnn_layers, the_cnn

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


def network(name: str, dropout: float = CNN_DROPOUT) -> Callable[[], Any]:
    """models/cnn.py's small_cnn.

    Its pools take no side that the window does not divide: the last row and column are sliced off here.
    """
    parameters = [
        mygrad.tensor(array)
        for weight, bias in cnn_layers()
        for array in ((weight, bias.reshape(1, -1, 1, 1)) if weight.ndim == 4 else (weight.T.copy(), bias))
    ]
    w1, b1, w2, b2, w3, b3, w4, b4 = parameters
    optimizer = Adam([p.data for p in parameters])
    masks = Dropout(dropout)
    data = itertools.cycle(networks.labelled(networks.NETWORKS[the_cnn(name)]))

    def step() -> Any:
        x, y = next(data)
        h = max_pool(relu(conv_nd(x, w1, stride=1) + b1), (2, 2), 2)
        h = max_pool(relu(conv_nd(h, w2, stride=1) + b2)[:, :, :10, :10], (2, 2), 2)
        h = relu(h.reshape(len(x), -1) @ w3 + b3)
        loss = softmax_crossentropy((h * masks.mask(h.shape)) @ w4 + b4, y)
        loss.backward()
        optimizer.step([p.grad for p in parameters])
        for p in parameters:
            p.null_grad()
        return loss.data

    return step


def network_without_dropout(name: str) -> Callable[[], Any]:
    return network(name, dropout=0.0)


def chain() -> Callable[[], Any]:
    def run() -> Any:
        x = mygrad.tensor(np.ones(1, dtype=np.float32))
        y = x
        for _ in range(problem.CHAIN_LENGTH):
            y = y * problem.CHAIN_FACTOR + problem.CHAIN_ADDEND
        y.backward()
        return x.grad.item()

    return run
