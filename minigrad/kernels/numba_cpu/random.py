"""Random numbers that are given by a seed and a place."""

# mypy: allow-untyped-defs
# (the compiled loops have no annotations: numba types them, for each call)

import numpy as np

from minigrad.kernels import reference
from minigrad.kernels.numba_cpu.compiling import row
from minigrad.kernels.numba_cpu.sharing import mine, shared, spread
from minigrad.kernels.reference.arrays import Array

__all__ = ["dropout"]

PIECE = 1024
"""Blocks that are drawn, and then multiplied while they are in the cache."""


@shared
def _dropout(team, x, y, q, key0, key1, below, kept):
    if spread(team):
        return
    dropped = x.dtype.type(0)
    for piece in mine(team, (q + PIECE - 1) // PIECE):
        begin = piece * PIECE
        n = min(PIECE, q - begin)
        y0, y1 = y[begin : begin + n], y[begin + q : begin + q + n]
        y2, y3 = y[begin + 2 * q : begin + 2 * q + n], y[begin + 3 * q : begin + 3 * q + n]
        for i in range(n):
            block = begin + i
            x0, x1, x2, x3 = np.uint32(block), np.uint32(block >> 32), np.uint32(0), np.uint32(0)
            k0, k1 = key0, key1
            for _ in range(10):
                a = np.uint64(x0) * np.uint64(0xD2511F53)
                b = np.uint64(x2) * np.uint64(0xCD9E8D57)
                x0, x1 = np.uint32(b >> np.uint64(32)) ^ x1 ^ k0, np.uint32(b)
                x2, x3 = np.uint32(a >> np.uint64(32)) ^ x3 ^ k1, np.uint32(a)
                k0, k1 = np.uint32(k0 + np.uint32(0x9E3779B9)), np.uint32(k1 + np.uint32(0xBB67AE85))
            y0[i] = dropped if x0 < below else kept
            y1[i] = dropped if x1 < below else kept
            y2[i] = dropped if x2 < below else kept
            y3[i] = dropped if x3 < below else kept
        for k in range(4):
            mask, part = y[begin + k * q : begin + k * q + n], x[begin + k * q : begin + k * q + n]
            for i in range(part.size):  # the last quarter may end before
                mask[i] *= part[i]


def dropout(x: Array, p: float, seed: int) -> Array:
    # Draws a piece of the mask, multiplies while it is in the cache, and keeps no mask. Philox's blocks are
    # independent of one another, so the loop is vectorised. 128 x 128 float32: 0.180 -> 0.012 ms (NumPy's
    # Generator.random, compared and scaled: 0.025); 100 x 64 x 14 x 14, on one core: 24 -> 0.71.
    if p >= 1:
        return reference.dropout(x, p, seed)
    q = -(-x.size // 4)
    y = np.empty(4 * q, x.dtype)
    below = np.uint32(min(round(p * 2**32), 2**32 - 1))
    key0, key1 = np.uint32(seed & 0xFFFFFFFF), np.uint32(seed >> 32 & 0xFFFFFFFF)
    kept = x.dtype.type(1 / (1 - p))
    _dropout(row(x), y, q, key0, key1, below, kept, alone=x.size < 1 << 15)
    return y[: x.size].reshape(x.shape)
