"""Operations that choose between numbers and ask about them: maximum, clamp, where, comparisons, logic."""

from typing import Any, Literal, overload

import numpy as np

from minigrad.devices import place
from minigrad.dtypes import numbers
from minigrad.engine.explain import broadcasting
from minigrad.engine.op import Array, Tensor, of_tensors, op, raw
from minigrad.engine.promotion import to_common
from minigrad.errors import ShapeError
from minigrad.ops.checks import bools
from minigrad.ops.convert import constant, to_dtype

__all__ = [
    "allclose",
    "clamp",
    "eq",
    "equal",
    "ge",
    "gt",
    "isclose",
    "isfinite",
    "isinf",
    "isnan",
    "le",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "lt",
    "masked_fill",
    "maximum",
    "minimum",
    "ne",
    "nonzero",
    "where",
]

# Choices ----------------------------------------------------------------------------------------------------


@op(promote="common")
def maximum(input: Array, other: Array) -> Array:
    """y = the larger of x and other; where they are equal each gets half of the gradient"""
    return np.maximum(input, other)


@maximum.grad("input")
def _(dy: Array, input: Array, other: Array) -> Array:
    return _unless(input < other, dy, input == other)


@maximum.grad("other")
def _(dy: Array, input: Array, other: Array) -> Array:
    return _unless(other < input, dy, input == other)


def _unless(lost: Array, dy: Array, tied: Array) -> Array:
    """What a number gets of ``dy``: nothing if it lost to the other one, half if they are equal."""
    # Chosen, not multiplied by 0, 1/2 or 1: of an infinite dy, 0 times it would be NaN.
    return np.where(lost, 0, np.where(tied, dy / 2, dy))


@op(promote="common")
def minimum(input: Array, other: Array) -> Array:
    """y = the smaller of x and other; where they are equal each gets half of the gradient"""
    return np.minimum(input, other)


@minimum.grad("input")
def _(dy: Array, input: Array, other: Array) -> Array:
    return _unless(input > other, dy, input == other)


@minimum.grad("other")
def _(dy: Array, input: Array, other: Array) -> Array:
    return _unless(other > input, dy, input == other)


@op(name="clamp")
def clamp_numbers(input: Array, low: float | None = None, high: float | None = None) -> Array:
    """y = min(max(x, low), high) for numbers low and high; the gradient passes where low <= x <= high"""
    y = input
    if low is not None:
        y = np.maximum(*to_common((y, low)))
    if high is not None:
        y = np.minimum(*to_common((y, high)))
    return y


@clamp_numbers.grad("input")
def _(dy: Array, input: Array, low: float | None, high: float | None) -> Array:
    if low is None:
        return np.where(input <= high, dy, 0)
    if high is None:
        return np.where(input >= low, dy, 0)
    return np.where((input >= low) & (input <= high), dy, 0)


@of_tensors
def clamp(input: Array, min: Array = None, max: Array = None) -> Tensor:
    """y = min(max(x, min), max). The bounds are numbers or tensors; either may be left out.

    Shapes: bounds that are tensors broadcast with x.

    Raises RuntimeError without any bound.
    """
    if min is None and max is None:
        raise RuntimeError("clamp: at least one of min and max must be given")
    if not hasattr(min, "shape") and not hasattr(max, "shape"):
        return clamp_numbers(input, min, max)
    misfit = broadcasting("clamp", (input, min, max))
    if misfit is not None:
        raise ShapeError(f"clamp: {misfit}")
    # Chosen by masks, not by maximum: x at its bound is x, and gets the whole gradient. A bound that is NaN
    # makes a NaN.
    y = input if min is None else where((raw(input) < raw(min)) | np.isnan(raw(min)), min, input)
    return y if max is None else where((raw(y) > raw(max)) | np.isnan(raw(max)), max, y)


@op(name="where")
def choose(condition: Array, input: Array, other: Array) -> Array:
    """y = x where the condition, a bool tensor, holds, other elsewhere

    Shapes: the three broadcast. Raises ShapeError when they do not, DtypeError for a condition that is not
    bool.
    """
    x, other = to_common((input, other))
    if isinstance(condition, bool):
        condition = np.asarray(condition, like=x if place.is_array(x) else other)
    bools("where", "condition", condition)
    if not place.is_array(input):
        x = place.beside(condition, x) if place.is_array(x) else x  # of two numbers, to_common makes an array
    return np.where(condition, x, other)


@choose.grad("input")
def _(dy: Array, condition: Array) -> Array:
    return np.where(condition, dy, 0)


@choose.grad("other")
def _(dy: Array, condition: Array) -> Array:
    return np.where(condition, 0, dy)


@overload
def where(condition: Array) -> tuple[Tensor, ...]: ...
@overload
def where(condition: Array, input: Array, other: Array) -> Tensor: ...
def where(condition: Array, input: Array = None, other: Array = None) -> Any:
    """y = x where the condition, a bool tensor, holds, other elsewhere. Of a condition alone, the places
    where it holds: ``nonzero(condition, as_tuple=True)``.

    Shapes: the three broadcast. Raises ShapeError when they do not, DtypeError for a condition that is not
    bool, TypeError for one value alone.
    """
    if input is None and other is None:
        return nonzero(condition, as_tuple=True)
    if input is None or other is None:
        raise TypeError("where: expected a condition alone, or two values to choose from, too; got one value")
    return choose(condition, input, other)


