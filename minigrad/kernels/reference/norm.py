"""Normalisation: means and variances of channels, scaling by them, and the way back.

An array is seen as (outer, channels, inner), whichever of its axes the channels are: images (N, C, H, W) are
(N, C, H W), and by their rows (N C, H, W). Statistics are float64 at least, so that the variance of numbers
far from 0 keeps its digits.

Every line is an expression that a Tensor may enter, too: this is what second derivatives go through.
"""

import numpy as np

from minigrad.kernels.reference.arrays import Array

__all__ = ["channel_sums", "moments", "norm_grad", "scale_and_shift"]


def moments(x: Array) -> tuple[Array, Array]:
    """Mean and (biased) variance of every channel.

    mean_c = (sum of x over outer and inner) / n
    var_c  = (sum of (x - mean_c)² over outer and inner) / n        n = outer * inner, at least 1

    Shapes: x (outer, C, inner) -> two arrays (C), float64 (or longer, as x).
    """
    mean = np.mean(x, axis=(0, 2), dtype=np.result_type(x.dtype, np.float64))
    centred = x - mean[:, None]
    return mean, np.mean(centred * centred, axis=(0, 2))


def scale_and_shift(x: Array, mean: Array, scale: Array, shift: Array) -> Array:
    """y = (x - mean_c) scale_c + shift_c

    Shapes: x (outer, C, inner); mean, scale, shift (C), float64 -> y as x, with its dtype.
    """
    return _in_dtype((x - mean[:, None]) * scale[:, None] + shift[:, None], x)


def norm_grad(
    dy: Array, x: Array, weight: Array, mean: Array, rstd: Array, constant: bool, wanted: bool
) -> tuple[Array | None, Array, Array]:
    """The gradients of y = z weight + bias, z = (x - mean) rstd. A group of channels shares mean and rstd.

        dbias   = sum of dy
        dweight = sum of dy z                                       both over outer and inner
        dz      = dy weight
        dx      = rstd (dz - average of dz - z average of dz z)     averages over outer, members and inner

    The averages take out of dz what moves the mean and the deviation, which move with every x. They are left
    out when mean and rstd are ``constant``, as in evaluation. dx is None unless ``wanted``.

    Shapes: dy, x (outer, groups, members, inner); weight (groups, members); mean, rstd (groups), float64 ->
    dx as x; dweight, dbias (groups, members).
    """
    mean, rstd = mean[:, None, None], rstd[:, None, None]  # (groups, 1, 1)
    z = (x - mean) * rstd
    dweight, dbias = np.sum(dy * z, axis=(0, 3)), np.sum(dy, axis=(0, 3))
    dx = None
    if wanted:
        dx = dy * weight[:, :, None]
        if not constant:
            group = (0, 2, 3)
            straight = np.mean(dx, axis=group, keepdims=True)
            along = np.mean(dx * z, axis=group, keepdims=True)
            dx = dx - straight - z * along
        dx = _in_dtype(dx * rstd, x)
    return dx, _in_dtype(dweight, x), _in_dtype(dbias, x)


def channel_sums(x: Array) -> Array:
    """The sum of every channel, over images and places: the gradient of a bias.

    Shapes: x (N, C, ...) -> y (C), with its dtype.
    """
    y: Array = np.sum(x, axis=(0, *range(2, x.ndim)))
    return y


def _in_dtype(y: Array, x: Array) -> Array:
    """y in x's dtype. A Tensor stays as it is: the engine casts gradients itself."""
    return y.astype(x.dtype, copy=False) if hasattr(y, "astype") else y
