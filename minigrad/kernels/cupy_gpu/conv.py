"""Convolution on a card: what the kernels of source/conv_*.cu need to know, worked out on the host.

All three passes in float32 run on tensor cores, as products with a matrix that is never written down; what
does not suit them (float64, depthwise, very long kernels) runs a thread for each number of the result.
"""

import functools
import math
from typing import NamedTuple

import numpy as np

from minigrad.kernels import precision
from minigrad.kernels.cupy_gpu.arrays import Where, c_ordered, empty, sent, where_is
from minigrad.kernels.cupy_gpu.compiling import warpgroups
from minigrad.kernels.cupy_gpu.gather import Lines, backward_lines, forward_lines, tables
from minigrad.kernels.cupy_gpu.launch import address, blocks_for, launch
from minigrad.kernels.cupy_gpu.tiles import (
    COLUMNS,
    GATHER,
    WARPGROUP_ROWS,
    WEIGHT_GRAD,
    WEIGHT_GRAD_TOGETHER,
    plan,
)
from minigrad.kernels.reference.arrays import Array, Padding, Pair
from minigrad.kernels.reference.conv import check_conv, check_dtypes, windows_along

__all__ = ["conv2d", "conv2d_input_grad", "conv2d_weight_grad"]

SLICE, GRAD_SLICE = GATHER.slice_length, WEIGHT_GRAD.slice_length
STAGES = 3  # of both
LONGEST = 31  # rows or columns of a kernel that fit into the bits of a thread's mask


def conv2d(
    x: Array, w: Array, bias: Array | None, stride: Pair, padding: Padding, dilation: Pair, groups: int
) -> Array:
    """See reference/."""
    check_dtypes(x, w)
    (n, _, height, width), (o, channels, kh, kw) = x.shape, w.shape
    oh = windows_along(height, kh, stride[0], padding[0], dilation[0])
    ow = windows_along(width, kw, stride[1], padding[1], dilation[1])
    y = empty((n, o, oh, ow), x)
    check_conv(x.shape, w.shape, y.shape, stride, padding, dilation, groups)
    if not y.size:
        return y
    x, w, bias = c_ordered(x), c_ordered(w), _bias(bias, y)
    if not _suits_tensor_cores(w, groups):
        shape = _shape(where_is(x), x.shape, w.shape, y.shape, stride, padding, dilation, groups)
        launch("conv_direct.cu", "conv_direct", blocks_for(y.size), 256, y, x, w, bias, shape)
        return y
    lines = (
        forward_lines(kh, oh, padding[0][0], dilation[0]),
        forward_lines(kw, ow, padding[1][0], dilation[1]),
    )
    outputs, length = o // groups, channels * kh * kw
    steps = _WeightSteps(outputs, outputs * length, length, (kh * kw, kw))
    _gather(y, x, w, bias, lines, groups, steps, stride, (1, 1))
    return y


