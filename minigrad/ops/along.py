"""Slices along one axis, in any order and as often as wanted: what padding and resizing are made of."""

import numpy as np

from minigrad import kernels
from minigrad.devices import place
from minigrad.engine.op import Array, op


@op
def slices_at(input: Array, dim: int, index: Array) -> Array:
    """y[..., i, ...] = x[..., index[i], ...] along axis ``dim``; the index is NumPy's, of places from 0 on"""
    return np.take(input, place.constant(input, index), axis=dim)


@slices_at.grad("input")
def _(dy: Array, dim: int, index: Array, input_shape: tuple[int, ...]) -> Array:
    return add_slices_at(dy, dim, index, input_shape[dim])


@op
def add_slices_at(input: Array, dim: int, index: Array, size: int) -> Array:
    """Zeros, ``size`` of them along axis ``dim``, with each slice of x added at its place in the index"""
    if not isinstance(input, np.ndarray):  # CuPy's reduceat subtracts running sums, and loses digits
        rows = np.moveaxis(input, dim, 0)
        return np.moveaxis(kernels.index_add_rows(rows, place.constant(input, index), size), 0, dim)
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
