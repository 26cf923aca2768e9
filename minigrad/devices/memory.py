"""Freed memory stays with the process, for the next array.

The C library hands large freed blocks back to the system, and the next array of that size comes back page by
page: the first write to each page stops, waits for the system and finds zeros that nobody asked for. Training
frees and makes the same large arrays in every step. Told to keep them, glibc (2.36, on a Xeon) takes 9.8 ms
instead of 27 for three elementwise operations on 20 MB, and 0.9 instead of 2.5 on 3 MB.

The process keeps its peak of memory until it ends then (up to 2 GB beyond what is in use); the peak itself is
the same. Blocks over 32 MB are beyond glibc's own limit and go back all the same. With MINIGRAD_KEEP_MEMORY=0
in the environment, with glibc's own variables for this, or with another C library nothing is changed.
"""

import ctypes
import os

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of malloc.h
LARGEST = 32 << 20  # the most that glibc takes for M_MMAP_THRESHOLD on 64-bit machines
NEVER = 2**31 - 1

_OWN = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES")


def keep_freed_memory() -> bool:
    """Tell the C library to keep what is freed; whether it has been told."""
    if os.environ.get("MINIGRAD_KEEP_MEMORY") == "0" or any(name in os.environ for name in _OWN):
        return False
    try:
        if not os.confstr("CS_GNU_LIBC_VERSION"):
            return False
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, ValueError, OSError):  # no confstr (Windows), no such name (macOS, musl)
        return False
    return bool(mallopt(M_MMAP_THRESHOLD, LARGEST) and mallopt(M_TRIM_THRESHOLD, NEVER))
