"""Activations: the functions between layers.

``kernels.f`` is the function f of kernels/reference/, or a faster one that computes the same.
"""

import math
from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.engine.op import Array, Tensor, of_tensors, op, raw
from minigrad.errors import ShapeError
from minigrad.ops.axes import axis_of, one_axis
from minigrad.ops.convert import floats
from minigrad.ops.elementwise import erf, sigmoid, tanh
from minigrad.ops.flat import flat_in
from minigrad.ops.reduce import largest
from minigrad.ops.shape import reshape

__all__ = [
    "log_softmax",
    "relu",
    "softmax",
]

# Piecewise linear -------------------------------------------------------------------------------------------


@op
def relu(input: Array) -> Array:
    """y = max(x, 0), with derivative 0 at 0"""
    return kernels.relu(input)


@relu.grad("input", in_place=kernels.relu_grad_)
def _(dy: Array, y: Array) -> Array:
    # 0 where y <= 0, else dy; in y it is flat, so that the second derivative is 0, and not missing
    return flat_in(kernels.relu_grad(dy, y), y)


@op(promote="floating")
def leaky_relu(input: Array, negative_slope: float = 0.01) -> Array:
    """y = x where x > 0, negative_slope x elsewhere"""
    return kernels.leaky_relu(input, negative_slope)


@leaky_relu.grad("input", in_place=kernels.leaky_relu_grad_)
def _(dy: Array, input: Array, negative_slope: float) -> Array:
    # dy where x > 0, else negative_slope dy
    return flat_in(kernels.leaky_relu_grad(dy, input, negative_slope), input)


@op(name="prelu", promote="common")
def slope_below_0(input: Array, weight: Array) -> Array:
    """y = x where x > 0, weight x elsewhere"""
    return np.where(input > 0, input, weight * input)


@slope_below_0.grad("input")
def _(dy: Array, input: Array, weight: Array) -> Array:
    return flat_in(np.where(input > 0, dy, weight * dy), input)


@slope_below_0.grad("weight")
def _(dy: Array, input: Array) -> Array:
    return np.where(input > 0, 0, dy * input)


@of_tensors
def prelu(input: Array, weight: Array) -> Tensor:
    """y = x where x > 0, w x elsewhere: leaky_relu with slopes that are learnt. He et al. 2015.

    Shapes: w () or (1,), one slope for all; or (C,) with x (N, C, ...), one for each channel. Raises
    ShapeError for others.
    """
    channels = input.shape[1] if input.ndim > 1 else 1
    if weight.ndim > 1 or weight.shape not in ((), (1,), (channels,)):
        raise ShapeError(
            f"prelu: expected a weight of shape (1,), or one of shape (C,) beside x (N, C, ...); got weight "
            f"{tuple(weight.shape)} and x {tuple(input.shape)}"
        )
    along = [1] * input.ndim
    if weight.shape == (channels,) and input.ndim > 1:
        along[1] = channels
    return slope_below_0(input, reshape(weight, tuple(along)))


@op
def hardtanh(input: Array, min_val: float = -1.0, max_val: float = 1.0) -> Array:
    """y = min(max(x, min_val), max_val); flat at the corners and beyond. Among integers, the bounds are cut
    to some.
    """
    if input.dtype.kind != "f":
        min_val, max_val = int(min_val), int(max_val)
    return np.minimum(np.maximum(input, min_val), max_val)


@hardtanh.grad("input")
def _(dy: Array, input: Array, min_val: float, max_val: float) -> Array:
    return flat_in(np.where((input <= min_val) | (input >= max_val), 0, dy), input)


# Smooth -----------------------------------------------------------------------------------------------------


@op(promote="floating")
def elu(input: Array, alpha: float = 1.0) -> Array:
    """y = x where x > 0, alpha (e ** x - 1) elsewhere"""
    return np.where(input > 0, input, alpha * np.expm1(np.minimum(input, 0)))


@elu.grad("input")
def _(dy: Array, input: Array, alpha: float) -> Array:
    return np.where(input > 0, dy, dy * alpha * np.exp(np.minimum(input, 0)))


@op(promote="floating")
def silu(input: Array) -> Array:
    """y = x sigmoid(x)"""
    return kernels.silu(input)


