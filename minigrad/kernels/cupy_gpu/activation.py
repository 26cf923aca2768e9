"""Activations, and the error function: see source/activation.cu."""

from typing import Any

from minigrad.kernels.cupy_gpu.arrays import c_ordered, empty
from minigrad.kernels.cupy_gpu.launch import blocks_for, launch, wide
from minigrad.kernels.reference.arrays import Array


def relu(x: Array) -> Array:
    """See reference/."""
    return _each("relu", x)


def relu_grad(dy: Array, y: Array) -> Array:
    """See reference/."""
    return _each("relu_grad", dy, y)


def leaky_relu(x: Array, slope: float) -> Array:
    """See reference/."""
    return _each("leaky_relu", x, numbers=(slope,))


def leaky_relu_grad(dy: Array, x: Array, slope: float) -> Array:
    """See reference/."""
    return _each("leaky_relu_grad", dy, x, numbers=(slope,))


def erf(x: Array) -> Array:
    """See reference/."""
    return _each("error_function", x)


def _each(kernel: str, *arrays: Array, numbers: tuple[Any, ...] = ()) -> Array:
    """The kernel's result for every element of the arrays."""
    given = [c_ordered(x) for x in arrays]
    y = empty(given[0].shape, given[0])
    if y.size:
        width = wide(y.size, y, *given)
        args = y, *given, *numbers, y.size
        launch("activation.cu", kernel, blocks_for(y.size // width), 256, *args, defines=(("WIDE", width),))
    return y
