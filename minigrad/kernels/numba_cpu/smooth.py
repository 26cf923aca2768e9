"""Smooth activations, with an exponential that the compiler turns into vectors: NumPy goes over an array six
times for x sigmoid(x), and the C library's exp takes one number at a time. Times are for 8 x 96 images of
112 x 112, float32, on ONE core of an Intel Xeon (AVX-512).
"""

# mypy: allow-untyped-defs
# (the compiled loops have no annotations: numba types them, for each call)

import sys
from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic

from minigrad.kernels import reference
from minigrad.kernels.numba_cpu.activation import each, over
from minigrad.kernels.numba_cpu.compiling import inlined
from minigrad.kernels.numba_cpu.sharing import share, shared, spread
from minigrad.kernels.reference.arrays import Array

__all__ = ["silu", "silu_", "silu_grad"]

FEWEST = 1024
"""Numbers from which on a loop takes less time than NumPy's passes."""

# e ** x = 2 ** n e ** r with a whole number n and |r| <= ln(2) / 2: x - n ln 2, subtracted in two parts, of
# which the first times n has no rounding error. e ** r is 1 + r + r ** 2 p(r), p as in the library Cephes.
PER_LN2 = np.float32(1 / np.log(2))
LN2_HIGH, LN2_LOW = np.float32(0.693359375), np.float32(np.log(2) - 0.693359375)
P = [np.float32(c) for c in (1.9875691e-4, 1.3981999e-3, 8.3334519e-3, 4.1665796e-2, 1.6666666e-1, 0.5)]
P0, P1, P2, P3, P4, P5 = P
LEAST = np.float32(-87.33)  # where 2 ** n is the least that has all its digits; below, 0 is near enough
HALF, ONE, NOTHING = np.float32(0.5), np.float32(1), np.float32(0)
BIAS, SHIFT = np.int32(127), np.int32(23)  # a float32's exponent: what is added to it, and where it lies


def _as_float(context, bits):
    """The float32 of these bits."""

    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], context.get_value_type(types.float32))

    return types.float32(types.int32), generate


as_float: Any = intrinsic(_as_float)


@inlined
def sigmoid(x):
    """Of one float32, within three units in the last place."""
    a = -abs(x)
    a = a if not a < LEAST else LEAST  # a NaN stays
    n = np.floor(a * PER_LN2 + HALF)
    r = a - n * LN2_HIGH
    r = r - n * LN2_LOW
    p = ((((P0 * r + P1) * r + P2) * r + P3) * r + P4) * r + P5
    power = as_float((np.int32(n if n == n else NOTHING) + BIAS) << SHIFT)
    e = (p * r * r + r + ONE) * power
    e = NOTHING if a <= LEAST else e
    return (ONE if x >= NOTHING else e) / (ONE + e)


# 63 -> 4.6 ms.
@shared(fastmath={"contract"})
def _silu(team, x, y):
    if spread(team):
        return
    x, y = share(team, x), share(team, y)
    for i in range(y.size):
        y[i] = x[i] * sigmoid(x[i])


def silu(x: Array) -> Array:
    return each(_silu, reference.silu, _least(x), (x,))


@shared(fastmath={"contract"})
def _silu_over(team, x):
    if spread(team):
        return
    x = share(team, x)
    for i in range(x.size):
        x[i] = x[i] * sigmoid(x[i])


def silu_(x: Array) -> None:
    over(_silu_over, reference.silu_, _least(x), (x,))


# 98 -> 6.4 ms.
@shared(fastmath={"contract"})
def _silu_grad(team, dy, x, dx):
    if spread(team):
        return
    dy, x, dx = share(team, dy), share(team, x), share(team, dx)
    for i in range(dx.size):
        s = sigmoid(x[i])
        dx[i] = dy[i] * (s + x[i] * s * (ONE - s))


def silu_grad(dy: Array, x: Array) -> Array:
    return each(_silu_grad, reference.silu_grad, _least(x), (dy, x))


def _least(x: Array) -> int:
    """So many numbers have to be there: of another dtype than float32 there are never enough."""
    return FEWEST if x.dtype == np.float32 else sys.maxsize
