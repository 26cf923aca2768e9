"""What x[index] reads, and what x[index] = value writes."""

from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.devices import place
from minigrad.dtypes import numbers
from minigrad.engine import writes
from minigrad.engine.explain import broadcasting, explain
from minigrad.engine.inplace import assign, check_writeable, needs_grad
from minigrad.engine.modes import state
from minigrad.engine.op import Array, Tensor, is_tensor, of_tensors, op, raw
from minigrad.errors import ShapeError
from minigrad.ops.axes import cut_axis
from minigrad.ops.checks import bools, numbers_known, to_count
from minigrad.ops.convert import brought
from minigrad.ops.shape import Shape, broadcast_to

__all__ = [
    "masked_select",
    "narrow",
    "select",
]


# The operations, and their rules ----------------------------------------------------------------------------


@op(view=True, name="indexing")
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


@op
def scatter_into(input: Array, shape: Shape, index: Any) -> Array:
    """Zeros of ``shape``, with x added at ``index``: what getitem does, backwards"""
    if place.is_array(index) and index.dtype.kind in "iu":  # of rows
        return kernels.index_add_rows(input, index, shape[0])
    like = None if isinstance(input, np.generic) else input  # a number of NumPy's is like no array
    y = np.zeros(shape, input.dtype, like=like)  # CuPy's zeros_like takes the shape () for none
    if _basic(index):
        y[index] = input
    elif type(y) is np.ndarray:
        np.add.at(y, index, input)  # an element may be taken twice
    else:  # CuPy adds only where one array says, and in an order that chance decides
        places = np.arange(y.size, like=y).reshape(shape)[index]
        return kernels.index_add_rows(input, places, y.size).reshape(shape)
    return y


@scatter_into.grad("input")
def _(dy: Array, index: Any) -> Array:
    return getitem(dy, index)


def _basic(index: Any) -> bool:
    parts = index if isinstance(index, tuple) else (index,)
    return all(part is None or part is Ellipsis or isinstance(part, (int, slice)) for part in parts)


@op
def setitem(input: Array, index: Any, value: Array) -> Array:
    """x with ``value`` at ``index``: what x[index] = value makes of x"""
    y = np.copy(input)  # an array, also of the scalar that NumPy makes of no dimensions
    _put_in(y, index, value)
    return y


@setitem.grad("input")
def _(dy: Array, index: Any) -> Array:
    return setitem(dy, index, 0)


@setitem.grad("value")
def _(dy: Array, index: Any) -> Array:
    return getitem(dy, index)


def _put_in(y: Array, index: Any, value: Any) -> None:
    written = numbers("setitem", value, y.dtype)
    value = value if place.is_array(value) else place.beside(y, written)
    while np.ndim(value) and value.shape[0] == 1:  # which NumPy takes for slices, but not for masks
        value = value[0]
    y[index] = value


# What the brackets call -------------------------------------------------------------------------------------


def read(input: Array, index: Any) -> Array:
    """What ``x[index]`` is: getitem, for an index as a person writes it"""
    index = _plain_index(index)
    if type(raw(input)) is not np.ndarray:
        index = _beside(input, index)
    steps = _two_steps(index)
    return getitem(input, index) if steps is None else read(read(input, steps[0]), steps[1])


def write(input: Array, index: Any, value: Any) -> None:
    """What ``x[index] = value`` does"""
    index, value = _plain_index(index), brought(value, input)
    if type(raw(input)) is not np.ndarray:
        index = _beside(input, index)
    steps = _two_steps(index)
    if steps is not None:
        write(read(input, steps[0]), steps[1], value)
    elif state.recording and (needs_grad(input) or (is_tensor(value) and value.requires_grad)):
        assign(input, setitem(input, index, value), "setitem")
    else:  # nothing to record: write the region alone
        memory, value = raw(input), raw(value)
        check_writeable("setitem", memory)
        try:
            _put_in(memory, index, value)
        except (ValueError, IndexError, TypeError) as error:
            raise explain(setitem, (memory, index, value), error) from None
        writes.mark(memory)


# An index as a person writes it -----------------------------------------------------------------------------


