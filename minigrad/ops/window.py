"""Windows that move over an image: their options read and checked, and the arithmetic of sizes.

Along an axis of ``size`` a window of ``kernel_size`` elements, ``dilation`` apart, reaches over
dilation (kernel_size - 1) + 1 of them; moved by ``stride`` over the padded axis it stands at

    (size + before + after - dilation (kernel_size - 1) - 1) // stride + 1

places. Dumoulin and Visin 2016.
"""

import operator
from collections.abc import Sequence
from typing import Any

from minigrad.errors import ShapeError

Pair = tuple[int, int]


def per_axis(name: str, what: str, value: Any, axes: int, least: int = 1) -> tuple[int, ...]:
    """An option as one whole number for each axis: a number stands for all of them."""
    several = isinstance(value, (tuple, list))
    given = tuple(value) if several else (value,)
    if several and len(given) not in (1, axes):
        raise ShapeError(
            f"{name}: expected {what} as one number or {axes}, one for each axis, got {what}={value!r}"
        )
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


def check_fits(
    name: str,
    size: Sequence[int],
    kernel_size: Sequence[int],
    padding: Sequence[Pair],
    dilation: Sequence[int],
) -> None:
    """Raise ShapeError if the window does not fit into the padded image."""
    padded = tuple(n + before + after for n, (before, after) in zip(size, padding, strict=True))
    reach = tuple(d * (k - 1) + 1 for k, d in zip(kernel_size, dilation, strict=True))
    if any(r > n for r, n in zip(reach, padded, strict=True)):
        dilated = f", {reach} with its dilation" if reach != tuple(kernel_size) else ""
        raise ShapeError(
            f"{name}: the kernel {tuple(kernel_size)}{dilated} is larger than the input {tuple(size)}, "
            f"{padded} with its padding. Take a smaller kernel or more padding, or look whether the layers "
            "before made the image too small"
        )
