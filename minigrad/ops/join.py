"""Operations that join tensors and cut them apart: cat, stack, split."""

from collections.abc import Sequence
from functools import reduce

import numpy as np

from minigrad.dtypes import promote_types
from minigrad.engine.op import Array, Tensor, is_tensor, of_tensors, op
from minigrad.errors import ShapeError
from minigrad.ops.axes import cut_axis, dimension
from minigrad.ops.index import getitem, narrow
from minigrad.ops.shape import Shape, reshape, sizes, unsqueeze

__all__ = [
    "cat",
    "chunk",
    "hstack",
    "split",
    "stack",
    "unbind",
    "vstack",
]


@op(name="cat")
def concatenate(*tensors: Array, dim: int) -> Array:
    """The tensors one after another along axis ``dim``"""
    dtype = reduce(promote_types, [x.dtype for x in tensors])
    return np.concatenate(tensors, axis=dim, dtype=dtype, casting="unsafe")


@concatenate.grad("tensors")
def _(dy: Array, tensors_shape: tuple[Shape, ...], dim: int, needed: tuple[bool, ...]) -> list[Array | None]:
    before: list[slice] = [slice(None)] * (dim % dy.ndim)
    pieces: list[Array | None] = []
    start = 0
    for shape, wanted in zip(tensors_shape, needed, strict=True):
        stop = start + shape[dim]
        pieces.append(dy[(*before, slice(start, stop))] if wanted else None)
        start = stop
    return pieces


@of_tensors
def cat(tensors: Sequence[Array], dim: int = 0) -> Tensor:
    """The tensors one after another along axis ``dim``; their other sizes are the same

    Raises ShapeError for sizes that differ, RuntimeError for tensors of no dimension.
    """
    tensors = _several("cat", tensors)
    first = next((x for x in tensors if tuple(x.shape) != (0,)), tensors[0])
    if not first.ndim:
        raise RuntimeError(
            "cat: tensors of no dimension cannot be joined end to end; stack makes a vector of them"
        )
    dim = dimension("cat", dim, first.ndim)
    # An empty vector joins anything, as in PyTorch.
    nothing = (*first.shape[:dim], 0, *first.shape[dim + 1 :])
    tensors = [reshape(x, nothing) if tuple(x.shape) == (0,) else x for x in tensors]
    for i, x in enumerate(tensors):
        if x.ndim != first.ndim or any(
            a != b for j, (a, b) in enumerate(zip(x.shape, first.shape, strict=True)) if j != dim
        ):
            raise ShapeError(
                f"cat: along dimension {dim}, tensor {i} of shape {tuple(x.shape)} does not fit tensor 0 of "
                f"shape {tuple(first.shape)}: all other sizes must be the same"
            )
    return concatenate(*tensors, dim=dim)


@of_tensors
def stack(tensors: Sequence[Array], dim: int = 0) -> Tensor:
    """The tensors, of one shape, side by side along a new axis ``dim``

    Raises ShapeError for tensors of different shapes.
    """
    tensors = _several("stack", tensors)
    shapes = {tuple(x.shape) for x in tensors}
    if len(shapes) > 1:
        raise ShapeError(
            f"stack: expected tensors of one shape, got {' and '.join(map(str, sorted(shapes)))}"
        )
    place = dimension("stack", dim, tensors[0].ndim + 1)
    return concatenate(*(unsqueeze(x, place) for x in tensors), dim=place)


@of_tensors
def hstack(tensors: Sequence[Array]) -> Tensor:
    """The tensors side by side: ``cat`` along the columns, or of vectors end to end"""
    tensors = [reshape(x, (1,)) if not x.ndim else x for x in _several("hstack", tensors)]
    return cat(tensors, 0 if tensors[0].ndim == 1 else 1)


@of_tensors
def vstack(tensors: Sequence[Array]) -> Tensor:
    """The tensors one below the other: ``cat`` along the rows, a vector being a row"""
    return cat([reshape(x, (1, -1)) if x.ndim < 2 else x for x in _several("vstack", tensors)], 0)


def _several(name: str, tensors: Sequence[Array]) -> list[Array]:
    if is_tensor(tensors):
        raise TypeError(f"{name}: expected a list or tuple of tensors, got one tensor: {name}([a, b])")
    if not len(tensors):
        raise ShapeError(f"{name}: expected at least one tensor, got an empty list")
    return list(tensors)


@of_tensors
def split(tensor: Array, split_size_or_sections: int | Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """x cut along ``dim`` into pieces of one size (the last may be smaller), or of the sizes given

    Raises ShapeError for sizes that do not add up to that of the axis.
    """
    dim = cut_axis("split", dim, tensor)
    total = tensor.shape[dim]
    given = sizes((split_size_or_sections,))
    if not isinstance(split_size_or_sections, (tuple, list)):
        (size,) = given
        if size < 0 or (not size and total):
            raise ShapeError(f"split: the size of a piece is at least 1, not {size}")
        lengths = [min(size, total - start) for start in range(0, total, size or 1)] or [0]
    else:
        lengths = list(given)
        if sum(lengths) != total or min(lengths, default=0) < 0:
            raise ShapeError(
                f"split: the sizes {lengths} add up to {sum(lengths)}; dimension {dim} has {total}"
            )
    pieces = []
    start = 0
    for length in lengths:
        pieces.append(narrow(tensor, dim, start, length))
        start += length
    return tuple(pieces)


@of_tensors
def chunk(input: Array, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """x cut along ``dim`` into at most ``chunks`` pieces of one size, the last smaller if it does not come
    out even

    Raises ShapeError for fewer than 1 chunk.
    """
    total = input.shape[cut_axis("chunk", dim, input)]
    if chunks < 1:
        raise ShapeError(f"chunk: the number of chunks is at least 1, not {chunks}")
    return split(input, -(-total // chunks) if total else [0] * chunks, dim)


@of_tensors
def unbind(input: Array, dim: int = 0) -> tuple[Tensor, ...]:
    """The slices of x along ``dim``, without that axis"""
    dim = cut_axis("unbind", dim, input, IndexError)
    return tuple(getitem(input, (slice(None),) * dim + (i,)) for i in range(input.shape[dim]))
