"""Dropout: random zeros."""

from minigrad import kernels
from minigrad.engine.op import Array, op


@op
def dropout(input: Array, p: float, seed: int) -> Array:
    """y = x mask, where ``seed`` gives the mask: 0 with probability p, else 1 / (1 - p)"""
    return kernels.dropout(input, p, seed)


@dropout.grad("input")
def _(dy: Array, p: float, seed: int) -> Array:
    return dropout(dy, p, seed)  # the mask is not kept: the seed gives it again
