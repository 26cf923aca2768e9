"""Pooling: a window slides over each channel of an image, and each window becomes one number."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from minigrad import kernels
from minigrad.engine.op import Array, Tensor, of_tensors, op, raw
from minigrad.errors import DtypeError, ShapeError
from minigrad.kernels.reference import max_pool2d_indices
from minigrad.ops.checks import floating, outside
from minigrad.ops.convert import constant
from minigrad.ops.lookup import scatter
from minigrad.ops.shape import flatten, reshape
from minigrad.ops.window import (
    Pair,
    Shape4,
    Sizes,
    Windows,
    as_given,
    as_images,
    both,
    check_rank,
    least_image,
    per_axis,
    places,
    same_padding,
    too_large,
)

__all__ = ["avg_pool1d", "avg_pool2d", "max_pool1d", "max_pool2d", "max_unpool1d", "max_unpool2d"]

# Windows ----------------------------------------------------------------------------------------------------


def planes(name: str, axes: int, input: Array, channels: bool = True) -> Array:
    """x as images (N, C, H, W). Only the batch may be empty and, without ``channels``, the channels"""
    check_rank(name, axes, input)
    if 0 in input.shape[-axes - 1 if channels else -axes :]:
        raise ShapeError(f"{name}: only the batch may be empty; got shape {tuple(input.shape)}")
    return as_images(input, axes)


def _laid_out(
    name: str,
    axes: int,
    image: Pair,
    kernel_size: Sizes,
    stride: Sizes | None,
    padding: Sizes | str,
    dilation: Sizes,
    ceil_mode: bool,
) -> tuple[Windows, Pair]:
    """Where the windows lie in an image of this size, and how many rows and columns of them there are."""
    kernel = per_axis(name, "kernel_size", kernel_size, axes)
    steps = kernel if stride is None or stride in ((), []) else per_axis(name, "stride", stride, axes)
    apart = per_axis(name, "dilation", dilation, axes)
    if padding == "same":
        around = same_padding(image[-axes:], kernel, steps, apart)
    elif isinstance(padding, str):
        raise TypeError(f'{name}: expected padding as numbers or "same", got padding={padding!r}')
    else:
        pads = per_axis(name, "padding", padding, axes, 0)
        if any(p > k // 2 for p, k in zip(pads, kernel, strict=True)):
            raise ShapeError(
                f"{name}: padding is from 0 to half of the kernel size {kernel}, got {pads}: a window beyond "
                "that would look at padding alone"
            )
        around = tuple((p, p) for p in pads)
    windows = Windows(both(kernel, 1), both(steps, 1), both(around, (0, 0)), both(apart, 1))
    counts = places(image, windows)
    if ceil_mode:  # one more where elements are left over, unless it would begin in the padding behind them
        moves = list(zip(image, windows.stride, windows.padding, strict=True))
        most = [(n + before - 1) // s + 1 for n, s, (before, _) in moves]
        room = both([(before, after + s - 1) for _, s, (before, after) in moves], (0, 0))
        counts = tuple(map(min, most, places(image, windows._replace(padding=room))))
    if min(counts) < 1:
        raise too_large(name, axes, image, windows)
    return windows, both(counts, 1)


# Maxima -----------------------------------------------------------------------------------------------------


# Which element of each window is the largest is said by its number in the window, a KW + b, in ``places``
# (N, C, OH, OW): one byte for each window, and all that the gradient has to know.


@op(name="max_pool2d")
def pick(input: Array, windows: Windows, places: Array, found: Array = None) -> Array:
    """y[n, c, i, j] = the element of window (i, j) of x at its place; ``found``, where the search has them"""
    return kernels.max_pool2d_pick(input, *windows, places) if found is None else found


@pick.grad("input")
def _(dy: Array, windows: Windows, places: Array, input_shape: Shape4) -> Array:
    return put_back(dy, windows, places, input_shape[2:])


@op(name="max_pool2d_backward")
def put_back(input: Array, windows: Windows, places: Array, size: Pair) -> Array:
    """Zeros of ``size``, with the number of each window added at its place"""
    return kernels.max_pool2d_grad(input, *windows, places, size)


@put_back.grad("input")
def _(dy: Array, windows: Windows, places: Array) -> Array:
    return pick(dy, windows, places)


@of_tensors
def max_pool2d(
    input: Array,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
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
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
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
    kernel_size: Sizes,
    stride: Sizes | None,
    padding: Sizes | str,
    dilation: Sizes,
    ceil_mode: bool,
    return_indices: bool,
) -> Any:
    image = planes(name, axes, input)
    if image.dtype.kind == "b":
        raise DtypeError(f"{name}: not defined for {image.dtype}. Convert with x.float().")
    windows, size = _laid_out(name, axes, image.shape[2:], kernel_size, stride, padding, dilation, ceil_mode)
    _check_elements(name, axes, image.shape[2:], windows, size)
    count = windows.kernel_size[0] * windows.kernel_size[1]
    kind, shape = np.uint8 if count <= 256 else np.int32, (*image.shape[:2], *size)
    chosen = np.empty_like(raw(image), dtype=kind, shape=shape, order="C")
    found = kernels.max_pool2d(raw(image), *windows, chosen)
    y = as_given(pick(image, windows, chosen, found), input, axes)
    if not return_indices:
        return y
    indices = max_pool2d_indices(chosen, *windows, image.shape[3])
    return y, constant(as_given(indices, input, axes), input)


def _check_elements(name: str, axes: int, image: Pair, windows: Windows, size: Pair) -> None:
    """Raise if a window has no element of the image: with a dilation it may step over all of them.

    None lies before the image as a whole: there are fewer numbers of padding than a window reaches over.
    """
    for n, _, s, (before, _), d, count in zip(image, *windows, size, strict=True):
        if d == 1:
            continue
        start = np.arange(count) * s - before
        first = np.where(start < 0, start % d, start)  # its first element that is not before the image
        if (first >= n).any():
            raise ShapeError(
                f"{name}: with dilation {windows.dilation[-axes:]} and padding {windows.padding[-axes:]} a "
                f"window has no element of the image {tuple(image[-axes:])} to choose from"
            )


# Means ------------------------------------------------------------------------------------------------------


class Shares(NamedTuple):
    """Windows as rows and columns of the image, (first, one after the last) of each, and what each element in
    a window counts.
    """

    rows: Array  # (OH, 2)
    columns: Array  # (OW, 2)
    share: Array  # (OH, OW)


@op(name="avg_pool2d")
def window_means(input: Array, windows: Shares) -> Array:
    """y[n, c, i, j] = share[i, j] times the sum of x over rows[i, 0] <= h < rows[i, 1] and the columns
    likewise
    """
    return kernels.avg_pool2d(input, *windows)


@window_means.grad("input")
def _(dy: Array, windows: Shares, input_shape: Shape4) -> Array:
    return spread_out(dy, windows, input_shape[2:])


@op(name="avg_pool2d_backward")
def spread_out(input: Array, windows: Shares, size: Pair) -> Array:
    """Zeros of ``size``, with share[i, j] x[n, c, i, j] added all over window (i, j)"""
    return kernels.avg_pool2d_grad(input, *windows, size)


@spread_out.grad("input")
def _(dy: Array, windows: Shares) -> Array:
    return window_means(dy, windows)


@of_tensors
def avg_pool2d(
    input: Array,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes | str = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
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
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes | str = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """avg_pool2d for sequences: (N, C, L) or (C, L)"""
    return _avg_pool("avg_pool1d", 1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


def _avg_pool(
    name: str,
    axes: int,
    input: Array,
    kernel_size: Sizes,
    stride: Sizes | None,
    padding: Sizes | str,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Array:
    image = planes(name, axes, input)
    floating(name, image)
    if divisor_override == 0:
        raise RuntimeError(f"{name}: divisor_override is what the sums are divided by; it cannot be 0")
    windows, size = _laid_out(name, axes, image.shape[2:], kernel_size, stride, padding, 1, ceil_mode)
    shares = _shares(
        windows,
        image.shape[2:],
        size,
        image.dtype,
        count_include_pad and padding != "same",
        divisor_override,
    )
    return as_given(window_means(image, shares), input, axes)


@lru_cache(128)
def _shares(
    windows: Windows, image: Pair, size: Pair, dtype: Any, with_padding: bool, divisor: int | None
) -> Shares:
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
    return Shares(bounds[0], bounds[1], (1 / divisors).astype(dtype))


# Maxima put back --------------------------------------------------------------------------------------------


@of_tensors
def max_unpool2d(
    input: Array,
    indices: Array,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Zeros with each x at the place in its plane that ``indices`` says: max_pool2d undone, as far as that
    can be.

    Shapes: x and indices (N, C, OH, OW) or (C, OH, OW) -> y (N, C, H, W) with H = (OH - 1) SH - 2 PH + KH,
    unless ``output_size`` says more exactly what the image had.
    """
    return _max_unpool("max_unpool2d", 2, input, indices, kernel_size, stride, padding, output_size)


