"""Random numbers that are given by a seed and a place, in every backend the same."""

from collections.abc import Sequence

import numpy as np

from minigrad.devices.place import as_array
from minigrad.kernels.reference.arrays import Array

__all__ = ["dropout", "dropout_mask"]


def dropout(x: Array, p: float, seed: int) -> Array:
    """y = x dropout_mask(x, p, seed): each element 0 with probability p, the others divided by 1 - p.

    The mask is given by the seed, so the gradient is this function of dy, with the same seed.
    """
    return x * dropout_mask(x, p, seed)


def dropout_mask(like: Array, p: float, seed: int) -> Array:
    """0 with probability p, else 1 / (1 - p): what dropout multiplies ``like`` with. Shape and dtype of
    ``like``.

    The same seed (64 bits) gives the same mask in every backend. Element k of the n elements in C order is
    dropped when word k // q of Philox's block k % q, where q = ceil(n / 4), lies below p 2^32. (Consecutive
    elements come from consecutive blocks, not from one block's four words, because that is how a loop fills
    them fastest.)
    """
    like = as_array(like)  # of no dimension it may be a number
    n = like.size
    q = -(-n // 4)  # ceil(n / 4) blocks of four words
    block = np.arange(q, dtype=np.uint64, like=like)
    counter = np.stack([block & LOW_WORD, block >> WORD, np.zeros_like(block), np.zeros_like(block)])
    words = philox(counter, (np.uint64(seed & 0xFFFFFFFF), np.uint64(seed >> 32 & 0xFFFFFFFF)))  # (4, q)
    keep = words.reshape(-1)[:n] >= round(p * 2**32)
    kept = 1 / (1 - p) if p < 1 else 0.0
    return np.where(keep, kept, 0.0).astype(like.dtype).reshape(like.shape)


WORD = np.uint64(32)
LOW_WORD = np.uint64(0xFFFFFFFF)


def philox(counter: Array, key: Sequence[np.uint64]) -> Array:
    """Philox4x32-10 (Salmon et al. 2011): four random words of 32 bits for each counter of four words.

    There is no state to carry along: the words depend on counter and key alone, so any part of a random array
    can be computed by any thread in any order. Shapes: counter (4, n), key two words, all uint64 that hold
    32-bit words; result (4, n).
    """
    x0, x1, x2, x3 = counter
    k0, k1 = key
    for _ in range(10):
        a = x0 * np.uint64(0xD2511F53)  # 32 times 32 bits: the 64-bit product is exact
        b = x2 * np.uint64(0xCD9E8D57)
        x0, x1, x2, x3 = (b >> WORD) ^ x1 ^ k0, b & LOW_WORD, (a >> WORD) ^ x3 ^ k1, a & LOW_WORD
        k0, k1 = (k0 + np.uint64(0x9E3779B9)) & LOW_WORD, (k1 + np.uint64(0xBB67AE85)) & LOW_WORD
    return np.stack([x0, x1, x2, x3])
