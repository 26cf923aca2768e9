"""Functions of each element alone: roots, exponentials, logarithms, sines, steps."""

import math

import numpy as np

from minigrad import kernels
from minigrad.engine.op import Array, op
from minigrad.ops.arithmetic import no_bools
from minigrad.ops.flat import zero_gradient

__all__ = [
    "ceil",
    "cos",
    "erf",
    "exp",
    "expm1",
    "floor",
    "log",
    "log1p",
    "log2",
    "reciprocal",
    "round",
    "rsqrt",
    "sigmoid",
    "sign",
    "sin",
    "sqrt",
    "square",
    "tanh",
]

# Powers and roots -------------------------------------------------------------------------------------------


@op(promote="floating")
def sqrt(input: Array) -> Array:
    """y = x ** 0.5"""
    return np.sqrt(input)


@sqrt.grad("input")
def _(dy: Array, y: Array) -> Array:
    return dy / (2 * y)


@op(promote="floating")
def rsqrt(input: Array) -> Array:
    """y = x ** -0.5"""
    return 1 / np.sqrt(input)


@rsqrt.grad("input")
def _(dy: Array, y: Array) -> Array:
    return dy * (-0.5) * y * y * y


@op
def square(input: Array) -> Array:
    """y = x ** 2; of a bool, an integer"""
    return input * input if input.dtype.kind != "b" else input.astype(np.int64)


@square.grad("input")
def _(dy: Array, input: Array) -> Array:
    return dy * 2 * input


@op(promote="floating")
def reciprocal(input: Array) -> Array:
    """y = 1 / x"""
    return 1 / input


@reciprocal.grad("input")
def _(dy: Array, y: Array) -> Array:
    return -dy * y * y


# Exponentials and logarithms --------------------------------------------------------------------------------


@op(promote="floating")
def exp(input: Array) -> Array:
    """y = e ** x"""
    return np.exp(input)


@exp.grad("input")
def _(dy: Array, y: Array) -> Array:
    return dy * y


@op(promote="floating")
def expm1(input: Array) -> Array:
    """y = e ** x - 1, accurate near 0"""
    return np.expm1(input)


@expm1.grad("input")
def _(dy: Array, y: Array) -> Array:
    return dy * (y + 1)


@op(promote="floating")
def log(input: Array) -> Array:
    """y = ln x"""
    return np.log(input)


@log.grad("input")
def _(dy: Array, input: Array) -> Array:
    return dy / input


@op(promote="floating")
def log1p(input: Array) -> Array:
    """y = ln(1 + x), accurate near 0"""
    return np.log1p(input)


@log1p.grad("input")
def _(dy: Array, input: Array) -> Array:
    return dy / (1 + input)


@op(promote="floating")
def log2(input: Array) -> Array:
    """y = ln x / ln 2"""
    return np.log2(input)


@log2.grad("input")
def _(dy: Array, input: Array) -> Array:
    return dy / (input * math.log(2))


@op(promote="floating")
def erf(input: Array) -> Array:
    """y = 2 / sqrt(pi) times the integral of exp(-t ** 2) for t from 0 to x"""
    return kernels.erf(input)


@erf.grad("input")
def _(dy: Array, input: Array) -> Array:
    return dy * (2 / math.sqrt(math.pi)) * np.exp(-(input * input))


# Trigonometric and hyperbolic -------------------------------------------------------------------------------


@op(promote="floating")
def sin(input: Array) -> Array:
    """y = sin x, x in radians"""
    return np.sin(input)


@sin.grad("input")
def _(dy: Array, input: Array) -> Array:
    return dy * np.cos(input)


@op(promote="floating")
def cos(input: Array) -> Array:
    """y = cos x, x in radians"""
    return np.cos(input)


@cos.grad("input")
def _(dy: Array, input: Array) -> Array:
    return -dy * np.sin(input)


@op(promote="floating")
def tanh(input: Array) -> Array:
    """y = (e ** x - e ** -x) / (e ** x + e ** -x)"""
    return np.tanh(input)


@tanh.grad("input")
def _(dy: Array, y: Array) -> Array:
    return dy * (1 - y * y)


@op(promote="floating")
def sigmoid(input: Array) -> Array:
    """y = 1 / (1 + e ** -x)"""
    # e ** -x would overflow for large negative x; there 1 / (1 + e ** -x) = e ** x / (1 + e ** x).
    small = np.exp(-np.abs(input))
    return np.where(input >= 0, 1, small) / (1 + small)


@sigmoid.grad("input")
def _(dy: Array, y: Array) -> Array:
    return dy * y * (1 - y)


# Steps: flat but for their jumps ----------------------------------------------------------------------------


@op
def sign(input: Array) -> Array:
    """y = (x > 0) - (x < 0): -1, 0 or 1, and 0 of NaN; a bool is its own sign"""
    positive = (input > 0).astype(input.dtype)
    return positive if input.dtype.kind == "b" else positive - (input < 0)


@op
def floor(input: Array) -> Array:
    """y = the largest integer not above x"""
    no_bools("floor", input)
    return np.floor(input)


@op
def ceil(input: Array) -> Array:
    """y = the smallest integer not below x"""
    no_bools("ceil", input)
    return np.ceil(input)


@op
def round(input: Array, *, decimals: int = 0) -> Array:
    """y = x rounded to ``decimals`` places, halves to the even neighbour"""
    no_bools("round", input)
    return np.round(input, decimals)


@sign.grad("input")
@floor.grad("input")
@ceil.grad("input")
@round.grad("input")
def _(dy: Array) -> Array:
    return zero_gradient(dy)
