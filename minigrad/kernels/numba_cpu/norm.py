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
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from minigrad.kernels import reference
from minigrad.kernels.numba_cpu.compiling import REORDER, inner, row
from minigrad.kernels.numba_cpu.sharing import WORTH_SHARING, mine, shared, spread
from minigrad.kernels.reference.arrays import Array

__all__ = ["channel_sums", "moments", "norm_grad", "scale_and_shift"]

ALONE = WORTH_SHARING // 2
"""An array of fewer elements is left to one thread."""

LONG = 64
"""A row of so many elements is worth the sums across the vector register at its end."""

FEW = 4096
"""Rows of a small array that are taken channel by channel, be they ever so short: to cut it into tiles and to
put these together takes longer. (256 x 1 x 1 x 1, there and back: 24 -> 17 microseconds.)"""

SMALL_SUM = 8192
"""To add up fewer elements than this, NumPy takes no longer than calling a compiled loop does."""

SHORT = 16
"""A row of fewer elements than this does not fill the vector unit."""

WIDTH = 1024
"""Columns of a tile: its sums, 16 bytes a column, stay in the first cache."""


def _by_channel(outer: int, channels: int, inner: int, long: int) -> bool:
    few = outer * channels <= FEW and outer * channels * inner < ALONE // 2
    return inner >= long or outer == 1 or few


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


class Columns(NamedTuple):
    """How x (outer, channels, inner) is seen as rows of columns, and how these are cut into tiles.

    Short rows are joined, as many to one as goes without a rest, for a loop over 49 columns costs as much as
    one over 200.
    """

    channels: int
    inner: int
    joined: int
    across: int  # tiles beside each other
    down: int  # and one below the other
    rows: int  # of a tile

    def shape(self, x: Array) -> tuple[int, int]:
        """(rows, columns)"""
        columns = self.joined * self.channels * self.inner
        return x.size // columns, columns


