"""Where the largest is, and what comes after what: argmax, max with its place, sort, topk."""

from typing import Any, NamedTuple, overload

import numpy as np

from minigrad.engine.op import Array, Tensor, of_tensors, op
from minigrad.ops.axes import axis_of, dimension
from minigrad.ops.compare import maximum, minimum
from minigrad.ops.lookup import gather
from minigrad.ops.reduce import amax, amin, check_not_empty
from minigrad.ops.shape import squeeze

__all__ = [
    "argmax",
    "argmin",
    "argsort",
    "max",
    "min",
    "sort",
    "topk",
]


@op
def argmax(input: Array, dim: int | None = None, keepdim: bool = False) -> Array:
    """Where the largest x is along ``dim`` (in the flattened x, if None): the first of equal ones"""
    axis: Any = axis_of(dim, input.shape)
    check_not_empty("argmax", input, axis)
    return np.argmax(input, axis=axis, keepdims=keepdim)


@op
def argmin(input: Array, dim: int | None = None, keepdim: bool = False) -> Array:
    """Where the smallest x is along ``dim`` (in the flattened x, if None): the first of equal ones"""
    axis: Any = axis_of(dim, input.shape)
    check_not_empty("argmin", input, axis)
    return np.argmin(input, axis=axis, keepdims=keepdim)


@op
def argsort(input: Array, dim: int = -1, descending: bool = False, *, stable: bool = False) -> Array:
    """The indices that put x in order along ``dim``; equal ones keep their order, ``stable`` or not"""
    dim = dimension("argsort", dim, input.ndim)
    if not input.ndim:
        return np.zeros_like(input, dtype=np.int64)
    if not descending:
        return np.argsort(input, axis=dim, kind="stable")
    last = input.shape[dim] - 1  # from the other end, and that turned round: equal ones keep their order so
    return last - np.flip(np.argsort(np.flip(input, axis=dim), axis=dim, kind="stable"), axis=dim)


class ValuesAndIndices(NamedTuple):
    """What ``max``, ``min``, ``sort`` and ``topk`` return."""

    values: Tensor
    indices: Tensor


def _values_and_places(name: str, input: Array, dim: Any, keepdim: bool, positions: Any) -> ValuesAndIndices:
    if not isinstance(dim, (int, np.integer)):
        raise TypeError(
            f"{name}: expected one dimension, or a second tensor, got {dim!r}. a{name} takes several."
        )
    dim = int(dim)
    dimension(name, dim, input.ndim)
    check_not_empty(name, input, dim)
    indices = positions(input, dim, keepdim=True)
    values = gather(input, dim, indices) if input.ndim else input
    if keepdim or not input.ndim:
        return ValuesAndIndices(values, indices)
    return ValuesAndIndices(squeeze(values, dim), squeeze(indices, dim))


def _the_other(name: str, dim: Any, other: Any) -> Any:
    """The second tensor of ``max(x, y)``, given where a dimension may stand or by its name; else None."""
    if other is None:
        return dim if hasattr(dim, "ndim") and not isinstance(dim, np.integer) else None
    if dim is not None:
        raise TypeError(
            f"{name}: expected one dimension, or a second tensor; got both, dim={dim!r} and other"
        )
    return other


@overload
def max(input: Array, dim: None = None, keepdim: bool = False, *, other: Array = None) -> Tensor: ...
@overload
def max(input: Array, dim: int, keepdim: bool = False) -> ValuesAndIndices: ...
@overload
def max(input: Array, dim: Tensor) -> Tensor: ...
@of_tensors
def max(input: Array, dim: Any = None, keepdim: bool = False, *, other: Array = None) -> Any:
    """The largest x of all; with an int ``dim``, (values, indices) along it; with a tensor, by its place or
    as ``other``, the larger of the two.
    """
    other = _the_other("max", dim, other)
    if other is not None:
        return maximum(input, other)
    if dim is None:
        return amax(input)
    return _values_and_places("max", input, dim, keepdim, argmax)


@overload
def min(input: Array, dim: None = None, keepdim: bool = False, *, other: Array = None) -> Tensor: ...
@overload
def min(input: Array, dim: int, keepdim: bool = False) -> ValuesAndIndices: ...
@overload
def min(input: Array, dim: Tensor) -> Tensor: ...
@of_tensors
def min(input: Array, dim: Any = None, keepdim: bool = False, *, other: Array = None) -> Any:
    """The smallest x of all; with an int ``dim``, (values, indices) along it; with a tensor, by its place or
    as ``other``, the smaller of the two.
    """
    other = _the_other("min", dim, other)
    if other is not None:
        return minimum(input, other)
    if dim is None:
        return amin(input)
    return _values_and_places("min", input, dim, keepdim, argmin)


@of_tensors
def sort(input: Array, dim: int = -1, descending: bool = False, *, stable: bool = False) -> ValuesAndIndices:
    """x in order along ``dim``, and the indices that put it so; equal ones keep their order, ``stable`` or
    not
    """
    dimension("sort", dim, input.ndim)
    indices = argsort(input, dim, descending)
    return ValuesAndIndices(gather(input, dim, indices) if input.ndim else input, indices)


@of_tensors
def topk(input: Array, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> ValuesAndIndices:
    """The k largest (or smallest) x along ``dim``, in order, and their indices

    Raises RuntimeError for more than there are.
    """
    place = dimension("topk", dim, input.ndim)
    size = input.shape[place] if input.ndim else 1
    if not 0 <= k <= size:
        raise RuntimeError(f"topk: k is between 0 and the size of dimension {dim}, {size}; got {k}")
    order = argsort(input, dim, descending=largest)
    if not input.ndim:
        return ValuesAndIndices(input, order)
    first = [slice(None)] * input.ndim
    first[place] = slice(k)
    indices = order[tuple(first)]
    return ValuesAndIndices(gather(input, dim, indices), indices)
