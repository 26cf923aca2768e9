"""Arithmetic: what the operators +, -, *, /, //, % and ** are, and the negative and absolute value."""

import numpy as np

from minigrad.engine.explain import broadcasting
from minigrad.engine.op import Array, Tensor, op
from minigrad.errors import DtypeError
from minigrad.ops.checks import numbers_known
from minigrad.ops.flat import zero_gradient

__all__ = [
    "abs",
    "add",
    "div",
    "floor_divide",
    "mul",
    "neg",
    "positive",
    "pow",
    "remainder",
    "sub",
]


@op(promote="common", name="add")
def plus(input: Array, other: Array) -> Array:
    """y = x + other"""
    return input + other


@plus.grad("input")
def _(dy: Array) -> Array:
    return dy


@plus.grad("other")
def _(dy: Array) -> Array:
    return dy


@op(promote="common", name="sub")
def minus(input: Array, other: Array) -> Array:
    """y = x - other"""
    return input - other


@minus.grad("input")
def _(dy: Array) -> Array:
    return dy


@minus.grad("other")
def _(dy: Array) -> Array:
    return -dy


def _scaled(other: Array, alpha: float) -> Array:
    if alpha == 1:
        return other
    return mul(other, alpha) if hasattr(other, "dtype") else other * alpha


def add(input: Array, other: Array, *, alpha: float = 1) -> Tensor:
    """y = x + alpha other"""
    return plus(input, _scaled(other, alpha))


def sub(input: Array, other: Array, *, alpha: float = 1) -> Tensor:
    """y = x - alpha other"""
    return minus(input, _scaled(other, alpha))


@op(promote="common")
def mul(input: Array, other: Array) -> Array:
    """y = x other"""
    return input * other


@mul.grad("input")
def _(dy: Array, other: Array) -> Array:
    return dy * other


@mul.grad("other")
def _(dy: Array, input: Array) -> Array:
    return dy * input


@op(promote="floating", name="div")
def true_divide(input: Array, other: Array) -> Array:
    """y = x / other"""
    return input / other


@true_divide.grad("input")
def _(dy: Array, other: Array) -> Array:
    return dy / other


@true_divide.grad("other")
def _(dy: Array, other: Array, y: Array) -> Array:
    return -dy * y / other


def no_bools(name: str, *operands: Array) -> None:
    """Raise if all operands are bool: NumPy would calculate with them in int8, or in float16."""
    if np.result_type(*operands).kind == "b":
        raise DtypeError(f"{name}: not defined for bool; x.int() makes numbers of 0 and 1")


def _divisible(name: str, input: Array, other: Array) -> None:
    no_bools(name, input, other)
    # NumPy gives 0, with a warning: integers have no infinity.
    if np.result_type(input, other).kind != "f" and numbers_known() and not np.all(other):
        raise RuntimeError(
            f"{name}: an integer divided by zero. In floating numbers, x.float(), it is inf or nan."
        )


@op(promote="common")
def floor_divide(input: Array, other: Array) -> Array:
    """y = floor(x / other), flat between its steps"""
    _divisible("floor_divide", input, other)
    return input // other


@op(promote="common")
def remainder(input: Array, other: Array) -> Array:
    """y = x - floor(x / other) other, with the sign of ``other``, as Python's %."""
    _divisible("remainder", input, other)
    return input % other


@remainder.grad("input")
def _(dy: Array) -> Array:
    return dy


@remainder.grad("other")
def _(dy: Array, input: Array, other: Array) -> Array:
    return -dy * (input // other)


def div(input: Array, other: Array, *, rounding_mode: str | None = None) -> Tensor:
    """y = x / other; with ``rounding_mode`` "floor" or "trunc", rounded down or towards zero.

    Raises ValueError for another ``rounding_mode``.
    """
    if rounding_mode is None:
        return true_divide(input, other)
    if rounding_mode == "floor":
        return floor_divide(input, other)
    if rounding_mode == "trunc":
        return trunc_divide(input, other)
    raise ValueError(f'div: rounding_mode is None, "floor" or "trunc", not {rounding_mode!r}')


@op(promote="common")
def trunc_divide(input: Array, other: Array) -> Array:
    """y = trunc(x / other), flat between its steps"""
    _divisible("div", input, other)
    if np.result_type(input, other).kind == "f":
        return np.trunc(input / other)
    # Floating numbers do not hold every integer. Integers are rounded down, one too far below 0.
    return input // other + ((input % other != 0) & ((input < 0) != (other < 0)))


@floor_divide.grad("input")
@floor_divide.grad("other")
@trunc_divide.grad("input")
@trunc_divide.grad("other")
def _(dy: Array) -> Array:
    return zero_gradient(dy)


@op
def neg(input: Array) -> Array:
    """y = -x"""
    return -input


@neg.grad("input")
def _(dy: Array) -> Array:
    return -dy


@op
def abs(input: Array) -> Array:
    """y = |x|, with derivative 0 at 0"""
    return np.abs(input)


@abs.grad("input")
def _(dy: Array, input: Array) -> Array:
    return dy * np.sign(input)


@op
def positive(input: Array) -> Array:
    """y = x"""
    return +input


@positive.grad("input")
def _(dy: Array) -> Array:
    return dy


@op(promote="common")
def pow(input: Array, exponent: Array) -> Array:
    """y = x ** exponent

    Raises DtypeError for a bool to a bool power, RuntimeError for integers to a negative one.
    """
    try:
        y = input**exponent
        # NumPy refuses it, CuPy rounds it towards 0.
        fraction = y.dtype.kind == "i" and numbers_known() and np.any(np.less(exponent, 0))
    except ValueError:
        if broadcasting("pow", (input, exponent)) is not None:
            raise
        fraction = True
    if fraction:
        raise RuntimeError("pow: an integer to a negative power is no integer. Make x floating: x.float().")
    if y.dtype == np.int8 and np.result_type(input, exponent) == np.bool_:  # NumPy's answer for bools
        raise DtypeError("pow: not defined for a bool to a bool power; x.int() makes numbers of 0 and 1")
    return y


@pow.grad("input")
def _(dy: Array, input: Array, exponent: Array) -> Array:
    # x ** 0 is flat, at x = 0 too, where x ** -1 would be infinite.
    if isinstance(exponent, (int, float)):
        return dy * (exponent * input ** (exponent - 1)) if exponent != 0 else zero_gradient(dy)
    flat = (exponent == 0) & (input == 0)
    return dy * exponent * np.where(flat, 1, input) ** (exponent - 1)


@pow.grad("exponent")
def _(dy: Array, input: Array, exponent: Array, y: Array) -> Array:
    # 0 ** e is flat in e > 0, where log 0 would be infinite.
    flat = (input == 0) & (exponent >= 0)
    return np.where(flat, 0, dy * y * np.log(np.where(flat, 1, input)))
