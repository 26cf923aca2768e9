"""Making tensors: from numbers, from arrays, of one value, at random."""

import functools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from minigrad import random
from minigrad.devices import CPU, place
from minigrad.dtypes import KINDS, as_dtype, check_range, get_default_dtype, numbers
from minigrad.engine.promotion import promote_types
from minigrad.errors import DtypeError, ShapeError
from minigrad.ops.shape import sizes
from minigrad.random import Generator, rng_of
from minigrad.tensor import Tensor

__all__ = [
    "arange",
    "as_tensor",
    "bernoulli",
    "empty",
    "empty_like",
    "eye",
    "from_dlpack",
    "from_numpy",
    "full",
    "full_like",
    "linspace",
    "multinomial",
    "normal",
    "ones",
    "ones_like",
    "rand",
    "rand_like",
    "randint",
    "randn",
    "randn_like",
    "randperm",
    "tensor",
    "zeros",
    "zeros_like",
]


def _made(array: Any, requires_grad: bool) -> Tensor:
    result = Tensor._wrap(array)
    if requires_grad:
        result.requires_grad = True
    return result


def _dtype(dtype: Any, default: Any = None) -> np.dtype[Any]:
    """The dtype asked for, or the default; one that minigrad computes with."""
    return as_dtype(default or get_default_dtype() if dtype is None else dtype)


def _shape(given: tuple[Any, ...], named: Any = None) -> tuple[int, ...]:
    shape = sizes(given, named)
    if min(shape, default=0) < 0:
        raise ShapeError(f"no tensor has a negative size: got shape {shape}")
    return shape


# From numbers and arrays ------------------------------------------------------------------------------------


def as_array(data: Any, dtype: Any = None) -> Any:
    """An array of the data: Python floats in the default dtype, arrays in their own; shared with them if it
    can be.
    """
    # Python floats are float32 by default, NumPy's numbers keep their own dtype.
    given, own = data, _typed(data) or hasattr(data, "__cuda_array_interface__")
    if isinstance(data, Tensor):
        data = data._data
    elif isinstance(data, (list, tuple)):
        data = _nested(data)
    elif hasattr(data, "__cuda_array_interface__"):
        data = place.adopt(data)
    array = place.as_array(data)
    if dtype is None and not own and array.dtype == np.float64:
        dtype = get_default_dtype()
    if array.dtype.kind not in KINDS:
        odd = _not_a_number(given)
        found = type(given).__name__ if odd is None else repr(odd)
        raise DtypeError(f"a tensor holds bool, integer or floating numbers; got {found}, of {array.dtype}")
    known = as_dtype(array.dtype)
    if array.dtype is not known:
        # Bytes in another machine's order, or a pickle's copy of the dtype: the engine compares with `is`.
        array = array.view(known) if array.dtype.isnative else array.astype(known)
    if dtype is None and own and isinstance(given, (list, tuple)):
        dtype = functools.reduce(promote_types, _dtypes_in(given))
    if dtype is None and not own and array.dtype == np.uint64:
        dtype = np.int64  # Python's integers are, also where NumPy sees that it holds them no more
    if dtype is None:
        return array
    dtype = _dtype(dtype)
    if not isinstance(given, Tensor) and not place.is_array(given):
        check_range("tensor", array, dtype)
    with np.errstate(over="ignore"):  # 1e300 in float32 is inf, as in PyTorch
        return array.astype(dtype, copy=False)


def _not_a_number(data: Any) -> Any:
    """The first thing in nested lists and arrays that is no number of 64 bits."""
    if isinstance(data, (list, tuple, np.ndarray)) and np.ndim(data):
        return next((odd for odd in map(_not_a_number, data) if odd is not None), None)
    if isinstance(data, (bool, float, np.bool_, np.floating)):
        return None
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


def _where(data: Any, array: Any, device: Any, name: str) -> Any:
    """Where a tensor of the data is to be: on the device named, or where the data is. What is NumPy's or a
    number goes to the default device.
    """
    own = place.device_of(array)
    if device is None and (isinstance(data, Tensor) or own is not CPU):
        return own
    return place.find(device, name)


