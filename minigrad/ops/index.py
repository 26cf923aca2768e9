"""Operations that pick elements by their place, and put them there: indexing, gather, scatter, one-hot."""

from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.devices import capturing, place
from minigrad.dtypes import numbers
from minigrad.engine import writes
from minigrad.engine.explain import broadcasting, explain, to_count
from minigrad.engine.inplace import assign, check_writeable, needs_grad
from minigrad.engine.modes import state
from minigrad.engine.op import Array, is_tensor, of_tensors, op, raw
from minigrad.errors import DtypeError, ShapeError
from minigrad.ops.convert import brought
from minigrad.ops.shape import (
    Shape,
    broadcast_to,
    clone,
    dimension,
    expand,
    flatten,
    own_memory,
    reshape,
    some_axis,
    unsqueeze,
)

__all__ = [
    "gather",
    "index_select",
    "masked_select",
    "narrow",
    "repeat_interleave",
    "scatter",
    "scatter_add",
    "select",
]


def _plain_index(index: Any) -> Any:
    """An index with arrays in place of tensors and lists."""
    if isinstance(index, tuple):
        return tuple(_plain_index(part) for part in index)
    index = raw(index)
    if place.is_array(index) and index.dtype == np.uint8 and index.ndim:
        raise IndexError(
            "an index of dtype uint8 is a mask in PyTorch and places in NumPy: say .bool() for a mask, "
            ".long() for places"
        )
    if place.is_array(index) and index.dtype.kind in "iub":
        return index.item() if index.ndim == 0 and index.dtype.kind != "b" else index
    if isinstance(index, np.integer):
        return int(index)
    if isinstance(index, list):
        if any(part is None or part is Ellipsis or isinstance(part, slice) for part in index):
            return _plain_index(tuple(index))
        return np.asarray([_number(_plain_index(part)) for part in index]) if index else np.zeros(0, np.int64)
    if isinstance(index, (str, bytes, dict, set, complex)):
        raise (TypeError if isinstance(index, (str, bytes)) else IndexError)(
            f"an index is an integer, a slice, None, ..., or a bool or integer tensor; got {index!r:.60}"
        )
    if isinstance(index, float) or getattr(getattr(index, "dtype", None), "kind", "") == "f":
        raise IndexError(
            "an index is an integer, a slice, None, ..., or a bool or integer tensor, not floating"
        )
    return index


def _number(part: Any) -> Any:
    """A part of a list, on the CPU: lists are there."""
    return place.to_host(part) if place.is_array(part) else part


def _beside(input: Array, index: Any) -> Any:
    """An index with its arrays on the device of the tensor, a GPU: it may be indexed by the CPU's."""
    parts = index if isinstance(index, tuple) else (index,)
    # NumPy raises for a place that there is not. CuPy takes another.
    wrong = _out_of_place(raw(input), index) if any(map(place.is_array, parts)) else None
    if wrong is not None:
        raise IndexError(f"indexing: {wrong}")
    where = place.device_of(raw(input))
    there = [place.put(part, where) if place.is_array(part) else part for part in parts]
    if sum(map(_is_mask, there)) > 1:  # CuPy takes one mask
        there = [i for part in there for i in (part.nonzero() if _is_mask(part) else (part,))]
    return tuple(there) if isinstance(index, tuple) else there[0]


def _is_mask(part: Any) -> bool:
    return place.is_array(part) and part.dtype == np.bool_


def _two_steps(index: Any) -> tuple[Any, Any] | None:
    """An index that mixes integers and arrays, as one by the integers and then one by the arrays; else None.

    That is PyTorch's reading: x[0, :, [1, 2]] is x[0][:, [1, 2]]. NumPy's puts the axis of [1, 2] first.
    """
    if not isinstance(index, tuple) or not any(type(part) is int for part in index):
        return None
    if not any(map(place.is_array, index)):
        return None
    first: list[Any] = []
    second: list[Any] = []
    for part in index:
        if place.is_array(part):
            first += [slice(None)] * (part.ndim if part.dtype == np.bool_ else 1)
            second.append(part)
        else:
            first.append(part)
            if type(part) is not int:
                second.append(Ellipsis if part is Ellipsis else slice(None))
    return tuple(first), tuple(second)


def _basic(index: Any) -> bool:
    parts = index if isinstance(index, tuple) else (index,)
    return all(part is None or part is Ellipsis or isinstance(part, (int, slice)) for part in parts)


@op(view=True, called="indexing")
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


