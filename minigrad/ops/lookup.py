"""Elements and slices by their number along an axis, looked up or put there: gather, scatter, one-hot."""

from typing import Any

import numpy as np

from minigrad.devices import place
from minigrad.engine.op import Array, Tensor, of_tensors, raw
from minigrad.errors import DtypeError, ShapeError, refuse
from minigrad.ops.axes import dimension
from minigrad.ops.checks import outside, span, to_count
from minigrad.ops.convert import constant
from minigrad.ops.index import getitem, scatter_into, setitem
from minigrad.ops.shape import Shape, clone, expand, flatten, own_memory, reshape, unsqueeze

__all__ = [
    "gather",
    "index_select",
    "repeat_interleave",
    "scatter",
    "scatter_add",
]


@of_tensors
def index_select(input: Array, dim: int, index: Array) -> Tensor:
    """The slices of x along ``dim`` at the places in the vector ``index``

    Raises IndexError for an index that is no vector or out of range.
    """
    index = np.atleast_1d(_places_of("index_select", index))
    if not input.ndim:
        return reshape(index_select(reshape(input, (1,)), dim, index), ())
    dim = dimension("index_select", dim, input.ndim)
    if index.ndim > 1:
        raise IndexError(f"index_select: the index is a vector; got shape {index.shape}. x[index] takes any.")
    _in_range("index_select", index, input.shape[dim], dim)
    return getitem(input, (slice(None),) * dim + (index,))


@of_tensors
def repeat_interleave(
    input: Array, repeats: Any, dim: int | None = None, *, output_size: int | None = None
) -> Tensor:
    """Each element (each slice along ``dim``) ``repeats`` times in a row; or each its own number of times

    ``output_size``, the sum of the numbers of times, is checked where it is given.

    Raises RuntimeError for a negative number or another ``output_size``, ShapeError for numbers that are not
    one for each.
    """
    if dim is None:
        input, dim = flatten(input), 0
    dim = dimension("repeat_interleave", dim, input.ndim)
    times = raw(repeats)
    if (times < 0).any() if place.is_array(times) else times < 0:
        raise RuntimeError(
            f"repeat_interleave: repeats are at least 0, got {np.min(times)}; 0 leaves an element out"
        )
    if not isinstance(repeats, int):
        if times.dtype.kind not in "iu" or times.ndim > 1 or times.size not in (1, input.shape[dim]):
            raise ShapeError(
                f"repeat_interleave: expected an integer, or {input.shape[dim]} of them for shape "
                f"{tuple(input.shape)} and dimension {dim}; got {times.dtype}, shape {times.shape}"
            )
        times = np.repeat(np.arange(input.shape[dim]), place.to_host(times))
        _check_output_size(len(times), output_size)
        return index_select(input, dim, place.beside(raw(input), times))
    _check_output_size(input.shape[dim] * repeats, output_size)
    apart = unsqueeze(input, dim + 1)
    stretched = expand(apart, (*input.shape[: dim + 1], repeats, *input.shape[dim + 1 :]))
    return own_memory(flatten(stretched, dim, dim + 1), input)


def _check_output_size(size: int, output_size: int | None) -> None:
    if output_size is not None and output_size != size:
        raise RuntimeError(
            f"repeat_interleave: output_size is {output_size}, and there are {size} elements to put there"
        )


def _places_of(name: str, index: Array) -> Array:
    """The array of an index, checked to be one of integers."""
    index = raw(index)
    if index.dtype.kind not in "iu":
        raise DtypeError(
            f"{name}: the index is a tensor of integers; got {index.dtype}. Convert with .long()."
        )
    return index


def _in_range(name: str, index: Array, size: int, dim: int) -> None:
    wrong = outside(index, size - 1)
    if wrong is not None:
        raise IndexError(
            f"{name}: the index goes from {wrong[0]} to {wrong[1]}, dimension {dim} of size {size} from 0 to "
            f"{size - 1}.{to_count(*wrong, size)}"
        )


def _full_index(shape: Shape, dim: int, index: Array) -> tuple[Array, ...]:
    """The full index of gather: row and column numbers everywhere, except along ``dim``."""
    along = [
        np.arange(size, like=index).reshape((-1,) + (1,) * (index.ndim - 1 - axis))
        for axis, size in enumerate(index.shape)
    ]
    return (*along[:dim], index, *along[dim + 1 :])


