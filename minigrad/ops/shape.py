"""Operations that move numbers without changing them: reshape, join, index, repeat."""

import math
import operator
from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.engine.explain import broadcasting, explains
from minigrad.engine.op import Array, op, raw
from minigrad.engine.promotion import promote_types
from minigrad.errors import DtypeError, ShapeError

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


def dimension(name: str, dim: int, ndim: int) -> int:
    """``dim`` counted from the front, checked."""
    if not -max(ndim, 1) <= dim < max(ndim, 1):
        raise IndexError(
            f"{name}: dimension {dim} is out of range: the tensor has {ndim}, so it is from {-max(ndim, 1)} "
            f"to {max(ndim, 1) - 1}"
        )
    return dim % max(ndim, 1)


def _some_axis(name: str, input: Array, error: type[Exception] = ShapeError) -> None:
    if not input.ndim:
        raise error(f"{name}: a tensor of no dimension cannot be cut; reshape(1) makes a vector of it")


# One array, another shape -----------------------------------------------------------------------------------


@op(view=True)
def reshape(input: Array, shape: Shape) -> Array:
    """The same numbers in row-major order under another shape; one size may be -1, to be worked out"""
    return np.reshape(input, shape)


@reshape.grad("input")
def _(dy: Array, input_shape: Shape) -> Array:
    return np.reshape(dy, input_shape)


@explains("reshape")
def _(input: Array, shape: Shape) -> str:
    return (
        f"{input.size} numbers of shape {input.shape} do not fill shape {tuple(shape)}. The product of the "
        "sizes must be the same; one size may be -1, to be worked out."
    )


def view(input: Array, *shape: Any, size: Any = None) -> Array:
    """reshape that never copies: x and y share memory"""
    if len(shape) == 1 and isinstance(shape[0], (np.dtype, type)):
        raise NotImplementedError(
            "view: reinterpreting the bits as another dtype is not supported; to(dtype) converts"
        )
    wanted = sizes(shape, size)
    y = reshape(input, wanted)
    if raw(y).size and not np.shares_memory(raw(y), raw(input)):
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


@explains("permute")
def _(input: Array, dims: Shape) -> str:
    return f"the dims {tuple(dims)} must name each of the {input.ndim} axes of shape {input.shape} once"


def transpose(input: Array, dim0: int, dim1: int) -> Array:
    """x with two axes exchanged"""
    order = list(range(input.ndim))
    a, b = dimension("transpose", dim0, input.ndim), dimension("transpose", dim1, input.ndim)
    if order:
        order[a], order[b] = b, a
    return permute(input, tuple(order))


def movedim(input: Array, source: int | Shape, destination: int | Shape) -> Array:
    """x with one axis, or several, moved to other places, the others keeping their order"""
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
    for place, dim in sorted(zip(places, moved, strict=True)):
        order.insert(place, dim)
    return permute(input, tuple(order))


def _listed(dims: int | Sequence[int]) -> list[int]:
    return [dims] if isinstance(dims, int) else list(dims)


def t(input: Array) -> Array:
    """The transpose of a matrix; a vector as it is"""
    if input.ndim > 2:
        raise RuntimeError(
            f"t: expected at most 2 dimensions, got shape {tuple(input.shape)}. Name two: transpose(0, 1)."
        )
    return input if input.ndim < 2 else permute(input, (1, 0))


def squeeze(input: Array, dim: int | Sequence[int] | None = None) -> Array:
    """x without its axes of size 1: all of them, or those named in ``dim`` that have size 1"""
    named = range(input.ndim) if dim is None else [dim] if isinstance(dim, int) else dim
    gone = {dimension("squeeze", d, input.ndim) for d in named}
    return reshape(input, tuple(size for i, size in enumerate(input.shape) if not (i in gone and size == 1)))


def unsqueeze(input: Array, dim: int) -> Array:
    """x with a new axis of size 1 at place ``dim``"""
    place = dimension("unsqueeze", dim, input.ndim + 1)
    return reshape(input, (*input.shape[:place], 1, *input.shape[place:]))


def flatten(input: Array, start_dim: int = 0, end_dim: int = -1) -> Array:
    """x with the axes from ``start_dim`` to ``end_dim``, both included, made one"""
    start, end = dimension("flatten", start_dim, input.ndim), dimension("flatten", end_dim, input.ndim)
    if not input.ndim:
        return reshape(input, (1,))
    if start > end:
        raise RuntimeError(f"flatten: start_dim {start_dim} comes after end_dim {end_dim}")
    joined = int(np.prod(input.shape[start : end + 1]))
    return reshape(input, (*input.shape[:start], joined, *input.shape[end + 1 :]))


