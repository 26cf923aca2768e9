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


@shared
def _pack(team, routines, b, b_row, turn, packed, terms, columns, width):
    """b as packed[k, j], rounded up to whole vectors. ``turn``: its columns lie in memory as rows.

    Of each such row eight vectors are turned together, for they lie in few cache lines and in one page.
    1600 x 128, on one core with AVX2, from memory that is not in the cache: one vector 1.15 ms, eight 0.34.
    The threads share the rows, too. (90 x 6272 on two with AVX-512: 0.36 -> 0.20.)
    """
    if spread(team):
        return
    several, broad = 8 * lanes_of(b), 32 * lanes_of(b)
    across = -(-columns // broad)
    for task in mine(team, -(-terms // several) * across):
        k, j = task // across * several, task % across * broad
        here, wide = min(several, terms - k), min(broad, columns - j)
        if turn:
            transpose(routines, b, j * b_row + k, b_row, packed, k * width + j, width, wide, here)
        else:
            for i in range(k, k + here):
                copy(b, i * b_row + j, packed, i * width + j, wide, b.dtype.type(0))
        if j + wide == columns:
            for i in range(k, k + here):
                clear(packed, i * width + columns, width - columns)


@shared
def _matmul(
    team, routines, a, a_row, a_along, b, b_row, bias, c, c_pitch, rows, terms, vectors, tables, shares
):
    if spread(team):
        return
    lanes = lanes_of(a)
    row_places, along, across = thirds(tables[team.thread])
    for i in range(rows):
        row_places[i] = i * a_row
    for k in range(terms):
        along[k] = k * a_along
        across[k] = k * b_row
    high, wide = shares
    for task in mine(team, high * wide):
        # Shares of whole tiles: rows in eights, vectors in fours, whichever comes out more alike. (256 x 128
        # by 128 x 784 on two threads: 28 and 21 vectors 0.275 ms, 128 and 128 rows 0.248.)
        up, aside = task // wide, task % wide
        tall, broad = -(-rows // (8 * high)) * 8, -(-vectors // (4 * wide)) * 4
        top, left = up * tall, aside * broad
        height, several = min(tall, rows - top), min(broad, vectors - left)
        if height > 0 and several > 0:
            for k in range(0, terms, CHUNK):
                product(
                    routines, height, several,
                    Left(a, 0, row_places[top:], along[k:]), Right(b, left * lanes, across[k:], lanes),
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
    if a.dtype != b.dtype or not a.size or not b.size:
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
    width = -(-columns // lanes) * lanes
    alone = rows * terms * columns < ALONE
    routines, flat, pitch = routines_of(a.dtype), b.T.reshape(-1) if turn else b.reshape(-1), columns
    if turn or not whole:
        packed = room("packed", (terms * width,), a.dtype)
        _pack(routines, flat, terms if turn else columns, turn, packed, terms, columns, width, alone=alone)
        flat, pitch = packed, width
    result = np.empty((rows, columns), a.dtype)
    c = result if whole else room("sums", (rows, width), a.dtype)
    high = threads if _largest(rows, 8, threads) < _largest(width // lanes, 4, threads) else 1
    if bias is None or not whole:
        within = np.empty(0, a.dtype)
    else:
        within = np.ascontiguousarray(bias, a.dtype)
    tables = rooms("tables", threads, 3 * (max(rows, terms) + CHUNK), np.int64)
    _matmul(
        routines, a.reshape(-1) if a.flags.c_contiguous else a.T.reshape(-1), a_row, a_along, flat, pitch,
        within, c.reshape(-1), width, rows, terms, width // lanes, tables, (high, threads // high),
        alone=alone, threads=threads,
    )  # fmt: skip
    if not whole:
        result[...] = c[:, :columns]
        if bias is not None:
            result += bias
    return result