@of_tensors
def max_unpool1d(
    input: Array,
    indices: Array,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """max_unpool2d for sequences: (N, C, L) or (C, L)"""
    return _max_unpool("max_unpool1d", 1, input, indices, kernel_size, stride, padding, output_size)


def _max_unpool(
    name: str,
    axes: int,
    input: Array,
    indices: Array,
    kernel_size: Sizes,
    stride: Sizes | None,
    padding: Sizes,
    output_size: Sequence[int] | None,
) -> Array:
    index = raw(indices)
    if index.dtype != np.int64:
        raise ShapeError(f"{name}: indices are int64, as return_indices=True gives them; got {index.dtype}")
    if tuple(index.shape) != tuple(input.shape):
        raise ShapeError(f"{name}: x {tuple(input.shape)} and indices {index.shape} must have one shape")
    image = planes(name, axes, input)
    kernel = per_axis(name, "kernel_size", kernel_size, axes)
    step = kernel if stride is None or stride == () else per_axis(name, "stride", stride, axes)
    pad = per_axis(name, "padding", padding, axes, 0)
    widths = both(tuple((p, p) for p in pad), (0, 0))
    windows = Windows(both(kernel, 1), both(step, 1), widths, (1, 1))
    usual = least_image(image.shape[2:], windows)[-axes:]
    size = usual if output_size is None else tuple(output_size)[-axes:]
    if any(abs(a - b) >= s for a, b, s in zip(size, usual, step, strict=True)) or len(size) != axes:
        raise ValueError(
            f"{name}: output_size {tuple(output_size or ())} must be less than a stride, {step}, from {usual}"
        )
    full = (1, *size)[-2:]
    count = full[0] * full[1]
    wrong = outside(index, count - 1)
    if wrong is not None:
        raise ShapeError(
            f"{name}: the indices go from {wrong[0]} to {wrong[1]}, a plane of {size} from 0 to {count - 1}"
        )
    N, C = image.shape[:2]
    zeros = np.zeros_like(raw(image), shape=(N, C, count), order="C")
    flat = flatten(image, 2)
    y = scatter(constant(zeros, image), 2, index.reshape(flat.shape), flat)
    return as_given(reshape(y, (N, C, *full)), input, axes)