def _plain_index(index: Any) -> Any:
    """An index with arrays in place of tensors and lists."""
    if isinstance(index, tuple):
        return tuple(_plain_index(list(part) if isinstance(part, tuple) else part) for part in index)
    index = list(index) if isinstance(index, range) else raw(index)
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
        parts = map(_plain_index, index)  # a list is on the CPU, and so is what was in it
        plain = [place.to_host(part) if place.is_array(part) else part for part in parts]
        return np.asarray(plain) if plain else np.zeros(0, np.int64)
    if isinstance(index, (str, bytes, dict, set, complex)):
        raise (TypeError if isinstance(index, (str, bytes)) else IndexError)(
            f"an index is an integer, a slice, None, ..., or a bool or integer tensor; got {index!r:.60}"
        )
    if isinstance(index, float) or getattr(getattr(index, "dtype", None), "kind", "") == "f":
        raise IndexError(
            "an index is an integer, a slice, None, ..., or a bool or integer tensor, not floating"
        )
    return index


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
            first += [slice(None)] * (part.ndim if _is_mask(part) else 1)
            second.append(part)
        else:
            first.append(part)
            if type(part) is not int:
                second.append(Ellipsis if part is Ellipsis else slice(None))
    return tuple(first), tuple(second)


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
    shapes = [part.shape for part in there if place.is_array(part) and not _is_mask(part)]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        told = ", ".join(map(str, shapes))
        raise IndexError(f"indexing: index tensors of shapes {told} do not broadcast") from None
    return tuple(there) if isinstance(index, tuple) else there[0]


def _is_mask(part: Any) -> bool:
    return getattr(part, "dtype", None) == np.bool_


# What is wrong with an index --------------------------------------------------------------------------------


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
        if _is_mask(part):
            if part.shape != input.shape[axis : axis + part.ndim]:
                masked = input.shape[axis : axis + part.ndim]
                return f"the mask has shape {part.shape}, the dimensions it selects from {masked}"
            axis += part.ndim
            continue
        size = input.shape[axis]
        if not isinstance(part, slice) and np.size(part) and numbers_known():
            least, most = int(np.min(part)), int(np.max(part))
            if not -size <= least <= most < size:
                wrong = next(i for i in np.ravel(part).tolist() if not -size <= i < size)
                return (
                    f"index {wrong} is out of range for dimension {axis} of shape {input.shape}: it goes "
                    f"from {-size} to {size - 1}.{to_count(least, most, size, ends=True)}"
                )
        axis += 1
    return None


@setitem.explains
def _(input: Array, index: Any, value: Array) -> str:
    try:
        place = input[index].shape
    except IndexError as error:
        return _out_of_place(input, index) or f"{error} (shape {input.shape}, index {_shown(index)})"
    return f"a value of shape {np.shape(value)} does not fit into {_shown(index)}, which has shape {place}"


def _selects(parts: tuple[Any, ...]) -> int:
    """How many dimensions the parts of an index stand for."""
    return sum(part.ndim if _is_mask(part) else 1 for part in parts if part is not None)


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
        return f"{'mask' if _is_mask(part) else 'index'} of shape {part.shape}"
    return repr(part)


# With the axis by its number --------------------------------------------------------------------------------


@of_tensors
def narrow(input: Array, dim: int, start: int, length: int) -> Tensor:
    """x[start : start + length] along axis ``dim``

    Raises IndexError for a start out of range, ShapeError for a length that does not fit.
    """
    dim = cut_axis("narrow", dim, input)
    size = input.shape[dim]
    first = start + size if start < 0 else start
    if not 0 <= first <= size:
        raise IndexError(f"narrow: start {start} is out of range for dimension {dim}, of size {size}")
    if not 0 <= length <= size - first:
        raise ShapeError(f"narrow: {length} from {start} on do not fit into dimension {dim}, of size {size}")
    return getitem(input, (slice(None),) * dim + (slice(first, first + length),))


@of_tensors
def select(input: Array, dim: int, index: int) -> Tensor:
    """x[index] along axis ``dim``"""
    return getitem(input, (slice(None),) * cut_axis("select", dim, input, IndexError) + (index,))


@of_tensors
def masked_select(input: Array, mask: Array) -> Tensor:
    """The elements of x where the mask is True, as a vector; x and the mask broadcast

    Raises DtypeError for a mask that is not bool, ShapeError for one that does not broadcast.
    """
    chosen = raw(mask)
    bools("masked_select", "mask", chosen)
    misfit = broadcasting("masked_select", (input, chosen))
    if misfit is not None:
        raise ShapeError(f"masked_select: {misfit}")
    shape = np.broadcast_shapes(input.shape, chosen.shape)
    return getitem(broadcast_to(input, shape), np.broadcast_to(chosen, shape))
