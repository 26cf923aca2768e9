"""Other inputs like the given ones: of the same shapes or other sizes, the same range, the same kind.

A slip can hide in special numbers: a factor x where x is 1, a transposed product of symmetric matrices, a
mean over one element, a mean over 2 that looks like a factor 2. So a rule is tried on random inputs. What a
right rule may rely on stays: integers, zeros and ones (masks, one-hot targets), numbers that add up to 1.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

Array = Any
Rng = np.random.Generator


def is_float(value: Any) -> bool:
    """Whether it is an array of floating numbers."""
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def redraw(value: Array, shape: tuple[int, ...], rng: Rng, is_x: bool) -> Array:
    """An array of this shape, like ``value``. What the gradient is for, ``is_x``, may take any numbers."""
    if not is_float(value):
        return value if value.shape == shape else np.resize(value, shape)
    if not is_x and is_mask(value):
        axis = _adds_up_to_one(value)
        if axis is None:
            return rng.permutation(np.resize(value, shape).ravel()).reshape(shape)
        places = rng.integers(0, shape[axis], [*shape[:axis], 1, *shape[axis + 1 :]])
        ones = np.zeros(shape)
        np.put_along_axis(ones, places, 1.0, axis)
        return ones
    if not is_x and (value >= 0).all() and (axis := _adds_up_to_one(value)) is not None:
        positive = rng.uniform(0.1, 1.0, shape)
        return positive / positive.sum(axis, keepdims=True)
    low, high = _range(value)
    drawn = np.asarray(rng.uniform(low, high, shape))
    special = ~np.isfinite(np.resize(value, shape))  # a mask of -inf, say
    return np.where(special, np.resize(value, shape), drawn)


def move(value: Array, rng: Rng, is_x: bool) -> Array:
    """The array with every number moved by up to three tenths of itself, a zero by a tenth of the largest."""
    if not is_float(value) or not value.size:
        return value
    if not is_x and is_special(value):
        return value
    finite = np.isfinite(value)
    largest = float(np.abs(value[finite]).max(initial=0.0)) or 1.0
    low, high = _bounds(value)
    step = rng.uniform(-0.1, 0.1, value.shape)
    known = np.where(finite, value, 0.0)
    moved = np.where(known == 0, largest * step, known * (1 + 3 * step))
    inside = np.where(moved < low, 2 * low - moved, np.where(moved > high, 2 * high - moved, moved))
    return np.where(finite, inside, value)  # turned back at a bound, not set to it: there may be a kink


def is_mask(value: Any) -> bool:
    """Whether it is an array of zeros and ones, and has both."""
    return is_float(value) and bool(np.isin(value, (0, 1)).all()) and 0 < value.sum() < value.size


def is_special(value: Array) -> bool:
    """Whether a right rule may rely on what these numbers are: a mask, a one-hot target, probabilities."""
    return is_mask(value) or (bool((value >= 0).all()) and _adds_up_to_one(value) is not None)


def soften(value: Array, rng: Rng) -> Array:
    """For zeros and ones, numbers between them, which add up to 1 where those do; else the array itself."""
    if not is_mask(value):
        return value
    axis, soft = _adds_up_to_one(value), rng.uniform(0.05, 0.95, value.shape)
    return soft if axis is None else soft / soft.sum(axis, keepdims=True)


def _adds_up_to_one(value: Array) -> int | None:
    """An axis along which all sums are 1."""
    for axis in reversed(range(value.ndim)):
        if value.shape[axis] > 1 and np.allclose(value.sum(axis), 1, rtol=0, atol=1e-6):
            return axis
    return None


def _bounds(value: Array) -> tuple[float, float]:
    """Where numbers like these may lie: positive ones stay positive, probabilities from 0 to 1."""
    finite = value[np.isfinite(value)]
    low, high = finite.min(initial=np.inf), finite.max(initial=-np.inf)
    if low >= 0:
        return 0.0, 1.0 if high <= 1 else np.inf
    if high <= 0:
        return -np.inf, 0.0
    return (-1.0, 1.0) if low >= -1 and high <= 1 else (-np.inf, np.inf)


def _range(value: Array) -> tuple[float, float]:
    """From where to where to draw: the range of the given numbers and a little more."""
    finite = value[np.isfinite(value)]
    if not finite.size or not finite.any():
        return -1.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    size = max(abs(low), abs(high))
    room = 0.2 * (high - low) if high - low > 0.1 * size else 0.5 * size
    least, most = _bounds(value)
    if least == 0:  # off the edge: log and its like end there
        return max(low - room, min(low, high / 2) / 2, 0.02 * high), min(high + room, 0.98 * most)
    if most == 0:
        return max(low - room, least), min(high + room, max(high, low / 2) / 2, 0.02 * low)
    return max(low - room, 0.98 * least), min(high + room, 0.98 * most)


def other_sizes(arrays: list[Array], ones: bool) -> Iterator[dict[int, int]]:
    """Other sizes of the axes, old to new: equal ones stay equal, a larger one stays larger.

    With ``ones``, the axes of size 1 get longer, too; without, they stay.
    """
    sizes = sorted({size for array in arrays for size in array.shape} - {0})
    large = [size for size in sizes if size > 1]
    if ones and 1 in sizes:
        yield {1: 3, **{size: size + 3 for size in large}}
    elif not ones and large:
        yield {size: size + 2 for size in large}
        yield {size: size + 3 for size in large}


def resized(shape: tuple[int, ...], sizes: dict[int, int]) -> tuple[int, ...]:
    """The shape with other sizes."""
    return tuple(sizes.get(size, size) for size in shape)
