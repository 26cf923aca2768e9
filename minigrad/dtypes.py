"""The dtypes that tensors have, under PyTorch's names: the default one, what two promote to, what fits into
one.
"""

from typing import Any

import numpy as np

from minigrad.devices.place import is_array
from minigrad.errors import DtypeError

__all__ = ["bool", "int8", "int16", "int32", "int64", "long", "uint8", "uint16", "uint32", "uint64"]
__all__ += ["double", "float", "float16", "float32", "float64", "half"]
__all__ += ["get_default_dtype", "promote_types", "set_default_dtype"]

bool = np.dtype("bool")  # in this file bool and float are dtypes
uint8 = np.dtype("uint8")
uint16 = np.dtype("uint16")
uint32 = np.dtype("uint32")
uint64 = np.dtype("uint64")
int8 = np.dtype("int8")
int16 = np.dtype("int16")
int32 = np.dtype("int32")
int64 = long = np.dtype("int64")
float16 = half = np.dtype("float16")
float32 = float = np.dtype("float32")
float64 = double = np.dtype("float64")

DTYPES = {
    dtype: dtype
    for dtype in (
        *(bool, uint8, uint16, uint32, uint64, int8, int16, int32, int64),
        *(float16, float32, float64),
    )
}
"""All of them: for a dtype that equals one, that one. The engine compares them with ``is``."""

KINDS = {"b": 0, "u": 1, "i": 1, "f": 2}
"""The rank of each kind of dtype: bool below integers below floating."""

_default: np.dtype[Any] = float32


def as_dtype(dtype: Any) -> np.dtype[Any]:
    """The dtype that is meant, one that a tensor may have: the very object that the engine knows it by."""
    try:
        given: Any = np.dtype(dtype)
    except TypeError:  # NumPy knows none of this name
        given = repr(dtype)
    found = None if isinstance(given, str) else DTYPES.get(given.newbyteorder("="))
    if found is None:
        raise DtypeError(
            "a tensor holds bool, integer or floating numbers, of one of the dtypes "
            f"{', '.join(map(str, DTYPES))}; got {given}"
        )
    return found


def get_default_dtype() -> np.dtype[Any]:
    """The dtype of floating-point numbers that come with none of their own: float32, unless changed."""
    return _default


def set_default_dtype(d: Any) -> None:
    """Set the dtype of floating-point numbers that come with none of their own: float32 or float64."""
    global _default
    dtype = as_dtype(d)
    if dtype.kind != "f":
        raise TypeError(f"set_default_dtype: expected a floating dtype, got {dtype}")
    _default = dtype


def promote_types(type1: np.dtype[Any], type2: np.dtype[Any]) -> np.dtype[Any]:
    """The smallest dtype that holds both, where any floating dtype holds every integer."""
    if (type1.kind == "f") != (type2.kind == "f"):
        return type1 if type1.kind == "f" else type2
    return np.promote_types(type1, type2)


def numbers(name: str, value: Any, dtype: np.dtype[Any]) -> Any:
    """The array of what is to be written into a tensor of ``dtype``, checked to hold numbers, and Python's
    to fit.
    """
    array = value if hasattr(value, "dtype") else np.asarray(value)
    if array.dtype.kind not in KINDS:
        kind = f"{array.dtype}" if hasattr(value, "dtype") else type(value).__name__
        raise DtypeError(f"{name}: expected numbers or a tensor to write, got {kind}: {value!r:.60}")
    if not is_array(value):
        check_range(name, array, dtype)
    return array


def check_range(name: str, numbers: Any, dtype: np.dtype[Any]) -> None:
    """Raise if an array of Python's numbers has one that an integer dtype does not hold.

    As in PyTorch, a negative one may count from above where the dtype has no sign: -1 is 255 in uint8.
    """
    if dtype.kind not in "iu" or not numbers.size:
        return
    info, least, most = np.iinfo(dtype), numbers.min().item(), numbers.max().item()
    lowest = info.min or -info.max
    if not lowest <= least <= most <= info.max:  # written so that a NaN does not fit
        raise RuntimeError(
            f"{name}: {least if lowest > least else most} does not fit into {dtype}, which holds integers "
            f"from {info.min} to {info.max}. Choose another dtype: int64 holds the most integers, a floating "
            "one infinity and NaN as well."
        )