@getitem.explains
def _out_of_place(input: Array, index: Any) -> str | None:
    parts = index if isinstance(index, tuple) else (index,)
    if _selects(tuple(part for part in parts if part is not Ellipsis)) > input.ndim:
        return (
            f"too many indices for a tensor of {input.ndim} dimensions, shape {input.shape}: {_shown(index)}"
        )
    axis = 0
    for i, part in enumerate(parts):
        if part is None:
            continue
        if part is Ellipsis:
            axis = input.ndim - _selects(parts[i + 1 :])
            continue
        if getattr(part, "dtype", None) == np.bool_:
            if part.shape != input.shape[axis : axis + part.ndim]:
                masked = input.shape[axis : axis + part.ndim]
                return f"the mask has shape {part.shape}, the dimensions it selects from {masked}"
            axis += part.ndim
            continue
        size = input.shape[axis]
        if not isinstance(part, slice) and np.size(part) and not capturing.is_capturing():
            least, most = int(np.min(part)), int(np.max(part))
            if not -size <= least <= most < size:
                wrong = next(i for i in np.ravel(part).tolist() if not -size <= i < size)
                return (
                    f"index {wrong} is out of range for dimension {axis} of shape {input.shape}: it goes "
                    f"from {-size} to {size - 1}.{to_count(least, most, size, ends=True)}"
                )
        axis += 1
    return None


def _selects(parts: tuple[Any, ...]) -> int:
    """How many dimensions the parts of an index stand for."""
    return sum(
        part.ndim if getattr(part, "dtype", None) == np.bool_ else 1 for part in parts if part is not None
    )


def _shown(index: Any) -> str:
    """An index as a person writes it: ``[:, 0]``; arrays by their shape."""
    parts = index if isinstance(index, tuple) else (index,)
    return f"[{', '.join(map(_shown_part, parts))}]"


def _shown_part(part: Any) -> str:
    if part is Ellipsis:
        return "..."
    if isinstance(part, slice):
        start, stop = ("" if end is None else str(end) for end in (part.start, part.stop))
        return f"{start}:{stop}" + ("" if part.step is None else f":{part.step}")
    if hasattr(part, "shape") and part.shape:
        return f"{'mask' if part.dtype == np.bool_ else 'index'} of shape {part.shape}"
    return repr(part)


@op
def scatter_into(input: Array, shape: Shape, index: Any) -> Array:
    """Zeros of ``shape``, with x added at ``index``: what getitem does, backwards"""
    if _row_index(index):
        return kernels.index_add_rows(input, index, shape[0])
    y = np.zeros_like(input, shape=shape, order="C")
    if _basic(index):
        y[index] = input
    else:
        np.add.at(y, index, input)  # an element may be taken twice
    return y


@scatter_into.grad("input")
def _(dy: Array, index: Any) -> Array:
    return getitem(dy, index)


@op(name="embedding")
def rows(table: Array, index: Array) -> Array:
    """y = table[index]: for each integer a row. Shapes: table (number of rows, ...), index (...)."""
    return table[index]


@rows.grad("table")
def _(dy: Array, table_shape: Shape, index: Array) -> Array:
    return scatter_into(dy, table_shape, index)


def _row_index(index: Any) -> bool:
    return place.is_array(index) and index.dtype.kind in "iu"


def _write(y: Array, index: Any, value: Any) -> None:
    written = numbers("setitem", value, y.dtype)
    value = value if place.is_array(value) else place.beside(y, written)
    while np.ndim(value) and value.shape[0] == 1:  # which NumPy takes for slices, but not for masks
        value = value[0]
    y[index] = value


@op
def setitem(input: Array, index: Any, value: Array) -> Array:
    """x with ``value`` at ``index``: what x[index] = value makes of x"""
    y = np.copy(input)  # an array, also of the scalar that NumPy makes of no dimensions
    _write(y, index, value)
    return y


@setitem.grad("input")
def _(dy: Array, index: Any) -> Array:
    return setitem(dy, index, 0)


@setitem.grad("value")
def _(dy: Array, index: Any) -> Array:
    return getitem(dy, index)


@setitem.explains
def _(input: Array, index: Any, value: Array) -> str:
    try:
        place = input[index].shape
    except IndexError as error:
        return _out_of_place(input, index) or f"{error} (shape {input.shape}, index {_shown(index)})"
    return f"a value of shape {np.shape(value)} does not fit into {_shown(index)}, which has shape {place}"


def take(input: Array, index: Any) -> Array:
    """What ``x[index]`` is: getitem, for an index as a person writes it"""
    index = _plain_index(index)
    if type(raw(input)) is not np.ndarray:
        index = _beside(input, index)
    steps = _two_steps(index)
    return getitem(input, index) if steps is None else take(take(input, steps[0]), steps[1])


def put(input: Array, index: Any, value: Any) -> None:
    """What ``x[index] = value`` does"""
    index, value = _plain_index(index), brought(value, input)
    if type(raw(input)) is not np.ndarray:
        index = _beside(input, index)
    steps = _two_steps(index)
    if steps is not None:
        put(take(input, steps[0]), steps[1], value)
    elif state.recording and (needs_grad(input) or (is_tensor(value) and value.requires_grad)):
        assign(input, setitem(input, index, value), "setitem")
    else:  # nothing to record: write the region alone
        memory, value = raw(input), raw(value)
        check_writeable("setitem", memory)
        try:
            _write(memory, index, value)
        except (ValueError, IndexError, TypeError) as error:
            raise explain(setitem, (memory, index, value), error) from None
        writes.mark(memory)


