"""Normalisation."""

from collections.abc import Sequence

import numpy as np

from minigrad.engine.arguments import of_tensors
from minigrad.engine.op import Array, op
from minigrad.errors import DtypeError, ShapeError
from minigrad.ops.compare import clamp
from minigrad.ops.elementwise import mul, true_divide
from minigrad.ops.reduce import norm


@op(called="standardize (the heart of layer_norm)")
def standardize(input: Array, dim: tuple[int, ...], eps: float) -> Array:
    """y = (x - mean) / sqrt(variance + eps), mean and variance of x over ``dim``"""
    centred = input - np.mean(input, axis=dim, keepdims=True)
    centred *= 1 / np.sqrt(np.mean(centred * centred, axis=dim, keepdims=True) + eps)
    return centred


@standardize.grad("input")
def _(dy: Array, input: Array, y: Array, dim: tuple[int, ...], eps: float) -> Array:
    # The mean and the deviation move with every x_i: what dy has of their directions, 1 and y, drops out.
    deviation = np.sqrt(np.var(input, axis=dim, keepdims=True) + eps)
    straight = np.mean(dy, axis=dim, keepdims=True)
    along = np.mean(dy * y, axis=dim, keepdims=True)
    return (dy - straight - y * along) / deviation


@of_tensors
def layer_norm(
    input: Array,
    normalized_shape: int | Sequence[int],
    weight: Array = None,
    bias: Array = None,
    eps: float = 1e-5,
) -> Array:
    """y = (x - mean) / sqrt(variance + eps) * weight + bias, over the last axes, whose sizes are
    ``normalized_shape``.

    Shapes: x (..., *normalized_shape); weight and bias normalized_shape. Ba, Kiros and Hinton 2016.
    """
    if input.dtype.kind != "f":
        raise DtypeError(f"layer_norm: expected a floating tensor, got {input.dtype}; convert with x.float()")
    shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    if not shape or tuple(input.shape[-len(shape) :]) != shape:
        raise ShapeError(
            f"layer_norm: the last axes of x {tuple(input.shape)} must have the normalized_shape {shape}"
        )
    for name, value in (("weight", weight), ("bias", bias)):
        if value is not None and tuple(value.shape) != shape:
            raise ShapeError(
                f"layer_norm: {name} has shape {tuple(value.shape)}, expected normalized_shape {shape}"
            )
    y = standardize(input, tuple(range(-len(shape), 0)), eps)
    if weight is not None:
        y = mul(y, weight)
    return y if bias is None else y + bias


@of_tensors
def normalize(input: Array, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Array:
    """y = x / max(norm of x over ``dim``, eps)"""
    return true_divide(input, clamp(norm(input, p, dim, keepdim=True), min=eps))
