"""The functions that PyTorch's files name to put tensors together, as they are here: all that is admitted.

A tensor is a storage, which is a row of numbers in memory, and where in it the elements are: an offset, and
for each axis the size and the stride, how far it is to the next element. Several tensors may share a storage.
"""

import math
import reprlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from minigrad.errors import DataError
from minigrad.serialization.pytorch.machine import ADVICE, Function, Machine, Persistent, enter
from minigrad.tensor import Tensor

_DTYPES = {
    "bool": np.bool_,
    "uint8": np.uint8,
    "int8": np.int8,
    "int16": np.int16,
    "int32": np.int32,
    "int64": np.int64,
    "float16": np.float16,
    "float32": np.float32,
    "float64": np.float64,
}
_STORAGES = {
    "Bool": "bool",
    "Byte": "uint8",
    "Char": "int8",
    "Short": "int16",
    "Int": "int32",
    "Long": "int64",
    "Half": "float16",
    "Float": "float32",
    "Double": "float64",
}
STORAGES = {f"torch.{kind}Storage": np.dtype(_DTYPES[dtype]) for kind, dtype in _STORAGES.items()}
_END = 1 << 63  # no size, stride or offset is as large
_MISSING = {  # of dtypes that NumPy does not have
    "torch.BFloat16Storage": "bfloat16",
    "torch.ComplexFloatStorage": "complex64",
    "torch.ComplexDoubleStorage": "complex128",
}


_PLAIN = (bool, int, float, str, bytes, type(None))

shown = reprlib.repr  # of a part of the file in a message: it may be long, and lists in lists without end


class Missing(str):
    """The name of a dtype that tensors do not have here."""


def machine(name: str, to_tensor: Callable[[Any], Any], persistent: Persistent, length: int) -> Machine:
    """A machine that admits tensors alone; ``persistent`` gives storages, arrays of one axis. The file has
    ``length`` bytes.
    """
    left = length  # items that may be copied: each stands in the file, and takes a byte at least

    def ordered_dict(pairs: Any = ()) -> dict[Any, Any]:
        nonlocal left
        left -= len(pairs)
        if left < 0:
            raise DataError(
                f"{name}: made to harm. It copies a list again and again, which is more than there is in the "
                "file. Download it from another source."
            )
        result: dict[Any, Any] = {}
        enter(result, pairs)
        return result

    def tensor(storage: Any, offset: Any, size: Any, stride: Any, *others: Any) -> Any:
        return to_tensor(placed(name, storage, offset, size, stride))

    def parameter(data: Any, *others: Any) -> Any:
        return data  # whether it requires a gradient is up to the module that it is loaded into

    functions: Mapping[str, Callable[..., Any]] = {
        "torch._utils._rebuild_tensor": tensor,
        "torch._utils._rebuild_tensor_v2": tensor,
        "torch._utils._rebuild_parameter": parameter,
        "torch.Size": _size,
        "collections.OrderedDict": ordered_dict,
    }
    constants = STORAGES | {key: Missing(dtype) for key, dtype in _MISSING.items()}
    return Machine(name, functions, constants, persistent)


def storage_of(name: str, given: Any, length: int) -> tuple[np.dtype[Any], str, int]:
    """The dtype, key and number of elements in the persistent id of a storage, which is

        ("storage", type, key, location, number of elements)

    and in older files a sixth entry. Raises DataError for another one, or if so many are more than ``length``
    bytes, those of the file.
    """
    if type(given) is not tuple or len(given) not in (5, 6) or given[0] != "storage":
        kind = given[0] if type(given) is tuple and given else given
        raise DataError(
            f"{name}: refused. It has a persistent id of kind {shown(kind)}, not of a storage. Save or "
            "download it again."
        )
    _, dtype, key, _, count = given[:5]
    if isinstance(dtype, Missing):
        raise DataError(
            f"{name}: it has tensors of dtype {dtype}, which NumPy does not have. Convert it first."
        )
    if not isinstance(dtype, np.dtype) or type(key) is not str or type(count) is not int or count < 0:
        raise ValueError(f"a storage is described by {shown(given[1:])}")
    if given[5:] not in ((), (None,)):
        raise DataError(
            f"{name}: refused. Its storage {key!r} is a part of another one, as old files had it. Load it in "
            "PyTorch and save it again there."
        )
    require_room(name, dtype, count, length)
    return dtype, key, count


def require_room(name: str, dtype: np.dtype[Any], count: int, room: int) -> None:
    """Raises DataError if a storage of so many elements takes more than ``room`` bytes."""
    if count * dtype.itemsize > room:
        raise DataError(
            f"{name}: damaged or made to harm. A tensor in it takes {count * dtype.itemsize:,} bytes, the "
            f"file has {room:,} for it. Save or download it again."
        )


def placed(name: str, storage: Any, offset: Any, size: Any, stride: Any) -> Any:
    """The tensor's array: a view of its storage, where the place of element (i, j, ...) is

        offset + i stride[0] + j stride[1] + ...

    Raises DataError if a place is outside of the storage, or two elements have the same.
    """
    if type(storage) is not np.ndarray or storage.ndim != 1:
        raise ValueError(f"a tensor is made of a {type(storage).__name__}, not of a storage")
    numbers = (offset, *size, *stride)
    sound = all(type(n) is int and 0 <= n < _END for n in numbers)
    if len(size) != len(stride) or len(size) > 32 or not sound:
        raise ValueError(f"a tensor is described by {shown((offset, size, stride))}")
    if not math.prod(size):
        return np.empty(size, storage.dtype)
    last = offset
    for step, count in sorted((step, count) for step, count in zip(stride, size, strict=True) if count > 1):
        if step <= last - offset:
            raise DataError(
                f"{name}: refused. A tensor of shape {tuple(size)} has strides {tuple(stride)}, so elements "
                "of it share memory, as after expand(). Save it as x.clone() in PyTorch."
            )
        last += step * (count - 1)
    if last >= len(storage):
        raise DataError(
            f"{name}: damaged or made to harm. A tensor of shape {tuple(size)} reaches to element {last:,} "
            f"of its storage, which has {len(storage):,}. Save or download it again."
        )
    width = storage.itemsize
    strides = tuple(step * width for step in stride)
    return np.ndarray(tuple(size), storage.dtype, storage, offset * width, strides)


def only_data(name: str, value: Any) -> Any:
    """The value, once it is found to be tensors and plain values, however deep they lie in each other.

    Raises DataError for anything else that a program can have on its stack: a function, a dtype, a storage.
    """
    waiting, seen = [value], set()
    while waiting:
        one = waiting.pop()
        if type(one) in (list, tuple, dict):
            if id(one) not in seen:  # a list may hold itself
                seen.add(id(one))
                waiting += one.values() if type(one) is dict else one
        elif type(one) not in _PLAIN and not isinstance(one, Tensor):
            what = f"the function {one.name}" if isinstance(one, Function) else f"a {type(one).__name__}"
            raise DataError(f"{name}: refused. It holds {what:.200}, which is no data. {ADVICE}")
    return value


def _size(items: Any = ()) -> tuple[Any, ...]:
    """The tuple itself: a copy of a list could be asked for again and again."""
    if type(items) is not tuple:
        raise ValueError(f"expected a tuple for a torch.Size, got a {type(items).__name__}")
    return items
