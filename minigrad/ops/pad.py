"""Padding: numbers around a tensor."""

from collections.abc import Sequence

import numpy as np

from minigrad.engine.op import Array, Tensor, of_tensors, op
from minigrad.errors import ShapeError
from minigrad.ops.along import slices_at

__all__ = ["pad"]


@op(name="pad")
def constant_pad(input: Array, widths: tuple[tuple[int, int], ...], value: float) -> Array:
    """x with ``value`` around it: (before, after) for each axis; a negative width cuts off"""
    cut = tuple(
        slice(max(-a, 0), size - max(-b, 0)) for (a, b), size in zip(widths, input.shape, strict=True)
    )
    return np.pad(input[cut], [(max(a, 0), max(b, 0)) for a, b in widths], constant_values=value)


@constant_pad.grad("input")
def _(dy: Array, widths: tuple[tuple[int, int], ...]) -> Array:
    return constant_pad(dy, tuple((-a, -b) for a, b in widths), 0.0)


@of_tensors
def pad(input: Array, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Tensor:
    """x with numbers around it. ``pad`` lists (before, after) for the last axis first, then the one before
    it, ...; a negative width cuts off.

    ``mode`` says which numbers, here for x = 1 2 3 4 and pad = (2, 2):

        "constant"    0 0 1 2 3 4 0 0    ``value``, 0 if it is not given
        "reflect"     3 2 1 2 3 4 3 2    mirrored at the first and the last element
        "replicate"   1 1 1 2 3 4 4 4    the nearest element
        "circular"    3 4 1 2 3 4 1 2    from the other end

    The modes other than constant are for the last one, two or three axes of batches (N, C, ...) or, without
    a batch, (C, ...). Raises ShapeError for widths that do not fit, NotImplementedError for another mode.
    """
    if not isinstance(pad, Sequence):
        raise TypeError(
            f"pad: expected (before, after) for each axis, last axis first, got {pad!r}. One number on all "
            f"sides of images is ({pad!r},) * 4."
        )
    if len(pad) % 2 or len(pad) > 2 * input.ndim:
        raise ShapeError(
            f"pad: expected (before, after) for at most {input.ndim} axes, last axis first; got {tuple(pad)}"
        )
    pairs = [(int(pad[i]), int(pad[i + 1])) for i in range(0, len(pad), 2)]
    for (before, after), size in zip(pairs, reversed(input.shape), strict=False):
        if min(before, 0) + min(after, 0) + size < 0:
            raise ShapeError(f"pad: {(before, after)} cuts more than there is from an axis of size {size}")
    if mode == "constant":
        widths = ((0, 0),) * (input.ndim - len(pairs)) + tuple(reversed(pairs))
        return constant_pad(input, widths, 0.0 if value is None else value)
    if mode not in _SOURCES:
        raise NotImplementedError(
            f'pad: mode {mode!r} is not one of "constant", "reflect", "replicate", "circular"'
        )
    if value:
        raise ShapeError(f"pad: value={value} is for mode constant; {mode} takes its numbers from x")
    if not 1 <= len(pairs) <= 3 or input.ndim - len(pairs) not in (1, 2):
        fitting = [2 * axes for axes in (input.ndim - 2, input.ndim - 1) if 1 <= axes <= 3]
        hint = f" Here that is {' or '.join(map(str, fitting))} widths." if fitting else ""
        raise NotImplementedError(
            f"pad: mode {mode} pads the last 1 to 3 axes of (N, C, ...) or (C, ...), two widths for each; "
            f"got {len(pad)} widths, {tuple(pad)}, for shape {tuple(input.shape)}.{hint}"
        )
    y = input
    for dim, (before, after) in zip(range(input.ndim - 1, -1, -1), pairs, strict=False):
        if before or after:
            y = slices_at(y, dim, _SOURCES[mode](input.shape[dim], before, after))
    return y


# Which element of an axis of ``size`` comes where -----------------------------------------------------------


def _reflected(size: int, before: int, after: int) -> Array:
    if max(before, after) >= size:
        raise ShapeError(
            f"pad: reflect mirrors at the edge element, so a width is below the size {size}; got "
            f"{(before, after)}"
        )
    place = np.abs(np.arange(-before, size + after))
    return np.minimum(place, 2 * (size - 1) - place)


def _nearest(size: int, before: int, after: int) -> Array:
    if not size and before + after > 0:
        raise ShapeError(f"pad: an axis of size 0 has no element to replicate; widths {(before, after)}")
    return np.clip(np.arange(-before, size + after), 0, size - 1)


def _around(size: int, before: int, after: int) -> Array:
    kept = np.arange(max(-before, 0), size - max(-after, 0))
    if max(before, after) > kept.size:
        raise ShapeError(
            f"pad: circular goes around once at most, so a width is not above the size {kept.size}; got "
            f"{(before, after)}"
        )
    return np.concatenate([kept[kept.size - max(before, 0) :], kept, kept[: max(after, 0)]])


_SOURCES = {"reflect": _reflected, "replicate": _nearest, "circular": _around}
