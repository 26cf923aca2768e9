"""Tensors of what there is: numbers, nested lists, NumPy's arrays, other libraries' tensors."""

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np

from minigrad.devices import CPU, place
from minigrad.dtypes import (
    KINDS,
    as_dtype,
    check_range,
    float64,
    get_default_dtype,
    int64,
    promote_types,
    uint64,
)
from minigrad.errors import DtypeError
from minigrad.tensor import Tensor

__all__ = ["as_tensor", "from_dlpack", "from_numpy", "tensor"]


def made(array: Any, requires_grad: bool) -> Tensor:
    """A new leaf on the array."""
    result = Tensor._wrap(array)
    if requires_grad:
        result.requires_grad = True
    return result


def tensor(data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor with a copy of the data: a number, nested lists, a NumPy array.

    Python floats become the default dtype (float32), integers int64, bools bool; an array keeps its dtype,
    a tensor its device.
    """
    array = array_of(data, dtype)
    where = _where(data, array, device, "tensor")
    own = place.put(array, where)
    if own is array:
        own = np.array(array, copy=True, order="C") if isinstance(array, np.ndarray) else array.copy()
    return made(own, requires_grad)


def as_tensor(data: Any, *, dtype: Any = None, device: Any = None) -> Tensor:
    """A tensor of the data that shares its memory if it can; a tensor of the dtype comes back as it is.

    What NumPy writes into shared memory is not seen by the engine; see ``from_numpy``.
    """
    if isinstance(data, Tensor):
        return data.to(dtype=dtype, device=device)
    array = array_of(data, dtype)
    return made(place.put(array, _where(data, array, device, "as_tensor")), False)


def from_numpy(ndarray: Any) -> Tensor:
    """A tensor that shares the array's memory: a write to one is seen in the other.

    The engine sees writes through tensors only. If NumPy overwrites the array, ``array += 1``, between an
    operation on the tensor and ``backward()``, the gradient is computed with the new numbers, and no error
    says so. The same holds for an array that is itself an operand, as in ``w * array``. Where that may
    happen, take ``tensor()``, which copies.
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(
            f"from_numpy: expected a numpy.ndarray, got {type(ndarray).__name__}; tensor() takes any numbers"
        )
    if not ndarray.dtype.isnative:
        raise DtypeError(
            f"from_numpy: dtype {ndarray.dtype} has its bytes in the other order; tensor() copies them"
        )
    return made(array_of(ndarray), False)


def from_dlpack(ext_tensor: Any) -> Tensor:
    """A tensor that shares the memory of another library's tensor, on the CPU or a GPU, by DLPack.

    What that library writes into it is not seen by the engine; see ``from_numpy``.
    """
    return made(array_of(place.from_dlpack(ext_tensor)), False)


def _where(data: Any, array: Any, device: Any, name: str) -> Any:
    """Where a tensor of the data is to be: on the device named, or where the data is. What is NumPy's or a
    number goes to the default device.
    """
    own = place.device_of(array)
    if device is None and (isinstance(data, Tensor) or own is not CPU):
        return own
    return place.find(device, name)


# The array of it --------------------------------------------------------------------------------------------


def array_of(data: Any, dtype: Any = None) -> Any:
    """An array of the data: Python floats in the default dtype, arrays in their own; shared with them if it
    can be.
    """
    array = _as_it_is(data)
    if array.dtype.kind not in KINDS:
        odd = _not_a_number(data)
        found = type(data).__name__ if odd is None else repr(odd)
        raise DtypeError(f"a tensor holds bool, integer or floating numbers; got {found}, of {array.dtype}")
    known = as_dtype(array.dtype)
    if array.dtype is not known:
        # Bytes in another machine's order, or a pickle's copy of the dtype: the engine compares with `is`.
        array = array.view(known) if array.dtype.isnative else array.astype(known)
    wanted = _dtype_of(data, array) if dtype is None else as_dtype(dtype)
    if wanted is known:
        return array
    if not isinstance(data, Tensor) and not place.is_array(data):
        check_range("tensor", array, wanted)
    with np.errstate(over="ignore"):  # 1e300 in float32 is inf, as in PyTorch
        return array.astype(wanted, copy=False)


def _as_it_is(data: Any) -> Any:
    """The array that the data is, or that NumPy makes of it."""
    if isinstance(data, Tensor):
        return data._data
    if isinstance(data, (list, tuple)):
        return _nested(data)
    return place.adopt(data) if hasattr(data, "__cuda_array_interface__") else place.as_array(data)


def _dtype_of(data: Any, array: Any) -> np.dtype[Any]:
    """The dtype of data that comes without one: NumPy's numbers and tensors have their own, in lists the one
    that they promote to; Python's floats have the default one, and its integers int64.
    """
    if _typed(data) or hasattr(data, "__cuda_array_interface__"):
        several = isinstance(data, (list, tuple))
        return functools.reduce(promote_types, _dtypes_in(data)) if several else array.dtype
    if array.dtype == float64:
        return get_default_dtype()
    return int64 if array.dtype == uint64 else array.dtype  # NumPy's, where int64 does not hold them


def _not_a_number(data: Any) -> Any:
    """The first thing in nested lists and arrays that is no number of 64 bits."""
    if isinstance(data, (list, tuple, np.ndarray)) and np.ndim(data):
        return next((odd for odd in map(_not_a_number, data) if odd is not None), None)
    if isinstance(data, (bool, float, np.bool_, np.floating)):
        return None
    if isinstance(data, np.timedelta64):  # an np.integer, too
        return data
    if isinstance(data, (int, np.integer)) and -(2**63) <= data < 2**64:
        return None
    return "None" if data is None else data


def _nested(data: Any) -> Any:
    """The array of nested lists; rows of different length are an error that says so."""
    plain = _without_tensors(data)
    try:
        array = np.array(plain)
    except ValueError:
        shapes = sorted({np.shape(x) for x in plain})
        raise ValueError(
            f"tensor: the rows have different shapes, {' and '.join(map(str, shapes))}. Pad the shorter "
            "ones, or keep a list of tensors."
        ) from None
    return array


def _without_tensors(data: Any) -> Any:
    """Nested lists with arrays in place of tensors: NumPy's, for lists are on the CPU."""
    if isinstance(data, (list, tuple)):
        return [_without_tensors(x) for x in data]
    return place.to_host(data._data) if isinstance(data, Tensor) else data


def _typed(data: Any) -> bool:
    """Whether numbers with a dtype of their own, NumPy's or a tensor's, are in nested lists."""
    if isinstance(data, (list, tuple)):
        return any(map(_typed, data))
    return isinstance(data, (np.generic, Tensor)) or place.is_array(data)


def _dtypes_in(data: Any) -> Iterator[np.dtype[Any]]:
    """The dtype of each number in nested lists: its own, or that of its kind of Python number."""
    if isinstance(data, (list, tuple)):
        for part in data:
            yield from _dtypes_in(part)
    elif isinstance(data, float) and not isinstance(data, np.generic):
        yield get_default_dtype()
    else:
        yield data.dtype if hasattr(data, "dtype") else np.asarray(data).dtype
