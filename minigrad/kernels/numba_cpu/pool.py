"""Pooling. The planes of an image are shared among the threads, and each plane is one thread's: the result
does not depend on how many there are.
"""

# mypy: allow-untyped-defs
# (the compiled loops have no annotations: numba types them, for each call)

from functools import lru_cache
from typing import Any

import numpy as np

from minigrad.kernels.numba_cpu.compiling import REORDER, inner, row
from minigrad.kernels.numba_cpu.pool_vectors import (
    SQUARE,
    Apart,
    Beside,
    Fours,
    TwoApart,
    largest,
    to_one_of_four,
)
from minigrad.kernels.numba_cpu.sharing import mine, shared, spread, thread_count
from minigrad.kernels.reference.arrays import Array, Padding, Pair
from minigrad.kernels.reference.pool import check_bounds, check_planes

__all__ = ["avg_pool2d", "avg_pool2d_grad", "max_pool2d", "max_pool2d_grad"]


def _planes(x: Array) -> Array:
    """(N, C, H, W) as (N C, H, W), C-ordered."""
    return row(x).reshape(x.shape[0] * x.shape[1], x.shape[2], x.shape[3])


def _small(*arrays: Array) -> bool:
    """Small arrays are one thread's. Sharing them with another takes longer than the work, and milliseconds
    where the other core is busy.
    """
    return sum(array.size for array in arrays) < 1 << 15


def _touching_fours(
    kernel_size: Pair, stride: Pair, padding: Padding, dilation: Pair, size: Pair, windows: Pair
) -> bool:
    """Whether the windows are 2 x 2, side by side, and all within the image: no element is in two of them."""
    within = all(2 * n <= h for n, h in zip(windows, size, strict=True))
    return within and (kernel_size, stride, dilation, padding) == ((2, 2), (2, 2), (1, 1), ((0, 0), (0, 0)))


@inner
def _some(x, start, down, windows, rows, columns, KW, SW, DW, y, places, place):
    """Some windows of a row, of which only some columns are in the image, one after the other."""
    for begin, end in windows:
        for j in range(begin, end):
            best, at = x.dtype.type(-np.inf), rows[0] * KW + columns[j, 0]  # if all are -inf, the first
            for a in range(rows[0], rows[1]):
                for b in range(columns[j, 0], columns[j, 1]):
                    v = x[start + a * down + j * SW + b * DW]
                    larger = (v > best) | (v != v)  # no branch
                    best = v if larger else best
                    at = a * KW + b if larger else at
            y[place + j], places[place + j] = best, at


