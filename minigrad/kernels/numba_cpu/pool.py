"""Pooling. The planes of an image are shared among the threads, and each plane is one thread's: the result
does not depend on how many there are.
"""

# mypy: allow-untyped-defs
# (the compiled loops have no annotations: numba types them, for each call)

import numpy as np

from minigrad.kernels.numba_cpu.compiling import REORDER, row
from minigrad.kernels.numba_cpu.sharing import mine, shared, spread, thread_count
from minigrad.kernels.reference.arrays import Array, Padding, Pair
from minigrad.kernels.reference.pool import check_bounds, check_planes

__all__ = ["avg_pool2d", "avg_pool2d_grad", "max_pool2d", "max_pool2d_grad"]

FEW = 3
"""Windows in a row that are not worth a loop over all columns."""


def _planes(x: Array) -> Array:
    """(N, C, H, W) as (N C, H, W), C-ordered."""
    return row(x).reshape(x.shape[0] * x.shape[1], x.shape[2], x.shape[3])


def _small(*arrays: Array) -> bool:
    """Small arrays are one thread's. Sharing them with another takes longer than the work, and milliseconds
    where the other core is busy.
    """
    return sum(array.size for array in arrays) < 1 << 15


@shared
def _max_of_four(team, x, y, places, SH, SW):
    if spread(team):
        return
    W = x.shape[2]
    for n in mine(team, x.shape[0]):
        largest, at = np.empty(W, x.dtype), np.empty(W, np.int32)
        for i in range(y.shape[1]):
            upper, lower = x[n, i * SH], x[n, i * SH + 1]
            for w in range(W - 1):
                a, b, c, d = upper[w], upper[w + 1], lower[w], lower[w + 1]
                right = (b > a) | (b != b)
                up, at_up = (b, np.int32(1)) if right else (a, np.int32(0))
                right = (d > c) | (d != d)
                low, at_low = (d, np.int32(3)) if right else (c, np.int32(2))
                down = (low > up) | (low != low)
                largest[w] = low if down else up
                at[w] = at_low if down else at_up
            for j in range(y.shape[2]):
                y[n, i, j] = largest[j * SW]
                places[n, i, j] = at[j * SW]


@shared
def _max_pool2d(team, x, y, places, KH, KW, SH, SW, top, left, DH, DW, first):
    if spread(team):
        return
    H, W = x.shape[1:]
    span = first.size
    lowest = x.dtype.type(-np.inf)
    for n in mine(team, x.shape[0]):
        largest, at = np.empty(span, x.dtype), np.empty(span, np.int32)
        for i in range(y.shape[1]):
            start = i * SH - top
            first_row = 0 if start >= 0 else (DH - 1 - start) // DH
            for w in range(span):  # where all are -inf, the first one inside the image is the largest
                largest[w] = lowest
                at[w] = first_row * KW + first[w]
            for a in range(first_row, KH):
                if start + a * DH >= H:
                    break
                for b in range(KW):
                    shift = b * DW - left
                    begin, end = max(0, -shift), min(span, W - shift)
                    if begin < end:
                        k = np.int32(a * KW + b)
                        element = x[n, start + a * DH, begin + shift : end + shift]
                        so_far, at_so_far = largest[begin:end], at[begin:end]
                        for w in range(element.size):
                            v = element[w]
                            larger = (v > so_far[w]) | (v != v)
                            so_far[w] = v if larger else so_far[w]
                            at_so_far[w] = k if larger else at_so_far[w]
            for j in range(y.shape[2]):
                y[n, i, j] = largest[j * SW]
                places[n, i, j] = at[j * SW]


