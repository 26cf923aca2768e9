"""Windows that move over an image, convolution's, pooling's and unfold's: their options read and checked, and
where they stand. A sequence (N, C, L) is a batch of images one pixel high, (N, C, 1, L).

Along an axis of ``size`` a window of ``kernel_size`` elements, ``dilation`` apart, reaches over
dilation (kernel_size - 1) + 1 of them; moved by ``stride`` over the padded axis it stands at

    (size + before + after - dilation (kernel_size - 1) - 1) // stride + 1

places. Dumoulin and Visin 2016.
"""

import operator
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias, TypeVar

from minigrad.engine.op import Array
from minigrad.errors import ShapeError
from minigrad.kernels.reference.arrays import Padding as Padding
from minigrad.kernels.reference.arrays import Pair as Pair
from minigrad.kernels.reference.conv import windows_along
from minigrad.ops.shape import reshape

__all__ = ["same_padding"]

T = TypeVar("T")

Sizes = int | Sequence[int]
Shape4: TypeAlias = tuple[int, int, int, int]
"""Of images, (N, C, H, W), and of weights, (O, C/groups, KH, KW)."""


class Windows(NamedTuple):
    """Where the windows lie: element (a, b) of window (i, j) is row i SH - top + a DH, column
    j SW - left + b DW.
    """

    kernel_size: Pair
    stride: Pair
    padding: Padding  # (top, bottom), (left, right)
    dilation: Pair


class Layout(NamedTuple):
    """How a convolution's kernel moves over an image, and its channels are grouped, as kernels take it."""

    stride: Pair
    padding: Padding
    dilation: Pair
    groups: int


# Options ----------------------------------------------------------------------------------------------------


def windows_of(name: str, axes: int, kernel_size: Any, stride: Any, padding: Any, dilation: Any) -> Windows:
    """The windows that a convolution's options mean, of images or, where ``axes`` is 1, of sequences."""
    kernel = per_axis(name, "kernel_size", kernel_size, axes)
    strides = per_axis(name, "stride", stride, axes)
    dilations = per_axis(name, "dilation", dilation, axes)
    widths = paddings(name, padding, kernel, strides, dilations)
    return Windows(both(kernel, 1), both(strides, 1), both(widths, (0, 0)), both(dilations, 1))


def both(values: Sequence[T], still: T) -> tuple[T, T]:
    """A value for each axis as one for both axes of an image: ``still`` along the height of a sequence."""
    first, last = values if len(values) == 2 else (still, *values)
    return first, last


def per_axis(name: str, what: str, value: Any, axes: int, least: int = 1) -> tuple[int, ...]:
    """An option as one whole number for each axis: a number stands for all of them."""
    if type(value) is int and value >= least:  # the usual case
        return (value,) * axes
    several = isinstance(value, (tuple, list))
    given = tuple(value) if several else (value,)
    if len(given) == axes and all(type(number) is int and number >= least for number in given):
        return given
    if several and len(given) not in (1, axes):
        many = f" or {axes}, one for each axis" if axes > 1 else ""
        raise ShapeError(f"{name}: expected {what} as one number{many}, got {what}={value!r}")
    try:
        numbers = tuple(operator.index(number) for number in given)
    except TypeError:
        raise TypeError(f"{name}: {what} is made of whole numbers, got {what}={value!r}") from None
    if min(numbers) < least:
        raise ShapeError(f"{name}: {what} must be at least {least}, got {what}={value!r}")
    return numbers if len(numbers) == axes else numbers * axes


