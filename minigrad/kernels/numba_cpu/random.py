"""Random numbers that are given by a seed and a place."""

# mypy: allow-untyped-defs
# (the compiled loops have no annotations: numba types them, for each call)

import numba
import numpy as np
from numba import prange

from minigrad.kernels import reference
from minigrad.kernels.numba_cpu.compiling import compiled
from minigrad.kernels.reference.arrays import Array


@numba.njit(error_model="numpy")
def _philox(i, k0, k1):
    """Philox's four words of block i."""
    x0, x1, x2, x3 = np.uint32(i), np.uint32(i >> 32), np.uint32(0), np.uint32(0)
    for _ in range(10):
        a = np.uint64(x0) * np.uint64(0xD2511F53)
        b = np.uint64(x2) * np.uint64(0xCD9E8D57)
        x0, x1 = np.uint32(b >> np.uint64(32)) ^ x1 ^ k0, np.uint32(b)
        x2, x3 = np.uint32(a >> np.uint64(32)) ^ x3 ^ k1, np.uint32(a)
        k0, k1 = np.uint32(k0 + np.uint32(0x9E3779B9)), np.uint32(k1 + np.uint32(0xBB67AE85))
    return np.uint32(x0), np.uint32(x1), np.uint32(x2), np.uint32(x3)


@compiled(parallel=True)
def _dropout(x, y, q, key0, key1, below, kept):
    dropped = x.dtype.type(0)
    whole = max(0, x.size - 3 * q)  # so many blocks have four elements
    for i in prange(whole):
        x0, x1, x2, x3 = _philox(i, key0, key1)
        y[i] = x[i] * (dropped if x0 < below else kept)
        y[i + q] = x[i + q] * (dropped if x1 < below else kept)
        y[i + 2 * q] = x[i + 2 * q] * (dropped if x2 < below else kept)
        y[i + 3 * q] = x[i + 3 * q] * (dropped if x3 < below else kept)
    for i in range(whole, q):
        words = _philox(i, key0, key1)
        for k in range(4):
            if i + k * q < x.size:
                y[i + k * q] = x[i + k * q] * (dropped if words[k] < below else kept)


def dropout(x: Array, p: float, seed: int) -> Array:
    # Draws and multiplies in one pass, and keeps no mask. Philox's blocks are independent of one another, so
    # the loop is vectorised. FIGURES
    if p >= 1 or not x.flags.c_contiguous:
        return reference.dropout(x, p, seed)
    y = np.empty(x.shape, x.dtype)
    below = np.uint32(min(round(p * 2**32), 2**32 - 1))
    key0, key1 = np.uint32(seed & 0xFFFFFFFF), np.uint32(seed >> 32 & 0xFFFFFFFF)
    kept = x.dtype.type(1 / (1 - p))
    _dropout(x.reshape(-1), y.reshape(-1), -(-x.size // 4), key0, key1, below, kept, alone=x.size < 1 << 15)
    return y
