"""Tensors of a shape: of one value, or of values in a row."""

import math
from typing import Any

import numpy as np

from minigrad.creation.from_data import array_of, made
from minigrad.devices import place
from minigrad.dtypes import as_dtype, get_default_dtype
from minigrad.ops.shape import shape_of
from minigrad.tensor import Tensor, filled

__all__ = [
    "arange",
    "empty",
    "empty_like",
    "eye",
    "full",
    "full_like",
    "linspace",
    "ones",
    "ones_like",
    "zeros",
    "zeros_like",
]


def dtype_or_default(dtype: Any, default: Any = None) -> np.dtype[Any]:
    """The dtype asked for, or the default; one that minigrad computes with."""
    return as_dtype(default or get_default_dtype() if dtype is None else dtype)


def options_of(input: Tensor, dtype: Any, device: Any) -> dict[str, Any]:
    """The options of a tensor that is to be as ``input``, but for what is named."""
    return {"dtype": dtype or input.dtype, "device": input.device if device is None else device}


def zeros(
    *shape: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """0 everywhere: ``zeros(2, 3)`` or ``zeros((2, 3))``"""
    array = place.make(np.zeros, place.find(device, "zeros"), shape_of(shape, size), dtype_or_default(dtype))
    return made(array, requires_grad)


def ones(
    *shape: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """1 everywhere"""
    array = place.make(np.ones, place.find(device, "ones"), shape_of(shape, size), dtype_or_default(dtype))
    return made(array, requires_grad)


def empty(
    *shape: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Whatever the memory holds: to be written before it is read"""
    array = place.make(np.empty, place.find(device, "empty"), shape_of(shape, size), dtype_or_default(dtype))
    return made(array, requires_grad)


def full(
    size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """``fill_value`` everywhere; its kind decides the dtype"""
    if dtype is None:
        dtype = array_of(fill_value.item() if isinstance(fill_value, Tensor) else fill_value).dtype
    where = place.find(device, "full")
    return filled("full", shape_of((size,)), fill_value, as_dtype(dtype), where, requires_grad)


def zeros_like(
    input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """0 everywhere, of the shape and dtype of ``input``"""
    return zeros(input.shape, **options_of(input, dtype, device), requires_grad=requires_grad)


def ones_like(input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """1 everywhere, of the shape and dtype of ``input``"""
    return ones(input.shape, **options_of(input, dtype, device), requires_grad=requires_grad)


def empty_like(
    input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Unwritten memory of the shape and dtype of ``input``"""
    return empty(input.shape, **options_of(input, dtype, device), requires_grad=requires_grad)


def full_like(
    input: Tensor, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """``fill_value`` everywhere, of the shape and dtype of ``input``"""
    return full(input.shape, fill_value, **options_of(input, dtype, device), requires_grad=requires_grad)


def arange(
    start: float | None = None,
    end: float | None = None,
    step: float = 1,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """start, start + step, ... below end: integers if all three are; ``arange(5)`` starts at 0

    With ``dtype`` int64 the three are cut to integers first.
    """
    if start is None and end is None:
        raise TypeError("arange: the end is missing")
    first, last = (0 if start is None else start, end) if end is not None else (0, start)
    first, last, step = (_number("arange", x) for x in (first, last, step))
    if not all(map(math.isfinite, (first, last, step))):
        raise RuntimeError(f"arange: no end is reached from {first} to {last} in steps of {step}")
    if dtype is not None and as_dtype(dtype) == np.int64:
        first, last, step = int(first), int(last), int(step)
    if step == 0 or (last - first) * step < 0:
        raise RuntimeError(f"arange: a step of {step} does not lead from {first} to {last}")
    if dtype is None:
        dtype = (
            get_default_dtype()
            if any(isinstance(x, float) for x in (first, last, step))
            else np.dtype("int64")
        )
    array = place.make(np.arange, place.find(device, "arange"), first, last, step)
    return made(array.astype(dtype_or_default(dtype), copy=False), requires_grad)


def _number(name: str, value: Any) -> Any:
    """A Python number, of one, of NumPy's, or of a tensor of one element."""
    if not hasattr(value, "item"):
        return value
    if value.ndim:
        raise TypeError(f"{name}: expected a number, got a tensor of shape {tuple(value.shape)}: .item()?")
    return value.item()


def linspace(
    start: float,
    end: float,
    steps: int,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """``steps`` numbers from start to end, both included, at equal distances

    With an integer ``dtype`` start and end are cut to integers first, then each number.
    """
    if steps < 0:
        raise RuntimeError(f"linspace: the number of steps is at least 0, not {steps}")
    first, last = _number("linspace", start), _number("linspace", end)
    dtype = dtype_or_default(dtype)
    if dtype.kind in "iu":
        first, last = int(first), int(last)
    array = place.make(np.linspace, place.find(device, "linspace"), first, last, steps)
    return made(array.astype(dtype, copy=False), requires_grad)


def eye(
    n: int, m: int | None = None, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """The n x m matrix with 1 on the diagonal and 0 elsewhere"""
    rows, columns = shape_of((n, n if m is None else m))
    array = place.make(np.eye, place.find(device, "eye"), rows, columns, dtype=dtype_or_default(dtype))
    return made(array, requires_grad)
