"""Operations that give an array another shape: reshape, permute, expand, flip, repeat."""

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad.devices import place
from minigrad.dtypes import numbers
from minigrad.engine.op import Array, Tensor, of_tensors, op, raw
from minigrad.errors import ShapeError
from minigrad.ops.axes import cut_axis, dimension
from minigrad.ops.flat import zero_gradient

__all__ = [
    "broadcast_to",
    "clone",
    "flatten",
    "flip",
    "movedim",
    "numel",
    "permute",
    "reshape",
    "roll",
    "squeeze",
    "t",
    "tile",
    "transpose",
    "tril",
    "triu",
    "unflatten",
    "unsqueeze",
]

Shape = tuple[int, ...]


def sizes(given: tuple[Any, ...], named: Any = None) -> Shape:
    """The sizes of ``view(2, 3)``, ``view((2, 3))`` or ``view(size=(2, 3))`` as one tuple."""
    if named is not None:
        given = (named,)
    if len(given) == 1 and isinstance(given[0], (tuple, list)):
        given = tuple(given[0])
    try:
        return tuple(operator.index(size) for size in given)
    except TypeError:
        raise TypeError(f"sizes and dimensions are integers, got {', '.join(map(repr, given))}") from None


def shape_of(given: tuple[Any, ...], named: Any = None) -> Shape:
    """`sizes` of a tensor that is to be made: none is negative."""
    shape = sizes(given, named)
    if min(shape, default=0) < 0:
        raise ShapeError(f"no tensor has a negative size: got shape {shape}")
    return shape


@of_tensors
def numel(input: Array) -> int:
    """How many numbers there are"""
    return math.prod(input.shape)


# One array, another shape -----------------------------------------------------------------------------------


@op(view=True)
def reshape(input: Array, shape: Shape) -> Array:
    """The same numbers in row-major order under another shape; one size may be -1, to be worked out"""
    return np.reshape(input, shape)


@reshape.grad("input")
def _(dy: Array, input_shape: Shape) -> Array:
    return np.reshape(dy, input_shape)


@reshape.explains
def _(input: Array, shape: Shape) -> str:
    return (
        f"{input.size} numbers of shape {input.shape} do not fill shape {tuple(shape)}. The product of the "
        "sizes must be the same; one size may be -1, to be worked out."
    )


@of_tensors
def view(input: Array, *shape: Any, size: Any = None) -> Tensor:
    """reshape that never copies: x and y share memory

    Raises ShapeError where only a copy could have the shape.
    """
    if len(shape) == 1 and isinstance(shape[0], (np.dtype, type)):
        raise NotImplementedError(
            "view: reinterpreting the bits as another dtype is not supported; to(dtype) converts"
        )
    wanted = sizes(shape, size)
    y = reshape(input, wanted)
    if raw(y).size and not np.may_share_memory(raw(y), raw(input)):  # a copy is elsewhere
        raise ShapeError(
            f"view: a tensor of shape {tuple(input.shape)} and strides that are not row-major has no view "
            f"of shape {wanted}. Use reshape, which copies when it must."
        )
    return y


@op(view=True)
def permute(input: Array, dims: Shape) -> Array:
    """The axes in another order: axis i of y is axis dims[i] of x"""
    return np.transpose(input, dims)


@permute.grad("input")
def _(dy: Array, dims: Shape) -> Array:
    order = [dim % len(dims) for dim in dims]
    return np.transpose(dy, tuple(order.index(i) for i in range(len(dims))))


@permute.explains
def _(input: Array, dims: Shape) -> str:
    return f"the dims {tuple(dims)} must name each of the {input.ndim} axes of shape {input.shape} once"


@of_tensors
def transpose(input: Array, dim0: int, dim1: int) -> Tensor:
    """x with two axes exchanged"""
    order = list(range(input.ndim))
    a, b = dimension("transpose", dim0, input.ndim), dimension("transpose", dim1, input.ndim)
    if order:
        order[a], order[b] = b, a
    return permute(input, tuple(order))


@of_tensors
def movedim(input: Array, source: int | Shape, destination: int | Shape) -> Tensor:
    """x with one axis, or several, moved to other places, the others keeping their order

    Raises ShapeError unless both name as many axes, each once.
    """
    moved, places = _listed(source), _listed(destination)
    if len(moved) != len(places):
        raise ShapeError(f"movedim: {source} and {destination} must name as many dimensions")
    moved = [dimension("movedim", dim, input.ndim) for dim in moved]
    places = [dimension("movedim", dim, input.ndim) for dim in places]
    if len(set(moved)) != len(moved) or len(set(places)) != len(places):
        raise ShapeError(f"movedim: {source} to {destination} names a dimension twice")
    if not input.ndim:
        return input
    order = [dim for dim in range(input.ndim) if dim not in moved]
    for at, dim in sorted(zip(places, moved, strict=True)):
        order.insert(at, dim)
    return permute(input, tuple(order))