def tensor(data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor with a copy of the data: a number, nested lists, a NumPy array.

    Python floats become the default dtype (float32), integers int64, bools bool; an array keeps its dtype,
    a tensor its device.
    """
    array = as_array(data, dtype)
    where = _where(data, array, device, "tensor")
    own = place.put(array, where)
    if own is array:
        own = np.array(array, copy=True, order="C") if isinstance(array, np.ndarray) else array.copy()
    return _made(own, requires_grad)


def as_tensor(data: Any, *, dtype: Any = None, device: Any = None) -> Tensor:
    """A tensor of the data that shares its memory if it can; a tensor of the dtype comes back as it is.

    What NumPy writes into shared memory is not seen by the engine; see ``from_numpy``.
    """
    if isinstance(data, Tensor):
        return data.to(dtype=dtype, device=device)
    array = as_array(data, dtype)
    return _made(place.put(array, _where(data, array, device, "as_tensor")), False)


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
    return _made(as_array(ndarray), False)


def from_dlpack(ext_tensor: Any) -> Tensor:
    """A tensor that shares the memory of another library's tensor, on the CPU or a GPU, by DLPack.

    What that library writes into it is not seen by the engine; see ``from_numpy``.
    """
    return _made(as_array(place.from_dlpack(ext_tensor)), False)


# Of one value, or a row of values ---------------------------------------------------------------------------


def zeros(
    *shape: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """0 everywhere: ``zeros(2, 3)`` or ``zeros((2, 3))``"""
    array = place.make(np.zeros, place.find(device, "zeros"), _shape(shape, size), _dtype(dtype))
    return _made(array, requires_grad)


def ones(
    *shape: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """1 everywhere"""
    array = place.make(np.ones, place.find(device, "ones"), _shape(shape, size), _dtype(dtype))
    return _made(array, requires_grad)


def empty(
    *shape: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Whatever the memory holds: to be written before it is read"""
    array = place.make(np.empty, place.find(device, "empty"), _shape(shape, size), _dtype(dtype))
    return _made(array, requires_grad)


def full(
    size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """``fill_value`` everywhere; its kind decides the dtype"""
    value = fill_value.item() if isinstance(fill_value, Tensor) else fill_value
    dtype = as_array(value).dtype if dtype is None else as_dtype(dtype)
    number = numbers("full", value, dtype)[()]
    array = place.make(np.full, place.find(device, "full"), _shape((size,)), number, dtype)
    return _made(array, requires_grad)


def zeros_like(
    input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """0 everywhere, of the shape and dtype of ``input``"""
    device = input.device if device is None else device
    return zeros(input.shape, dtype=dtype or input.dtype, device=device, requires_grad=requires_grad)


def ones_like(input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """1 everywhere, of the shape and dtype of ``input``"""
    device = input.device if device is None else device
    return ones(input.shape, dtype=dtype or input.dtype, device=device, requires_grad=requires_grad)


def empty_like(
    input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Unwritten memory of the shape and dtype of ``input``"""
    device = input.device if device is None else device
    return empty(input.shape, dtype=dtype or input.dtype, device=device, requires_grad=requires_grad)


def full_like(
    input: Tensor, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """``fill_value`` everywhere, of the shape and dtype of ``input``"""
    device = input.device if device is None else device
    return full(
        input.shape, fill_value, dtype=dtype or input.dtype, device=device, requires_grad=requires_grad
    )


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
    return _made(array.astype(_dtype(dtype), copy=False), requires_grad)


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
    dtype = _dtype(dtype)
    if dtype.kind in "iu":
        first, last = int(first), int(last)
    array = place.make(np.linspace, place.find(device, "linspace"), first, last, steps)
    return _made(array.astype(dtype, copy=False), requires_grad)


def eye(
    n: int, m: int | None = None, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """The n x m matrix with 1 on the diagonal and 0 elsewhere"""
    rows, columns = _shape((n, n if m is None else m))
    array = place.make(np.eye, place.find(device, "eye"), rows, columns, dtype=_dtype(dtype))
    return _made(array, requires_grad)


# At random --------------------------------------------------------------------------------------------------


def _drawn(name: str, method: Any, shape: Sequence[int], dtype: np.dtype[Any]) -> Any:
    """Random numbers of a method of NumPy's generator, in a floating dtype."""
    if dtype.kind != "f":
        raise DtypeError(f"{name}: random numbers are floating, not {dtype}; randint gives integers")
    return random.draw(method, shape, dtype)


def rand(
    *shape: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Uniform in [0, 1)"""
    rng = rng_of(generator, place.find(device, "rand"))
    return _made(_drawn("rand", rng.random, _shape(shape, size), _dtype(dtype)), requires_grad)


def randn(
    *shape: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Normal with mean 0 and standard deviation 1"""
    rng = rng_of(generator, place.find(device, "randn"))
    return _made(_drawn("randn", rng.standard_normal, _shape(shape, size), _dtype(dtype)), requires_grad)


def rand_like(
    input: Tensor,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Uniform in [0, 1), of the shape and dtype of ``input``"""
    device = input.device if device is None else device
    dtype = dtype or input.dtype
    return rand(input.shape, generator=generator, dtype=dtype, device=device, requires_grad=requires_grad)


def randn_like(
    input: Tensor,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Normal with mean 0 and standard deviation 1, of the shape and dtype of ``input``"""
    device = input.device if device is None else device
    dtype = dtype or input.dtype
    return randn(input.shape, generator=generator, dtype=dtype, device=device, requires_grad=requires_grad)


def randint(
    low: int = 0,
    high: Any = None,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Integers from low to high - 1: ``randint(0, 10, (2, 3))``; ``randint(10, (2, 3))`` starts at 0"""
    if size is None:
        low, high, size = 0, low, high
    elif high is None:
        low, high = 0, low
    if size is None:
        raise TypeError("randint: the size is missing: randint(10, (2, 3)), or randint(0, 10, (2, 3))")
    if low >= high:
        raise RuntimeError(f"randint: there is no integer from {low} up to, and not including, {high}")
    dtype = _dtype(dtype, np.int64)
    if dtype.kind != "f":
        lowest, highest = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
        if not lowest <= low < high <= highest + 1:
            raise RuntimeError(
                f"randint: integers from {low} to {high - 1} do not fit into {dtype}: it holds {lowest} to "
                f"{highest}; choose a larger dtype"
            )
    wide = np.uint64 if dtype == np.uint64 else np.int64
    drawn = rng_of(generator, place.find(device, "randint")).integers(low, high, _shape((size,)), wide)
    return _made(place.as_array(drawn).astype(dtype, copy=False), requires_grad)


def randperm(
    n: int,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """The integers 0 .. n - 1 in random order"""
    (n,) = _shape((n,))
    dtype = _dtype(dtype, np.int64)
    check_range("randperm", np.asarray(max(n - 1, 0)), dtype)
    rng = rng_of(generator, place.find(device, "randperm"))
    if hasattr(rng, "permutation"):
        order = rng.permutation(n)
    else:  # CuPy's generators have none: numbers put in order are
        order = np.argsort(rng.random(n))
    return _made(order.astype(dtype, copy=False), requires_grad)


def normal(
    mean: Any = 0.0,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Normal with the given mean and standard deviation: numbers with a size, or tensors that broadcast

    ``dtype`` and ``device`` go with a size; tensors have their own.
    """
    if size is not None and (isinstance(mean, Tensor) or isinstance(std, Tensor)):
        raise TypeError("normal: tensors have their own shape; a size is for a mean and std that are numbers")
    where = next((x.device for x in (mean, std) if isinstance(x, Tensor)), place.find(device, "normal"))
    m, s = (place.put(as_array(x), where) for x in (mean, std))
    if (s < 0).any():
        raise RuntimeError(f"normal: a standard deviation is at least 0, not {s.min()}")
    shape = np.broadcast_shapes(m.shape, s.shape) if size is None else _shape((size,))
    if size is not None:
        dtype = _dtype(dtype)
    else:
        own = s.dtype if isinstance(std, Tensor) and not isinstance(mean, Tensor) else m.dtype
        dtype = own if own.kind == "f" else get_default_dtype()
    drawn = _drawn("normal", rng_of(generator, where).standard_normal, shape, dtype)
    return _made(place.as_array((m + s * drawn).astype(dtype, copy=False)), requires_grad)


def bernoulli(input: Tensor, p: float | None = None, *, generator: Generator | None = None) -> Tensor:
    """1 with the probability that ``input`` holds, or with p, else 0; of the shape and dtype of ``input``"""
    return Tensor._wrap(random.draw_bernoulli(as_array(input), p, generator))


def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *, generator: Generator | None = None
) -> Tensor:
    """Classes drawn with probabilities proportional to ``input``: shapes (C) -> (S), (N, C) -> (N, S)"""
    return Tensor._wrap(random.draw_classes(as_array(input), num_samples, replacement, generator))
