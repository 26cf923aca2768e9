"""Slices along one axis, in any order and as often as wanted: what padding and resizing are made of."""

import numpy as np

from minigrad.engine.op import Array, op


@op
def slices_at(input: Array, dim: int, index: Array) -> Array:
    """y[..., i, ...] = x[..., index[i], ...] along axis ``dim``; the index is a vector of places from 0 on"""
    return np.take(input, index, axis=dim)


@slices_at.grad("input")
def _(dy: Array, dim: int, index: Array, input_shape: tuple[int, ...]) -> Array:
    return add_slices_at(dy, dim, index, input_shape[dim])


@op
def add_slices_at(input: Array, dim: int, index: Array, size: int) -> Array:
    """Zeros, ``size`` of them along axis ``dim``, with each slice of x added at its place in the index"""
    y = np.zeros_like(input, shape=(*input.shape[:dim], size, *input.shape[dim + 1 :]), order="C")
    if not index.size:
        return y
    # Slices for one place side by side are summed in one go, much faster than np.add.at adds them.
    if (index[1:] < index[:-1]).any():
        order = np.argsort(index, kind="stable")
        input, index = np.take(input, order, axis=dim), index[order]
    first = np.flatnonzero(np.diff(index, prepend=-1))
    y[(slice(None),) * dim + (index[first],)] = np.add.reduceat(input, first, axis=dim)
    return y


@add_slices_at.grad("input")
def _(dy: Array, dim: int, index: Array) -> Array:
    return slices_at(dy, dim, index)
