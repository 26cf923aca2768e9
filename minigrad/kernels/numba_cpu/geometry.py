"""Where a convolution reads and writes: along an axis, over the image, and how images are cut into blocks."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from minigrad.kernels.numba_cpu.vectors import VECTOR
from minigrad.kernels.reference.arrays import Array, Padding, Pair

BLOCK = 1024 * 1024
"""Bytes of images and results that are worked on at a time: they stay in a core's second cache."""


class Axis(NamedTuple):
    """How results and sources lie along one axis, height or width.

    Position q reads the source at ``step * q + origin``, for the origin of each phase, and at distances (in
    steps) up to ``reach`` from there. It writes the result at ``stride * q + shift``, for the shift of each
    residue.
    """

    positions: int
    step: int
    origins: tuple[int, ...]  # of the phases
    taps: tuple[tuple[tuple[int, int, int], ...], ...]  # for each residue: (tap, phase, distance)
    reach: int
    stride: int
    shifts: tuple[int, ...]  # of the residues


@lru_cache(maxsize=1024)
def forward(count: int, kernel: int, stride: int, before: int, dilation: int) -> Axis:
    """y[q] = sum of w[tap] x[stride q + dilation tap - before]

    A tap reads every stride-th element. So the source is taken apart: phase p has the elements p, p + stride,
    p + 2 stride, ..., and there a tap reads neighbour after neighbour.
    """
    phases = sorted({tap * dilation % stride for tap in range(kernel)})
    taps = tuple(
        (tap, phases.index(tap * dilation % stride), tap * dilation // stride) for tap in range(kernel)
    )
    origins = tuple(phase - before for phase in phases)
    return Axis(count, stride, origins, (taps,), (kernel - 1) * dilation // stride, 1, (0,))


@lru_cache(maxsize=1024)
def backward(size: int, kernel: int, stride: int, before: int, dilation: int) -> Axis:
    """dx[h] = sum of w[tap] dy[(h + before - dilation tap) / stride], over the taps for which that is whole

    Which taps these are depends on h + before modulo the stride. So the result is taken apart: residue r has
    the elements h = stride q + r - before, which all need the same taps, at the same distances from q.
    """
    first = [-((residue - before) // stride) for residue in range(stride)]  # the q with the first h >= 0
    last = [(before + size - 1 - residue) // stride for residue in range(stride)]
    begin = min(first) - (kernel - 1) * dilation // stride
    taps = tuple(
        tuple(
            (tap, 0, first[residue] - tap * dilation // stride - begin)
            for tap in range(kernel)
            if tap * dilation % stride == residue
        )
        for residue in range(stride)
    )
    reach = max((distance for of_residue in taps for _, _, distance in of_residue), default=0)
    shifts = tuple(stride * first[residue] + residue - before for residue in range(stride))
    count = max(b - a + 1 for a, b in zip(first, last, strict=True))
    return Axis(count, 1, (begin,), taps, reach, stride, shifts)


def along(
    way: Callable[..., Axis],
    size: Sequence[int],
    kernel: Sequence[int],
    stride: Pair,
    padding: Padding,
    dilation: Pair,
) -> tuple[Axis, Axis]:
    """The two axes of a convolution, `forward` or `backward`."""
    high, wide = map(way, size, kernel, stride, (before for before, _ in padding), dilation)
    return high, wide


class Geometry(NamedTuple):
    """Two axes together, ``_h`` down and ``_w`` right, in the tables that compiled loops read."""

    count_h: int
    count_w: int
    step_h: int
    step_w: int
    reach_h: int
    reach_w: int
    stride_h: int
    stride_w: int
    origins_h: Array
    origins_w: Array
    taps: Array  # (T, 4): place in the kernel, phase, distance down, distance right; residue after residue
    starts: Array  # where in taps each residue begins
    shifts_h: Array
    shifts_w: Array


@lru_cache(maxsize=256)
def geometry(high: Axis, wide: Axis, kernel_width: int) -> Geometry:
    """The tables of two axes."""
    taps = []
    starts = [0]
    for down in high.taps:
        for right in wide.taps:
            for i, p, below in down:
                for j, q, beside in right:
                    taps.append((i * kernel_width + j, p * len(wide.origins) + q, below, beside))
            starts.append(len(taps))
    return Geometry(
        high.positions,
        wide.positions,
        high.step,
        wide.step,
        high.reach,
        wide.reach,
        high.stride,
        wide.stride,
        np.array(high.origins),
        np.array(wide.origins),
        np.array(taps, np.int64).reshape(-1, 4),
        np.array(starts),
        np.array(high.shifts),
        np.array(wide.shifts),
    )


class Blocks(NamedTuple):
    """How images are cut up: some small ones together, or a large one in bands of rows.

    In the buffer each channel has its phases one after the other, each phase its images, each image its rows.
    """

    images: int  # in a block
    rows: int  # positions down in a band
    tall: int  # rows of an image in the buffer
    columns: int
    pitch: int  # of the buffer: from one channel to the next


def blocks(g: Geometry, images: int, channels: int, more: int, itemsize: int, parts: int) -> Blocks:
    """Blocks of about `BLOCK` bytes, with ``channels`` of the source and ``more`` numbers for each position.

    There are at least ``parts`` of them, if there are as many images.
    """
    phases = len(g.origins_h) * len(g.origins_w)
    columns = g.count_w + g.reach_w
    line = columns * itemsize * (channels * phases + more)
    rows = min(g.count_h, max(4, BLOCK // line - g.reach_h))
    tall = rows + g.reach_h
    together = 1
    if rows == g.count_h:
        together = max(1, min(BLOCK // (line * tall), images // parts, 64))
    lanes = VECTOR // itemsize
    pitch = phases * together * tall * columns + g.reach_h * columns + g.reach_w + 4 * lanes
    return Blocks(together, rows, tall, columns, pitch + 2 * lanes - pitch % lanes)
