"""Rows added up by index: see source/rows.cu."""

import math

import numpy as np

from minigrad.devices.capturing import is_capturing
from minigrad.kernels.cupy_gpu.arrays import c_ordered, empty
from minigrad.kernels.cupy_gpu.launch import blocks_for, launch
from minigrad.kernels.reference.arrays import Array
from minigrad.kernels.reference.functions import check_rows

__all__ = ["index_add_rows"]

SEARCHED = 1 << 26
"""Comparisons up to which each row of the result looks through the whole index; for more it is sorted."""


def index_add_rows(dy: Array, index: Array, num_rows: int) -> Array:
    """See reference/. In a captured step the index is not checked."""
    if not is_capturing():
        check_rows(dy, index, num_rows)
    row = dy.shape[index.ndim :]
    dx = empty((num_rows, *row), dy)
    width, count = math.prod(row), index.size
    if not dx.size:
        return dx
    dy, flat = c_ordered(dy), c_ordered(index.astype(np.int64, copy=False)).reshape(-1)
    if count * num_rows <= SEARCHED or is_capturing():
        args = dx, dy, flat, count, num_rows, width
        launch("rows.cu", "index_add_rows", min(num_rows, 65535), 256, *args)
        return dx
    flat = np.where(flat < 0, flat + num_rows, flat)
    order = np.argsort(flat, kind="stable")
    first = np.searchsorted(flat[order], np.arange(num_rows + 1, like=flat))
    sizes = num_rows, width
    launch("rows.cu", "index_add_sorted", blocks_for(dx.size), 256, dx, dy, order, first, *sizes)
    return dx
