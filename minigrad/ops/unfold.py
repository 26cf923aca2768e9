"""Images as columns of what a window sees, and back.

Unfolding copies numbers, folding adds the copies up: one matrix of zeros and ones, and its transpose. So each
is the other's derivative. A convolution is a product with the columns:

    conv2d(x, w) = fold(w.flatten(1) @ unfold(x, (KH, KW)), (OH, OW), 1)
"""

from typing import Any

from minigrad.engine.op import Array, Tensor, of_tensors, op
from minigrad.errors import ShapeError
from minigrad.kernels.reference import col2im, im2col
from minigrad.ops.shape import squeeze, unsqueeze
from minigrad.ops.window import (
    Pair,
    Shape4,
    Sizes,
    Windows,
    as_images,
    both,
    check_fits,
    check_rank,
    per_axis,
    places,
    windows_of,
)

__all__ = ["fold", "unfold"]


@op(name="unfold")
def columns(input: Array, windows: Windows) -> Array:
    """(N, C, H, W) -> (N, C KH KW, OH OW): a column for each place of the window"""
    return im2col(input, *windows)


@columns.grad("input")
def _(dy: Array, input_shape: Shape4, windows: Windows) -> Array:
    return sum_of_columns(dy, input_shape[2:], windows)


@op(name="fold")
def sum_of_columns(input: Array, size: Pair, windows: Windows) -> Array:
    """(N, C KH KW, OH OW) -> (N, C, *size): each number added where `columns` would have taken it from"""
    return col2im(input, size, *windows)


@sum_of_columns.grad("input")
def _(dy: Array, windows: Windows) -> Array:
    return columns(dy, windows)


@of_tensors
def unfold(
    input: Array, kernel_size: Sizes, dilation: Sizes = 1, padding: Any = 0, stride: Sizes = 1
) -> Tensor:
    """What a window sees at each of its places, as columns: im2col.

    Shapes: x (N, C, H, W) or (C, H, W) -> y (N, C KH KW, L) or (C KH KW, L), where the window stands at L
    places, row by row. Raises ShapeError if the window does not fit. The options are those of `conv2d`.
    """
    check_rank("unfold", 2, input)
    windows = windows_of("unfold", 2, kernel_size, stride, padding, dilation)
    check_fits("unfold", 2, input.shape[-2:], windows)
    y = columns(as_images(input, 2), windows)
    return squeeze(y, 0) if input.ndim == 3 else y


@of_tensors
def fold(
    input: Array,
    output_size: Sizes,
    kernel_size: Sizes,
    dilation: Sizes = 1,
    padding: Any = 0,
    stride: Sizes = 1,
) -> Tensor:
    """The columns put back where `unfold` takes them from; where windows overlap they are added: col2im.

    Shapes: x (N, C KH KW, L) or (C KH KW, L) -> y (N, C, H, W) or (C, H, W), (H, W) = ``output_size``. Raises
    ShapeError unless L is the number of places that the window has in such an image.
    """
    if input.ndim not in (2, 3):
        raise ShapeError(
            f"fold: expected columns of shape (N, C KH KW, L) or (C KH KW, L), got {tuple(input.shape)}"
        )
    size = both(per_axis("fold", "output_size", output_size, 2), 1)
    windows = windows_of("fold", 2, kernel_size, stride, padding, dilation)
    check_fits("fold", 2, size, windows)
    kernel = windows.kernel_size
    if input.shape[-2] % (kernel[0] * kernel[1]):
        raise ShapeError(
            f"fold: the columns of {tuple(input.shape)} have {input.shape[-2]} numbers; a window of {kernel} "
            f"has {kernel[0] * kernel[1]} for each channel"
        )
    rows, across = places(size, windows)
    if input.shape[-1] != rows * across:
        raise ShapeError(
            f"fold: in an image of {size} a window of {kernel} has {rows} x {across} places, which makes "
            f"{rows * across} columns; {tuple(input.shape)} has {input.shape[-1]}"
        )
    batch = unsqueeze(input, 0) if input.ndim == 2 else input
    y = sum_of_columns(batch, size, windows)
    return squeeze(y, 0) if input.ndim == 2 else y
