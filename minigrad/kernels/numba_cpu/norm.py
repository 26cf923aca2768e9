"""Normalisation. Two ways, by the shape of x (outer, channels, inner):

- by channels, where each has long rows (inner), or one row of its own, or few: a round of the shared loop
  takes one channel (or group of channels). On the way back it sums, and then scales while the channel is in
  the cache.
- by columns else, say for rows of features or of small images: x is seen as (outer, channels * inner) and cut
  into tiles; a round adds up the rows of one tile, and what the tiles found is put together afterwards.

Sums are float64: the processor converts while it waits for memory. The variance's are those of x minus the
channel's first element, never further than sqrt(n) deviations from the mean: numbers far from 0 keep their
digits, in one pass. How the work is cut depends on the shape alone, so results do not depend on the number of
threads.

Times are of the reference -> here on ONE core of an Intel Xeon (AVX-512), float32.
"""

# mypy: allow-untyped-defs
# (the compiled loops have no annotations: numba types them, for each call)

import math
from typing import Any

import numpy as np

from minigrad.kernels import reference
from minigrad.kernels.numba_cpu.compiling import REORDER, row
from minigrad.kernels.numba_cpu.sharing import WORTH_SHARING, mine, shared, spread
from minigrad.kernels.reference.arrays import Array

__all__ = ["channel_sums", "moments", "norm_grad", "scale_and_shift"]

ALONE = WORTH_SHARING // 2
"""An array of fewer elements is left to one thread."""

LONG = 64
"""A row of so many elements is worth the sums across the vector register at its end."""

FEW = 4096
"""Rows of a small array that are taken channel by channel, be they ever so short: to put tiles together, in
Python, takes longer. (256 x 1 x 1 x 1, there and back: 113 -> 71 microseconds; 8 x 8 x 5 x 5: 112 -> 70.)"""

SMALL_SUM = 8192
"""To add up fewer elements than this, NumPy takes no longer than calling a compiled loop does."""

SHORT = 16
"""A row of fewer elements than this does not fill the vector unit."""

WIDTH = 1024
"""Columns of a tile: its sums, 16 bytes a column, stay in the first cache."""


def _few(outer: int, channels: int, inner: int) -> bool:
    return outer * channels <= FEW and outer * channels * inner < ALONE // 2


def _by_channel(outer: int, channels: int, inner: int, long: int) -> bool:
    return inner >= long or outer == 1 or _few(outer, channels, inner)


# 8 x 64 images of 112 x 112: 26 -> 1.0 ms.
@shared(fastmath=REORDER)
def _moments_by_channel(team, x, mean, variance):
    if spread(team):
        return
    outer, channels, inner = x.shape
    n = outer * inner
    for c in mine(team, channels):
        first = np.float64(x[0, c, 0])
        s = 0.0
        q = 0.0
        for o in range(outer):
            for i in range(inner):
                d = np.float64(x[o, c, i]) - first
                s += d
                q += d * d
        s /= n
        mean[c] = first + s
        variance[c] = q / n - s * s


# 100 x 32 images of 28 x 28: 5.7 -> 0.53 ms. 6,400 x 7 rows of 7: 1.95 -> 0.09.
@shared(fastmath=REORDER)
def _moments_by_tile(team, x, first, s, q, rows, width):
    if spread(team):
        return
    outer, columns = x.shape
    across = (columns + width - 1) // width
    for t in mine(team, s.shape[0] * across):
        down, left = t // across, t % across * width
        n = min(width, columns - left)
        f = first[left : left + n]
        a, b = np.zeros(n), np.zeros(n)
        end = min(outer, (down + 1) * rows)
        o = down * rows
        while o + 1 < end:  # two rows at once: half as often through a and b
            x0, x1 = x[o, left : left + n], x[o + 1, left : left + n]
            for j in range(n):
                d0, d1 = np.float64(x0[j]) - f[j], np.float64(x1[j]) - f[j]
                a[j] += d0 + d1
                b[j] += d0 * d0 + d1 * d1
            o += 2
        if o < end:
            x0 = x[o, left : left + n]
            for j in range(n):
                d0 = np.float64(x0[j]) - f[j]
                a[j] += d0
                b[j] += d0 * d0
        for j in range(n):  # to assign whole rows, numba compiles its error's text, too: 5 s
            s[down, left + j] = a[j]
            q[down, left + j] = b[j]


