"""Functions of arrays that NumPy does not have."""

import math

import numpy as np

from minigrad.devices.place import as_array
from minigrad.kernels.reference.arrays import Array

__all__ = ["erf", "index_add_rows"]


def erf(x: Array) -> Array:
    """The error function of every element, erf(x) = 2 / sqrt(pi) times the integral of exp(-s²) from 0 to x.

    Returns an array of x's shape and dtype. Python's ``math.erf`` computes it in float64.
    """
    y = [math.erf(value) for value in x.ravel().tolist()]
    return np.asarray(y, dtype=x.dtype, like=as_array(x)).reshape(x.shape)


def index_add_rows(dy: Array, index: Array, num_rows: int) -> Array:
    """Rows added up by index, the gradient of picking rows: zeros, then dx[index[i]] += dy[i] for every i.

    Shapes: dy (*index.shape, *row), index any shape of integers, result (num_rows, *row). An index may
    repeat; rows are added in the order of ``index``, so the result is the same each time. A negative index
    counts from the end; one outside of [-num_rows, num_rows) raises IndexError.
    """
    check_rows(dy, index, num_rows)
    dx = np.zeros_like(dy, shape=(num_rows, *dy.shape[index.ndim :]), order="C")
    np.add.at(dx, index, dy)
    return dx


def check_rows(dy: Array, index: Array, num_rows: int) -> None:
    """Raise what `index_add_rows` raises, before anything is written."""
    if dy.shape[: index.ndim] != index.shape:
        raise ValueError(
            f"index_add_rows: dy must begin with the shape of index, {index.shape}, but its shape is "
            f"{dy.shape}"
        )
    if index.size and not (-num_rows <= index.min() and index.max() < num_rows):
        worst = index.max() if index.max() >= num_rows else index.min()
        raise IndexError(f"index_add_rows: index {worst} is out of range for {num_rows} rows")
