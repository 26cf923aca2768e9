"""From one dtype to another."""

from typing import Any

import numpy as np

from minigrad.engine.op import Array, op


@op(called="to")
def to_dtype(input: Array, dtype: np.dtype[Any]) -> Array:
    """x in another dtype; the gradient comes back in the dtype of x"""
    return input.astype(dtype)


@to_dtype.grad("input")
def _(dy: Array) -> Array:
    return dy  # the engine converts it
