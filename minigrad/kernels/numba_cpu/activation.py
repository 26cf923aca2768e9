"""Activations: one pass each, shared among threads where the array is large. Times are for 32,768 and for
2,768,896 float32 elements (128 images of 32 channels, 26 x 26) on ONE core of an Intel Xeon.
"""

# mypy: allow-untyped-defs
# (the compiled loops have no annotations: numba types them, for each call)

from collections.abc import Callable

import numpy as np

from minigrad.kernels import reference
from minigrad.kernels.numba_cpu.sharing import WORTH_SHARING, share, shared, spread
from minigrad.kernels.reference.arrays import Array

__all__ = [
    "leaky_relu",
    "leaky_relu_grad",
    "leaky_relu_grad_",
    "relu",
    "relu_",
    "relu_grad",
    "relu_grad_",
]

# To call a compiled loop takes 3 us. For fewer numbers than these NumPy's one pass, or its three, take less.
ONE_PASS = 8192
THREE_PASSES = 1024


def _for_a_loop(arrays: tuple[Array, ...], least: int) -> bool:
    """Whether these have ``least`` numbers at least, and are C-ordered and alike."""
    a = arrays[0]
    if a.size < least:
        return False
    for array in arrays:
        if not array.flags.c_contiguous or array.dtype != a.dtype or array.shape != a.shape:
            return False
    return True


def each(
    loop: Callable[..., None],
    plain: Callable[..., Array],
    least: int,
    arrays: tuple[Array, ...],
    *numbers: float,
) -> Array:
    """``loop(*arrays, *numbers, y)`` over flat rows where all are C-ordered and alike, and ``least`` numbers
    at least; else the reference.
    """
    a = arrays[0]
    if not _for_a_loop(arrays, least):
        return plain(*arrays, *numbers)
    y = np.empty(a.shape, a.dtype)
    rows = [array.reshape(-1) for array in arrays]
    loop(*rows, *map(a.dtype.type, numbers), y.reshape(-1), alone=a.size < WORTH_SHARING)
    return y


def over(
    loop: Callable[..., None],
    plain: Callable[..., None],
    least: int,
    arrays: tuple[Array, ...],
    *numbers: float,
) -> None:
    """``loop(*arrays, *numbers)``, which writes over the first; as `each`."""
    a = arrays[0]
    if not _for_a_loop(arrays, least):
        plain(*arrays, *numbers)
        return
    rows = [array.reshape(-1) for array in arrays]
    loop(*rows, *map(a.dtype.type, numbers), alone=a.size < WORTH_SHARING)


# Nothing else than NumPy does, but on every core. 0.006 -> 0.005 ms, 0.75 -> 0.76; on two cores 0.37.
@shared
def _relu(team, x, y):
    if spread(team):
        return
    x, y = share(team, x), share(team, y)
    for i in range(y.size):
        y[i] = 0 if x[i] <= 0 else x[i]


def relu(x: Array) -> Array:
    return each(_relu, reference.relu, ONE_PASS, (x,))


# (A loop that is told x and y takes both for different memory, or else one number at a time.)
@shared
def _relu_over(team, x):
    if spread(team):
        return
    x = share(team, x)
    for i in range(x.size):
        x[i] = 0 if x[i] <= 0 else x[i]


def relu_(x: Array) -> None:
    over(_relu_over, reference.relu_, ONE_PASS, (x,))


# Compares and selects in one pass instead of three. 0.012 -> 0.006 ms, 1.7 -> 1.1.
@shared
def _relu_grad(team, dy, y, dx):
    if spread(team):
        return
    dy, y, dx = share(team, dy), share(team, y), share(team, dx)
    for i in range(y.size):
        dx[i] = 0 if y[i] <= 0 else dy[i]


def relu_grad(dy: Array, y: Array) -> Array:
    return each(_relu_grad, reference.relu_grad, THREE_PASSES, (dy, y))


# Two arrays instead of three: the 2,768,896 on two cores 0.78 -> 0.55 ms, if the third was in no cache.
@shared
def _relu_grad_over(team, dy, y):
    if spread(team):
        return
    dy, y = share(team, dy), share(team, y)
    for i in range(y.size):
        dy[i] = 0 if y[i] <= 0 else dy[i]


def relu_grad_(dy: Array, y: Array) -> None:
    over(_relu_grad_over, reference.relu_grad_, THREE_PASSES, (dy, y))


# NumPy's where guesses a branch for each element, wrongly half of the time. 0.108 -> 0.006 ms, 11.2 -> 0.76.
@shared
def _leaky_relu(team, x, slope, y):
    if spread(team):
        return
    x, y = share(team, x), share(team, y)
    for i in range(y.size):
        y[i] = x[i] if x[i] > 0 else x[i] * slope


def leaky_relu(x: Array, slope: float) -> Array:
    return each(_leaky_relu, reference.leaky_relu, THREE_PASSES, (x,), slope)


# 0.108 -> 0.007 ms, 11.3 -> 1.13.
@shared
def _leaky_relu_grad(team, dy, x, slope, dx):
    if spread(team):
        return
    dy, x, dx = share(team, dy), share(team, x), share(team, dx)
    for i in range(x.size):
        dx[i] = dy[i] if x[i] > 0 else dy[i] * slope


def leaky_relu_grad(dy: Array, x: Array, slope: float) -> Array:
    return each(_leaky_relu_grad, reference.leaky_relu_grad, THREE_PASSES, (dy, x), slope)


@shared
def _leaky_relu_grad_over(team, dy, x, slope):
    if spread(team):
        return
    dy, x = share(team, dy), share(team, x)
    for i in range(x.size):
        dy[i] = dy[i] if x[i] > 0 else dy[i] * slope


def leaky_relu_grad_(dy: Array, x: Array, slope: float) -> None:
    over(_leaky_relu_grad_over, reference.leaky_relu_grad_, THREE_PASSES, (dy, x), slope)