@lru_cache(maxsize=256)
def _columns(outer: int, channels: int, inner: int) -> Columns:
    """Eight tiles or more, if they get 8,192 elements each."""
    room = min(WIDTH // (channels * inner), outer // 64)
    joined = math.gcd(outer, 1 << room.bit_length() - 1) if room else 1
    height, width = outer // joined, joined * channels * inner
    across = -(-width // WIDTH)
    down = max(1, min(-(-8 // across), height * width // 8192))
    rows = -(-height // down)
    return Columns(channels, inner, joined, across, -(-height // rows), rows)


@inner
def _gather(sums, columns, total):
    """total[channel] = the sum of sums[tile down, column] over its columns"""
    channels, inner = columns.channels, columns.inner
    for c in range(channels):
        total[c] = 0.0
    for t in range(columns.down):
        for k in range(columns.joined):
            part = sums[t, k * channels * inner : (k + 1) * channels * inner]
            if inner == 1:
                for c in range(channels):
                    total[c] += part[c]
            else:
                for c in range(channels):
                    for j in range(c * inner, (c + 1) * inner):
                        total[c] += part[j]


@inner
def _widen(numbers, columns, left, wide):
    """wide[j] = numbers[channel of column left + j]"""
    channels, inner = columns.channels, columns.inner
    j = 0
    while j < wide.size:
        c, i = (left + j) // inner % channels, (left + j) % inner
        if inner == 1:
            n = min(channels - c, wide.size - j)
            for k in range(n):
                wide[j + k] = numbers[c + k]
        else:
            n = min(inner - i, wide.size - j)
            for k in range(n):
                wide[j + k] = numbers[c]
        j += n


# 100 x 32 images of 28 x 28: 5.7 -> 0.53 ms. 6,400 x 7 rows of 7: 1.95 -> 0.09.
@shared(fastmath=REORDER)
def _moments_by_tile(team, x, columns, first, s, q, mean, variance):
    if spread(team):
        _gather(s, columns, mean)
        _gather(q, columns, variance)
        n = x.size // columns.channels
        for c in range(columns.channels):
            a = mean[c] / n
            mean[c], variance[c] = np.float64(first[c]) + a, variance[c] / n - a * a
        return
    height, width = x.shape
    for t in mine(team, columns.down * columns.across):
        down, left = t // columns.across, t % columns.across * WIDTH
        n = min(WIDTH, width - left)
        f, a, b = np.empty(n), np.zeros(n), np.zeros(n)
        _widen(first, columns, left, f)
        end = min(height, (down + 1) * columns.rows)
        o = down * columns.rows
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


def moments(x: Array) -> tuple[Array, Array]:
    outer, channels, inner = x.shape
    x = np.ascontiguousarray(x)
    if not x.size:
        return reference.moments(x)
    if _by_channel(outer, channels, inner, long=1024):
        mean, variance = np.empty(channels), np.empty(channels)
        _moments_by_channel(x, mean, variance, alone=x.size < ALONE)
        return mean, variance
    columns = _columns(outer, channels, inner)
    seen = x.reshape(columns.shape(x))
    s, q = np.empty((2, columns.down, seen.shape[1]))
    mean, variance = np.empty((2, channels))
    first = x[0, :, 0].copy()
    _moments_by_tile(seen, columns, first, s, q, mean, variance, alone=x.size < ALONE)
    return mean, variance


@inner
def _rounded(mean, scale, shift, c, number):
    """(near, by, to) in the dtype of x, with (x - near) by + to = (x - mean) scale + shift: what rounding
    takes from the mean is put into the shift.
    """
    near = number(mean[c])
    return near, number(scale[c]), number(shift[c] + (near - mean[c]) * scale[c])


# 100 x 32 images of 28 x 28: 9.2 -> 0.70 ms. 6,400 x 7 rows of 7: 1.1 -> 0.08.
@shared(fastmath=REORDER)
def _scale_and_shift_by_row(team, x, mean, scale, shift, y, pieces):
    if spread(team):
        return
    outer, channels, inner = x.shape
    for t in mine(team, outer * pieces):
        o, piece = t // pieces, t % pieces
        for c in range(piece * channels // pieces, (piece + 1) * channels // pieces):
            near, by, to = _rounded(mean, scale, shift, c, x.dtype.type)
            row, out = x[o, c], y[o, c]
            for i in range(inner):
                out[i] = (row[i] - near) * by + to


@shared(fastmath=REORDER)
def _scale_and_shift_by_column(team, x, columns, mean, scale, shift, y):
    if spread(team):
        return
    height, width = x.shape
    by_channel = np.empty((3, columns.channels), x.dtype)
    for c in range(columns.channels):
        by_channel[0, c], by_channel[1, c], by_channel[2, c] = _rounded(mean, scale, shift, c, x.dtype.type)
    near, by, to = np.empty(width, x.dtype), np.empty(width, x.dtype), np.empty(width, x.dtype)
    _widen(by_channel[0], columns, 0, near)
    _widen(by_channel[1], columns, 0, by)
    _widen(by_channel[2], columns, 0, to)
    for o in mine(team, height):
        row, out = x[o], y[o]
        for j in range(width):
            out[j] = (row[j] - near[j]) * by[j] + to[j]


def scale_and_shift(x: Array, mean: Array, scale: Array, shift: Array) -> Array:
    if not x.size:
        return reference.scale_and_shift(x, mean, scale, shift)
    outer, channels, inner = x.shape
    x = np.ascontiguousarray(x)
    mean, scale, shift = (np.ascontiguousarray(v, np.float64) for v in (mean, scale, shift))
    y = np.empty(x.shape, x.dtype)
    if inner < SHORT and outer > 1:
        columns = _columns(outer, channels, inner)
        shape = columns.shape(x)
        seen, out = x.reshape(shape), y.reshape(shape)
        _scale_and_shift_by_column(seen, columns, mean, scale, shift, out, alone=x.size < ALONE)
    else:
        pieces = min(channels, max(1, 16 // outer))
        _scale_and_shift_by_row(x, mean, scale, shift, y, pieces, alone=x.size < ALONE)
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
def _sums_by_tile(team, dy, x, columns, mean, rstd, s, q, sums, dweight, dbias):
    """sums[0] = dbias, sums[1] = dweight, in float64"""
    if spread(team):
        _gather(s, columns, sums[0])
        _gather(q, columns, sums[1])
        for c in range(columns.channels):
            sums[1, c] *= rstd[c]
            dbias[c, 0], dweight[c, 0] = sums[0, c], sums[1, c]
        return
    height, width = x.shape
    for t in mine(team, columns.down * columns.across):
        down, left = t // columns.across, t % columns.across * WIDTH
        n = min(WIDTH, width - left)
        m, a, b = np.empty(n), np.zeros(n), np.zeros(n)
        _widen(mean, columns, left, m)
        for o in range(down * columns.rows, min(height, (down + 1) * columns.rows)):
            d, v = dy[o, left : left + n], x[o, left : left + n]
            for j in range(n):
                wide = np.float64(d[j])
                a[j] += wide
                b[j] += wide * (np.float64(v[j]) - m[j])
        for j in range(n):  # as above
            s[down, left + j] = a[j]
            q[down, left + j] = b[j]


@shared(fastmath=REORDER)
def _grad_by_column(team, dy, x, columns, weight, mean, rstd, share, sums, dx):
    if spread(team):
        return
    height, width = x.shape
    number = x.dtype.type
    by_channel = np.empty((4, columns.channels), x.dtype)
    for c in range(columns.channels):
        a, near = weight[c, 0] * rstd[c], number(mean[c])
        b = -share * a * rstd[c] * sums[1, c]
        by_channel[0, c], by_channel[1, c], by_channel[2, c] = near, number(a), number(b)
        by_channel[3, c] = number(-share * a * sums[0, c] + b * (near - mean[c]))
    near, a = np.empty(width, x.dtype), np.empty(width, x.dtype)
    b, to = np.empty(width, x.dtype), np.empty(width, x.dtype)
    _widen(by_channel[0], columns, 0, near)
    _widen(by_channel[1], columns, 0, a)
    _widen(by_channel[2], columns, 0, b)
    _widen(by_channel[3], columns, 0, to)
    for o in mine(team, height):
        d, v, out = dy[o], x[o], dx[o]
        for j in range(width):
            out[j] = a[j] * d[j] + b[j] * (v[j] - near[j]) + to[j]


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
    dweight, dbias = np.empty((2, groups, members), x.dtype)
    alone = x.size < ALONE
    if members > 1 or _by_channel(outer, groups, inner, long=LONG):
        _grad_by_group(dy, x, weight, mean, rstd, share, dx, dweight, dbias, alone=alone)
        return dx if wanted else None, dweight, dbias
    columns = _columns(outer, groups, inner)
    shape = columns.shape(x)
    dy, x = dy.reshape(shape), x.reshape(shape)
    s, q = np.empty((2, columns.down, shape[1]))
    sums = np.empty((2, groups))
    _sums_by_tile(dy, x, columns, mean, rstd, s, q, sums, dweight, dbias, alone=alone)
    if wanted:
        dx_of_rows = dx.reshape(shape)
        _grad_by_column(dy, x, columns, weight, mean, rstd, share, sums, dx_of_rows, alone=alone)
    return dx if wanted else None, dweight, dbias


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
