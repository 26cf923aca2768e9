"""From one dtype to another, and from one device to another."""

from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad.devices import device, place
from minigrad.dtypes import as_dtype, get_default_dtype
from minigrad.engine.op import Array, is_tensor, op, raw

if TYPE_CHECKING:
    from minigrad.tensor import Tensor


@op(name="to")
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


@op
def to_device(input: Array, where: device, back: device, non_blocking: bool = False) -> Array:
    """x, which is on the device ``back``, on the device ``where``; the gradient comes back to where x is"""
    return place.put(input, where, non_blocking)


@to_device.grad("input")
def _(dy: Array, where: device, back: device) -> Array:
    return to_device(dy, back, where)


def to(
    input: "Tensor",
    *args: Any,
    dtype: Any = None,
    device: Any = None,
    copy: bool = False,
    non_blocking: bool = False,
) -> "Tensor":
    """x on another device, in another dtype, or as another tensor has both: ``x.to("cuda")``,
    ``x.to(mg.float64)``, ``x.to(other)``. x itself, if there is nothing to change.

    With ``non_blocking`` a copy from pinned memory to a GPU runs beside the program. By their places
    ``non_blocking`` and ``copy`` come last, in this order.
    """
    flags = []
    for arg in args:
        if isinstance(arg, bool) and (dtype is not None or device is not None):
            flags.append(arg)
        elif is_tensor(arg):
            dtype, device = arg.dtype, arg.device
        elif isinstance(arg, int) or (isinstance(arg, str) and arg not in np.sctypeDict):
            device = arg  # "cuda"; among the strings there, "float32" names a dtype
        else:
            dtype = arg
    if flags:
        non_blocking, copy = flags + [non_blocking, copy][len(flags) :]
    y = input
    if dtype is not None and (dtype := as_dtype(dtype)) != input.dtype:
        y = to_dtype(y, dtype)
    if device is not None and (where := place.find(device, "to")) != (here := input.device):
        y = to_device(y, where, here, non_blocking)
    return input.clone() if copy and y is input else y


def brought(value: Any, like: Array) -> Any:
    """A tensor or array on the device of ``like``; a number as it is"""
    if not place.is_array(raw(value)):
        return value
    here, where = place.device_of(raw(value)), place.device_of(raw(like))
    return value if here == where else to_device(value, where, here)


def constant(array: Array, like: Array) -> Array:
    """An array without a gradient as what ``like`` is: a tensor, or the array itself"""
    return like._wrap(array) if is_tensor(like) else array
