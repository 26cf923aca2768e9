"""Making tensors: from numbers, from arrays, of one value, at random."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad.engine.promotion import get_default_dtype
from minigrad.ops.shape import sizes
from minigrad.random import Generator, rng_of
from minigrad.tensor import Tensor


def _unsupported(device: Any) -> None:
    if device not in (None, "cpu"):
        raise NotImplementedError(f"device {device!r} is not supported; tensors live on 'cpu'")


def _made(array: Any, requires_grad: bool, device: Any) -> Tensor:
    _unsupported(device)
    result = Tensor._wrap(array)
    if requires_grad:
        result.requires_grad = True
    return result


def _floating(dtype: Any) -> np.dtype[Any]:
    return get_default_dtype() if dtype is None else np.dtype(dtype)


# From numbers and arrays ------------------------------------------------------------------------------------


def as_array(data: Any, dtype: Any = None) -> Any:
    """An array of the data: Python floats in the default dtype, arrays in their own; shared with them if it
    can be.
    """
    # Python floats are float32 by default, NumPy's numbers keep their own dtype.
    own = _typed(data) or hasattr(data, "__cuda_array_interface__")
    if isinstance(data, Tensor):
        data = data._data
    elif isinstance(data, (list, tuple)):
        data = _nested(data)
    array = data if hasattr(data, "__cuda_array_interface__") else np.asarray(data)
    if dtype is None and not own and array.dtype == np.float64:
        dtype = get_default_dtype()
    if array.dtype.kind not in "biuf":
        raise TypeError(
            f"a tensor holds bool, integer or floating numbers; got {array.dtype} from {type(data).__name__}"
            + (": are the rows of one length?" if array.dtype == object else "")
        )
    return array if dtype is None else array.astype(dtype, copy=False)


def _nested(data: Any) -> Any:
    """The array of nested lists; rows of different length are an error that says so."""
    plain = _without_tensors(data)
    try:
        array = np.array(plain)
    except ValueError:
        shapes = sorted({np.shape(x) for x in plain})
        raise ValueError(
            f"tensor: the rows have different shapes, {' and '.join(map(str, shapes))}"
        ) from None
    return array


def _without_tensors(data: Any) -> Any:
    """Nested lists with arrays in place of tensors."""
    if isinstance(data, (list, tuple)):
        return [_without_tensors(x) for x in data]
    return data._data if isinstance(data, Tensor) else data


def _typed(data: Any) -> bool:
    """Whether numbers with a dtype of their own, NumPy's or a tensor's, are in nested lists."""
    if isinstance(data, (list, tuple)):
        return any(map(_typed, data))
    return isinstance(data, (np.ndarray, np.generic, Tensor))


def tensor(data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor with a copy of the data: a number, nested lists, a NumPy array.

    Python floats become the default dtype (float32), integers int64, bools bool; an array keeps its dtype.
    """
    array = as_array(data, dtype)
    return _made(
        np.array(array, copy=True, order="C") if isinstance(array, np.ndarray) else array.copy(),
        requires_grad,
        device,
    )


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """A tensor of the data that shares its memory if it can; a tensor of the dtype comes back as it is."""
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype)
    return _made(as_array(data, dtype), False, device)


def from_numpy(array: Any) -> Tensor:
    """A tensor that shares the array's memory: a write to one is seen in the other."""
    if not isinstance(array, np.ndarray):
        raise TypeError(
            f"from_numpy: expected a numpy.ndarray, got {type(array).__name__}; tensor() takes any numbers"
        )
    return _made(as_array(array), False, None)


def from_dlpack(source: Any) -> Tensor:
    """A tensor that shares the memory of another library's tensor, through the DLPack protocol."""
    return _made(as_array(np.from_dlpack(source)), False, None)


# Of one value, or a row of values ---------------------------------------------------------------------------


