"""Which axis, or axes, an operation's ``dim`` means.

================  ===========================  =======================  ============================
function          for                          returns                  of a tensor of no dimension
================  ===========================  =======================  ============================
``axis_of``       sum, mean, amax              NumPy's axis=: one, a    None, for dim 0 and -1
                                               tuple, or None for all
``checked_axis``  var, norm, normalize         the same                 the same
``one_axis``      softmax, cumsum, prod        NumPy's axis=: one       None, for dim 0 and -1
``dimension``     transpose, cat, gather       one, counted from 0 on   0, for dim 0 and -1
``cut_axis``      split, select, narrow        one, counted from 0 on   an error: there is nothing
                                                                        to cut
================  ===========================  =======================  ============================

What is out of range is an IndexError in the name of what the learner called. ``axis_of`` and ``one_axis``
leave that to NumPy, whose error the engine tells in its own words: a sum is not checked twice. A rule asks
``axis_of``: its formula has checked ``dim``.
"""

import math
import operator
from collections.abc import Iterable
from typing import Any

import numpy as np

from minigrad.engine.op import Array
from minigrad.errors import ShapeError

Dim = int | tuple[int, ...] | None


def axis_of(dim: Any, shape: tuple[int, ...], empty: Dim = None) -> Dim:
    """The axis, or axes, that ``dim`` means in an array of this shape; None for all.

    An empty tuple means all of them, as in PyTorch, unless ``empty`` says otherwise.
    """
    if isinstance(dim, (tuple, list)):
        dim = dim[0] if len(dim) == 1 and not shape else tuple(dim) or empty
    if not shape and dim in (0, -1):
        return None
    return int(dim) if isinstance(dim, np.integer) else dim


def checked_axis(name: str, dim: Any, shape: tuple[int, ...]) -> Dim:
    """`axis_of`; raises in the name of the function that was called if a dimension is out of range."""
    axis, ndim = axis_of(dim, shape), len(shape) or 1
    for d in _each(axis, len(shape)):
        if not -ndim <= _integer(name, d) < ndim:
            raise IndexError(
                f"{name}: dimension {d} is out of range for shape {tuple(shape)}: from {-ndim} to {ndim - 1}"
            )
    return axis


def one_axis(name: str, dim: int, shape: tuple[int, ...]) -> int | None:
    """`axis_of` where there can be one axis only; several are a TypeError."""
    if shape and type(dim) is int:
        return dim  # NumPy says what is out of range
    axis = dimension(name, dim, len(shape))
    return axis if shape else None


def dimension(name: str, dim: int, ndim: int) -> int:
    """``dim`` counted from the front, checked."""
    dim, count = _integer(name, dim), max(ndim, 1)
    if not -count <= dim < count:
        raise IndexError(
            f"{name}: dimension {dim} is out of range: the tensor has {ndim}, so it is from {-count} to "
            f"{count - 1}"
        )
    return dim % count


def cut_axis(name: str, dim: int, input: Array, error: type[Exception] = ShapeError) -> int:
    """`dimension` of an axis along which x is cut; ``error``, PyTorch's, if x has no axis."""
    if not input.ndim:
        raise error(f"{name}: a tensor of no dimension cannot be cut; reshape(1) makes a vector of it")
    return dimension(name, dim, input.ndim)


def _integer(name: str, dim: Any) -> int:
    try:
        return operator.index(dim)
    except TypeError:
        raise TypeError(f"{name}: a dimension is an integer, got {dim!r}") from None


# What a reduction did to the axes ---------------------------------------------------------------------------


def _each(axis: Dim, ndim: int) -> Iterable[int]:
    return range(ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)


def count(shape: tuple[int, ...], axis: Dim) -> int:
    """How many numbers are reduced into one."""
    if axis is None or not shape:
        return math.prod(shape)
    return shape[axis] if isinstance(axis, int) else math.prod(shape[d] for d in axis)


def spread(dy: Array, shape: tuple[int, ...], axis: Dim, keepdim: bool) -> Array:
    """``dy`` of a reduction, with the reduced axes back as axes of size 1: ready to broadcast"""
    if keepdim or not shape or axis is None:  # one number broadcasts as it is
        return dy
    reduced = {d % len(shape) for d in _each(axis, len(shape))}
    return np.reshape(dy, tuple(1 if i in reduced else size for i, size in enumerate(shape)))


def stretched(dy: Array, shape: tuple[int, ...]) -> Array:
    """``dy`` broadcast: it cannot be written, and takes no memory. One number in a fifth of NumPy's time."""
    if not isinstance(dy, (np.ndarray, np.generic)) or dy.ndim:
        return np.broadcast_to(dy, shape)
    y: Array = np.ndarray(shape, dy.dtype, dy, strides=(0,) * len(shape))
    y.flags.writeable = False
    return y
