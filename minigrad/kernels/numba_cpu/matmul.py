"""Matrix products.

The microkernel takes the rows of one factor from wherever they lie, so ``a``, ``a.T`` and ``b`` are read in
place, the latter column by column by way of a copy if there are many rows; only ``b.T``, whose rows are no
vectors, is turned first. The threads are those of the other kernels: two libraries' threads, each waiting in
a loop for its own next call, take the cores from each other.

By itself it is no faster than OpenBLAS (128 x 784 by 784 x 256: 0.25 ms both), and for a network of dense
layers alone a little slower. But after OpenBLAS's products, two threads each, the loops of a CNN found their
second core taken by OpenBLAS's waiting thread: 16 to 36 ms for the scores of 128 images, and 5.7 so.
"""

# mypy: allow-untyped-defs

import numpy as np

from minigrad.kernels import reference
from minigrad.kernels.numba_cpu.compiling import inner
from minigrad.kernels.numba_cpu.microkernel import CHUNK, Left, Right, Sums, product, thirds
from minigrad.kernels.numba_cpu.routines import routines_of
from minigrad.kernels.numba_cpu.scratch import room, rooms
from minigrad.kernels.numba_cpu.sharing import mine, shared, spread, thread_count
from minigrad.kernels.numba_cpu.transpose import transpose
from minigrad.kernels.numba_cpu.vectors import VECTOR, clear, copy, lanes_of
from minigrad.kernels.reference.arrays import Array

__all__ = ["matmul"]

ALONE = 1 << 21
"""Below, sharing with a second thread costs more than it saves: one alone takes 0.03 ms."""


@inner
def _pack(routines, b, b_row, turn, packed, beside, terms, left, several):
    """Columns of b, ``several`` from ``left`` on, each vector of them by itself, its terms one after the
    other: packed[(j // lanes) * beside + k * lanes + j % lanes]; zeros fill the last one up. ``turn``: b's
    columns lie in memory as rows.

    Of each such row eight vectors are turned together, for they lie in few cache lines and in one page.
    1600 x 128, on one core with AVX2, from memory that is not in the cache: one vector 1.15 ms, eight 0.34.
    """
    lanes = lanes_of(b)
    length = 8 * lanes
    for j in range(0, several, lanes):
        wide, column = min(lanes, several - j), j // lanes * beside
        for k in range(0, terms, length):
            here, place = min(length, terms - k), column + k * lanes
            if turn:
                transpose(routines, b, (left + j) * b_row + k, b_row, packed, place, lanes, wide, here)
            else:
                for i in range(here):
                    copy(b, (k + i) * b_row + left + j, packed, place + i * lanes, wide, b.dtype.type(0))
            if wide < lanes:
                for i in range(here):
                    clear(packed, place + i * lanes + wide, lanes - wide)


@shared
def _matmul(
    team, routines, a, a_row, a_along, b, b_row, turn, packed, bias, c, c_pitch, rows, terms, columns, tables,
    shares,
):  # fmt: skip
    """``packed`` has a row for each thread, for its columns of b, or none where b is read in place."""
    if spread(team):
        return
    lanes = lanes_of(a)
    vectors, packs = (columns + lanes - 1) // lanes, packed.size > 0
    row_places, along, across = thirds(tables[team.thread])
    # Of an odd number of vectors: columns that lie a power of two apart crowd each other out of the cache.
    beside = (terms | 1) * lanes if packs else lanes
    for i in range(rows):
        row_places[i] = i * a_row
    for k in range(terms):
        along[k] = k * a_along
        across[k] = k * (lanes if packs else b_row)
    high, wide = shares
    for task in mine(team, high * wide):
        # Shares of whole tiles: rows in eights, vectors in fours.
        up, aside = task // wide, task % wide
        tall, broad = -(-rows // (8 * high)) * 8, -(-vectors // (4 * wide)) * 4
        top, left = up * tall, aside * broad
        height, several = min(tall, rows - top), min(broad, vectors - left)
        if height <= 0 or several <= 0:
            continue
        factor, begin = b, left * lanes
        if packs:
            factor, begin = packed[team.thread], 0
            count = min(several * lanes, columns - left * lanes)
            _pack(routines, b, b_row, turn, factor, beside, terms, left * lanes, count)
        for k in range(0, terms, CHUNK):
            product(
                routines, height, several,
                Left(a, 0, row_places[top:], along[k:]), Right(factor, begin, across[k:], beside),
                min(CHUNK, terms - k), Sums(c, top * c_pitch + left * lanes, c_pitch), k > 0,
            )  # fmt: skip
        if bias.size > 0:
            added = bias[left * lanes : (left + several) * lanes]
            for i in range(top, top + height):
                sums = c[i * c_pitch + left * lanes : i * c_pitch + (left + several) * lanes]
                for j in range(added.size):
                    sums[j] += added[j]


def _largest(count: int, whole: int, threads: int) -> float:
    """Of so many rows or vectors, in shares of ``whole`` ones, the part that the first thread has."""
    return -(-count // (whole * threads)) * whole / count


def matmul(a: Array, b: Array, bias: Array | None = None) -> Array:
    if a.dtype != b.dtype or not a.size or not b.size or (bias is not None and bias.shape != b.shape[1:]):
        return reference.matmul(a, b, bias)
    (rows, terms), columns = a.shape, b.shape[1]
    lanes = VECTOR // a.itemsize
    threads = thread_count()
    if not (a.flags.c_contiguous or a.flags.f_contiguous):
        a = np.ascontiguousarray(a)
    a_row, a_along = (terms, 1) if a.flags.c_contiguous else (1, rows)
    turn = b.flags.f_contiguous and not b.flags.c_contiguous
    if not turn:
        b = np.ascontiguousarray(b)
    whole = columns % lanes == 0
    vectors = -(-columns // lanes)
    alone = rows * terms * columns < ALONE
    result = np.empty((rows, columns), a.dtype)
    c = result if whole else room("sums", (rows, vectors * lanes), a.dtype)
    # Rows are shared, or columns, whichever come out more alike. (256 x 128 by 128 x 784 on two threads: 28
    # and 21 vectors 0.275 ms, 128 and 128 rows 0.248.)
    high = threads if _largest(rows, 8, threads) < _largest(vectors, 4, threads) else 1
    if turn or not whole:
        # Each thread packs the columns that it multiplies: where it shares rows, all of them.
        high = 1 if vectors >= 4 * threads else high
        broad = -(-vectors // (4 * (threads // high))) * 4
        packed = rooms("packed", threads, broad * (terms | 1) * lanes, a.dtype)
    else:
        packed = np.empty((0, 0), a.dtype)
    if bias is None or not whole:
        within = np.empty(0, a.dtype)
    else:
        within = np.ascontiguousarray(bias, a.dtype)
    tables = rooms("tables", threads, 3 * (max(rows, terms) + CHUNK), np.int64)
    _matmul(
        routines_of(a.dtype), a.reshape(-1) if a.flags.c_contiguous else a.T.reshape(-1), a_row, a_along,
        b.T.reshape(-1) if turn else b.reshape(-1), terms if turn else columns, turn, packed,
        within, c.reshape(-1), vectors * lanes, rows, terms, columns, tables, (high, threads // high),
        alone=alone, threads=threads,
    )  # fmt: skip
    if not whole:
        result[...] = c[:, :columns]
        if bias is not None:
            result += bias
    return result
