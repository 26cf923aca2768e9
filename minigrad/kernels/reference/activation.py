"""Activations. Every line is an expression that a Tensor may enter, too, for second derivatives."""

import numpy as np

from minigrad.kernels.reference.arrays import Array

__all__ = [
    "leaky_relu",
    "leaky_relu_grad",
    "leaky_relu_grad_",
    "relu",
    "relu_",
    "relu_grad",
    "relu_grad_",
    "silu",
    "silu_",
    "silu_grad",
]


def relu(x: Array) -> Array:
    """y = max(x, 0), of any shape"""
    return np.maximum(x, 0)


def relu_(x: Array) -> None:
    """x = max(x, 0), written over x"""
    np.maximum(x, 0, out=x)


def relu_grad(dy: Array, y: Array) -> Array:
    """dx = dy where y > 0, 0 where y is 0; dy and y of one shape. At NaN dy passes, as in PyTorch."""
    return np.where(y <= 0, 0, dy)


def relu_grad_(dy: Array, y: Array) -> None:
    """The same, written over dy."""
    np.copyto(dy, relu_grad(dy, y))


def leaky_relu(x: Array, slope: float) -> Array:
    """y = x where x > 0, slope x elsewhere"""
    return np.where(x > 0, x, x * slope)


def leaky_relu_grad(dy: Array, x: Array, slope: float) -> Array:
    """dx = dy where x > 0, slope dy elsewhere; dy and x of one shape"""
    return np.where(x > 0, dy, dy * slope)


def leaky_relu_grad_(dy: Array, x: Array, slope: float) -> None:
    """The same, written over dy."""
    np.copyto(dy, leaky_relu_grad(dy, x, slope))


def silu(x: Array) -> Array:
    """y = x sigmoid(x), of any shape"""
    return x * _sigmoid(x)


def silu_(x: Array) -> None:
    """x = x sigmoid(x), written over x"""
    x *= _sigmoid(x)


def silu_grad(dy: Array, x: Array) -> Array:
    """dx = dy (s + x s (1 - s)), s = sigmoid(x); dy and x of one shape"""
    s = _sigmoid(x)
    dx: Array = dy * (s + x * s * (1 - s))
    return dx


def _sigmoid(x: Array) -> Array:
    """1 / (1 + e ** -x), by an exponent that is not above 0 and does not overflow"""
    small = np.exp(-np.abs(x))
    s: Array = np.where(x >= 0, 1, small) / (1 + small)
    return s
