"""From one dtype to another, and from one device to another."""

from typing import Any

import numpy as np

from minigrad.devices import device, place
from minigrad.dtypes import as_dtype, get_default_dtype
from minigrad.engine.op import Array, is_tensor, op, raw


@op(called="to")
def to_dtype(input: Array, dtype: np.dtype[Any]) -> Array:
    """x in another dtype; the gradient comes back in the dtype of x"""
    return input.astype(dtype)


@to_dtype.grad("input")
def _(dy: Array) -> Array:
    return dy  # the engine converts it


def floats(input: Array, dtype: Any = None) -> Array:
    """An array in ``dtype``; without one, of integers, in the default dtype."""
    if dtype is None and input.dtype.kind != "f":
        dtype = get_default_dtype()
    return input if dtype is None else input.astype(as_dtype(dtype))


@op(called="to")
def to_device(input: Array, where: device, back: device, non_blocking: bool = False) -> Array:
    """x, which is on the device ``back``, on the device ``where``; the gradient comes back to where x is"""
    return place.put(input, where, non_blocking)


@to_device.grad("input")
def _(dy: Array, where: device, back: device) -> Array:
    return to_device(dy, back, where)


def brought(value: Any, like: Array) -> Any:
    """A tensor or array on the device of ``like``; a number as it is"""
    if not place.is_array(raw(value)):
        return value
    here, where = place.device_of(raw(value)), place.device_of(raw(like))
    return value if here == where else to_device(value, where, here)


def constant(array: Array, like: Array) -> Array:
    """An array without a gradient as what ``like`` is: a tensor, or the array itself"""
    return like._wrap(array) if is_tensor(like) else array
