"""From arrays to tensors and back, without a copy: data sets and loaders work on arrays."""

from typing import Any

import numpy as np

from minigrad.tensor import Tensor

Array = np.ndarray[Any, Any]


def to_tensor(array: Array) -> Tensor:
    """A tensor that shares the array's memory."""
    return Tensor._wrap(array)


def to_array(value: Any) -> Array:
    """The array of a tensor, without a copy; anything else as NumPy reads it."""
    return value._data if isinstance(value, Tensor) else np.asarray(value)