@of_tensors
def narrow(input: Array, dim: int, start: int, length: int) -> Array:
    """x[start : start + length] along axis ``dim``

    Raises IndexError for a start out of range, ShapeError for a length that does not fit.
    """
    some_axis("narrow", input)
    dim = dimension("narrow", dim, input.ndim)
    size = input.shape[dim]
    first = start + size if start < 0 else start
    if not 0 <= first <= size:
        raise IndexError(f"narrow: start {start} is out of range for dimension {dim}, of size {size}")
    if not 0 <= length <= size - first:
        raise ShapeError(f"narrow: {length} from {start} on do not fit into dimension {dim}, of size {size}")
    return getitem(input, (slice(None),) * dim + (slice(first, first + length),))


@of_tensors
def select(input: Array, dim: int, index: int) -> Array:
    """x[index] along axis ``dim``"""
    some_axis("select", input, IndexError)
    return getitem(input, (slice(None),) * dimension("select", dim, input.ndim) + (index,))


@of_tensors
def index_select(input: Array, dim: int, index: Array) -> Array:
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
) -> Array:
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
        _as_large("repeat_interleave", len(times), output_size)
        return index_select(input, dim, place.beside(raw(input), times))
    _as_large("repeat_interleave", input.shape[dim] * repeats, output_size)
    apart = unsqueeze(input, dim + 1)
    stretched = expand(apart, (*input.shape[: dim + 1], repeats, *input.shape[dim + 1 :]))
    return own_memory(flatten(stretched, dim, dim + 1), input)


def _as_large(name: str, size: int, output_size: int | None) -> None:
    if output_size is not None and output_size != size:
        raise RuntimeError(
            f"{name}: output_size is {output_size}, and there are {size} elements to put there"
        )


@of_tensors
def masked_select(input: Array, mask: Array) -> Array:
    """The elements of x where the mask is True, as a vector; x and the mask broadcast

    Raises DtypeError for a mask that is not bool, ShapeError for one that does not broadcast.
    """
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
    if index.size and not capturing.is_capturing() and not 0 <= index.min() <= index.max() < size:
        raise IndexError(
            f"{name}: the index goes from {index.min()} to {index.max()}, dimension {dim} of size {size} "
            f"from 0 to {size - 1}.{to_count(index.min(), index.max(), size)}"
        )


def _full_index(shape: Shape, dim: int, index: Array) -> tuple[Array, ...]:
    """The full index of gather: row and column numbers everywhere, except along ``dim``."""
    along = [
        np.arange(size, like=index).reshape((-1,) + (1,) * (index.ndim - 1 - axis))
        for axis, size in enumerate(index.shape)
    ]
    return (*along[:dim], index, *along[dim + 1 :])


@of_tensors
def gather(input: Array, dim: int, index: Array, *, sparse_grad: bool = False) -> Array:
    """y[i, j] = x[index[i, j], j] for dim 0, x[i, index[i, j]] for dim 1, and so on; shapes: y as index

    Raises NotImplementedError for ``sparse_grad``, IndexError for a place that there is not, ShapeError for
    an index of other dimensions.
    """
    if sparse_grad:
        raise NotImplementedError("gather: sparse_grad=True is not supported")
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
def scatter_add(input: Array, dim: int, index: Array, src: Array) -> Array:
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
def scatter(input: Array, dim: int, index: Array, src: Array, *, reduce: str | None = None) -> Array:
    """x with src[i, j], or the number src, put at [index[i, j], j] for dim 0, at [i, index[i, j]] for dim 1,
    and so on

    Raises NotImplementedError for ``reduce``, DtypeError for a ``src`` of another dtype, IndexError for a
    place that there is not, ShapeError for an index or ``src`` that does not fit.
    """
    if reduce is not None:
        raise NotImplementedError(f"scatter: reduce={reduce!r} is not supported; scatter_add adds")
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
def one_hot(input: Array, num_classes: int = -1) -> Array:
    """y[..., c] = 1 where x is c, else 0, for classes 0 .. num_classes - 1; shapes: (...) -> (..., C)

    Raises DtypeError unless x is of integers, RuntimeError for classes out of range.
    """
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
            f"one_hot: classes must be from 0 to {num_classes - 1}, got {int(classes.min())} to {largest}."
            + to_count(int(classes.min()), largest, num_classes)
        )
    encoded = (classes[..., None] == np.arange(num_classes, like=classes)).astype(np.int64)
    return encoded if input is classes else input._wrap(encoded)
