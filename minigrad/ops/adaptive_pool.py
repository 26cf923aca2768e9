"""Adaptive pooling: so many windows, whatever the size of the image."""

from typing import Any

import numpy as np

from minigrad.engine.op import Array, Tensor, of_tensors, raw
from minigrad.errors import ShapeError
from minigrad.ops.checks import floating
from minigrad.ops.convert import constant
from minigrad.ops.lookup import gather
from minigrad.ops.pool import Shares, planes, window_means
from minigrad.ops.shape import flatten, reshape
from minigrad.ops.window import Pair, Sizes, as_given

__all__ = ["adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_max_pool1d", "adaptive_max_pool2d"]


@of_tensors
def adaptive_avg_pool2d(input: Array, output_size: Any) -> Tensor:
    """The mean of each of OH x OW windows that cover the image evenly: window i has the rows from
    floor(i H / OH) up to ceil((i + 1) H / OH), and the columns likewise.

    Shapes: x (N, C, H, W) or (C, H, W). ``output_size`` is a number for both axes or (OH, OW); None keeps a
    size.
    """
    return _adaptive_avg_pool("adaptive_avg_pool2d", 2, input, output_size)


@of_tensors
def adaptive_avg_pool1d(input: Array, output_size: Sizes) -> Tensor:
    """adaptive_avg_pool2d for sequences: (N, C, L) or (C, L)"""
    return _adaptive_avg_pool("adaptive_avg_pool1d", 1, input, output_size)


def _adaptive_avg_pool(name: str, axes: int, input: Array, output_size: Any) -> Array:
    image = planes(name, axes, input, channels=False)
    floating(name, image)
    rows, columns = _covering(name, axes, image.shape[2:], output_size)
    share = 1 / np.outer(rows[:, 1] - rows[:, 0], columns[:, 1] - columns[:, 0])
    return as_given(window_means(image, Shares(rows, columns, share.astype(image.dtype))), input, axes)


@of_tensors
def adaptive_max_pool2d(input: Array, output_size: Any, return_indices: bool = False) -> Any:
    """The largest of each of OH x OW windows that cover the image evenly, as in adaptive_avg_pool2d.

    ``return_indices`` returns (y, where in its plane each largest was found, h W + w).

    Shapes: x (N, C, H, W) or (C, H, W), y with OH, OW in place of H, W.
    """
    return _adaptive_max_pool("adaptive_max_pool2d", 2, input, output_size, return_indices)


@of_tensors
def adaptive_max_pool1d(input: Array, output_size: Sizes, return_indices: bool = False) -> Any:
    """adaptive_max_pool2d for sequences: (N, C, L) or (C, L)"""
    return _adaptive_max_pool("adaptive_max_pool1d", 1, input, output_size, return_indices)


def _adaptive_max_pool(name: str, axes: int, input: Array, output_size: Any, return_indices: bool) -> Any:
    image = planes(name, axes, input, channels=False)
    rows, columns = _covering(name, axes, image.shape[2:], output_size)
    x, width = raw(image), image.shape[3]
    found = np.empty_like(x, dtype=np.int64, shape=(*x.shape[:2], len(rows), len(columns)), order="C")
    for i, (top, bottom) in enumerate(rows.tolist()):
        for j, (left, right) in enumerate(columns.tolist()):
            window = x[:, :, top:bottom, left:right]
            k = _last_nan_or_first_largest(window.reshape(*x.shape[:2], (bottom - top) * (right - left)))
            a, b = np.divmod(k, right - left)
            found[:, :, i, j] = (top + a) * width + left + b
    y = gather(flatten(image, 2), 2, found.reshape(*x.shape[:2], len(rows) * len(columns)))
    y = as_given(reshape(y, found.shape), input, axes)
    return (y, constant(as_given(found, input, axes), input)) if return_indices else y


def _last_nan_or_first_largest(x: Array) -> Array:
    k = np.argmax(x, axis=-1)
    nan = x != x
    return np.where(nan.any(axis=-1), x.shape[-1] - 1 - np.argmax(nan[..., ::-1], axis=-1), k)


def _covering(name: str, axes: int, image: Pair, output_size: Any) -> list[Array]:
    """For the rows and for the columns: (first, one after the last) of each window."""
    given = output_size if isinstance(output_size, (tuple, list)) else (output_size,) * axes
    if len(given) != axes:
        raise ShapeError(f"{name}: output_size is a number or {axes} of them, got {output_size!r}")
    sizes = [n if size is None else size for size, n in zip((1, *given)[-2:], image, strict=True)]
    if (axes == 1 and given[0] is None) or not all(isinstance(size, (int, np.integer)) for size in sizes):
        raise TypeError(f"{name}: output_size is made of integers, got {output_size!r}")
    if min(sizes) < 0:
        raise ShapeError(f"{name}: a size is at least 0, got output_size {output_size!r}")
    return [
        np.stack([np.arange(out) * n // out, -(-(np.arange(out) + 1) * n // out)], axis=1)
        for out, n in ((max(size, 0), n) for size, n in zip(sizes, image, strict=True))
    ]
