"""Losses. Every line is an expression that a Tensor may enter, too, for second derivatives."""

import numpy as np

from minigrad.kernels.reference.arrays import Array

__all__ = ["softmax_cross_entropy", "softmax_cross_entropy_grad"]


def softmax_cross_entropy(x: Array, target: Array) -> Array:
    """y_n = ln(sum over c of exp x[n, c]) - x[n, target_n]

    Shapes: x (N, C), target (N) of integers from 0 to C - 1 (the caller has checked) -> y (N).
    """
    x = x - np.max(x, axis=1, keepdims=True)  # which changes nothing and prevents overflow
    y: Array = np.log(np.sum(np.exp(x), axis=1)) - x[np.arange(x.shape[0], like=target), target]
    return y


def softmax_cross_entropy_grad(dy: Array, x: Array, target: Array) -> Array:
    """dx[n, c] = dy_n (p[n, c] - 1 where c is target_n), p = softmax of the rows. Shapes: dy (N), dx as x."""
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    p = e / np.sum(e, axis=1, keepdims=True)
    dx: Array = dy[:, None] * (p - (target[:, None] == np.arange(x.shape[1], like=target)))
    return dx