@shared
def _max_pool2d(team, x, y, places, size, KW, SH, steps, dilation, corner, rows, columns, whole):
    if spread(team):
        return
    (H, W), SW, DW = size, steps.step, dilation[1]
    (OH, OW), down = (len(rows), len(columns)), dilation[0] * W
    for n in mine(team, y.size // (OH * OW)):
        for i in range(OH):
            top, bottom, place = rows[i, 0], rows[i, 1], (n * OH + i) * OW
            start = (n * H + i * SH - corner[0]) * W - corner[1]
            kernel, first = (bottom - top, KW, top * KW, KW), start + top * down + whole[0] * SW
            largest(x, first, (down, DW), steps, kernel, y, places, place + whole[0], whole[1] - whole[0])
            if whole[1] - whole[0] < OW:
                some = (0, whole[0]), (whole[1], OW)
                _some(x, start, down, some, (top, bottom), columns, KW, SW, DW, y, places, place)


def _within(windows: int, size: int, K: int, S: int, before: int, D: int) -> Array:
    """The elements (from, to) of each window that are in the image, (windows, 2) of int64, along one axis."""
    start = np.arange(windows) * S - before
    first, last = np.maximum(-(start // D), 0), np.minimum((size - 1 - start) // D + 1, K)
    return np.stack([first, last], axis=1)


@lru_cache(1000)
def _layout(windows: Pair, size: Pair, kernel_size: Pair, stride: Pair, corner: Pair, dilation: Pair) -> Any:
    """What of each window is in the image, by rows and by columns; which ones (from, to) of a row are whole;
    and the step from one to the next, as the loop is compiled for it.
    """
    axes = zip(windows, size, kernel_size, stride, corner, dilation, strict=True)
    rows, columns = (_within(*axis) for axis in axes)
    whole = np.flatnonzero((columns == (0, kernel_size[1])).all(1))
    ends = (int(whole[0]), int(whole[-1]) + 1) if whole.size else (0, 0)
    fours = kernel_size == (2, 2) and stride[1] == 2 and (rows == (0, 2)).all()
    return (
        rows,
        columns,
        ends,
        Fours(2) if fours else {1: Beside, 2: TwoApart}.get(stride[1], Apart)(stride[1]),
    )


def max_pool2d(
    x: Array, kernel_size: Pair, stride: Pair, padding: Padding, dilation: Pair, places: Array
) -> Array:
    # A vector of windows at a time (pool_vectors.py), but for those that reach out of the image on the left
    # or on the right, which are gone through one after the other. Two threads with AVX2, float32, and what a
    # loop over the columns of a whole row took, which windows of 2 x 2 had unrolled (and PyTorch):
    #   2 x 2, step 2, (128, 32, 26, 26): 2.2 -> 1.3 ms (11); (100, 128, 8, 8): 4.3 -> 0.3 (3.7)
    #   3 x 3, step 2, padded, (8, 64, 112, 112): 23 -> 9 ms (37); step 1, (100, 64, 32, 32): 73 -> 30 (160)
    check_planes("max_pool2d", x, places)
    y = np.empty(places.shape, x.dtype)
    if not y.size:
        return y
    corner = padding[0][0], padding[1][0]
    rows, columns, ends, steps = _layout(places.shape[2:], x.shape[2:], kernel_size, stride, corner, dilation)
    (channels, H, W), size = x.shape[1:], x.shape[2:]
    if len(rows) == len(columns) == 1 and ends == (0, 1):
        # One window to a plane: those of all channels are a row, as far apart as the planes. (256 images of
        # 512 channels, 7 x 7, all of it a window, two threads with AVX-512: 36 -> 8 ms; PyTorch 16.)
        size, columns = (channels * H, W), columns.repeat(channels, 0)
        ends, steps = (0, channels), Apart(H * W)
    filled = places if places.flags.c_contiguous else np.empty(places.shape, places.dtype)
    given = row(x), y.reshape(-1), filled.reshape(-1), size, kernel_size[1], stride[0]
    _max_pool2d(*given, steps, dilation, corner, rows, columns, ends, alone=_small(x, y))
    if filled is not places:
        places[...] = filled
    return y


@shared
def _max_of_four_grad(team, dy, places, dx, shape, outside):
    if spread(team):
        return
    (H, W), (OH, OW) = shape
    for n in mine(team, dx.size // (H * W)):
        for i in range(OH):
            place, start = (n * OH + i) * OW, (n * H + 2 * i) * W
            if not to_one_of_four(dy, places, place, OW, dx, start, W):
                for j in range(place, place + OW):
                    outside[team.thread] += not 0 <= places[j] < SQUARE
            for w in range(2 * OW, W):  # what no window has reached
                dx[start + w] = 0
                dx[start + W + w] = 0
        for w in range((n * H + 2 * OH) * W, (n + 1) * H * W):
            dx[w] = 0


@shared
def _max_pool2d_grad(team, dy, places, dx, shape, offset, SH, SW, corner, outside):
    if spread(team):
        return
    (H, W), (OH, OW) = shape
    for n in mine(team, dx.size // (H * W)):
        plane, lost = dx[n * H * W : (n + 1) * H * W], 0
        plane[:] = 0
        for i in range(OH):
            start = (i * SH - corner[0]) * W - corner[1]
            window = (n * OH + i) * OW
            values, which = dy[window : window + OW], places[window : window + OW]
            for j in range(OW):
                place = np.uintp(which[j])  # a negative one is larger than any
                known = place < np.uintp(offset.size)
                at = np.uintp(start + j * SW + offset[place if known else np.uintp(0)])
                if known and at < np.uintp(H * W):
                    plane[at] += values[j]
                else:
                    lost += 1
        outside[team.thread] += lost


def max_pool2d_grad(
    dy: Array, kernel_size: Pair, stride: Pair, padding: Padding, dilation: Pair, places: Array, size: Pair
) -> Array:
    # Each plane is set to 0 and added to while it is in the cache; how far the place k of a window lies from
    # its corner is looked up, not divided out. Windows of 2 x 2 that touch are written whole, a vector of
    # them at a time. As above, the first two: 1.9 -> 1.0 ms (PyTorch 2.1), 0.65 -> 0.5 (0.4).
    if dy.shape != places.shape:
        raise ValueError(f"max_pool2d_grad: dy has shape {dy.shape}, places {places.shape}")
    (KH, KW), (DH, DW), corner = kernel_size, dilation, (padding[0][0], padding[1][0])
    dx = np.empty((*dy.shape[:2], *size), dy.dtype)
    if not dx.size:
        return dx
    outside = np.zeros(thread_count(), np.int64)
    how = {"alone": _small(dx, dy), "threads": outside.size}
    given, shape = (row(dy), row(places), dx.reshape(-1)), (size, dy.shape[2:])
    if _touching_fours(kernel_size, stride, padding, dilation, *shape):
        _max_of_four_grad(*given, shape, outside, **how)
    else:
        offset = (np.arange(KH)[:, None] * (DH * size[1]) + np.arange(KW) * DW).reshape(-1)
        _max_pool2d_grad(*given, shape, offset, *stride, corner, outside, **how)
    if outside.any():
        raise IndexError(f"max_pool2d_grad: {outside.sum()} places are outside of an image of size {size}")
    return dx


@shared
def _avg_pool2d(team, x, y, rows, columns, share):
    if spread(team):
        return
    W = x.shape[2]
    for n in mine(team, x.shape[0]):
        band = np.empty(W, x.dtype)
        for i in range(y.shape[1]):
            for w in range(W):  # to assign a whole row, numba compiles its error's text, too: 5 s
                band[w] = x[n, rows[i, 0], w]
            for h in range(rows[i, 0] + 1, rows[i, 1]):
                for w in range(W):
                    band[w] += x[n, h, w]
            for j in range(y.shape[2]):
                total = band[columns[j, 0]]
                for w in range(columns[j, 0] + 1, columns[j, 1]):
                    total += band[w]
                y[n, i, j] = total * share[i, j]


@shared(fastmath=REORDER)
def _sums_of_planes(team, x, y):
    if spread(team):
        return
    for n in mine(team, x.shape[0]):
        total = x.dtype.type(0)
        for k in range(x.shape[1]):
            total += x[n, k]
        y[n] = total


@shared
def _spread_over_planes(team, dy, dx):
    if spread(team):
        return
    for n in mine(team, dx.shape[0]):
        dx[n, :] = dy[n]


def _covers_all(rows: Array, columns: Array, size: Pair) -> bool:
    """Whether there is one window, the whole image, as before the dense layer of a ResNet."""
    return len(rows) == len(columns) == 1 and (*rows[0], *columns[0]) == (0, size[0], 0, size[1])


def avg_pool2d(x: Array, rows: Array, columns: Array, share: Array) -> Array:
    # One pass: the sums over a window's rows are one line that stays in the cache, not an array as large as
    # half the image. (128, 32, 26, 26) float32, 2x2: 20 -> 1.0 ms (PyTorch 2.1).
    # A whole image is one row. (256, 512, 7, 7), one thread: 6.0 -> 0.7 ms.
    check_bounds("avg_pool2d", rows, columns, share, x.shape[2:])
    y = np.empty((*x.shape[:2], len(rows), len(columns)), x.dtype)
    if y.size and _covers_all(rows, columns, x.shape[2:]):
        _sums_of_planes(row(x).reshape(y.size, -1), y.reshape(-1), alone=_small(x, y))
        y *= share.astype(y.dtype)
    elif y.size:
        _avg_pool2d(_planes(x), _planes(y), rows, columns, share, alone=_small(x, y))
    return y


@shared
def _avg_pool2d_grad(team, dy, dx, rows, columns, share):
    if spread(team):
        return
    W = dx.shape[2]
    for n in mine(team, dx.shape[0]):
        band = np.empty(W, dx.dtype)
        dx[n] = 0
        for i in range(dy.shape[1]):
            band[:] = 0
            for j in range(dy.shape[2]):
                d = dy[n, i, j] * share[i, j]
                for w in range(columns[j, 0], columns[j, 1]):
                    band[w] += d
            for h in range(rows[i, 0], rows[i, 1]):
                for w in range(W):
                    dx[n, h, w] += band[w]


def avg_pool2d_grad(dy: Array, rows: Array, columns: Array, share: Array, size: Pair) -> Array:
    check_bounds("avg_pool2d_grad", rows, columns, share, size, dy.shape[2:])
    # As avg_pool2d, the other way round: 12 -> 1.1 ms (PyTorch 2.1).
    # A whole image, as above: 6.5 -> 0.9 ms.
    dx = np.empty((*dy.shape[:2], *size), dy.dtype)
    if dy.size and _covers_all(rows, columns, size):
        each = (dy * share.astype(dy.dtype)).reshape(-1)
        _spread_over_planes(each, dx.reshape(dy.size, -1), alone=_small(dx, dy))
    elif dy.size:
        _avg_pool2d_grad(_planes(dy), _planes(dx), rows, columns, share, alone=_small(dx, dy))
    else:
        dx[...] = 0
    return dx
