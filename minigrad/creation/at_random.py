"""Tensors of random numbers. They are drawn in ops/draws.py."""

from typing import Any

import numpy as np

from minigrad.creation.from_data import array_of, made
from minigrad.creation.of_shape import dtype_or_default, options_of
from minigrad.devices import place
from minigrad.dtypes import check_range, get_default_dtype
from minigrad.ops.draws import draw
from minigrad.ops.shape import shape_of
from minigrad.random import Generator, rng_of
from minigrad.tensor import Tensor

__all__ = [
    "normal",
    "rand",
    "rand_like",
    "randint",
    "randn",
    "randn_like",
    "randperm",
]


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
    return made(draw("rand", rng.random, shape_of(shape, size), dtype_or_default(dtype)), requires_grad)


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
    return made(
        draw("randn", rng.standard_normal, shape_of(shape, size), dtype_or_default(dtype)), requires_grad
    )


def rand_like(
    input: Tensor,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Uniform in [0, 1), of the shape and dtype of ``input``"""
    return rand(
        input.shape, generator=generator, **options_of(input, dtype, device), requires_grad=requires_grad
    )


def randn_like(
    input: Tensor,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Normal with mean 0 and standard deviation 1, of the shape and dtype of ``input``"""
    return randn(
        input.shape, generator=generator, **options_of(input, dtype, device), requires_grad=requires_grad
    )


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
    dtype = dtype_or_default(dtype, np.int64)
    if dtype.kind != "f":
        lowest, highest = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
        if not lowest <= low < high <= highest + 1:
            raise RuntimeError(
                f"randint: integers from {low} to {high - 1} do not fit into {dtype}: it holds {lowest} to "
                f"{highest}; choose a larger dtype"
            )
    wide = np.uint64 if dtype == np.uint64 else np.int64
    drawn = rng_of(generator, place.find(device, "randint")).integers(low, high, shape_of((size,)), wide)
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
    (n,) = shape_of((n,))
    dtype = dtype_or_default(dtype, np.int64)
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
    shape = np.broadcast_shapes(m.shape, s.shape) if size is None else shape_of((size,))
    if size is not None:
        dtype = dtype_or_default(dtype)
    else:
        own = s.dtype if isinstance(std, Tensor) and not isinstance(mean, Tensor) else m.dtype
        dtype = own if own.kind == "f" else get_default_dtype()
    drawn = draw("normal", rng_of(generator, where).standard_normal, shape, dtype)
    return made(place.as_array((m + s * drawn).astype(dtype, copy=False)), requires_grad)