@overload
def nonzero(input: Array, *, as_tuple: Literal[False] = False) -> Tensor: ...
@overload
def nonzero(input: Array, *, as_tuple: Literal[True]) -> tuple[Tensor, ...]: ...
@of_tensors
def nonzero(input: Array, *, as_tuple: bool = False) -> Any:
    """Where x is not 0: one place in each row, (N, x.ndim); with ``as_tuple`` what x can be indexed with, a
    vector for each axis

    Places are int64, and come in row-major order.
    """
    x = raw(input)
    places = np.nonzero(x.reshape(-1) if not x.ndim else x)
    if as_tuple:
        return tuple(constant(along, input) for along in places)
    return constant(np.stack(places, axis=1)[:, : x.ndim], input)  # of no dimension: (0 or 1, 0)


@of_tensors
def masked_fill(input: Array, mask: Array, value: Array) -> Tensor:
    """y = value where the mask is True, x elsewhere

    Shapes: the mask broadcasts with x; value is one number. Raises DtypeError for a mask that is not bool,
    ShapeError for several values.
    """
    bools("masked_fill", "mask", mask)
    if np.ndim(raw(value)):
        raise ShapeError(
            f"masked_fill: value is one number; got shape {tuple(value.shape)}, which where takes"
        )
    misfit = broadcasting("masked_fill", (input, mask))
    if misfit is not None:
        raise ShapeError(f"masked_fill: {misfit}")
    if not hasattr(value, "dtype"):
        value = place.beside(raw(input), numbers("masked_fill", value, input.dtype).astype(input.dtype))
    elif value.dtype != input.dtype:
        value = to_dtype(value, input.dtype)
    return where(mask, value, input)


# Questions: their answers are bool, with nothing to differentiate -------------------------------------------


@op(promote="common")
def eq(input: Array, other: Array) -> Array:
    """y = (x == other)"""
    return input == other


@op(promote="common")
def ne(input: Array, other: Array) -> Array:
    """y = (x != other)"""
    return input != other


@op(promote="common")
def lt(input: Array, other: Array) -> Array:
    """y = (x < other)"""
    return input < other


@op(promote="common")
def le(input: Array, other: Array) -> Array:
    """y = (x <= other)"""
    return input <= other


@op(promote="common")
def gt(input: Array, other: Array) -> Array:
    """y = (x > other)"""
    return input > other


@op(promote="common")
def ge(input: Array, other: Array) -> Array:
    """y = (x >= other)"""
    return input >= other


@op
def logical_not(input: Array) -> Array:
    """y = not x"""
    return np.logical_not(input)


@op
def logical_and(input: Array, other: Array) -> Array:
    """y = x and other"""
    return np.logical_and(input, other)


@op
def logical_or(input: Array, other: Array) -> Array:
    """y = x or other"""
    return np.logical_or(input, other)


@op
def logical_xor(input: Array, other: Array) -> Array:
    """y = either x or other, not both"""
    return np.logical_xor(input, other)


@op
def bitwise_not(input: Array) -> Array:
    """y = ~x: not, of booleans; the bits turned over, of integers"""
    return ~input


@op(promote="common")
def bitwise_and(input: Array, other: Array) -> Array:
    """y = x & other"""
    return input & other


@op(promote="common")
def bitwise_or(input: Array, other: Array) -> Array:
    """y = x | other"""
    return input | other


@op(promote="common")
def bitwise_xor(input: Array, other: Array) -> Array:
    """y = x ^ other"""
    return input ^ other


@op
def isclose(
    input: Array, other: Array, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Array:
    """y = whether |x - other| <= atol + rtol |other|; ``equal_nan``: NaN is close to NaN

    Raises RuntimeError for a negative tolerance.
    """
    if rtol < 0 or atol < 0:
        raise RuntimeError(f"isclose: rtol and atol are at least 0; got {rtol} and {atol}")
    return np.isclose(input, other, rtol, atol, equal_nan)


@of_tensors
def allclose(
    input: Array, other: Array, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    """Whether every x ``isclose`` to other, as a Python bool"""
    return bool(raw(isclose(input, other, rtol, atol, equal_nan)).all())


@of_tensors
def equal(input: Array, other: Array) -> bool:
    """Whether x and other have one shape and the same elements, as a Python bool"""
    return tuple(input.shape) == tuple(other.shape) and bool((raw(input) == raw(other)).all())


@op
def isnan(input: Array) -> Array:
    """y = whether x is not a number"""
    return np.isnan(input)


@op
def isinf(input: Array) -> Array:
    """y = whether x is infinite"""
    return np.isinf(input)


@op
def isfinite(input: Array) -> Array:
    """y = whether x is neither infinite nor NaN"""
    return np.isfinite(input)
