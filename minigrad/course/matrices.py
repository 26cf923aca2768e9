"""Convolution and pooling of a matrix, for formulas: one image, one channel, written without their axes."""

from minigrad.errors import ShapeError
from minigrad.ops import conv, pool
from minigrad.tensor import Tensor


def conv2d(image: Tensor, kernel: Tensor, stride: int = 1, padding: int = 0, dilation: int = 1) -> Tensor:
    """y[i, j] = sum over a, b of kernel[a, b] image[stride i + dilation a - padding, ... j ... b ...]"""
    _check("conv2d", image, kernel)
    y: Tensor = conv.conv2d(image[None, None], kernel[None, None], None, stride, padding, dilation)
    return y[0, 0]


def conv_transpose2d(
    image: Tensor, kernel: Tensor, stride: int = 1, padding: int = 0, dilation: int = 1
) -> Tensor:
    """Each number of the image puts a copy of the kernel, times that number, into the result."""
    _check("conv_transpose2d", image, kernel)
    x, w = image[None, None], kernel[None, None]
    y: Tensor = conv.conv_transpose2d(x, w, None, stride, padding, dilation=dilation)
    return y[0, 0]


def max_pool2d(image: Tensor, kernel_size: int, stride: int = 0, padding: int = 0) -> Tensor:
    """The largest number in each window; the stride is the window's size if it is not given."""
    _check("max_pool2d", image)
    y: Tensor = pool.max_pool2d(image[None, None], kernel_size, stride or None, padding)
    return y[0, 0]


def _check(name: str, *matrices: Tensor) -> None:
    for x in matrices:
        if x.ndim != 2:
            raise ShapeError(f"{name}: a formula's images and kernels are matrices, and this is {x.ndim}-d.")