def conv2d_input_grad(
    dy: Array,
    w: Array,
    bias: Array | None,
    size: Pair,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
) -> Array:
    """See reference/."""
    check_dtypes(dy, w)
    n, (o, channels, kh, kw) = dy.shape[0], w.shape
    dx = empty((n, channels * groups, *size), dy)
    check_conv(dx.shape, w.shape, dy.shape, stride, padding, dilation, groups)
    if not dx.size:
        return dx
    dy, w, bias = c_ordered(dy), c_ordered(w), _bias(bias, dx)
    if not dy.size or not _suits_tensor_cores(w, groups):
        shape = _shape(where_is(dy), dx.shape, w.shape, dy.shape, stride, padding, dilation, groups)
        launch("conv_direct.cu", "conv_direct_input_grad", blocks_for(dx.size), 256, dx, dy, w, bias, shape)
        return dx
    lines = (
        backward_lines(kh, size[0], stride[0], padding[0][0], dilation[0]),
        backward_lines(kw, size[1], stride[1], padding[1][0], dilation[1]),
    )
    steps = _WeightSteps(channels, o // groups * channels * kh * kw, kh * kw, (channels * kh * kw, kw))
    _gather(dx, dy, w, bias, lines, groups, steps, (1, 1), stride)
    return dx


def conv2d_weight_grad(
    dy: Array, x: Array, kernel_size: Pair, stride: Pair, padding: Padding, dilation: Pair, groups: int
) -> Array:
    """See reference/."""
    check_dtypes(dy, x)
    (n, o, oh, ow), (_, c, height, width), (kh, kw) = dy.shape, x.shape, kernel_size
    outputs, channels = o // groups, c // groups
    dw = empty((o, channels, kh, kw), dy)
    check_conv(x.shape, dw.shape, dy.shape, stride, padding, dilation, groups)
    dy, x, where = c_ordered(dy), c_ordered(x), where_is(x)
    if not dw.size or not dy.size or not _suits_tensor_cores(dw, groups):
        shape = _shape(where, x.shape, dw.shape, dy.shape, stride, padding, dilation, groups)
        if dw.size:
            launch("conv_direct.cu", "conv_direct_weight_grad", dw.size, 256, dw, dy, x, shape)
        return dw
    length, taps = channels * kh * kw, (kh, kw)
    together = warpgroups(where) and precision.conv != "highest"  # with the digits of TF32
    estimate = WEIGHT_GRAD_TOGETHER if together else WEIGHT_GRAD
    cut = plan(outputs, length, groups, -(-n * oh * ow // GRAD_SLICE), estimate)
    parts = dw if cut.splits == 1 else empty((cut.splits, dw.size), dw)
    alike, wide_rows = channels % GRAD_SLICE == 0, oh * ow % 4 == 0 and address(dy) % 16 == 0
    columns = _columns(where, channels, (height, width), taps, padding, dilation, alike, cut.across * COLUMNS)
    launch(
        "conv_weight_grad.cu",
        "conv_weight_grad",
        (cut.across, cut.down, groups * cut.splits),
        128,
        parts,
        dy,
        x,
        columns,
        groups,
        outputs,
        length,
        n,
        oh * ow,
        ow,
        o * oh * ow,
        c * height * width,
        channels * height * width,
        height,
        width,
        *stride,
        cut.splits,
        dw.size,
        shared=STAGES * (cut.tile.m + COLUMNS + 2) * GRAD_SLICE * 4,
        defines=(
            *cut.defines(alike),
            ("WGMMA", int(together and cut.tile.m >= WARPGROUP_ROWS)),
            ("WIDE_ROWS", int(wide_rows)),
        ),
    )
    if cut.splits > 1:
        _add_splits(dw, parts, None, cut.splits)
    return dw


def _bias(bias: Array | None, y: Array) -> Array | None:
    """The bias as the kernels take it, a number for each channel of y."""
    if bias is None:
        return None
    if bias.shape != y.shape[1:2]:
        raise ValueError(f"conv2d: expected a bias of shape {y.shape[1:2]}, got {bias.shape}")
    return c_ordered(bias.astype(y.dtype, copy=False))


class _WeightSteps(NamedTuple):
    """Where in w the weights of output m of a group are."""

    outputs: int  # in a group
    group: int  # from a group's weights to the next
    output: int  # from an output's to the next
    element: Pair  # from a channel's, and from a row of the kernel's, to the next


def _gather(
    y: Array,
    x: Array,
    w: Array,
    bias: Array | None,
    lines: Lines,
    groups: int,
    steps: _WeightSteps,
    stride: Pair,
    y_step: Pair,
) -> None:
    """y = bias + the sums that the lines describe, of w and of what they see of x."""
    n, c, height, width = x.shape
    outputs, channels = steps.outputs, c // groups
    table = tables(where_is(x), lines, channels, (height, width), steps.element, outputs * groups)
    a = w
    if not table.whole or address(w) % 16:
        a = empty((max(1, table.length * outputs * groups),), w)
        blocks = blocks_for(outputs * groups * table.slices * SLICE), 1, table.kinds
        per_place = SLICE if table.alike else 1
        sizes = groups, outputs, steps.group, steps.output, SLICE, per_place
        launch("conv_parts.cu", "pack_weights", blocks, 256, a, w, table.elements, table.classes, *sizes)
    cut = plan(outputs, n * table.pixels, groups * table.kinds, table.slices, GATHER)
    parts = y if cut.splits == 1 else empty((cut.splits, y.size), y)
    plane = math.prod(y.shape[2:])
    launch(
        "conv_gather.cu",
        "conv_gather",
        (cut.across, cut.down, table.kinds * groups * cut.splits),
        256,
        parts,
        a,
        x,
        bias if cut.splits == 1 else None,
        table.places,
        table.classes,
        groups,
        outputs,
        n,
        c * height * width,
        channels * height * width,
        height,
        width,
        *stride,
        outputs * groups * plane,
        plane,
        y.shape[3],
        *y_step,
        cut.splits,
        y.size,
        shared=(STAGES * cut.tile.m + 2 * COLUMNS) * (SLICE + 4) * 4,
        defines=cut.defines(table.alike),
    )
    if cut.splits > 1:
        _add_splits(y, parts, bias, cut.splits)


def _add_splits(y: Array, parts: Array, bias: Array | None, splits: int) -> None:
    plane = math.prod(y.shape[2:])
    args = y, parts, bias, splits, y.size, plane, y.shape[1]
    launch("conv_parts.cu", "add_splits", blocks_for(y.size), 256, *args)


def _suits_tensor_cores(w: Array, groups: int) -> bool:
    """Whether the products are of float32, large enough, and the kernel fits into the masks."""
    o, channels, kh, kw = w.shape
    return (
        w.dtype == np.float32 and max(kh, kw) <= LONGEST and (groups == 1 or min(o // groups, channels) >= 8)
    )


@functools.lru_cache(256)
def _columns(
    where: Where,
    channels: int,
    image: Pair,
    taps: Pair,
    padding: Padding,
    dilation: Pair,
    alike: bool,
    padded: int,
) -> Array:
    """The table of conv_weight_grad: what each column sees, relative to a pixel's first place in x, and where
    in dw it belongs.
    """
    c, a, b = np.ogrid[:channels, : taps[0], : taps[1]]
    rows, columns = a * dilation[0] - padding[0][0], b * dilation[1] - padding[1][0]
    at = c * image[0] * image[1] + rows * image[1] + columns
    to = (c * taps[0] + a) * taps[1] + b
    entries = np.stack(np.broadcast_arrays(at, rows, columns, to), -1)  # (C, KH, KW, 4)
    table = np.zeros((padded, 4), np.int32)
    table[:, 1] = -(2**30)  # what only fills a tile is outside of the image
    if alike:  # (C, KH, KW) -> (thirty-twos of channels, KH, KW, 32)
        entries = np.moveaxis(entries.reshape(-1, GRAD_SLICE, *entries.shape[1:]), 1, 3)
    table[: at.size] = entries.reshape(-1, 4)
    return sent(table, where)


@functools.lru_cache(256)
def _shape(
    where: Where,
    x: tuple[int, ...],
    w: tuple[int, ...],
    y: tuple[int, ...],
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
) -> Array:
    """struct Shape of conv_direct.cu."""
    first = padding[0][0], padding[1][0]
    return sent([*x, w[0], *w[2:], *y[2:], *stride, *first, *dilation, groups], where)
