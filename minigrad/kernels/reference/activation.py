"""Activations. Every line is an expression that a Tensor may enter, too, for second derivatives."""

import numpy as np

from minigrad.kernels.reference.arrays import Array

__all__ = ["leaky_relu", "leaky_relu_grad", "relu", "relu_grad"]


def relu(x: Array) -> Array:
    """y = max(x, 0), of any shape"""
    return np.maximum(x, 0)


def relu_grad(dy: Array, y: Array) -> Array:
    """dx = dy where y > 0, 0 where y is 0; dy and y of one shape. At NaN dy passes, as in PyTorch."""
    return np.where(y <= 0, 0, dy)


def leaky_relu(x: Array, slope: float) -> Array:
    """y = x where x > 0, slope x elsewhere"""
    return np.where(x > 0, x, x * slope)


def leaky_relu_grad(dy: Array, x: Array, slope: float) -> Array:
    """dx = dy where x > 0, slope dy elsewhere; dy and x of one shape"""
    return np.where(x > 0, dy, dy * slope)
