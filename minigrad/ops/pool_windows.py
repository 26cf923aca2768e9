"""Windows that slide over an image: how many there are, where they lie, and what the options may be.

Operations are on images (N, C, H, W); a sequence (N, C, L) is an image of one row.
"""

import operator
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from minigrad.engine.op import Array, raw
from minigrad.errors import ShapeError
from minigrad.ops.shape import reshape

Pair = tuple[int, int]
Ints = int | Sequence[int]


class Windows(NamedTuple):
    """Where the windows lie: element (a, b) of window (i, j) is row i SH - top + a DH, column
    j SW - left + b DW.
    """

    kernel_size: Pair
    stride: Pair
    padding: tuple[Pair, Pair]  # (top, bottom), (left, right)
    dilation: Pair


def as_image(name: str, axes: int, input: Array, channels: bool = True) -> Array:
    """x as (N, C, H, W): an axis of size 1 put in for a missing batch, and for the rows of a sequence.

    Only the batch may be empty and, without ``channels``, the channels.
    """
    shape = tuple(input.shape)
    letters = ("N, C, H, W", "C, H, W") if axes == 2 else ("N, C, L", "C, L")
    if len(shape) - axes not in (1, 2):
        raise ShapeError(f"{name}: expected x of shape ({letters[0]}) or ({letters[1]}), got {shape}")
    full = shape if len(shape) == axes + 2 else (1, *shape)
    if 0 in (full[1:] if channels else full[2:]):
        raise ShapeError(f"{name}: only the batch may be empty; got shape {shape}")
    if axes == 1:
        full = (*full[:2], 1, full[2])
    return input if full == shape else reshape(input, full)


def as_given(y: Array, axes: int, input: Array) -> Array:
    """A result (N, C, OH, OW) with the axes that ``input`` came with."""
    shape = (*input.shape[:-axes], *y.shape[-axes:])
    return y if tuple(y.shape) == shape else reshape(y, shape)


def ints(name: str, option: str, value: Any, axes: int) -> tuple[int, ...]:
    """One integer for each axis."""
    try:
        given = [operator.index(v) for v in (value if isinstance(value, (tuple, list)) else (value,))]
    except TypeError:
        raise TypeError(f"{name}: {option} is an integer or {axes} of them, got {value!r}") from None
    if len(given) not in (1, axes):
        raise ShapeError(f"{name}: {option} is an integer or {axes} of them, got {value!r}")
    return tuple(given * axes if len(given) == 1 else given)


def laid_out(
    name: str,
    axes: int,
    image: Pair,
    kernel_size: Ints,
    stride: Ints | None,
    padding: Ints | str,
    dilation: Ints,
    ceil_mode: bool,
    empty: bool = True,
) -> tuple[Windows, Pair]:
    """Where the windows lie in an image of this size, and how many rows and columns of them there are.

    Unless they may be ``empty``, each is seen to have an element of the image.
    """
    if isinstance(padding, str) and padding != "same":
        hint = '; "valid" is 0' if padding == "valid" else ""
        raise TypeError(f'{name}: padding is a number, numbers, or "same"; got {padding!r}{hint}')
    kernel = ints(name, "kernel_size", kernel_size, axes)
    steps = kernel if stride is None or stride in ((), []) else ints(name, "stride", stride, axes)
    apart = ints(name, "dilation", dilation, axes)
    pads = (0,) * axes if isinstance(padding, str) else ints(name, "padding", padding, axes)
    for option, values in (("kernel_size", kernel), ("stride", steps), ("dilation", apart)):
        if min(values) < 1:
            raise ShapeError(f"{name}: {option} is at least 1, got {values}")
    if any(not 0 <= p <= k // 2 for p, k in zip(pads, kernel, strict=True)):
        raise ShapeError(
            f"{name}: padding is from 0 to half of the kernel size {kernel}, got {pads}: a window beyond "
            "that would look at padding alone"
        )
    if axes == 1:
        kernel, steps, apart, pads = (1, *kernel), (1, *steps), (1, *apart), (0, *pads)
    around, size = [], []
    for n, k, s, d, p in zip(image, kernel, steps, apart, pads, strict=True):
        reach = (k - 1) * d + 1
        if isinstance(padding, str):
            count = -(-n // s)
            extra = max((count - 1) * s + reach - n, 0)
            around.append((extra // 2, extra - extra // 2))
        else:
            count = (n + 2 * p - reach + (s - 1 if ceil_mode else 0)) // s + 1
            if ceil_mode and (count - 1) * s >= n + p:
                count -= 1  # the last window would begin in the padding after the image
            around.append((p, p))
        if count < 1:
            raise ShapeError(
                f"{name}: windows of {kernel[-axes:]} elements, {apart[-axes:]} apart, do not fit into "
                f"{tuple(image[-axes:])} with padding {pads[-axes:]}: no output would be left"
            )
        if not empty and _misses(n, k, s, d, around[-1][0], count):
            raise ShapeError(
                f"{name}: with dilation {apart[-axes:]} and padding {pads[-axes:]} a window has no element "
                f"of the image {tuple(image[-axes:])} to choose from"
            )
        size.append(count)
    windows = Windows(_pair(kernel), _pair(steps), (around[0], around[1]), _pair(apart))
    return windows, _pair(size)


def _misses(n: int, k: int, s: int, d: int, before: int, count: int) -> bool:
    """Whether a window along an axis of n elements has none of them."""
    if d == 1:
        return False
    start = np.arange(count) * s - before
    first = np.where(start < 0, start % d, start)  # the first element that is not before the image
    return bool(((first >= n) | (first > start + (k - 1) * d)).any())


def _pair(values: Sequence[int]) -> Pair:
    first, second = values
    return first, second


def constant(array: Array, like: Array) -> Array:
    """``array`` as a tensor without gradient if ``like`` is a tensor."""
    return array if raw(like) is like else like._wrap(array)
