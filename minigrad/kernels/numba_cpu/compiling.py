"""Compiling loops with numba, and handing them arrays in the layout that they are fast for."""

import pickle
from collections.abc import Callable
from typing import Any

import numba
import numpy as np

from minigrad.kernels.reference.arrays import Array

njit: Any = numba.njit  # its types differ from one release to the next


def compiled(loop: Callable[..., None]) -> Callable[..., None]:
    """``loop`` compiled at its first call, for the types of that call, and kept on disk for the next process.

    The disk is numba's choice: beside this file, else in the user's cache folder (or $NUMBA_CACHE_DIR). No
    folder that can be written, a full disk, or a file that is gone, empty or cut off costs a compilation
    (0.1 s), not an error. Machine code with wrong bytes in it is not found out, and may end the process:
    delete the .nbi and .nbc files then.
    """
    # error_model numpy: a division by zero gives inf. Python's would raise, and its test for zero keeps the
    # loop from being vectorised (0.54 ms for an Adam step instead of 0.04).
    options = {"nogil": True, "error_model": "numpy"}
    try:
        fast = njit(cache=True, **options)(loop)
    except RuntimeError:  # no folder that can be written
        fast = njit(**options)(loop)

    def run(*args: Any) -> None:
        nonlocal fast
        try:
            fast(*args)
        except (OSError, EOFError, pickle.PickleError):  # raised by the cache, before the loop has run
            fast = njit(**options)(loop)
            fast(*args)

    return run


def row(array: Array) -> Array:
    """The elements in C order as one contiguous row that can be read: a view where that is how they lie."""
    return array.reshape(-1) if array.flags.carray else np.array(array, order="C").reshape(-1)
