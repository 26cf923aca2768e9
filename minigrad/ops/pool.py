"""Pooling: a window slides over each channel of an image, and each window becomes one number.

Operations are on images (N, C, H, W); a sequence (N, C, L) is an image of one row. Where the windows lie along
an axis is worked out here, once, for all kinds of pooling; the kernels only look into them.
"""

import operator
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from minigrad import kernels
from minigrad.engine.arguments import of_tensors
from minigrad.engine.op import Array, op, raw
from minigrad.errors import DtypeError, ShapeError
from minigrad.ops.index import gather, scatter
from minigrad.ops.shape import flatten, reshape

Pair = tuple[int, int]
Ints = int | Sequence[int]

# Maxima -----------------------------------------------------------------------------------------------------


class Windows(NamedTuple):
    """Where the windows lie: element (a, b) of window (i, j) is row i SH - top + a DH, column j SW - left + b DW."""

    kernel_size: Pair
    stride: Pair
    padding: tuple[Pair, Pair]  # (top, bottom), (left, right)
    dilation: Pair


@op(name="max_pool2d")
def largest(input: Array, windows: Windows, places: Array) -> Array:
    """y[n, c, i, j] = the largest x in window (i, j), the first of equal ones.

    Its number in the window is written into ``places``, which is all that the gradient has to know: for usual
    windows one byte for each y.
    """
    return kernels.max_pool2d(input, *windows, places)


@largest.grad("input")
def _(dy: Array, windows: Windows, places: Array, input_shape: tuple[int, ...]) -> Array:
    return put_back(dy, windows, places, input_shape[2:])


@op(name="max_pool2d_backward")
def put_back(input: Array, windows: Windows, places: Array, size: Pair) -> Array:
    """Zeros of ``size``, with the number of each window added at its place"""
    return kernels.max_pool2d_grad(input, *windows, places, size)


@put_back.grad("input")
def _(dy: Array, windows: Windows, places: Array) -> Array:
    return pick(dy, windows, places)


@op(name="max_pool2d_pick")
def pick(input: Array, windows: Windows, places: Array) -> Array:
    """The element of each window at its place"""
    return kernels.max_pool2d_pick(input, *windows, places)


@pick.grad("input")
def _(dy: Array, windows: Windows, places: Array, input_shape: tuple[int, ...]) -> Array:
    return put_back(dy, windows, places, input_shape[2:])


