"""Arrays to work in."""

import math
import threading
from typing import Any

import numpy as np

from minigrad.kernels.reference.arrays import Array

_kept = threading.local()


def room(name: str, shape: tuple[int, ...], dtype: Any) -> Array:
    """An array to work in, kept for the next call: new memory comes page by page, which takes longer."""
    size = math.prod(shape)
    array: Array | None = getattr(_kept, name, None)
    if array is None or array.size < size or array.dtype != dtype:
        array = np.zeros(size, dtype)
        setattr(_kept, name, array)
    return array[:size].reshape(shape)