@silu.grad("input")
def _(dy: Array, input: Array) -> Array:
    # dy (s + x s (1 - s)), s = sigmoid(x)
    if raw(input) is input:
        return kernels.silu_grad(dy, input)
    s = sigmoid(input)  # the operation, to be differentiated again
    return dy * (s + input * s * (1 - s))


WRITE_OVER = {relu: kernels.relu_, silu: kernels.silu_}
"""Kernels that write their result over x itself, where no gradient is recorded."""


@op(promote="floating")
def softplus(input: Array, beta: float = 1.0, threshold: float = 20.0) -> Array:
    """y = ln(1 + e ** (beta x)) / beta, and x itself where beta x > threshold"""
    z = input * beta
    return np.where(z > threshold, input, (np.log1p(np.exp(-np.abs(z))) + np.maximum(z, 0)) / beta)


@softplus.grad("input")
def _(dy: Array, input: Array, beta: float, threshold: float) -> Array:
    z = input * beta
    return np.where(z > threshold, dy, dy * sigmoid(z))


def _normal_cdf(x: Array) -> Array:
    return 0.5 * (1 + erf(x * math.sqrt(0.5)))


@op(promote="floating", name="gelu")
def gelu_erf(input: Array) -> Array:
    """y = x Phi(x), Phi the cumulative distribution of the standard normal"""
    return input * _normal_cdf(input)


@gelu_erf.grad("input")
def _(dy: Array, input: Array) -> Array:
    density = np.exp(-0.5 * input * input) * (1 / math.sqrt(2 * math.pi))
    return dy * (_normal_cdf(input) + input * density)


_SLOPE, _CUBE = math.sqrt(2 / math.pi), 0.044715


@op(promote="floating")
def gelu_tanh(input: Array) -> Array:
    """y = x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x ** 3))) / 2"""
    return 0.5 * input * (1 + np.tanh(_SLOPE * (input + _CUBE * input * input * input)))


@gelu_tanh.grad("input")
def _(dy: Array, input: Array) -> Array:
    squared = input * input
    t = tanh(_SLOPE * (input + _CUBE * squared * input))
    inner = _SLOPE * (1 + 3 * _CUBE * squared)
    return dy * (0.5 * (1 + t) + 0.5 * input * (1 - t * t) * inner)


def gelu(input: Array, *, approximate: str = "none") -> Tensor:
    """y = x Phi(x), or, with ``approximate="tanh"``, with a tanh. Hendrycks and Gimpel 2016.

    Raises RuntimeError for another ``approximate``.
    """
    if approximate not in ("none", "tanh"):
        raise RuntimeError(f'gelu: approximate is "none" or "tanh", not {approximate!r}')
    return gelu_erf(input) if approximate == "none" else gelu_tanh(input)


# Distributions ----------------------------------------------------------------------------------------------


@op
def softmax(input: Array, dim: int, dtype: Any = None) -> Array:
    """y_i = e ** x_i / (sum of e ** x_j over ``dim``): positive numbers that add up to 1"""
    x = floats(input, dtype)
    if x.dtype.char == "e":  # the sum may be larger than a float16
        return softmax(x.astype(np.float32), dim).astype(x.dtype)
    axis = one_axis("softmax", dim, x.shape)
    e = np.exp(x - largest(x, axis))  # shifting x changes nothing and prevents overflow
    e /= np.sum(e, axis=axis, keepdims=True)
    return e


@softmax.grad("input")
def _(dy: Array, y: Array, dim: int) -> Array:
    return y * (dy - np.sum(dy * y, axis=axis_of(dim, y.shape), keepdims=True))


@op
def log_softmax(input: Array, dim: int, dtype: Any = None) -> Array:
    """y_i = x_i - ln(sum of e ** x_j over ``dim``), the logarithm of softmax without its underflow"""
    x = floats(input, dtype)
    if x.dtype.char == "e":  # as in softmax
        return log_softmax(x.astype(np.float32), dim).astype(x.dtype)
    axis = one_axis("log_softmax", dim, x.shape)
    x = x - largest(x, axis)
    x -= np.log(np.sum(np.exp(x), axis=axis, keepdims=True))
    return x


@log_softmax.grad("input")
def _(dy: Array, y: Array, dim: int) -> Array:
    return dy - np.exp(y) * np.sum(dy, axis=axis_of(dim, y.shape), keepdims=True)