@shared
def _max_of_each(team, x, y, places, KH, KW, SH, SW, top, left, DH, DW):
    if spread(team):
        return
    H, W = x.shape[1:]
    for n in mine(team, x.shape[0]):
        for i in range(y.shape[1]):
            h0 = i * SH - top
            first_row = 0 if h0 >= 0 else (DH - 1 - h0) // DH
            for j in range(y.shape[2]):
                w0 = j * SW - left
                first = 0 if w0 >= 0 else (DW - 1 - w0) // DW
                # where all are -inf, the first one inside the image is the largest
                largest, at = x.dtype.type(-np.inf), first_row * KW + first
                for a in range(first_row, min(KH, (H - 1 - h0) // DH + 1)):
                    for b in range(first, min(KW, (W - 1 - w0) // DW + 1)):
                        v = x[n, h0 + a * DH, w0 + b * DW]
                        larger = (v > largest) | (v != v)  # no branch: which is the largest nobody can guess
                        largest = v if larger else largest
                        at = a * KW + b if larger else at
                y[n, i, j] = largest
                places[n, i, j] = at


def max_pool2d(
    x: Array, kernel_size: Pair, stride: Pair, padding: Padding, dilation: Pair, places: Array
) -> Array:
    # Works out the windows that begin at every column and then picks each SW-th: neighbours in memory can be
    # compared eight at a time, and stride 2 wastes only half of that. The row under way stays in the cache.
    # The usual 2x2 windows have a loop of their own, which takes in four elements before it stores anything.
    # (128, 32, 26, 26) float32, 2x2, two threads: 33 -> 0.5 ms (without that loop 2.9; PyTorch 5.9).
    # A few windows in a row, which are mostly large or far apart, are gone through one after the other.
    # (100, 64, 14, 14), 7x7 with stride 7, one thread: 7.5 -> 5.0 ms; (256, 512, 7, 7), 7x7: 76 -> 26.
    check_planes("max_pool2d", x, places)
    (KH, KW), (SH, SW), (DH, DW), ((top, _), (left, _)) = kernel_size, stride, dilation, padding
    y = np.empty(places.shape, x.dtype)
    if not y.size:
        return y
    (H, W), (OH, OW) = x.shape[2:], places.shape[2:]
    inside = top == left == 0 and (OH - 1) * SH + 2 <= H and (OW - 1) * SW + 2 <= W
    given = _planes(x), _planes(y), places.reshape(-1, OH, OW)
    alone = _small(x, y)
    if kernel_size == (2, 2) and dilation == (1, 1) and inside:
        _max_of_four(*given, SH, SW, alone=alone)
    elif OW <= FEW:
        _max_of_each(*given, KH, KW, SH, SW, top, left, DH, DW, alone=alone)
    else:
        begins = np.arange((OW - 1) * SW + 1) - left
        first = (np.maximum(-begins, 0) + DW - 1) // DW  # the first column of a window within the image
        _max_pool2d(*given, KH, KW, SH, SW, top, left, DH, DW, first.astype(np.int32), alone=alone)
    return y


@shared
def _max_pool2d_grad(team, dy, places, dx, offset, SH, SW, top, left, outside):
    if spread(team):
        return
    W = dx.shape[2]
    for n in mine(team, dx.shape[0]):
        plane = dx[n].reshape(-1)
        plane[:] = 0
        for i in range(dy.shape[1]):
            for j in range(dy.shape[2]):
                at = (i * SH - top) * W + j * SW - left + offset[places[n, i, j]]
                if 0 <= at < plane.size:
                    plane[at] += dy[n, i, j]
                else:
                    outside[team.thread] += 1


def max_pool2d_grad(
    dy: Array, kernel_size: Pair, stride: Pair, padding: Padding, dilation: Pair, places: Array, size: Pair
) -> Array:
    # Each plane is set to 0 and added to while it is in the cache; how far the place k of a window lies from
    # its corner is looked up, not divided out. As above: 14 -> 0.4 ms (PyTorch 0.8).
    if dy.shape != places.shape:
        raise ValueError(f"max_pool2d_grad: dy has shape {dy.shape}, places {places.shape}")
    (KH, KW), (DH, DW), ((top, _), (left, _)) = kernel_size, dilation, padding
    dx = np.empty((*dy.shape[:2], *size), dy.dtype)
    if dx.size:
        offset = (np.arange(KH)[:, None] * (DH * size[1]) + np.arange(KW) * DW).reshape(-1)
        dys, places = _planes(dy), _planes(places)
        outside = np.zeros(thread_count(), np.int64)
        _max_pool2d_grad(
            dys,
            places,
            _planes(dx),
            offset,
            *stride,
            top,
            left,
            outside,
            alone=_small(dx, dy),
            threads=outside.size,
        )
        if outside.any():
            raise IndexError(
                f"max_pool2d_grad: {outside.sum()} places are outside of an image of size {size}"
            )
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