@of_tensors
def max_pool2d(
    input: Array,
    kernel_size: Ints,
    stride: Ints | None = None,
    padding: Ints | str = 0,
    dilation: Ints = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """y[n, c, i, j] = the largest of x[n, c, i SH - PH + a DH, j SW - PW + b DW] over a < KH, b < KW.

    Shapes: x (N, C, H, W) or (C, H, W); y has OH = floor((H + 2 PH - DH (KH - 1) - 1) / SH) + 1 rows, rounded
    up with ``ceil_mode`` as long as the last window begins inside the image or its left padding.

    Arguments: a number stands for both axes. ``stride`` is the kernel size if it is not given. What lies
    outside of the image never wins. ``return_indices`` returns (y, where in its plane each largest was found,
    h W + w). Not in PyTorch: ``padding="same"`` pads so that OH = ceil(H / SH), the odd one below and to the
    right, as Keras does.

    The gradient goes to the first of equal elements. A NaN wins over every number.
    """
    return _max_pool(
        "max_pool2d", 2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices
    )


@of_tensors
def max_pool1d(
    input: Array,
    kernel_size: Ints,
    stride: Ints | None = None,
    padding: Ints | str = 0,
    dilation: Ints = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """max_pool2d for sequences: (N, C, L) or (C, L)"""
    return _max_pool(
        "max_pool1d", 1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices
    )


def _max_pool(
    name: str,
    axes: int,
    input: Array,
    kernel_size: Ints,
    stride: Ints | None,
    padding: Ints | str,
    dilation: Ints,
    ceil_mode: bool,
    return_indices: bool,
) -> Any:
    image = _as_image(name, axes, input)
    if image.dtype.kind == "b":
        raise DtypeError(f"{name}: not defined for {image.dtype}. Convert with x.float().")
    windows, size = _laid_out(
        name, axes, image.shape[2:], kernel_size, stride, padding, dilation, ceil_mode, empty=False
    )
    count = windows.kernel_size[0] * windows.kernel_size[1]
    places = np.empty((*image.shape[:2], *size), np.uint8 if count <= 256 else np.int32)
    y = _as_given(largest(image, windows, places), axes, input)
    if not return_indices:
        return y
    indices = kernels.max_pool2d_indices(places, *windows, image.shape[3])
    return y, _constant(_as_given(indices, axes, input), input)


def _constant(array: Array, like: Array) -> Array:
    """``array`` as a tensor without gradient if ``like`` is a tensor."""
    return array if raw(like) is like else like._wrap(array)


# Means ------------------------------------------------------------------------------------------------------


@op(name="avg_pool2d")
def window_means(input: Array, rows: Array, columns: Array, share: Array) -> Array:
    """y[n, c, i, j] = share[i, j] times the sum of x over rows[i, 0] <= h < rows[i, 1] and the columns
    likewise
    """
    return kernels.avg_pool2d(input, rows, columns, share)


@window_means.grad("input")
def _(dy: Array, rows: Array, columns: Array, share: Array, input_shape: tuple[int, ...]) -> Array:
    return spread_out(dy, rows, columns, share, input_shape[2:])


@op(name="avg_pool2d_backward")
def spread_out(input: Array, rows: Array, columns: Array, share: Array, size: Pair) -> Array:
    """Zeros of ``size``, with share[i, j] x[n, c, i, j] added all over window (i, j)"""
    return kernels.avg_pool2d_grad(input, rows, columns, share, size)


@spread_out.grad("input")
def _(dy: Array, rows: Array, columns: Array, share: Array) -> Array:
    return window_means(dy, rows, columns, share)


@of_tensors
def avg_pool2d(
    input: Array,
    kernel_size: Ints,
    stride: Ints | None = None,
    padding: Ints | str = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Array:
    """y[n, c, i, j] = the mean of x[n, c, i SH - PH + a, j SW - PW + b] over a < KH, b < KW.

    Shapes and arguments as in max_pool2d. The zeros of the padding count as elements unless
    ``count_include_pad`` is False; ``divisor_override`` divides the sum by that number instead. Not in
    PyTorch: ``padding="same"``, where OH = ceil(H / SH) and only real elements count, as in Keras.
    """
    return _avg_pool(
        "avg_pool2d", 2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


@of_tensors
def avg_pool1d(
    input: Array,
    kernel_size: Ints,
    stride: Ints | None = None,
    padding: Ints | str = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Array:
    """avg_pool2d for sequences: (N, C, L) or (C, L)"""
    return _avg_pool("avg_pool1d", 1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


def _avg_pool(
    name: str,
    axes: int,
    input: Array,
    kernel_size: Ints,
    stride: Ints | None,
    padding: Ints | str,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Array:
    image = _as_image(name, axes, input)
    _floating(name, image)
    if divisor_override == 0:
        raise ShapeError(f"{name}: divisor_override is what the sums are divided by; it cannot be 0")
    windows, size = _laid_out(name, axes, image.shape[2:], kernel_size, stride, padding, 1, ceil_mode)
    shares = _shares(
        windows,
        image.shape[2:],
        size,
        image.dtype,
        count_include_pad and padding != "same",
        divisor_override,
    )
    return _as_given(window_means(image, *shares), axes, input)


@lru_cache(128)
def _shares(
    windows: Windows, image: Pair, size: Pair, dtype: Any, with_padding: bool, divisor: int | None
) -> tuple[Array, Array, Array]:
    """The rows and the columns of every window within the image, and the share of each element in it."""
    bounds, counts = [], []
    for axis in range(2):
        before, after = windows.padding[axis]
        start = np.arange(size[axis]) * windows.stride[axis] - before
        stop = np.minimum(start + windows.kernel_size[axis], image[axis] + after)
        inside = np.stack([np.maximum(start, 0), np.minimum(stop, image[axis])], axis=1)
        bounds.append(inside)
        counts.append(stop - start if with_padding else inside[:, 1] - inside[:, 0])
    divisors = counts[0][:, None] * counts[1] if divisor is None else np.full(size, divisor)
    return bounds[0], bounds[1], (1 / divisors).astype(dtype)


# Adaptive pooling: so many windows, whatever the size of the image ------------------------------------------


@of_tensors
def adaptive_avg_pool2d(input: Array, output_size: Any) -> Array:
    """The mean of each of OH x OW windows that cover the image evenly: window i has the rows from
    floor(i H / OH) up to ceil((i + 1) H / OH), and the columns likewise.

    Shapes: x (N, C, H, W) or (C, H, W). ``output_size`` is a number for both axes or (OH, OW); None keeps a
    size.
    """
    return _adaptive_avg_pool("adaptive_avg_pool2d", 2, input, output_size)


@of_tensors
def adaptive_avg_pool1d(input: Array, output_size: Ints) -> Array:
    """adaptive_avg_pool2d for sequences: (N, C, L) or (C, L)"""
    return _adaptive_avg_pool("adaptive_avg_pool1d", 1, input, output_size)


def _adaptive_avg_pool(name: str, axes: int, input: Array, output_size: Any) -> Array:
    image = _as_image(name, axes, input, channels=False)
    _floating(name, image)
    rows, columns = _covering(name, axes, image.shape[2:], output_size)
    share = 1 / np.outer(rows[:, 1] - rows[:, 0], columns[:, 1] - columns[:, 0])
    return _as_given(window_means(image, rows, columns, share.astype(image.dtype)), axes, input)


@of_tensors
def adaptive_max_pool2d(input: Array, output_size: Any, return_indices: bool = False) -> Any:
    """The largest of each of OH x OW windows that cover the image evenly, as in adaptive_avg_pool2d.

    ``return_indices`` returns (y, where in its plane each largest was found, h W + w).
    """
    return _adaptive_max_pool("adaptive_max_pool2d", 2, input, output_size, return_indices)


@of_tensors
def adaptive_max_pool1d(input: Array, output_size: Ints, return_indices: bool = False) -> Any:
    """adaptive_max_pool2d for sequences: (N, C, L) or (C, L)"""
    return _adaptive_max_pool("adaptive_max_pool1d", 1, input, output_size, return_indices)


def _adaptive_max_pool(name: str, axes: int, input: Array, output_size: Any, return_indices: bool) -> Any:
    image = _as_image(name, axes, input, channels=False)
    rows, columns = _covering(name, axes, image.shape[2:], output_size)
    x, width = raw(image), image.shape[3]
    found = np.empty((*x.shape[:2], len(rows), len(columns)), np.int64)
    for i, (top, bottom) in enumerate(rows):
        for j, (left, right) in enumerate(columns):
            k = _last_nan_or_first_largest(x[:, :, top:bottom, left:right].reshape(*x.shape[:2], -1))
            a, b = np.divmod(k, right - left)
            found[:, :, i, j] = (top + a) * width + left + b
    y = gather(flatten(image, 2), 2, found.reshape(*found.shape[:2], -1))
    y = _as_given(reshape(y, found.shape), axes, input)
    return (y, _constant(_as_given(found, axes, input), input)) if return_indices else y


def _last_nan_or_first_largest(x: Array) -> Array:
    k = np.argmax(x, axis=-1)
    nan = x != x
    return np.where(nan.any(axis=-1), x.shape[-1] - 1 - np.argmax(nan[..., ::-1], axis=-1), k)


def _covering(name: str, axes: int, image: Pair, output_size: Any) -> list[Array]:
    """For the rows and for the columns: (first, one after the last) of each window."""
    given = output_size if isinstance(output_size, (tuple, list)) else (output_size,) * axes
    if len(given) != axes:
        raise ShapeError(f"{name}: output_size is a number or {axes} of them, got {output_size!r}")
    sizes = [n if size is None else size for size, n in zip((1, *given)[-2:], image, strict=True)]
    if axes == 1 and given[0] is None or not all(isinstance(size, (int, np.integer)) for size in sizes):
        raise TypeError(f"{name}: output_size is made of integers, got {output_size!r}")
    if min(sizes) < 0:
        raise ShapeError(f"{name}: a size is at least 0, got output_size {output_size!r}")
    return [
        np.stack([np.arange(out) * n // out, -(-(np.arange(out) + 1) * n // out)], axis=1)
        for out, n in ((max(size, 0), n) for size, n in zip(sizes, image, strict=True))
    ]


# Maxima put back --------------------------------------------------------------------------------------------


@of_tensors
def max_unpool2d(
    input: Array,
    indices: Array,
    kernel_size: Ints,
    stride: Ints | None = None,
    padding: Ints = 0,
    output_size: Sequence[int] | None = None,
) -> Array:
    """Zeros with each x at the place in its plane that ``indices`` says: max_pool2d, undone as far as that can
    be.

    Shapes: x and indices (N, C, OH, OW) or (C, OH, OW) -> y (N, C, H, W) with H = (OH - 1) SH - 2 PH + KH,
    unless ``output_size`` says more exactly what the image had.
    """
    return _max_unpool("max_unpool2d", 2, input, indices, kernel_size, stride, padding, output_size)


@of_tensors
def max_unpool1d(
    input: Array,
    indices: Array,
    kernel_size: Ints,
    stride: Ints | None = None,
    padding: Ints = 0,
    output_size: Sequence[int] | None = None,
) -> Array:
    """max_unpool2d for sequences: (N, C, L) or (C, L)"""
    return _max_unpool("max_unpool1d", 1, input, indices, kernel_size, stride, padding, output_size)


def _max_unpool(
    name: str,
    axes: int,
    input: Array,
    indices: Array,
    kernel_size: Ints,
    stride: Ints | None,
    padding: Ints,
    output_size: Sequence[int] | None,
) -> Array:
    index = raw(indices)
    if index.dtype != np.int64:
        raise ShapeError(f"{name}: indices are int64, as return_indices=True gives them; got {index.dtype}")
    if tuple(index.shape) != tuple(input.shape):
        raise ShapeError(f"{name}: x {tuple(input.shape)} and indices {index.shape} must have one shape")
    image = _as_image(name, axes, input)
    kernel = _ints(name, "kernel_size", kernel_size, axes)
    step = kernel if stride is None or stride == () else _ints(name, "stride", stride, axes)
    pad = _ints(name, "padding", padding, axes)
    usual = tuple(
        (n - 1) * s - 2 * p + k for n, s, p, k in zip(image.shape[2:][-axes:], step, pad, kernel, strict=True)
    )
    size = usual if output_size is None else tuple(output_size)[-axes:]
    if any(abs(a - b) >= s for a, b, s in zip(size, usual, step, strict=True)) or len(size) != axes:
        raise ValueError(
            f"{name}: output_size {tuple(output_size or ())} must be less than a stride, {step}, from {usual}"
        )
    full = (1, *size)[-2:]
    if index.size and not 0 <= index.min() <= index.max() < full[0] * full[1]:
        raise ShapeError(
            f"{name}: the indices go from {index.min()} to {index.max()}, a plane of {size} from 0 to "
            f"{full[0] * full[1] - 1}"
        )
    N, C = image.shape[:2]
    zeros = np.zeros((N, C, full[0] * full[1]), image.dtype)
    flat = flatten(image, 2)
    y = scatter(_constant(zeros, image), 2, index.reshape(N, C, -1), flat)
    return _as_given(reshape(y, (N, C, *full)), axes, input)


# Images and options -----------------------------------------------------------------------------------------


def _as_image(name: str, axes: int, input: Array, channels: bool = True) -> Array:
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


def _as_given(y: Array, axes: int, input: Array) -> Array:
    """A result (N, C, OH, OW) with the axes that ``input`` came with."""
    shape = (*input.shape[:-axes], *y.shape[-axes:])
    return y if tuple(y.shape) == shape else reshape(y, shape)


def _floating(name: str, input: Array) -> None:
    if input.dtype.kind != "f":
        raise DtypeError(f"{name}: expected a floating tensor, got {input.dtype}. Convert with x.float().")


def _ints(name: str, option: str, value: Any, axes: int) -> tuple[int, ...]:
    """One integer for each axis."""
    try:
        given = [operator.index(v) for v in (value if isinstance(value, (tuple, list)) else (value,))]
    except TypeError:
        raise TypeError(f"{name}: {option} is an integer or {axes} of them, got {value!r}") from None
    if len(given) not in (1, axes):
        raise ShapeError(f"{name}: {option} is an integer or {axes} of them, got {value!r}")
    return tuple(given * axes if len(given) == 1 else given)


def _laid_out(
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
        raise TypeError(f'{name}: padding is a number, numbers, or "same"; got {padding!r}')
    kernel = _ints(name, "kernel_size", kernel_size, axes)
    steps = kernel if stride is None or stride in ((), []) else _ints(name, "stride", stride, axes)
    apart = _ints(name, "dilation", dilation, axes)
    pads = (0,) * axes if isinstance(padding, str) else _ints(name, "padding", padding, axes)
    for option, values in (("kernel_size", kernel), ("stride", steps), ("dilation", apart)):
        if min(values) < 1:
            raise ShapeError(f"{name}: {option} is at least 1, got {values}")
    if any(not 0 <= p <= k // 2 for p, k in zip(pads, kernel, strict=True)):
        raise ShapeError(
            f"{name}: padding is from 0 to half of the kernel size {kernel}, got {pads}: a window beyond that "
            "would look at padding alone"
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
                f"{name}: with dilation {apart[-axes:]} and padding {pads[-axes:]} a window has no element of "
                f"the image {tuple(image[-axes:])} to choose from"
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
