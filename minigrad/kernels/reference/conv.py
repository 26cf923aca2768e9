"""Convolution, and its two other passes.

All three come from one sum over every place where an element of the kernel meets an element of the image,

    S = sum over n, o, c, i, j, a, b of  dy[n, o, i, j] w[o, c, a, b] x[n, c, SH i + DH a, SW j + DW b]

(x with its padding of zeros), which is linear in each of x, w and dy. Leaving dy out gives the convolution,
leaving x out the gradient by the input, and leaving w out the gradient by the kernel. With groups, an output
channel meets only the input channels of its own group.

What a kernel of 3 by 3 sees at one place of the image is a column of 9 C numbers. `im2col` writes these
columns side by side, and then each pass is one matrix product per group.

Names: N images, C channels, O output channels, G groups, KH, KW the kernel, OH, OW the output, SH, SW the
stride, DH, DW the dilation; K = C / G KH KW numbers in a column of one group, P = OH OW places.

Source of the size arithmetic: Dumoulin and Visin 2016.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from minigrad.kernels.reference.arrays import Array, Padding, Pair

__all__ = ["col2im", "conv2d", "conv2d_input_grad", "conv2d_weight_grad", "im2col"]


def conv2d(
    x: Array,
    w: Array,
    bias: Array | None,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
) -> Array:
    """y[n, o, i, j] = bias[o] + sum over c, a, b of w[o, c, a, b] x[n, c, SH i + DH a, SW j + DW b]

    where x has its padding: ((top, bottom), (left, right)) rows and columns of zeros, each number 0 or more.
    Shapes: x (N, C, H, W), w (O, C/G, KH, KW), bias (O) or None, y (N, O, OH, OW) with
    OH = (H + top + bottom - DH (KH - 1) - 1) // SH + 1, and OW alike. All arrays are of one dtype. The caller
    sees to it that the kernel fits into the padded image.
    """
    (n, c, height, width), (o, _, kh, kw) = x.shape, w.shape
    oh = windows_along(height, kh, stride[0], padding[0], dilation[0])
    ow = windows_along(width, kw, stride[1], padding[1], dilation[1])
    cols = im2col(x, (kh, kw), stride, padding, dilation)
    cols = cols.reshape(n, groups, c // groups * kh * kw, oh * ow)
    rows = w.reshape(groups, o // groups, c // groups * kh * kw)
    y = rows @ cols  # (G, O/G, K) @ (N, G, K, P) -> (N, G, O/G, P)
    y = y.reshape(n, o, oh, ow)
    if bias is not None:
        y += bias[:, None, None]
    return y


def conv2d_input_grad(
    dy: Array,
    w: Array,
    bias: Array | None,
    size: Pair,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
) -> Array:
    """dx[n, c, SH i + DH a, SW j + DW b] = bias[c] + the sum of all w[o, c, a, b] dy[n, o, i, j] that meet
    there, without what falls on the padding.

    Shapes: dy (N, O, OH, OW), w (O, C/G, KH, KW), bias (C) or None; dx (N, C, *size), where ``size`` is the
    (H, W) of an image that gives OH and OW. With a bias it is transposed convolution: there dy is the input.
    """
    (n, o, oh, ow), (_, channels, kh, kw) = dy.shape, w.shape
    c, k = channels * groups, channels * kh * kw
    upstream = dy.reshape(n, groups, o // groups, oh * ow)
    rows = w.reshape(groups, o // groups, k).swapaxes(1, 2)
    cols = rows @ upstream  # (G, K, O/G) @ (N, G, O/G, P) -> (N, G, K, P)
    dx = col2im(cols.reshape(n, c * kh * kw, oh * ow), size, (kh, kw), stride, padding, dilation)
    if bias is not None:
        dx += bias[:, None, None]
    return dx


def conv2d_weight_grad(
    dy: Array,
    x: Array,
    kernel_size: Pair,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
) -> Array:
    """dw[o, c, a, b] = sum over n, i, j of dy[n, o, i, j] x[n, c, SH i + DH a, SW j + DW b]

    where x has its padding. Shapes: dy (N, O, OH, OW), x (N, C, H, W); dw (O, C/G, *kernel_size).
    """
    (n, o, oh, ow), c = dy.shape, x.shape[1]
    k = c // groups * kernel_size[0] * kernel_size[1]
    upstream = dy.reshape(n, groups, o // groups, oh * ow).transpose(1, 2, 0, 3)  # (G, O/G, N, P)
    cols = im2col(x, kernel_size, stride, padding, dilation)
    cols = cols.reshape(n, groups, k, oh * ow).transpose(1, 0, 3, 2)  # (G, N, P, K)
    # The images are put into one long row of N P places, so that the product adds over them, too.
    dw = upstream.reshape(groups, o // groups, n * oh * ow) @ cols.reshape(groups, n * oh * ow, k)
    return dw.reshape(o, c // groups, *kernel_size)  # from (G, O/G, K)


def im2col(x: Array, kernel_size: Pair, stride: Pair, padding: Padding, dilation: Pair) -> Array:
    """What the kernel sees: column i OW + j holds, one under the other, the C KH KW numbers under the kernel
    at place (i, j).

    Shapes: x (N, C, H, W), result (N, C KH KW, OH OW).
    """
    (n, c, height, width), (kh, kw) = x.shape, kernel_size
    oh = windows_along(height, kh, stride[0], padding[0], dilation[0])
    ow = windows_along(width, kw, stride[1], padding[1], dilation[1])
    padded = np.pad(x, ((0, 0), (0, 0), *padding))
    cols = np.empty_like(x, shape=(n, c, kh, kw, oh, ow), order="C")
    for a, b, seen in _taps(kernel_size, (oh, ow), stride, dilation):
        cols[:, :, a, b] = padded[seen]
    return cols.reshape(n, c * kh * kw, oh * ow)


def col2im(
    cols: Array, size: Pair, kernel_size: Pair, stride: Pair, padding: Padding, dilation: Pair
) -> Array:
    """The way back: each number of a column is added where `im2col` took it from. Its derivative, not its
    inverse: a pixel that k windows see is there k times.

    Shapes: cols (N, C KH KW, OH OW), result (N, C, *size).
    """
    (kh, kw), (height, width), ((top, bottom), (left, right)) = kernel_size, size, padding
    oh = windows_along(height, kh, stride[0], padding[0], dilation[0])
    ow = windows_along(width, kw, stride[1], padding[1], dilation[1])
    n, c = cols.shape[0], cols.shape[1] // (kh * kw)
    cols = cols.reshape(n, c, kh, kw, oh, ow)
    shape = (n, c, top + height + bottom, left + width + right)
    padded = np.zeros_like(cols, shape=shape, order="C")
    for a, b, seen in _taps(kernel_size, (oh, ow), stride, dilation):
        padded[seen] += cols[:, :, a, b]
    inside = padded[:, :, top : top + height, left : left + width]
    return inside if inside.flags.c_contiguous else inside.copy()


def windows_along(size: int, kernel_size: int, stride: int, padding: Pair, dilation: int) -> int:
    """How many places a window has along an axis of ``size``: it reaches over dilation (kernel_size - 1) + 1
    elements and moves by ``stride``.
    """
    return (size + padding[0] + padding[1] - dilation * (kernel_size - 1) - 1) // stride + 1


def _taps(
    kernel_size: Pair, out: Pair, stride: Pair, dilation: Pair
) -> Iterator[tuple[int, int, tuple[slice, ...]]]:
    """Each element (a, b) of the kernel, with the part of the padded image that it meets as the kernel moves
    over all OH by OW places: every SH-th row from DH a on, every SW-th column from DW b on.
    """
    for a in range(kernel_size[0]):
        for b in range(kernel_size[1]):
            rows = slice(dilation[0] * a, dilation[0] * a + stride[0] * out[0], stride[0])
            columns = slice(dilation[1] * b, dilation[1] * b + stride[1] * out[1], stride[1])
            yield a, b, (slice(None), slice(None), rows, columns)


# A compiled loop looks at no bounds, and reads numbers of one dtype: every fast backend calls these first.


def check_conv(
    x: Sequence[int],
    w: Sequence[int],
    y: Sequence[int],
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
) -> None:
    """Raise ValueError unless these are the shapes of a convolution."""
    size = map(windows_along, x[2:], w[2:], stride, padding, dilation)
    if (
        len(x) != 4
        or x[1] != w[1] * groups
        or w[0] % groups
        or (x[0], w[0], *size) != tuple(y)
        or min(*w[2:], *stride, *dilation, groups) < 1
    ):
        raise ValueError(
            f"no convolution takes x of shape {tuple(x)} and kernels of shape {tuple(w)} to y of shape "
            f"{tuple(y)} (stride {stride}, padding {padding}, dilation {dilation}, groups {groups})"
        )


def check_dtypes(*arrays: Array) -> None:
    """Raise TypeError unless the arrays are of one dtype."""
    dtypes = {array.dtype for array in arrays}
    if len(dtypes) > 1:
        raise TypeError(f"conv2d: expected arrays of one dtype, got {', '.join(sorted(map(str, dtypes)))}")
