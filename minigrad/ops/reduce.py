"""Operations that make many numbers into few: sums, extremes, variances, running sums."""

import math
from typing import Any

import numpy as np

from minigrad.dtypes import as_dtype, float32
from minigrad.engine.op import Array, Tensor, of_tensors, op, raw
from minigrad.engine.sums import add_up
from minigrad.errors import DtypeError
from minigrad.ops.axes import Dim, axis_of, checked_axis, count, one_axis, spread, stretched
from minigrad.ops.checks import floating, numbers_known
from minigrad.ops.compare import where
from minigrad.ops.convert import floats, to_dtype
from minigrad.ops.elementwise import sign

__all__ = [
    "all",
    "amax",
    "amin",
    "any",
    "cumsum",
    "logsumexp",
    "mean",
    "norm",
    "prod",
    "std",
    "sum",
    "var",
]


def _sum_dtype(input: Array, dtype: Any) -> Any:
    if dtype is not None:
        return as_dtype(dtype)
    # NumPy sums uint8 in uint64, PyTorch in int64.
    return np.int64 if input.dtype.kind == "u" else None


@op
def sum(input: Array, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Array:
    """y = sum of x over ``dim`` (an axis, several, or None for all); bool and integers are summed in int64"""
    return add_up(input, axis=axis_of(dim, input.shape), dtype=_sum_dtype(input, dtype), keepdims=keepdim)


@sum.grad("input")
def _(dy: Array, input_shape: tuple[int, ...], dim: Dim, keepdim: bool) -> Array:
    return stretched(spread(dy, input_shape, axis_of(dim, input_shape), keepdim), input_shape)


@op
def mean(input: Array, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Array:
    """y = (sum of x over ``dim``) / (how many were summed)

    Raises DtypeError for integers, IndexError for an axis that x has not.
    """
    if dtype is None:
        floating("mean", input, method=True)
    elif as_dtype(dtype).kind != "f":
        raise DtypeError(f"mean: a mean needs a floating dtype, not {np.dtype(dtype)}")
    kept = input.dtype if dtype is None else np.dtype(dtype)
    if kept.char == "e":  # the sum, and their number, may be larger than a float16
        return mean(input.astype(kept, copy=False).astype(np.float32), dim, keepdim).astype(kept)
    axis = axis_of(dim, input.shape)
    return add_up(input, axis=axis, dtype=dtype, keepdims=keepdim) / count(input.shape, axis)


@mean.grad("input")
def _(dy: Array, input_shape: tuple[int, ...], dim: Dim, keepdim: bool) -> Array:
    dim = axis_of(dim, input_shape)
    many = count(input_shape, dim)
    share = dy * (1 / many) if many > 65504 and dy.dtype.char == "e" else dy / many  # the largest float16
    return stretched(spread(share, input_shape, dim, keepdim), input_shape)


def _shifted(rows: Array, by: int) -> Array:
    """The last axis moved on by some places, with 1 at its start."""
    ones = np.ones_like(raw(rows), shape=(*rows.shape[:-1], by))
    return np.concatenate([ones, rows[..., : rows.shape[-1] - by]], axis=-1)


def _before(rows: Array) -> Array:
    """For each element of the last axis the product of those before it, in steps that double its reach.

    Only operations with a rule: what it returns can be differentiated again.
    """
    y, reach = _shifted(rows, 1), 1
    while reach < rows.shape[-1]:
        y, reach = y * _shifted(y, reach), 2 * reach
    return y


@op
def prod(input: Array, dim: int | None = None, keepdim: bool = False, *, dtype: Any = None) -> Array:
    """y = product of x over ``dim`` (one axis, or None for all)"""
    axis = None if dim is None else one_axis("prod", dim, input.shape)
    return np.prod(input, axis=axis, keepdims=keepdim, dtype=_sum_dtype(input, dtype))


@prod.grad("input")
def _(dy: Array, input: Array, y: Array, dim: int | None, keepdim: bool) -> Array:
    dim = None if dim is None else one_axis("prod", dim, input.shape)
    dy = spread(dy, input.shape, dim, keepdim)
    if numbers_known() and not raw(input == 0).any():
        return dy * spread(y, input.shape, dim, keepdim) / input
    # y / x fails where x is 0: multiply, for each element, all before it by all after it.
    rows = np.reshape(input, (-1,)) if dim is None else np.moveaxis(input, dim, -1)
    others = _before(rows) * np.flip(_before(np.flip(rows, axis=-1)), axis=-1)
    return dy * (np.reshape(others, input.shape) if dim is None else np.moveaxis(others, -1, dim))


def check_not_empty(name: str, input: Array, dim: Dim) -> None:
    """Raise if there are results to be chosen, each from no number."""
    if math.prod(input.shape) == 0 == count(tuple(input.shape), dim):
        over = "" if dim is None else f" over dimension {dim}"
        raise IndexError(f"{name}: there is nothing to choose from in shape {tuple(input.shape)}{over}")


@op
def amax(input: Array, dim: Dim = None, keepdim: bool = False) -> Array:
    """y = the largest x over ``dim``; equal largest ones share the gradient"""
    axis = axis_of(dim, input.shape)
    check_not_empty("amax", input, axis)
    return np.max(input, axis=axis, keepdims=keepdim)


@op
def amin(input: Array, dim: Dim = None, keepdim: bool = False) -> Array:
    """y = the smallest x over ``dim``; equal smallest ones share the gradient"""
    axis = axis_of(dim, input.shape)
    check_not_empty("amin", input, axis)
    return np.min(input, axis=axis, keepdims=keepdim)


@amax.grad("input")
@amin.grad("input")
def _(dy: Array, input: Array, y: Array, dim: Dim, keepdim: bool) -> Array:
    dim = axis_of(dim, input.shape)
    at = (input == spread(y, input.shape, dim, keepdim)) | np.isnan(input)  # where one is, NaN is the extreme
    return np.where(at, spread(dy, input.shape, dim, keepdim) / np.sum(at, axis=dim, keepdims=True), 0)


def largest(x: Array, axis: Any) -> Array:
    """The largest x over an axis or several, which stay, of size 1; -inf where there is none."""
    if not x.size:
        return np.sum(x, axis=axis, keepdims=True) - np.inf
    return np.max(x, axis=axis, keepdims=True)


@op
def logsumexp(input: Array, dim: Dim, keepdim: bool = False) -> Array:
    """y = ln(sum of e ** x over ``dim``), without overflow: the largest x is taken out of the sum first"""
    axis = axis_of(dim, input.shape)
    input = floats(input)
    if input.dtype.char == "e":  # the sum may be larger than a float16
        return logsumexp(input.astype(np.float32), dim, keepdim).astype(input.dtype)
    top = largest(input, axis)
    top = np.where(np.isfinite(top), top, 0)  # all -inf: inf - inf would be NaN
    y = add_up(np.exp(input - top), axis=axis, keepdims=keepdim)
    return np.log(y) + np.reshape(top, y.shape)


@logsumexp.grad("input")
def _(dy: Array, input: Array, y: Array, dim: Dim, keepdim: bool) -> Array:
    dim = axis_of(dim, input.shape)
    return spread(dy, input.shape, dim, keepdim) * np.exp(input - spread(y, input.shape, dim, keepdim))


@op
def cumsum(input: Array, dim: int, *, dtype: Any = None) -> Array:
    """y_i = x_0 + ... + x_i along ``dim``

    Each number can only be added to the sum of those before it: so that is kept in the next larger dtype.
    """
    axis, dtype = one_axis("cumsum", dim, input.shape), _sum_dtype(input, dtype)
    kept = input.dtype if dtype is None else np.dtype(dtype)
    if kept.char in "ef":
        wider = np.float32 if kept.char == "e" else np.float64
        y = np.cumsum(input.astype(kept, copy=False), axis=axis, dtype=wider).astype(kept)
    else:
        y = np.cumsum(input, axis=axis, dtype=dtype)
    return y.reshape(input.shape)


@cumsum.grad("input")
def _(dy: Array, dim: int) -> Array:
    if not dy.ndim:
        return dy
    # x_i is in every y_j with j >= i: a running sum from the far end.
    return np.flip(cumsum(np.flip(dy, axis=dim), dim), axis=dim)


# Variance ---------------------------------------------------------------------------------------------------


def _correction(unbiased: bool | None, correction: float | None) -> float:
    if unbiased is not None and correction is not None:
        raise ValueError("var and std take unbiased= or correction=, not both")
    if unbiased is not None:
        return 1 if unbiased else 0
    return 1 if correction is None else correction


def _per_freedom(shape: tuple[int, ...], dim: Dim, correction: float) -> float:
    """1 / (number of elements - correction): infinite where one element says nothing about a spread."""
    freedom = count(shape, dim) - correction
    return 1 / freedom if freedom > 0 else math.inf


@op(name="var")
def variance(input: Array, dim: Dim, correction: float, keepdim: bool) -> Array:
    """y = sum of (x - mean x) ** 2 over ``dim``, divided by (their number - correction)"""
    if input.dtype.char == "e":  # the squares may be larger than a float16
        return variance(input.astype(np.float32), dim, correction, keepdim).astype(input.dtype)
    centred = input - add_up(input, axis=dim, keepdims=True) / count(input.shape, dim)
    squares = add_up(centred * centred, axis=dim, keepdims=keepdim)
    return squares * _per_freedom(input.shape, dim, correction)


@variance.grad("input")
def _(dy: Array, input: Array, dim: Dim, correction: float, keepdim: bool) -> Array:
    scale = 2 * _per_freedom(input.shape, dim, correction)
    return spread(dy, input.shape, dim, keepdim) * scale * (input - mean(input, dim, True))


@of_tensors
def var(
    input: Array,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """y = sum of (x - mean x) ** 2 over ``dim``, divided by (their number - correction).

    ``correction`` is 1 (the unbiased estimate) unless given; ``unbiased=False`` means correction 0.
    """
    return _var("var", input, dim, unbiased, keepdim, correction)


def _var(
    name: str, input: Array, dim: Any, unbiased: bool | None, keepdim: bool, correction: float | None
) -> Array:
    if isinstance(dim, bool):  # var(x, False), as in PyTorch
        dim, unbiased = None, dim
    floating(name, input, method=True)
    axis = checked_axis(name, dim, input.shape)
    return variance(input, axis, _correction(unbiased, correction), keepdim)


@op
def root(input: Array, degree: float = 2) -> Array:
    """y = x ** (1 / degree), with derivative 0 at 0: a length is 0 only at a minimum"""
    return np.sqrt(input) if degree == 2 else input ** (1 / degree)


@root.grad("input")
def _(dy: Array, y: Array, degree: float) -> Array:
    positive = np.where(y == 0, 1, y)
    slope = 1 / (2 * positive) if degree == 2 else positive ** (1 - degree) / degree
    return np.where(y == 0, 0, dy * slope)


@of_tensors
def std(
    input: Array,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """y = square root of ``var`` with the same arguments"""
    return root(_var("std", input, dim, unbiased, keepdim, correction))


# Questions --------------------------------------------------------------------------------------------------


@op
def any(input: Array, dim: Dim = None, keepdim: bool = False) -> Array:
    """y = whether any x is true over ``dim``"""
    return np.any(input, axis=axis_of(dim, input.shape, empty=()), keepdims=keepdim)


@op
def all(input: Array, dim: Dim = None, keepdim: bool = False) -> Array:
    """y = whether every x is true over ``dim``"""
    return np.all(input, axis=axis_of(dim, input.shape, empty=()), keepdims=keepdim)


# Norm -------------------------------------------------------------------------------------------------------


@of_tensors
def norm(
    input: Array, p: float | str = "fro", dim: Dim = None, keepdim: bool = False, dtype: Any = None
) -> Tensor:
    """y = (sum of |x| ** p over ``dim``) ** (1 / p); the largest |x| for p = inf; "fro" is p = 2.

    With a ``dtype`` x is converted to it first. Raises DtypeError for integers, RuntimeError for a p that is
    no number.
    """
    if dtype is not None:
        input = to_dtype(input, as_dtype(dtype))
    floating("norm", input, method=True)
    checked_axis("norm", dim, input.shape)
    if input.dtype.char == "e":  # the powers may be larger than a float16
        return to_dtype(norm(to_dtype(input, float32), p, dim, keepdim), input.dtype)
    if p in ("fro", 2):
        return root(sum(input * input, dim, keepdim))
    if isinstance(p, str):
        error = NotImplementedError if p == "nuc" else RuntimeError
        raise error(f'norm: p is a number or "fro", not {p!r}')
    if p == 0:
        return sum(where(raw(input) == 0, sign(input), 1.0), dim, keepdim)  # how many are not 0
    size = np.abs(input)
    if p == 1:
        return sum(size, dim, keepdim)
    if p in (float("inf"), float("-inf")):
        return (amax if p > 0 else amin)(size, dim, keepdim)
    some = raw(input) != 0  # 0 ** p is infinite for p < 0, and its slope for p < 1
    powers = where(some, where(some, size, 1.0) ** p, math.inf if p < 0 else 0.0)
    return root(sum(powers, dim, keepdim), p)
