"""Sums of many numbers that keep their digits."""

import math
from typing import Any

import numpy as np

_BLOCK = 64
_MANY = 1024  # with fewer rows there is little to lose

_reduce: Any = np.add.reduce  # np.sum without what it does around it


def add_up(x: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """The sum of an array over an axis, several, or all of them.

    NumPy adds neighbours in memory in pairs, but row to row one after the other: each addition rounds to the
    precision of a sum that has grown, and the error grows with the number of rows. Blocks of rows are added
    up first here, and then the sums of the blocks, one axis after the other. A sum of float16, which holds no
    integer above 2,048 exactly and nothing above 65,504, is kept in float32.
    """
    if (x.dtype if dtype is None else np.dtype(dtype)).char == "e":
        return add_up(x.astype(np.float16, copy=False), axis, np.float32, keepdims).astype(np.float16)
    if x.size > _MANY and x.dtype.kind == "f":
        named = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        along = {d % x.ndim for d in named if -x.ndim <= d < x.ndim}
        if len(along) == len(named) and math.prod([x.shape[d] for d in along]) > _MANY:  # else NumPy says so
            rows = _row_by_row(x, along)
            if math.prod([x.shape[d] for d in rows]) > _MANY:
                y = x if dtype is None else x.astype(dtype, copy=False)
                for d in rows:
                    y = _rows_up(y, d)
                y = _reduce(y, axis=tuple(along), keepdims=True)
                return y if keepdims else np.squeeze(y, tuple(along))
    return _reduce(x, axis=axis, dtype=dtype, keepdims=keepdims)


def _row_by_row(x: Any, along: set[int]) -> list[int]:
    """Those of the axes along which NumPy would add row to row, those of the longest steps first: but for the
    axis of the shortest, and those that are one piece of memory with it.
    """
    steps = sorted((abs(x.strides[d]), d) for d in range(x.ndim) if x.shape[d] > 1)
    following, in_pairs = None, set()
    for step, d in steps:
        if d not in along or following not in (None, step):
            break
        in_pairs.add(d)
        following = step * x.shape[d]
    return [d for _, d in reversed(steps) if d in along and d not in in_pairs]


def _rows_up(x: Any, axis: int) -> Any:
    """The sum over one axis, which stays as one of size 1."""
    n = x.shape[axis]
    if n <= 2 * _BLOCK:
        return _reduce(x, axis=axis, keepdims=True)
    before = (slice(None),) * axis
    whole = n - n % _BLOCK
    blocks = x[(*before, slice(whole))].reshape(*x.shape[:axis], -1, _BLOCK, *x.shape[axis + 1 :])
    y = _rows_up(_reduce(blocks, axis=axis + 1), axis)
    return y + _reduce(x[(*before, slice(whole, None))], axis=axis, keepdims=True) if whole < n else y
