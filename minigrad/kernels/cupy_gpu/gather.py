"""The tables of conv_gather: which numbers meet in a convolution, and in its gradient by the input.

For one pixel of the result a convolution adds up what its kernel sees. So does its gradient by the input,
where the result is the image: but with a stride of S only every S-th element of the kernel, along each axis,
has put something into a pixel of the image, and which ones depends on the remainder of the pixel's row (or
column) by S. The pixels of one remainder are a class, and each class is a convolution of stride 1.
"""

import functools
from typing import Any, NamedTuple

import numpy as np

from minigrad.kernels.cupy_gpu.arrays import Where, sent
from minigrad.kernels.cupy_gpu.tiles import GATHER
from minigrad.kernels.reference.arrays import Pair

SLICE = GATHER.slice_length
NEVER = 31 + 256 * 31  # the tap of a k that only fills a slice


class Line(NamedTuple):
    """The pixels of one class along one axis, and the elements of the kernel that reach them.

    Pixel i of the class is ``first`` + i * (step of the result). Tap t is element ``taps[t]`` of the kernel,
    and looks at place i * stride + ``offset`` + t * ``step`` of the source.
    """

    first: int
    pixels: int
    taps: tuple[int, ...]
    offset: int
    step: int


Lines = tuple[tuple[Line, ...], tuple[Line, ...]]


def forward_lines(kernel: int, out: int, before: int, dilation: int) -> tuple[Line, ...]:
    """Along one axis of a convolution."""
    return (Line(0, out, tuple(range(kernel)), -before, dilation),)


def backward_lines(kernel: int, size: int, stride: int, before: int, dilation: int) -> tuple[Line, ...]:
    """Along one axis of its gradient by an input of ``size``."""
    lines = []
    for first in range(min(stride, size)):
        taps = tuple(a for a in range(kernel) if (first + before - a * dilation) % stride == 0)
        every = taps[1] - taps[0] if len(taps) > 1 else 0
        offset = (first + before - taps[0] * dilation) // stride if taps else 0
        lines.append(Line(first, -(-(size - first) // stride), taps, offset, -every * dilation // stride))
    return tuple(lines)


class Tables(NamedTuple):
    """What conv_gather and pack_weights read, and how large it is."""

    classes: Any  # int32 (classes, 16): struct Class of conv_gather.cu
    places: Any  # int32, two for each k, or for each slice where its k are alike
    elements: Any  # int32 (k): which element of an output's weights stands at k, -1 for none
    alike: bool  # whether the k of a slice are channels under one tap
    kinds: int  # how many classes
    pixels: int  # of one image, in the largest class
    slices: int  # of the longest class
    length: int  # of all classes' rows of weights
    whole: bool  # whether the rows of the weights are such rows as they are


@functools.lru_cache(256)
def tables(
    where: Where, lines: Lines, channels: int, source: Pair, element_steps: Pair, weights: int
) -> Tables:
    """The tables for ``channels`` of a source of H, W, on the device ``where``.

    ``element_steps`` are the steps in the weights from one channel and from one row of the kernel to the
    next; ``weights`` is how many outputs' rows are packed, in all groups.
    """
    alike = channels % SLICE == 0
    classes, places, elements = [], [], []
    table = length = 0
    for rows in lines[0]:
        for columns in lines[1]:
            at, tap, element = _of_class(rows, columns, channels, source, element_steps)
            if alike:  # (channels, taps) -> (slices of 16 channels, taps, 16)
                at, tap, element = (
                    x.reshape(channels // SLICE, SLICE, x.shape[1]).swapaxes(1, 2) for x in (at, tap, element)
                )
            slices = -(-at.size // SLICE)
            fill = (0, slices * SLICE - at.size)
            pairs = np.stack([np.pad(at.ravel(), fill), np.pad(tap.ravel(), fill, constant_values=NEVER)], 1)
            places.append(pairs[:: SLICE if alike else 1])
            elements.append(np.pad(element.ravel(), fill, constant_values=-1))
            seen_h = rows.offset, rows.step, len(rows.taps)
            seen_w = columns.offset, columns.step, len(columns.taps)
            sizes = rows.pixels, columns.pixels, rows.first, columns.first
            classes.append([table, slices, length * weights, *sizes, *seen_h, *seen_w, 0, 0, 0])
            table += len(places[-1])
            length += slices * SLICE
    element = np.concatenate(elements)
    return Tables(
        sent(np.array(classes, np.int32), where),
        sent(np.concatenate(places).astype(np.int32), where),
        sent(element.astype(np.int32), where),
        alike,
        len(classes),
        max(rows.pixels for rows in lines[0]) * max(columns.pixels for columns in lines[1]),
        max(made[1] for made in classes),
        length,
        len(classes) == 1 and np.array_equal(element, np.arange(element.size)),
    )


def _of_class(rows: Line, columns: Line, channels: int, source: Pair, element_steps: Pair) -> tuple[Any, ...]:
    """For each channel and tap, (channels, taps): distance from the pixel, tap, element of the weights."""
    H, W = source
    c = np.arange(channels)[:, None, None]
    h, w = np.arange(len(rows.taps))[:, None], np.arange(len(columns.taps))
    at = c * H * W + (rows.offset + h * rows.step) * W + columns.offset + w * columns.step
    taps_h, taps_w = np.array(rows.taps, int)[:, None], np.array(columns.taps, int)
    element = c * element_steps[0] + taps_h * element_steps[1] + taps_w
    tap = np.broadcast_to(h + 256 * w, at.shape)
    return tuple(x.reshape(channels, -1) for x in (at, tap, element))