@of_tensors
def gather(input: Array, dim: int, index: Array, *, sparse_grad: bool = False) -> Tensor:
    """y[i, j] = x[index[i, j], j] for dim 0, x[i, index[i, j]] for dim 1, and so on; shapes: y as index

    Raises NotImplementedError for ``sparse_grad``, IndexError for a place that there is not, ShapeError for
    an index of other dimensions.
    """
    if sparse_grad:
        refuse("gather", sparse_grad=sparse_grad)
    index = _places_of("gather", index)
    if not index.size:
        dimension("gather", dim, input.ndim)
        return reshape(getitem(flatten(input), slice(0)), index.shape)  # of no place there is no number
    if not input.ndim and index.ndim < 2:
        return reshape(gather(reshape(input, (1,)), dim, np.atleast_1d(index)), index.shape)
    dim = _fitting("gather", input.shape, dim, index)
    return getitem(input, _full_index(input.shape, dim, index))


def _fitting(name: str, shape: Shape, dim: int, index: Array) -> int:
    dim = dimension(name, dim, len(shape))
    others = [i for i in range(len(shape)) if i != dim]
    if index.ndim != len(shape) or any(index.shape[i] > shape[i] for i in others):
        raise ShapeError(
            f"{name}: the index of shape {index.shape} must have as many dimensions as the tensor of shape "
            f"{tuple(shape)}, and be no larger except in dimension {dim}"
        )
    _in_range(name, index, shape[dim], dim)
    return dim


def _source(name: str, src: Array, index: Array) -> Array:
    """The part of ``src`` that goes to the places of ``index``."""
    if src.ndim != index.ndim or any(a < b for a, b in zip(src.shape, index.shape, strict=True)):
        raise ShapeError(
            f"{name}: src of shape {tuple(src.shape)} must have as many dimensions as the index of shape "
            f"{index.shape}, and be no smaller"
        )
    return getitem(src, tuple(slice(size) for size in index.shape))


def _one_dtype(name: str, input: Array, src: Array) -> None:
    if src.dtype != input.dtype:
        raise DtypeError(
            f"{name}: x has dtype {input.dtype} and src {src.dtype}; convert with src.to(mg.{input.dtype})"
        )


@of_tensors
def scatter_add(input: Array, dim: int, index: Array, src: Array) -> Tensor:
    """x with src[i, j] added at [index[i, j], j] for dim 0, at [i, index[i, j]] for dim 1, and so on"""
    _one_dtype("scatter_add", input, src)
    index = _places_of("scatter_add", index)
    if not index.size:
        return clone(input)
    if not input.ndim and index.ndim < 2:
        return reshape(scatter_add(flatten(input), dim, np.atleast_1d(index), flatten(src)), ())
    dim = _fitting("scatter_add", input.shape, dim, index)
    src = _source("scatter_add", src, index)
    return input + scatter_into(src, tuple(input.shape), _full_index(input.shape, dim, index))


@of_tensors
def scatter(input: Array, dim: int, index: Array, src: Array, *, reduce: str | None = None) -> Tensor:
    """x with src[i, j], or the number src, put at [index[i, j], j] for dim 0, at [i, index[i, j]] for dim 1,
    and so on

    Raises NotImplementedError for ``reduce``, DtypeError for a ``src`` of another dtype, IndexError for a
    place that there is not, ShapeError for an index or ``src`` that does not fit.
    """
    if reduce is not None:
        refuse("scatter", "scatter_add adds", reduce=reduce)
    if hasattr(src, "dtype"):
        _one_dtype("scatter", input, src)
    index = _places_of("scatter", index)
    if not index.size:
        return clone(input)
    if not input.ndim and index.ndim < 2:
        return reshape(scatter(flatten(input), dim, np.atleast_1d(index), src), ())
    dim = _fitting("scatter", input.shape, dim, index)
    if np.ndim(raw(src)):
        src = _source("scatter", src, index)
    return setitem(input, _full_index(input.shape, dim, index), src)


@of_tensors
def one_hot(input: Array, num_classes: int = -1) -> Tensor:
    """y[..., c] = 1 where x is c, else 0, for classes 0 .. num_classes - 1; shapes: (...) -> (..., C)

    Raises DtypeError unless x is of integers, RuntimeError for classes out of range.
    """
    classes = raw(input)
    if classes.dtype.kind not in "iu":
        raise DtypeError(f"one_hot: expected integer classes, got {classes.dtype}. Convert with .long().")
    if num_classes == -1:
        if not classes.size:
            raise RuntimeError(
                "one_hot: an empty tensor does not tell how many classes there are; give num_classes"
            )
        num_classes = int(classes.max()) + 1
    wrong = outside(classes, num_classes - 1)
    if wrong is not None:
        raise RuntimeError(
            f"one_hot: classes must be from 0 to {num_classes - 1}, got {span(*wrong)}."
            + to_count(*wrong, num_classes)
        )
    encoded = (classes[..., None] == np.arange(num_classes, like=classes)).astype(np.int64)
    return constant(encoded, input)
