"""Arrays to work in."""

import math
import mmap
import threading
from typing import Any

import numpy as np

from minigrad.kernels.reference.arrays import Array

HUGE = 2 * 1024 * 1024
"""Bytes of a huge page on most processors; what is asked for is a request, and may have no effect. On small
ones, of 4 KiB, each step from row to row of a factor looks up another page, and which of them crowd each
other out of the second cache is luck, another in each process. (Winograd's convolutions, one core with AVX2:
0.91 of the time, and no process that takes half as long again.)"""

WORTH_A_PAGE = HUGE // 4
"""Bytes from which on a page is taken that is then not full."""

_kept = threading.local()


LINE = 64
"""Bytes that a processor fetches at once: two threads' rows should have none in common."""


def room(name: str, shape: tuple[int, ...], dtype: Any) -> Array:
    """An array to work in, kept for the next call: new memory comes page by page, which takes longer."""
    size = math.prod(shape)
    array: Array | None = getattr(_kept, name, None)
    if array is None or array.size < size or array.dtype != dtype:
        array = _new(size, np.dtype(dtype))
        setattr(_kept, name, array)
    return array[:size].reshape(shape)


def rooms(name: str, threads: int, size: int, dtype: Any) -> Array:
    """The same for each thread: an array of ``threads`` rows or more, of ``size`` elements or more.

    A thread's row is at the same place in memory as long as none that is asked for is longer. What one thread
    has written, and another writes next, has to come over from that one's cache, and where the two cores have
    no cache in common, as in many a rented machine, that takes as long as from memory.
    """
    key, itemsize = f"{name} of each", np.dtype(dtype).itemsize
    array: Array | None = getattr(_kept, key, None)
    if array is None or len(array) < threads or array.shape[1] < size or array.dtype != dtype:
        if array is not None and array.dtype == dtype:  # not less than it was, or two needs take turns
            threads, size = max(threads, len(array)), max(size, array.shape[1])
        size = -(-size * itemsize // LINE) * LINE // itemsize
        array = _new(threads * size, np.dtype(dtype)).reshape(threads, size)
        setattr(_kept, key, array)
    return array


def _new(size: int, dtype: np.dtype[Any]) -> Array:
    """Zeros; on huge pages if there is something to gain and the system has them."""
    count = size * dtype.itemsize
    if count < WORTH_A_PAGE or not hasattr(mmap, "MADV_HUGEPAGE"):
        return np.zeros(size, dtype)
    count = -(-count // HUGE) * HUGE
    try:
        memory = mmap.mmap(-1, count + HUGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        memory.madvise(mmap.MADV_HUGEPAGE)
    except OSError:  # a Linux without huge pages, or too little memory: NumPy says so
        return np.zeros(size, dtype)
    pages = np.frombuffer(memory, np.uint8)
    begin = -pages.ctypes.data % HUGE
    return pages[begin : begin + count].view(dtype)[:size]
