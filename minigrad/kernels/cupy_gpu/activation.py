"""Activations, and the error function: see source/activation.cu."""

from collections.abc import Callable

from minigrad.kernels import reference
from minigrad.kernels.cupy_gpu.arrays import c_ordered, empty
from minigrad.kernels.cupy_gpu.launch import blocks_for, launch, wide
from minigrad.kernels.reference.arrays import Array

__all__ = ["erf", "leaky_relu", "leaky_relu_grad", "relu", "relu_", "relu_grad", "silu", "silu_", "silu_grad"]


def relu(x: Array) -> Array:
    """See reference/."""
    return _each("relu", reference.relu, x)


def relu_(x: Array) -> None:
    """See reference/."""
    _over("relu", x)


def relu_grad(dy: Array, y: Array) -> Array:
    """See reference/."""
    return _each("relu_grad", reference.relu_grad, dy, y)


def leaky_relu(x: Array, slope: float) -> Array:
    """See reference/."""
    return _each("leaky_relu", reference.leaky_relu, x, numbers=(slope,))


def leaky_relu_grad(dy: Array, x: Array, slope: float) -> Array:
    """See reference/."""
    return _each("leaky_relu_grad", reference.leaky_relu_grad, dy, x, numbers=(slope,))


def silu(x: Array) -> Array:
    """See reference/."""
    return _each("silu", reference.silu, x)


def silu_(x: Array) -> None:
    """See reference/."""
    _over("silu", x)


def silu_grad(dy: Array, x: Array) -> Array:
    """See reference/."""
    return _each("silu_grad", reference.silu_grad, dy, x)


def erf(x: Array) -> Array:
    """See reference/."""
    return _each("error_function", reference.erf, x)


def _each(kernel: str, plain: Callable[..., Array], *arrays: Array, numbers: tuple[float, ...] = ()) -> Array:
    """The kernel's result for every element of the arrays; the plain code's if they are not alike."""
    if any(a.dtype != arrays[0].dtype or a.shape != arrays[0].shape for a in arrays[1:]):
        return plain(*arrays, *numbers)
    given = [c_ordered(x) for x in arrays]
    y = empty(given[0].shape, given[0])
    _launch(kernel, y, *given, numbers=numbers)
    return y


def _over(kernel: str, x: Array) -> None:
    """The kernel's result for every element of x, written over x; of other order, by way of a copy."""
    y = c_ordered(x)
    _launch(kernel, y, y)
    if y is not x:
        x[...] = y


def _launch(kernel: str, y: Array, *given: Array, numbers: tuple[float, ...] = ()) -> None:
    if y.size:
        width = wide(y.size, y, *given)
        args = y, *given, *numbers, y.size
        launch("activation.cu", kernel, blocks_for(y.size // width), 256, *args, defines=(("WIDE", width),))