def unflatten(input: Array, dim: int, sizes: Sequence[int]) -> Array:
    """x with axis ``dim`` split into axes of the given sizes, one of which may be -1"""
    _some_axis("unflatten", input)
    place = dimension("unflatten", dim, input.ndim)
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


@explains("broadcast_to")
def _(input: Array, shape: Shape) -> str:
    return (
        f"shape {input.shape} cannot be stretched to {tuple(shape)}: counted from the right, each size must "
        "be the same or 1"
    )


def expand(input: Array, *shape: Any, size: Any = None) -> Array:
    """broadcast_to, where -1 keeps the size of an axis"""
    wanted = sizes(shape, size)
    new = len(wanted) - input.ndim
    if new < 0 or -1 in wanted[:new]:
        raise ShapeError(f"expand: shape {tuple(input.shape)} cannot be expanded to {wanted}")
    return broadcast_to(input, tuple(input.shape[i - new] if s == -1 else s for i, s in enumerate(wanted)))


@op
def clone(input: Array) -> Array:
    """The same numbers in memory of their own"""
    return input.copy()


@clone.grad("input")
def _(dy: Array) -> Array:
    return dy


@op
def replace(input: Array, source: Array) -> Array:
    """``source``, broadcast to the shape of x and in its dtype: what copy_ makes of x"""
    return np.broadcast_to(np.asarray(source), input.shape).astype(input.dtype)


@replace.grad("input")
def _(dy: Array) -> Array:
    return dy * 0


@replace.grad("source")
def _(dy: Array) -> Array:
    return dy


# Joining and splitting --------------------------------------------------------------------------------------


@op
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


def cat(tensors: Sequence[Array], dim: int = 0) -> Array:
    """The tensors one after another along axis ``dim``; their other sizes are the same"""
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


def stack(tensors: Sequence[Array], dim: int = 0) -> Array:
    """The tensors, of one shape, side by side along a new axis ``dim``"""
    tensors = _several("stack", tensors)
    shapes = {tuple(x.shape) for x in tensors}
    if len(shapes) > 1:
        raise ShapeError(
            f"stack: expected tensors of one shape, got {' and '.join(map(str, sorted(shapes)))}"
        )
    place = dimension("stack", dim, tensors[0].ndim + 1)
    return concatenate(*(unsqueeze(x, place) for x in tensors), dim=place)


def _several(name: str, tensors: Sequence[Array]) -> list[Array]:
    if hasattr(tensors, "_data"):
        raise TypeError(f"{name}: expected a list or tuple of tensors, got one tensor: {name}([a, b])")
    if not len(tensors):
        raise ShapeError(f"{name}: expected at least one tensor, got an empty list")
    return list(tensors)


def split(tensor: Array, split_size_or_sections: int | Sequence[int], dim: int = 0) -> tuple[Array, ...]:
    """x cut along ``dim`` into pieces of one size (the last may be smaller), or of the sizes given"""
    _some_axis("split", tensor)
    dim = dimension("split", dim, tensor.ndim)
    total = tensor.shape[dim]
    if isinstance(split_size_or_sections, int):
        size = split_size_or_sections
        if size < 0 or (not size and total):
            raise ShapeError(f"split: the size of a piece is at least 1, not {size}")
        lengths = [min(size, total - start) for start in range(0, total, size or 1)] or [0]
    else:
        lengths = list(split_size_or_sections)
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


