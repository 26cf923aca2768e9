"""Tensors of a shape: of one value, in a row, at random."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad.creation.from_data import array_of, made
from minigrad.devices import place
from minigrad.dtypes import as_dtype, check_range, get_default_dtype, numbers
from minigrad.errors import DtypeError, ShapeError
from minigrad.ops.shape import sizes
from minigrad.random import Generator, draw, draw_bernoulli, draw_classes, rng_of
from minigrad.tensor import Tensor

__all__ = [
    "arange",
    "bernoulli",
    "empty",
    "empty_like",
    "eye",
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
    "zeros",
    "zeros_like",
]


def _dtype(dtype: Any, default: Any = None) -> np.dtype[Any]:
    """The dtype asked for, or the default; one that minigrad computes with."""
    return as_dtype(default or get_default_dtype() if dtype is None else dtype)


def _shape(given: tuple[Any, ...], named: Any = None) -> tuple[int, ...]:
    shape = sizes(given, named)
    if min(shape, default=0) < 0:
        raise ShapeError(f"no tensor has a negative size: got shape {shape}")
    return shape


def _as(input: Tensor, dtype: Any, device: Any) -> dict[str, Any]:
    """The options of a tensor that is to be as ``input``, but for what is named."""
    return {"dtype": dtype or input.dtype, "device": input.device if device is None else device}


# Of one value, or a row of values ---------------------------------------------------------------------------


def zeros(
    *shape: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """0 everywhere: ``zeros(2, 3)`` or ``zeros((2, 3))``"""
    array = place.make(np.zeros, place.find(device, "zeros"), _shape(shape, size), _dtype(dtype))
    return made(array, requires_grad)


def ones(
    *shape: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """1 everywhere"""
    array = place.make(np.ones, place.find(device, "ones"), _shape(shape, size), _dtype(dtype))
    return made(array, requires_grad)


def empty(
    *shape: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Whatever the memory holds: to be written before it is read"""
    array = place.make(np.empty, place.find(device, "empty"), _shape(shape, size), _dtype(dtype))
    return made(array, requires_grad)


def full(
    size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """``fill_value`` everywhere; its kind decides the dtype"""
    value = fill_value.item() if isinstance(fill_value, Tensor) else fill_value
    dtype = array_of(value).dtype if dtype is None else as_dtype(dtype)
    number = numbers("full", value, dtype)[()]
    array = place.make(np.full, place.find(device, "full"), _shape((size,)), number, dtype)
    return made(array, requires_grad)


def zeros_like(
    input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """0 everywhere, of the shape and dtype of ``input``"""
    return zeros(input.shape, **_as(input, dtype, device), requires_grad=requires_grad)


def ones_like(input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """1 everywhere, of the shape and dtype of ``input``"""
    return ones(input.shape, **_as(input, dtype, device), requires_grad=requires_grad)


def empty_like(
    input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Unwritten memory of the shape and dtype of ``input``"""
    return empty(input.shape, **_as(input, dtype, device), requires_grad=requires_grad)


def full_like(
    input: Tensor, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """``fill_value`` everywhere, of the shape and dtype of ``input``"""
    return full(input.shape, fill_value, **_as(input, dtype, device), requires_grad=requires_grad)


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
    return made(array.astype(_dtype(dtype), copy=False), requires_grad)


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
    return made(array.astype(dtype, copy=False), requires_grad)


def eye(
    n: int, m: int | None = None, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """The n x m matrix with 1 on the diagonal and 0 elsewhere"""
    rows, columns = _shape((n, n if m is None else m))
    array = place.make(np.eye, place.find(device, "eye"), rows, columns, dtype=_dtype(dtype))
    return made(array, requires_grad)


# At random --------------------------------------------------------------------------------------------------


def _drawn(name: str, method: Any, shape: Sequence[int], dtype: np.dtype[Any]) -> Any:
    """Random numbers of a method of NumPy's generator, in a floating dtype."""
    if dtype.kind != "f":
        raise DtypeError(f"{name}: random numbers are floating, not {dtype}; randint gives integers")
    return draw(method, shape, dtype)


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
    return made(_drawn("rand", rng.random, _shape(shape, size), _dtype(dtype)), requires_grad)


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
    return made(_drawn("randn", rng.standard_normal, _shape(shape, size), _dtype(dtype)), requires_grad)


def rand_like(
    input: Tensor,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Uniform in [0, 1), of the shape and dtype of ``input``"""
    return rand(input.shape, generator=generator, **_as(input, dtype, device), requires_grad=requires_grad)


def randn_like(
    input: Tensor,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Normal with mean 0 and standard deviation 1, of the shape and dtype of ``input``"""
    return randn(input.shape, generator=generator, **_as(input, dtype, device), requires_grad=requires_grad)


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
    return made(place.as_array(drawn).astype(dtype, copy=False), requires_grad)


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
    return made(order.astype(dtype, copy=False), requires_grad)


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
    m, s = (place.put(array_of(x), where) for x in (mean, std))
    if (s < 0).any():
        raise RuntimeError(f"normal: a standard deviation is at least 0, not {s.min()}")
    shape = np.broadcast_shapes(m.shape, s.shape) if size is None else _shape((size,))
    if size is not None:
        dtype = _dtype(dtype)
    else:
        own = s.dtype if isinstance(std, Tensor) and not isinstance(mean, Tensor) else m.dtype
        dtype = own if own.kind == "f" else get_default_dtype()
    drawn = _drawn("normal", rng_of(generator, where).standard_normal, shape, dtype)
    return made(place.as_array((m + s * drawn).astype(dtype, copy=False)), requires_grad)


def bernoulli(input: Tensor, p: float | None = None, *, generator: Generator | None = None) -> Tensor:
    """1 with the probability that ``input`` holds, or with p, else 0; of the shape and dtype of ``input``"""
    return Tensor._wrap(draw_bernoulli(array_of(input), p, generator))


def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *, generator: Generator | None = None
) -> Tensor:
    """Classes drawn with probabilities proportional to ``input``: shapes (C) -> (S), (N, C) -> (N, S)"""
    return Tensor._wrap(draw_classes(array_of(input), num_samples, replacement, generator))