class _Columns:
    """How x (outer, channels, inner) is seen as rows of columns, and what belongs to channels goes along.

    Short rows are joined, as many to one as goes without a rest, for a loop over 49 columns costs as much as
    one over 200.
    """

    def __init__(self, outer: int, channels: int, inner: int) -> None:
        self.channels, self.inner = channels, inner
        room = min(WIDTH // (channels * inner), outer // 64)
        self.joined = math.gcd(outer, 1 << room.bit_length() - 1) if room else 1
        self.shape = outer // self.joined, self.joined * channels * inner

    def spread(self, per_channel: Any) -> Any:
        """(channels) -> (columns)"""
        columns = np.empty((self.joined, self.channels, self.inner), per_channel.dtype)
        columns[:] = per_channel[:, None]  # (np.tile and np.repeat take 5 microseconds, this takes 1)
        return columns.reshape(-1)

    def gather(self, sums: Any) -> Any:
        """(tiles, columns) -> (channels)"""
        return sums.reshape(-1, self.channels, self.inner).sum((0, 2))


def _tiles(outer: int, columns: int) -> tuple[int, int]:
    """(tiles one below the other, rows of each): eight tiles or more, if they get 8,192 elements each."""
    across = -(-columns // WIDTH)
    down = max(1, min(-(-8 // across), outer * columns // 8192))
    rows = -(-outer // down)
    return -(-outer // rows), rows


def moments(x: Array) -> tuple[Array, Array]:
    outer, channels, inner = x.shape
    x = np.ascontiguousarray(x)
    if not x.size:
        return reference.moments(x)
    if _by_channel(outer, channels, inner, long=1024):
        mean, variance = np.empty(channels), np.empty(channels)
        _moments_by_channel(x, mean, variance, alone=x.size < ALONE)
        return mean, variance
    columns = _Columns(outer, channels, inner)
    down, rows = _tiles(*columns.shape)
    first = x[0, :, 0].astype(np.float64)
    s, q = np.empty((2, down, columns.shape[1]))
    seen = x.reshape(columns.shape)
    _moments_by_tile(seen, columns.spread(first), s, q, rows, WIDTH, alone=x.size < ALONE)
    s, q = (columns.gather(sums) / (outer * inner) for sums in (s, q))
    return first + s, q - s * s


# 100 x 32 images of 28 x 28: 9.2 -> 0.70 ms. 6,400 x 7 rows of 7: 1.1 -> 0.08.
@shared(fastmath=REORDER)
def _scale_and_shift(team, x, mean, scale, shift, y, inner, pieces):
    if spread(team):
        return
    outer, channels = x.shape[0], mean.size
    for t in mine(team, outer * pieces):
        o, piece = t // pieces, t % pieces
        begin, end = piece * channels // pieces, (piece + 1) * channels // pieces
        if inner == 1:
            row, out = x[o, begin:end], y[o, begin:end]
            m, a, b = mean[begin:end], scale[begin:end], shift[begin:end]
            for c in range(end - begin):
                out[c] = (row[c] - m[c]) * a[c] + b[c]
        else:
            for c in range(begin, end):
                near, by, to = mean[c], scale[c], shift[c]
                row, out = x[o, c * inner : (c + 1) * inner], y[o, c * inner : (c + 1) * inner]
                for i in range(inner):
                    out[i] = (row[i] - near) * by + to


def scale_and_shift(x: Array, mean: Array, scale: Array, shift: Array) -> Array:
    if not x.size:
        return reference.scale_and_shift(x, mean, scale, shift)
    outer, channels, inner = x.shape
    x = np.ascontiguousarray(x)
    y = np.empty(x.shape, x.dtype)
    near = mean.astype(x.dtype)
    shift = shift + (near - mean) * scale  # what rounding takes from the mean
    constants = [near, scale.astype(x.dtype), shift.astype(x.dtype)]
    shape = outer, channels * inner
    if inner < SHORT and outer > 1 and not _few(*x.shape):  # then a constant for every column
        columns = _Columns(outer, channels, inner)
        constants, shape = [columns.spread(value) for value in constants], columns.shape
        outer, inner = shape[0], 1
    pieces = min(channels, max(1, 16 // outer))
    seen, out = x.reshape(shape), y.reshape(shape)
    _scale_and_shift(seen, *constants, out, inner, pieces, alone=x.size < ALONE)
    return y


# 100 x 32 images of 28 x 28: 38 -> 1.27 ms, of which 0.7 are spent on reading dy and x.
@shared(fastmath=REORDER)
def _grad_by_group(team, dy, x, weight, mean, rstd, share, dx, dweight, dbias):
    if spread(team):
        return
    outer, groups, members, inner = x.shape
    number = x.dtype.type
    for g in mine(team, groups):
        m, r = mean[g], rstd[g]
        straight = 0.0
        along = 0.0
        for k in range(members):
            s = 0.0
            q = 0.0
            for o in range(outer):
                for i in range(inner):
                    d = np.float64(dy[o, g, k, i])
                    s += d
                    q += d * (np.float64(x[o, g, k, i]) - m)
            q *= r
            dbias[g, k], dweight[g, k] = s, q
            straight += share * weight[g, k] * s
            along += share * weight[g, k] * q
        if dx.size:
            near = number(m)
            b = number(-along * r * r)
            c = number(-straight * r - along * r * r * (near - m))
            for o in range(outer):
                for k in range(members):
                    a = number(weight[g, k] * r)
                    for i in range(inner):
                        dx[o, g, k, i] = a * dy[o, g, k, i] + b * (x[o, g, k, i] - near) + c


# This and the next, 6,400 x 7 rows of 7: 5.6 -> 0.31 ms.
@shared(fastmath=REORDER)
def _sums_by_tile(team, dy, x, mean, s, q, rows, width):
    if spread(team):
        return
    outer, columns = x.shape
    across = (columns + width - 1) // width
    for t in mine(team, s.shape[0] * across):
        down, left = t // across, t % across * width
        n = min(width, columns - left)
        m = mean[left : left + n]
        a, b = np.zeros(n), np.zeros(n)
        for o in range(down * rows, min(outer, (down + 1) * rows)):
            d, v = dy[o, left : left + n], x[o, left : left + n]
            for j in range(n):
                wide = np.float64(d[j])
                a[j] += wide
                b[j] += wide * (np.float64(v[j]) - m[j])
        for j in range(n):  # as above
            s[down, left + j] = a[j]
            q[down, left + j] = b[j]


@shared(fastmath=REORDER)
def _grad_by_row(team, dy, x, near, a, b, c, dx):
    if spread(team):
        return
    outer, columns = x.shape
    for o in mine(team, outer):
        for j in range(columns):
            dx[o, j] = a[j] * dy[o, j] + b[j] * (x[o, j] - near[j]) + c[j]


def norm_grad(
    dy: Array, x: Array, weight: Array, mean: Array, rstd: Array, constant: bool, wanted: bool
) -> tuple[Array | None, Array, Array]:
    if not x.size:
        return reference.norm_grad(dy, x, weight, mean, rstd, True, wanted)
    outer, groups, members, inner = x.shape
    x, dy = np.ascontiguousarray(x), np.ascontiguousarray(dy, x.dtype)
    weight, mean, rstd = (np.ascontiguousarray(v, np.float64) for v in (weight, mean, rstd))
    share = 0.0 if constant else 1 / (outer * members * inner)
    dx = np.empty(x.shape if wanted else (0, 0, 0, 0), x.dtype)
    if members > 1 or _by_channel(outer, groups, inner, long=LONG):
        dweight, dbias = np.empty((2, groups, members), x.dtype)
        _grad_by_group(dy, x, weight, mean, rstd, share, dx, dweight, dbias, alone=x.size < ALONE)
        return dx if wanted else None, dweight, dbias
    columns = _Columns(outer, groups, inner)
    dy, x = dy.reshape(columns.shape), x.reshape(columns.shape)
    down, rows = _tiles(*columns.shape)
    s, q = np.empty((2, down, columns.shape[1]))
    _sums_by_tile(dy, x, columns.spread(mean), s, q, rows, WIDTH, alone=x.size < ALONE)
    s, q = columns.gather(s), columns.gather(q) * rstd
    if wanted:
        a = weight[:, 0] * rstd
        near = mean.astype(x.dtype)
        b = -share * a * rstd * q
        c = -share * a * s + b * (near - mean)
        numbers = (columns.spread(v.astype(x.dtype)) for v in (near, a, b, c))
        _grad_by_row(dy, x, *numbers, dx.reshape(columns.shape), alone=x.size < ALONE)
    return dx if wanted else None, q.astype(x.dtype)[:, None], s.astype(x.dtype)[:, None]


@shared(fastmath=REORDER)
def _sums_by_row(team, x, sums):
    if spread(team):
        return
    for n in mine(team, x.shape[0]):
        total = 0.0
        for i in range(x.shape[1]):
            total += np.float64(x[n, i])
        sums[n] = total


def channel_sums(x: Array) -> Array:
    # NumPy has one thread, and is slow at short rows. Two threads with AVX2: 100 x 64 images of 32 x 32
    # 3.0 -> 1.4 ms, 100 x 128 of 8 x 8 0.53 -> 0.12.
    inner = math.prod(x.shape[2:])
    if inner == 1 or x.size < SMALL_SUM:
        return reference.channel_sums(x)
    rows = row(x).reshape(-1, inner)
    sums = np.empty(len(rows))
    _sums_by_row(rows, sums, alone=x.size < ALONE)
    y: Array = sums.reshape(x.shape[:2]).sum(0).astype(x.dtype)
    return y