def chunk(input: Array, chunks: int, dim: int = 0) -> tuple[Array, ...]:
    """x cut along ``dim`` into at most ``chunks`` pieces of one size, the last smaller if it does not come
    out even
    """
    _some_axis("chunk", input)
    if chunks < 1:
        raise ShapeError(f"chunk: the number of chunks is at least 1, not {chunks}")
    total = input.shape[dimension("chunk", dim, input.ndim)]
    return split(input, -(-total // chunks) if total else [0] * chunks, dim)


def unbind(input: Array, dim: int = 0) -> tuple[Array, ...]:
    """The slices of x along ``dim``, without that axis"""
    _some_axis("unbind", input, IndexError)
    dim = dimension("unbind", dim, input.ndim)
    return tuple(getitem(input, (slice(None),) * dim + (i,)) for i in range(input.shape[dim]))


# Turning, shifting, padding ---------------------------------------------------------------------------------


@op
def reverse(input: Array, dims: Shape) -> Array:
    """x with the order along each axis in ``dims`` reversed"""
    return np.flip(input, dims).copy()


@reverse.grad("input")
def _(dy: Array, dims: Shape) -> Array:
    return np.flip(dy, dims)


def flip(input: Array, *axes: Any, dims: Any = None) -> Array:
    """x with the order along each axis in ``dims`` reversed; a copy, as in PyTorch"""
    reversed_ = [dimension("flip", dim, input.ndim) for dim in sizes(axes, dims)]
    if len(set(reversed_)) != len(reversed_):
        raise ShapeError(f"flip: the dimensions {sizes(axes, dims)} must be different")
    return reverse(input, tuple(reversed_)) if input.ndim else clone(input)


@op
def roll(input: Array, shifts: int | Shape, dims: int | Shape | None = None) -> Array:
    """x moved by ``shifts`` along ``dims``; what falls off the end comes back at the start"""
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


def repeat(input: Array, *counts: Any, repeats: Any = None) -> Array:
    """x laid side by side: repeats[i] times along axis i. (NumPy's tile; there may be new axes in front.)"""
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
    return _own(reshape(stretched, tuple(r * s for r, s in zip(times, shape, strict=True))), input)


def _own(y: Array, x: Array) -> Array:
    """y in memory of its own: a stretched axis of size 1 can be reshaped without a copy."""
    return clone(y) if np.may_share_memory(raw(y), raw(x)) else y


def tile(input: Array, *counts: Any, dims: Any = None) -> Array:
    """repeat, where missing numbers in front are 1"""
    times = sizes(counts, dims)
    return repeat(input, (1,) * (input.ndim - len(times)) + times)


def repeat_interleave(input: Array, repeats: Any, dim: int | None = None) -> Array:
    """Each element (each slice along ``dim``) ``repeats`` times in a row; or each its own number of times"""
    if dim is None:
        input, dim = flatten(input), 0
    dim = dimension("repeat_interleave", dim, input.ndim)
    if not isinstance(repeats, int):
        times = raw(repeats)
        if times.dtype.kind not in "iu" or times.ndim > 1 or times.size not in (1, input.shape[dim]):
            raise ShapeError(
                f"repeat_interleave: expected an integer, or {input.shape[dim]} of them for shape "
                f"{tuple(input.shape)} and dimension {dim}; got {times.dtype}, shape {times.shape}"
            )
        return index_select(input, dim, np.repeat(np.arange(input.shape[dim]), times))
    apart = unsqueeze(input, dim + 1)
    stretched = expand(apart, (*input.shape[: dim + 1], repeats, *input.shape[dim + 1 :]))
    return _own(flatten(stretched, dim, dim + 1), input)


@op
def constant_pad(input: Array, widths: tuple[tuple[int, int], ...], value: float) -> Array:
    """x with ``value`` around it: (before, after) for each axis; a negative width cuts off"""
    cut = tuple(
        slice(max(-a, 0), size - max(-b, 0)) for (a, b), size in zip(widths, input.shape, strict=True)
    )
    return np.pad(input[cut], [(max(a, 0), max(b, 0)) for a, b in widths], constant_values=value)


@constant_pad.grad("input")
def _(dy: Array, widths: tuple[tuple[int, int], ...]) -> Array:
    return constant_pad(dy, tuple((-a, -b) for a, b in widths), 0.0)


def pad(input: Array, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Array:
    """x with numbers around it. ``pad`` lists (before, after) for the last axis first, then the one before
    it, ...
    """
    if mode != "constant":
        raise NotImplementedError(f'pad: mode {mode!r} is not supported; "constant" is')
    if len(pad) % 2 or len(pad) > 2 * input.ndim:
        raise ShapeError(
            f"pad: expected (before, after) for at most {input.ndim} axes, last axis first; got {tuple(pad)}"
        )
    pairs = [(int(pad[i]), int(pad[i + 1])) for i in range(0, len(pad), 2)]
    widths = ((0, 0),) * (input.ndim - len(pairs)) + tuple(reversed(pairs))
    return constant_pad(input, widths, 0.0 if value is None else value)


# Indexing ---------------------------------------------------------------------------------------------------


def _basic(index: Any) -> bool:
    parts = index if isinstance(index, tuple) else (index,)
    return all(part is None or part is Ellipsis or isinstance(part, (int, slice)) for part in parts)


@op(view=True)
def getitem(input: Array, index: Any) -> Array:
    """y = x[index], as in NumPy: integers, slices, None, Ellipsis, bool and integer arrays, and tuples of
    them
    """
    y = input[index]
    if isinstance(y, np.generic):  # one element: NumPy copies it, with ... in the index it gives a view
        y = input[(*index, ...) if isinstance(index, tuple) else (index, ...)]
    return y


@getitem.grad("input")
def _(dy: Array, input_shape: Shape, index: Any) -> Array:
    return scatter_into(dy, input_shape, index)


@explains("getitem")
def _(input: Array, index: Any) -> str | None:
    parts = index if isinstance(index, tuple) else (index,)
    if sum(part is not None and part is not Ellipsis for part in parts) > input.ndim:
        return (
            f"too many indices for a tensor of {input.ndim} dimensions, shape {input.shape}: {_shown(index)}"
        )
    if Ellipsis in [part for part in parts if not hasattr(part, "shape")]:
        return None
    axis = 0
    for part in parts:
        if part is None:
            continue
        if getattr(part, "dtype", None) == np.bool_:
            if part.shape != input.shape[axis : axis + part.ndim]:
                masked = input.shape[axis : axis + part.ndim]
                return f"the mask has shape {part.shape}, the dimensions it selects from {masked}"
            axis += part.ndim
            continue
        size = input.shape[axis]
        wrong = (
            [] if isinstance(part, slice) else [i for i in np.ravel(part).tolist() if not -size <= i < size]
        )
        if wrong:
            return (
                f"index {wrong[0]} is out of range for dimension {axis} of shape {input.shape}: it goes from "
                f"{-size} to {size - 1}"
            )
        axis += 1
    return None


def _shown(index: Any) -> str:
    return f"[{', '.join(map(repr, index))}]" if isinstance(index, tuple) else f"[{index!r}]"


@op
def scatter_into(input: Array, shape: Shape, index: Any) -> Array:
    """Zeros of ``shape``, with x added at ``index``: what getitem does, backwards"""
    if _row_index(index):
        return kernels.index_add_rows(input, index, shape[0])
    y = np.zeros(shape, input.dtype)
    if _basic(index):
        y[index] = input
    else:
        np.add.at(y, index, input)  # an element may be taken twice
    return y


@scatter_into.grad("input")
def _(dy: Array, index: Any) -> Array:
    return getitem(dy, index)


def _row_index(index: Any) -> bool:
    return isinstance(index, np.ndarray) and index.dtype.kind in "iu"


@op
def setitem(input: Array, index: Any, value: Array) -> Array:
    """x with ``value`` at ``index``: what x[index] = value makes of x"""
    y = input.copy()
    while np.ndim(value) and value.shape[0] == 1:  # which NumPy takes for slices, but not for masks
        value = value[0]
    y[index] = value
    return y


@setitem.grad("input")
def _(dy: Array, index: Any) -> Array:
    return dy * setitem(np.ones(dy.shape, dy.dtype), index, 0)


@setitem.grad("value")
def _(dy: Array, index: Any) -> Array:
    return getitem(dy, index)


@explains("setitem")
def _(input: Array, index: Any, value: Array) -> str:
    try:
        place = input[index].shape
    except IndexError as error:
        return f"{error} (shape {input.shape}, index {_shown(index)})"
    return f"a value of shape {np.shape(value)} does not fit into {_shown(index)}, which has shape {place}"


def narrow(input: Array, dim: int, start: int, length: int) -> Array:
    """x[start : start + length] along axis ``dim``"""
    _some_axis("narrow", input)
    dim = dimension("narrow", dim, input.ndim)
    size = input.shape[dim]
    first = start + size if start < 0 else start
    if not 0 <= first <= size:
        raise IndexError(f"narrow: start {start} is out of range for dimension {dim}, of size {size}")
    if not 0 <= length <= size - first:
        raise ShapeError(f"narrow: {length} from {start} on do not fit into dimension {dim}, of size {size}")
    return getitem(input, (slice(None),) * dim + (slice(first, first + length),))


def select(input: Array, dim: int, index: int) -> Array:
    """x[index] along axis ``dim``"""
    _some_axis("select", input, IndexError)
    return getitem(input, (slice(None),) * dimension("select", dim, input.ndim) + (index,))


def index_select(input: Array, dim: int, index: Array) -> Array:
    """The slices of x along ``dim`` at the places in the vector ``index``"""
    index = np.atleast_1d(_places_of("index_select", index))
    if not input.ndim:
        return reshape(index_select(reshape(input, (1,)), dim, index), ())
    dim = dimension("index_select", dim, input.ndim)
    if index.ndim > 1:
        raise IndexError(f"index_select: the index is a vector; got shape {index.shape}. x[index] takes any.")
    _in_range("index_select", index, input.shape[dim], dim)
    return getitem(input, (slice(None),) * dim + (index,))


def masked_select(input: Array, mask: Array) -> Array:
    """The elements of x where the mask is True, as a vector; x and the mask broadcast"""
    chosen = raw(mask)
    if chosen.dtype != np.bool_:
        raise DtypeError(f"masked_select: the mask is a bool tensor (x > 0, say); got {chosen.dtype}")
    misfit = broadcasting("masked_select", (input, chosen))
    if misfit is not None:
        raise ShapeError(f"masked_select: {misfit}")
    shape = np.broadcast_shapes(input.shape, chosen.shape)
    return getitem(broadcast_to(input, shape), np.broadcast_to(chosen, shape))


def _places_of(name: str, index: Array) -> Array:
    """The array of an index, checked to be one of integers."""
    index = raw(index)
    if index.dtype.kind not in "iu":
        raise DtypeError(
            f"{name}: the index is a tensor of integers; got {index.dtype}. Convert with .long()."
        )
    return index


def _in_range(name: str, index: Array, size: int, dim: int) -> None:
    if index.size and not 0 <= index.min() <= index.max() < size:
        raise IndexError(
            f"{name}: the index goes from {index.min()} to {index.max()}, dimension {dim} of size {size} "
            f"from 0 to {size - 1}"
        )


def _places(shape: Shape, dim: int, index: Array) -> tuple[Array, ...]:
    """The full index of gather: row and column numbers everywhere, except along ``dim``."""
    places: list[Array] = list(np.ogrid[tuple(slice(size) for size in index.shape)])
    places[dim] = index
    return tuple(places)


def gather(input: Array, dim: int, index: Array) -> Array:
    """y[i, j] = x[index[i, j], j] for dim 0, x[i, index[i, j]] for dim 1, and so on; shapes: y as index"""
    index = _places_of("gather", index)
    if not input.ndim and index.ndim < 2:
        return reshape(gather(reshape(input, (1,)), dim, np.atleast_1d(index)), index.shape)
    dim = _fitting("gather", input.shape, dim, index)
    return getitem(input, _places(input.shape, dim, index))


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


def scatter_add(input: Array, dim: int, index: Array, src: Array) -> Array:
    """x with src[i, j] added at [index[i, j], j] for dim 0, at [i, index[i, j]] for dim 1, and so on"""
    index = _places_of("scatter_add", index)
    dim = _fitting("scatter_add", input.shape, dim, index)
    if any(a < b for a, b in zip(src.shape, index.shape, strict=True)):
        raise ShapeError(
            f"scatter_add: src of shape {tuple(src.shape)} is smaller than the index of shape {index.shape}"
        )
    src = getitem(src, tuple(slice(size) for size in index.shape))
    return input + scatter_into(src, tuple(input.shape), _places(input.shape, dim, index))


def one_hot(input: Array, num_classes: int = -1) -> Array:
    """y[..., c] = 1 where x is c, else 0, for classes 0 .. num_classes - 1; shapes: (...) -> (..., C)"""
    classes = raw(input)
    if classes.dtype.kind not in "iu":
        raise DtypeError(f"one_hot: expected integer classes, got {classes.dtype}. Convert with .long().")
    largest = int(classes.max()) if classes.size else -1
    if num_classes == -1:
        if not classes.size:
            raise RuntimeError(
                "one_hot: an empty tensor does not tell how many classes there are; give num_classes"
            )
        num_classes = largest + 1
    if classes.size and (int(classes.min()) < 0 or largest >= num_classes):
        raise RuntimeError(
            f"one_hot: classes must be from 0 to {num_classes - 1}, got {int(classes.min())} to {largest}"
        )
    encoded = (classes[..., None] == np.arange(num_classes)).astype(np.int64)
    return encoded if input is classes else input._wrap(encoded)