def zeros(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """0 everywhere: ``zeros(2, 3)`` or ``zeros((2, 3))``"""
    return _made(np.zeros(sizes(size), _floating(dtype)), requires_grad, device)


def ones(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """1 everywhere"""
    return _made(np.ones(sizes(size), _floating(dtype)), requires_grad, device)


def empty(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Whatever the memory holds: to be written before it is read"""
    return _made(np.empty(sizes(size), _floating(dtype)), requires_grad, device)


def full(
    size: Any, fill_value: float, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """``fill_value`` everywhere; its kind decides the dtype"""
    value = fill_value.item() if isinstance(fill_value, Tensor) else fill_value
    return _made(
        np.full(sizes((size,)), value, as_array(value).dtype if dtype is None else dtype),
        requires_grad,
        device,
    )


def zeros_like(
    input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """0 everywhere, of the shape and dtype of ``input``"""
    return zeros(input.shape, dtype=dtype or input.dtype, device=device, requires_grad=requires_grad)


def ones_like(input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """1 everywhere, of the shape and dtype of ``input``"""
    return ones(input.shape, dtype=dtype or input.dtype, device=device, requires_grad=requires_grad)


def empty_like(
    input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Unwritten memory of the shape and dtype of ``input``"""
    return empty(input.shape, dtype=dtype or input.dtype, device=device, requires_grad=requires_grad)


def full_like(
    input: Tensor, fill_value: float, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """``fill_value`` everywhere, of the shape and dtype of ``input``"""
    return full(
        input.shape, fill_value, dtype=dtype or input.dtype, device=device, requires_grad=requires_grad
    )


def arange(
    start: float,
    end: float | None = None,
    step: float = 1,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """start, start + step, ... below end: integers if all three are; ``arange(5)`` starts at 0"""
    first, last = (0, start) if end is None else (start, end)
    if step == 0 or (last - first) * step < 0:
        raise ValueError(f"arange: a step of {step} does not lead from {first} to {last}")
    if dtype is None:
        dtype = (
            get_default_dtype()
            if any(isinstance(x, float) for x in (first, last, step))
            else np.dtype("int64")
        )
    return _made(np.arange(first, last, step).astype(dtype, copy=False), requires_grad, device)


def linspace(
    start: float,
    end: float,
    steps: int,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """``steps`` numbers from start to end, both included, at equal distances"""
    return _made(np.linspace(start, end, steps).astype(_floating(dtype), copy=False), requires_grad, device)


def eye(
    n: int, m: int | None = None, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """The n x m matrix with 1 on the diagonal and 0 elsewhere"""
    return _made(np.eye(n, m, dtype=_floating(dtype)), requires_grad, device)


# At random --------------------------------------------------------------------------------------------------


def _uniform(shape: Sequence[int], dtype: np.dtype[Any], generator: Generator | None) -> Any:
    rng = rng_of(generator)
    if dtype in (np.float32, np.float64):
        return np.asarray(rng.random(shape, dtype.type))
    return np.asarray(rng.random(shape)).astype(dtype)


def _normal(shape: Sequence[int], dtype: np.dtype[Any], generator: Generator | None) -> Any:
    rng = rng_of(generator)
    if dtype in (np.float32, np.float64):
        return np.asarray(rng.standard_normal(shape, dtype.type))
    return np.asarray(rng.standard_normal(shape)).astype(dtype)


def rand(
    *size: Any,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Uniform in [0, 1)"""
    return _made(_uniform(sizes(size), _floating(dtype), generator), requires_grad, device)


def randn(
    *size: Any,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Normal with mean 0 and standard deviation 1"""
    return _made(_normal(sizes(size), _floating(dtype), generator), requires_grad, device)


def rand_like(input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Uniform in [0, 1), of the shape and dtype of ``input``"""
    return rand(input.shape, dtype=dtype or input.dtype, device=device, requires_grad=requires_grad)


def randn_like(
    input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Normal with mean 0 and standard deviation 1, of the shape and dtype of ``input``"""
    return randn(input.shape, dtype=dtype or input.dtype, device=device, requires_grad=requires_grad)


def randint(
    low: int,
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
    drawn = rng_of(generator).integers(low, high, sizes((size,)))
    return _made(np.asarray(drawn, dtype or np.int64), requires_grad, device)


def randperm(n: int, *, generator: Generator | None = None, dtype: Any = None, device: Any = None) -> Tensor:
    """The integers 0 .. n - 1 in random order"""
    return _made(rng_of(generator).permutation(n).astype(dtype or np.int64), False, device)


def normal(mean: Any, std: Any, size: Any = None, *, generator: Generator | None = None) -> Tensor:
    """Normal with the given mean and standard deviation: numbers with a size, or tensors that broadcast"""
    m, s = as_array(mean), as_array(std)
    shape = np.broadcast_shapes(m.shape, s.shape) if size is None else sizes((size,))
    dtype = get_default_dtype() if size is not None or m.dtype.kind != "f" else m.dtype
    return Tensor._wrap((m + s * _normal(shape, np.dtype(dtype), generator)).astype(dtype, copy=False))


def bernoulli(input: Tensor, *, generator: Generator | None = None) -> Tensor:
    """1 with the probability that ``input`` holds, else 0; of its shape and dtype"""
    p = as_array(input)
    if p.size and not 0 <= p.min() <= p.max() <= 1:
        raise RuntimeError(f"bernoulli: expected probabilities from 0 to 1, got {p.min()} to {p.max()}")
    return Tensor._wrap((_uniform(p.shape, p.dtype, generator) < p).astype(p.dtype))


def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *, generator: Generator | None = None
) -> Tensor:
    """Classes drawn with probabilities proportional to ``input``: shapes (C) -> (S), (N, C) -> (N, S)"""
    weights = as_array(input).astype(np.float64)
    rows = np.atleast_2d(weights)
    if (rows < 0).any() or not (rows.sum(-1) > 0).all() or not np.isfinite(rows).all():
        raise RuntimeError(
            "multinomial: expected finite weights, none negative, with a positive sum in each row"
        )
    if not replacement and num_samples > (rows > 0).sum(-1).min():
        raise RuntimeError(
            f"multinomial: cannot draw {num_samples} different classes from rows with fewer weights"
        )
    rng = rng_of(generator)
    drawn = [rng.choice(len(row), num_samples, replacement, row / row.sum()) for row in rows]
    return Tensor._wrap(np.asarray(drawn[0] if weights.ndim == 1 else drawn, np.int64))