def paddings(
    name: str,
    padding: Any,
    kernel_size: Sequence[int],
    stride: Sequence[int],
    dilation: Sequence[int],
) -> tuple[Pair, ...]:
    """(before, after) for each axis.

    ``padding`` is a number, one for each axis, a pair (before, after) for each axis (an extension: PyTorch
    has none), ``"valid"``, which is 0, or ``"same"``, which keeps the size at stride 1; with an even kernel
    the extra number goes behind.
    """
    if isinstance(padding, str):
        if padding == "valid":
            return ((0, 0),) * len(kernel_size)
        if padding != "same":
            raise ShapeError(
                f'{name}: expected padding as numbers, "same" or "valid", got padding={padding!r}'
            )
        if any(step != 1 for step in stride):
            raise ShapeError(
                f'{name}: padding="same" needs stride 1, got stride {tuple(stride)}: with another the output '
                "has another size. For TensorFlow's meaning of it (size / stride, rounded up) pass "
                "padding=F.same_padding(size, kernel_size, stride)"
            )
        reach = [d * (k - 1) for k, d in zip(kernel_size, dilation, strict=True)]
        return tuple((total // 2, total - total // 2) for total in reach)
    axes = len(kernel_size)
    if isinstance(padding, (tuple, list)) and any(isinstance(part, (tuple, list)) for part in padding):
        if len(padding) != axes:
            raise ShapeError(
                f"{name}: expected a pair (before, after) for each of {axes} axes, got padding={padding!r}"
            )
        before, after = zip(*(per_axis(name, "padding", part, 2, 0) for part in padding), strict=True)
    else:
        before = after = per_axis(name, "padding", padding, axes, 0)
    return tuple(zip(before, after, strict=True))


def same_padding(
    size: int | Sequence[int],
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] = 1,
    dilation: int | Sequence[int] = 1,
) -> tuple[Pair, ...]:
    """The padding that TensorFlow and Keras call "same": the output has size / stride places, rounded up.

        total = max(stride (ceil(size / stride) - 1) + dilation (kernel_size - 1) + 1 - size, 0)

    numbers are added, half of them before and half after, an odd one after. ``size`` is the (H, W) of the
    image, the other arguments a number or one for each axis. Returns ((top, bottom), (left, right)) for
    padding= of conv2d, conv_transpose2d and nn.Conv2d; an extension, PyTorch knows "same" at stride 1 only.
    For conv_transpose2d ``size`` is that of its output.

    >>> same_padding((28, 28), 3, stride=2)
    ((0, 1), (0, 1))
    """
    name = "same_padding"
    axes = len(size) if isinstance(size, (tuple, list)) else 1
    sizes = per_axis(name, "size", size, axes, 0)
    kernels = per_axis(name, "kernel_size", kernel_size, axes)
    strides = per_axis(name, "stride", stride, axes)
    dilations = per_axis(name, "dilation", dilation, axes)
    found = []
    for n, k, s, d in zip(sizes, kernels, strides, dilations, strict=True):
        total = max(s * (-(-n // s) - 1) + d * (k - 1) + 1 - n, 0)
        found.append((total // 2, total - total // 2))
    return tuple(found)


# Places, and a batch of images ------------------------------------------------------------------------------


def places(image: Pair, windows: Windows) -> tuple[int, ...]:
    """How many rows of windows there are in an image of this size, and how many columns."""
    return tuple(map(windows_along, image, *windows))


def least_image(places: Sequence[int], windows: Windows) -> tuple[int, ...]:
    """The smallest image with so many places for the windows."""
    return tuple(
        s * (n - 1) - before - after + d * (k - 1) + 1
        for n, k, s, (before, after), d in zip(places, *windows, strict=True)
    )


def check_fits(name: str, axes: int, image: Pair, windows: Windows) -> None:
    """Raise ShapeError unless the window fits into the padded image."""
    if min(places(image, windows)) < 1:
        raise too_large(name, axes, image, windows)


def too_large(name: str, axes: int, image: Pair, windows: Windows) -> ShapeError:
    """The error for a window that does not fit."""
    kernel = windows.kernel_size
    padded = tuple(n + before + after for n, (before, after) in zip(image, windows.padding, strict=True))
    reach = tuple(d * (k - 1) + 1 for k, d in zip(kernel, windows.dilation, strict=True))
    dilated = f", {reach[-axes:]} with its dilation" if reach != kernel else ""
    return ShapeError(
        f"{name}: the kernel {kernel[-axes:]}{dilated} is larger than the input {tuple(image[-axes:])}, "
        f"{padded[-axes:]} with its padding. Take a smaller kernel or more padding, or look whether the "
        "layers before made the image too small"
    )


def check_rank(name: str, axes: int, input: Array) -> None:
    """Raise ShapeError unless the input is a batch of images, or one; of sequences, where ``axes`` is 1."""
    if input.ndim not in (axes + 1, axes + 2):
        L = "H, W" if axes == 2 else "L"
        hint = f" An axis is missing: x.unsqueeze(0) makes ({L}) (1, {L})." if input.ndim == axes else ""
        raise ShapeError(
            f"{name}: expected an input of shape (N, C, {L}) or (C, {L}), got {tuple(input.shape)}.{hint}"
        )


def as_images(input: Array, axes: int) -> Array:
    """x as (N, C, H, W): a missing batch has one image, a sequence is an image one pixel high"""
    if input.ndim == 4:
        return input
    batch, height = (1,) * (axes + 2 - input.ndim), (1,) * (2 - axes)
    return reshape(input, (*batch, *input.shape[:-axes], *height, *input.shape[-axes:]))


def as_given(y: Array, input: Array, axes: int) -> Array:
    """A result (N, C, OH, OW) without the axes that `as_images` put into ``input``"""
    if input.ndim == 4:
        return y
    return reshape(y, (*y.shape[axes + 2 - input.ndim : 2], *y.shape[-axes:]))