def _listed(dims: Any) -> list[int]:
    return list(dims) if isinstance(dims, (tuple, list)) else [dims]


@of_tensors
def t(input: Array) -> Tensor:
    """The transpose of a matrix; a vector as it is

    Raises RuntimeError for more than two axes.
    """
    if input.ndim > 2:
        raise RuntimeError(
            f"t: expected at most 2 dimensions, got shape {tuple(input.shape)}. Name two: transpose(0, 1)."
        )
    return input if input.ndim < 2 else permute(input, (1, 0))


@of_tensors
def squeeze(input: Array, dim: int | Sequence[int] | None = None) -> Tensor:
    """x without its axes of size 1: all of them, or those named in ``dim`` that have size 1"""
    named = range(input.ndim) if dim is None else _listed(dim)
    gone = {dimension("squeeze", d, input.ndim) for d in named}
    return reshape(input, tuple(size for i, size in enumerate(input.shape) if not (i in gone and size == 1)))


@of_tensors
def unsqueeze(input: Array, dim: int) -> Tensor:
    """x with a new axis of size 1 at place ``dim``"""
    place = dimension("unsqueeze", dim, input.ndim + 1)
    return reshape(input, (*input.shape[:place], 1, *input.shape[place:]))


@of_tensors
def flatten(input: Array, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """x with the axes from ``start_dim`` to ``end_dim``, both included, made one

    Raises RuntimeError if start_dim comes after end_dim.
    """
    start, end = dimension("flatten", start_dim, input.ndim), dimension("flatten", end_dim, input.ndim)
    if not input.ndim:
        return reshape(input, (1,))
    if start > end:
        raise RuntimeError(f"flatten: start_dim {start_dim} comes after end_dim {end_dim}")
    joined = math.prod(input.shape[start : end + 1])
    return reshape(input, (*input.shape[:start], joined, *input.shape[end + 1 :]))


@of_tensors
def unflatten(input: Array, dim: int, sizes: Sequence[int]) -> Tensor:
    """x with axis ``dim`` split into axes of the given sizes, one of which may be -1

    Raises ShapeError for sizes that do not multiply up to that of the axis.
    """
    place = cut_axis("unflatten", dim, input)
    known = math.prod(size for size in sizes if size != -1)
    total = input.shape[place]
    filled = tuple(total // max(known, 1) if size == -1 else size for size in sizes)
    if math.prod(filled) != total:
        raise ShapeError(
            f"unflatten: the sizes {tuple(sizes)} do not multiply up to {total}, dimension {dim}"
        )
    return reshape(input, (*input.shape[:place], *filled, *input.shape[place + 1 :]))


@op(view=True)
def broadcast_to(input: Array, size: Shape) -> Array:
    """x repeated along axes of size 1, or new ones in front, to fill ``size``; nothing is copied"""
    # NumPy's views of this kind cannot be written; where nothing is stretched there is no reason for that.
    return input[...] if tuple(size) == input.shape else np.broadcast_to(input, size)


@broadcast_to.grad("input")
def _(dy: Array) -> Array:
    return dy  # the engine sums over what was stretched


@broadcast_to.explains
def _(input: Array, shape: Shape) -> str:
    return (
        f"shape {input.shape} cannot be stretched to {tuple(shape)}: counted from the right, each size must "
        "be the same or 1"
    )


@of_tensors
def expand(input: Array, *shape: Any, size: Any = None) -> Tensor:
    """broadcast_to, where -1 keeps the size of an axis

    Raises ShapeError for an axis that is not of size 1 and would change.
    """
    wanted = sizes(shape, size)
    new = len(wanted) - input.ndim
    if new < 0 or -1 in wanted[:new]:
        raise ShapeError(f"expand: shape {tuple(input.shape)} cannot be expanded to {wanted}")
    full = tuple(input.shape[i - new] if s == -1 else s for i, s in enumerate(wanted))
    if any(a not in (1, b) for a, b in zip(input.shape, full[new:], strict=True)):
        raise ShapeError(
            f"expand: shape {tuple(input.shape)} cannot be expanded to {wanted}: only an axis of size 1 can "
            "be stretched, and -1 keeps a size"
        )
    return broadcast_to(input, full)


@op
def clone(input: Array) -> Array:
    """The same numbers in memory of their own"""
    return input.copy()


@clone.grad("input")
def _(dy: Array) -> Array:
    return dy


@op(name="copy_")
def replace(input: Array, source: Array) -> Array:
    """``source``, broadcast to the shape of x and in its dtype: what copy_ makes of x"""
    value = numbers("copy_ or fill_", source, input.dtype)
    if not place.is_array(source):  # a number
        value = place.beside(input, value)
    return np.broadcast_to(value, input.shape).astype(input.dtype)


@replace.grad("input")
def _(dy: Array) -> Array:
    return zero_gradient(dy)


@replace.grad("source")
def _(dy: Array) -> Array:
    return dy


# Turning, shifting, repeating -------------------------------------------------------------------------------


@op(name="flip")
def reverse(input: Array, dims: Shape) -> Array:
    """x with the order along each axis in ``dims`` reversed"""
    return np.flip(input, dims).copy()


@reverse.grad("input")
def _(dy: Array, dims: Shape) -> Array:
    return np.flip(dy, dims)


@of_tensors
def flip(input: Array, *axes: Any, dims: Any = None) -> Tensor:
    """x with the order along each axis in ``dims`` reversed; a copy, as in PyTorch

    Raises TypeError without an axis, ShapeError for one that is named twice.
    """
    if not axes and dims is None:
        raise TypeError("flip: dims is missing: which axes to reverse, as in flip(0) or flip((0, 1))")
    reversed_ = [dimension("flip", dim, input.ndim) for dim in sizes(axes, dims)]
    if len(set(reversed_)) != len(reversed_):
        raise ShapeError(f"flip: the dimensions {sizes(axes, dims)} must be different")
    return reverse(input, tuple(reversed_)) if input.ndim else clone(input)


@op
def roll(input: Array, shifts: int | Shape, dims: int | Shape | None = None) -> Array:
    """x moved by ``shifts`` along ``dims``; what falls off the end comes back at the start

    Raises ShapeError unless there is an axis for each shift, IndexError for an axis of a number without any.
    """
    if len(_listed(shifts)) != (1 if dims is None else len(_listed(dims))):
        raise ShapeError(
            f"roll: expected a dimension for each shift, got shifts {shifts} and dims {dims}. Without dims "
            "there is one shift, of the numbers in row-major order."
        )
    if dims is not None and not input.ndim:
        raise IndexError(f"roll: a number without axes has no dimension {dims}. Leave dims out.")
    return np.roll(input, shifts, dims)


@roll.grad("input")
def _(dy: Array, shifts: int | Shape, dims: int | Shape | None) -> Array:
    return np.roll(dy, tuple(-s for s in shifts) if isinstance(shifts, (tuple, list)) else -shifts, dims)


def _matrices(name: str, input: Array) -> None:
    if input.ndim < 2:
        raise ShapeError(f"{name}: expected a matrix or a stack of them, got shape {tuple(input.shape)}")


@op
def tril(input: Array, diagonal: int = 0) -> Array:
    """The lower triangle of each matrix, 0 above the diagonal"""
    _matrices("tril", input)
    return np.tril(input, diagonal)


@tril.grad("input")
def _(dy: Array, diagonal: int) -> Array:
    return np.tril(dy, diagonal)


@op
def triu(input: Array, diagonal: int = 0) -> Array:
    """The upper triangle of each matrix, 0 below the diagonal"""
    _matrices("triu", input)
    return np.triu(input, diagonal)


@triu.grad("input")
def _(dy: Array, diagonal: int) -> Array:
    return np.triu(dy, diagonal)


@of_tensors
def repeat(input: Array, *counts: Any, repeats: Any = None) -> Tensor:
    """x laid side by side: repeats[i] times along axis i. (NumPy's tile; there may be new axes in front.)

    Raises ShapeError for fewer numbers than axes.
    """
    times = sizes(counts, repeats)
    if len(times) < input.ndim:
        raise ShapeError(
            f"repeat: expected a number for each of the {input.ndim} axes of {tuple(input.shape)}, got "
            f"{times}"
        )
    shape = (1,) * (len(times) - input.ndim) + tuple(input.shape)
    # (a, b) repeated (r, s) times is (1, a, 1, b) stretched to (r, a, s, b), then read as (r a, s b).
    apart = reshape(input, tuple(size for s in shape for size in (1, s)))
    stretched = broadcast_to(apart, tuple(size for pair in zip(times, shape, strict=True) for size in pair))
    return own_memory(reshape(stretched, tuple(r * s for r, s in zip(times, shape, strict=True))), input)


def own_memory(y: Array, x: Array) -> Array:
    """y in memory of its own: a stretched axis of size 1 can be reshaped without a copy."""
    return clone(y) if np.may_share_memory(raw(y), raw(x)) else y


@of_tensors
def tile(input: Array, *counts: Any, dims: Any = None) -> Tensor:
    """repeat, where missing numbers in front are 1"""
    times = sizes(counts, dims)
    return repeat(input, (1,) * (input.ndim - len(times)) + times)
