"""Normalisation: see source/norm.cu."""

import numpy as np

from minigrad.kernels.cupy_gpu.arrays import c_ordered, empty, new
from minigrad.kernels.cupy_gpu.launch import blocks_for, launch, wide
from minigrad.kernels.reference.arrays import Array

__all__ = ["channel_sums", "moments", "norm_grad", "scale_and_shift"]

ENOUGH_BLOCKS = 1056  # eight for each multiprocessor of a large card
NARROW = 8  # fewer neighbours than these in a channel: a thread walks along it, not a block


def moments(x: Array) -> tuple[Array, Array]:
    """See reference/."""
    x = c_ordered(x)
    outer, channels, inner = x.shape
    mean, variance = _float64(channels, x), _float64(channels, x)
    if channels:
        parts, count = _parts("moments", (x,), x.shape, ())
        args = mean, variance, parts, x, outer, channels, inner, count
        launch("norm.cu", "moments", -(-channels // 256), 256, *args, defines=_defines(1))
    return mean, variance


def scale_and_shift(x: Array, mean: Array, scale: Array, shift: Array) -> Array:
    """See reference/."""
    x = c_ordered(x)
    y = empty(x.shape, x)
    if y.size:
        width = wide(x.shape[2], y, x)
        args = y, x, *(_as_float64(a) for a in (mean, scale, shift)), *x.shape[1:], x.size
        blocks = blocks_for(x.size // width)
        launch("norm.cu", "scale_and_shift", blocks, 256, *args, defines=_defines(width))
    return y


def norm_grad(
    dy: Array, x: Array, weight: Array, mean: Array, rstd: Array, constant: bool, wanted: bool
) -> tuple[Array | None, Array, Array]:
    """See reference/."""
    outer, groups, members, inner = x.shape
    channels = groups * members
    dy, x, weight = c_ordered(dy), c_ordered(x), c_ordered(weight.astype(x.dtype, copy=False))
    mean, rstd = _as_float64(mean), _as_float64(rstd)
    dweight, dbias = empty((groups, members), x), empty((groups, members), x)
    if not x.size:
        dweight[...] = dbias[...] = 0
        return empty(x.shape, x) if wanted else None, dweight, dbias
    averages = _float64(2 * groups, x)
    parts, count = _parts("norm_grad", (dy, x, mean, rstd), (outer, channels, inner), (members,))
    args = dweight, dbias, averages, parts, weight, members, count, float(outer * members * inner)
    launch("norm.cu", "norm_grad_sums", groups, 256, *args, defines=_defines(1))
    if not wanted:
        return None, dweight, dbias
    dx, width = empty(x.shape, x), wide(inner, dy, x)
    means = None if constant else averages
    last = dx, dy, x, weight, mean, rstd, means, channels, members, inner, x.size
    blocks = blocks_for(x.size // width)
    launch("norm.cu", "norm_input_grad", blocks, 256, *last, defines=_defines(width))
    return dx, dweight, dbias


def channel_sums(x: Array) -> Array:
    """See reference/."""
    n, channels = x.shape[:2]
    inner = x.size // (n * channels) if x.size else 0
    x, y = c_ordered(x), empty((channels,), x)
    if not x.size:
        y[...] = 0
        return y
    width = wide(inner, x)
    count = _count(channels, n * inner)
    parts = _float64(channels * count, x)
    launch(
        "norm.cu",
        "channel_parts",
        (channels, count),
        256,
        parts,
        x,
        n,
        channels,
        inner,
        defines=_defines(width),
    )
    launch(
        "norm.cu", "channel_sums", -(-channels // 256), 256, y, parts, channels, count, defines=_defines(1)
    )
    return y


def _parts(
    name: str, arrays: tuple[Array, ...], shape: tuple[int, int, int], members: tuple[int, ...]
) -> tuple[Array, int]:
    """The parts of two sums for each channel, and how many parts there are."""
    outer, channels, inner = shape
    like = arrays[0]
    sizes = outer, channels, *members, inner
    if inner < NARROW and channels > 1:
        blocks = -(-channels // 256)
        count = min(max(1, outer // 16), max(1, ENOUGH_BLOCKS // blocks))
        parts = _float64(2 * channels * count, like)
        launch(
            "norm.cu", f"{name}_columns", (blocks, count), 256, parts, *arrays, *sizes, defines=_defines(1)
        )
    else:
        width = wide(inner, *(a for a in arrays if a.dtype == like.dtype and a.size == like.size))
        count = min(outer, _count(channels, outer * inner))
        parts = _float64(2 * channels * count, like)
        launch(
            "norm.cu",
            f"{name}_parts",
            (channels, count),
            256,
            parts,
            *arrays,
            *sizes,
            defines=_defines(width),
        )
    return parts, count


def _count(channels: int, elements: int) -> int:
    """In how many parts to add up the elements of each channel: enough for the card, none below 2,048."""
    return max(1, min(ENOUGH_BLOCKS // channels, elements // 2048))


def _float64(size: int, like: Array) -> Array:
    return new((size,), np.float64, like)


def _as_float64(x: Array) -> Array:
    return c_ordered(x.astype(np.float64, copy=False))


def _defines(width: int) -> tuple[tuple[str, int], ...]:
    return (("WIDE", width),)
