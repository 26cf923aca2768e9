"""Convolution, transposed convolution, and images as columns of what a kernel sees.

The three passes of convolution are each other's derivatives. All of them come from one sum,

    S = sum over n, o, c, i, j, a, b of  dy[n, o, i, j] w[o, c, a, b] x[n, c, SH i + DH a, SW j + DW b]

where x has its padding, SH, SW is the stride, DH, DW the dilation. S is linear in each of x, w and dy, so the
derivative by one of them is the same sum with that place left open:

    by dy:  `convolution`              of x and w      y = x * w
    by x:   `convolution_input_grad`   of dy and w     transposed convolution
    by w:   `convolution_weight_grad`  of dy and x

Whatever pass we differentiate, the upstream gradient stands in the open place, another place opens, and the
rule is one of the other two passes. So there are derivatives of every order.
"""

import math
from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.engine.op import Array, Tensor, of_tensors, op
from minigrad.errors import DtypeError, ShapeError
from minigrad.ops.checks import to_scale
from minigrad.ops.pad import constant_pad
from minigrad.ops.window import (
    Layout,
    Pair,
    Shape4,
    Sizes,
    as_given,
    as_images,
    both,
    check_fits,
    check_rank,
    least_image,
    per_axis,
    windows_of,
)

__all__ = ["conv1d", "conv2d", "conv_transpose1d", "conv_transpose2d"]

# The three passes -------------------------------------------------------------------------------------------


@op(name="conv2d")
def convolution(input: Array, weight: Array, bias: Array, layout: Layout) -> Array:
    """y = bias + the sum over the kernel of weight times what lies under it.

    Shapes: x (N, C, H, W), weight (O, C/groups, KH, KW), bias (O) or None -> y (N, O, OH, OW).
    """
    return kernels.conv2d(input, weight, bias, *layout)


@convolution.grad("input")
def _(dy: Array, weight: Array, input_shape: Shape4, layout: Layout) -> Array:
    return convolution_input_grad(dy, weight, None, input_shape[2:], layout)


@convolution.grad("weight")
def _(dy: Array, input: Array, weight_shape: Shape4, layout: Layout) -> Array:
    return convolution_weight_grad(dy, input, weight_shape[2:], layout)


@convolution.grad("bias")
def _(dy: Array) -> Array:
    return kernels.channel_sums(dy)  # it was added to every image at every place


@op(name="conv_transpose2d")
def convolution_input_grad(input: Array, weight: Array, bias: Array, size: Pair, layout: Layout) -> Array:
    """y = bias + the sum of all weight times x that a convolution would have taken from there.

    Shapes: x (N, O, OH, OW), weight (O, C/groups, KH, KW), bias (C) or None -> y (N, C, *size).
    """
    return kernels.conv2d_input_grad(input, weight, bias, size, *layout)


@convolution_input_grad.grad("input")
def _(dy: Array, weight: Array, layout: Layout) -> Array:
    return convolution(dy, weight, None, layout)


@convolution_input_grad.grad("weight")
def _(dy: Array, input: Array, weight_shape: Shape4, layout: Layout) -> Array:
    # In S the input of this pass has dy's place, and its upstream gradient x's.
    return convolution_weight_grad(input, dy, weight_shape[2:], layout)


@convolution_input_grad.grad("bias")
def _(dy: Array) -> Array:
    return kernels.channel_sums(dy)


@op(name="conv2d_weight_grad")
def convolution_weight_grad(upstream: Array, input: Array, kernel_size: Pair, layout: Layout) -> Array:
    """dw = the sum over images and places of dy there times what the kernel saw there.

    Shapes: dy, here called upstream, (N, O, OH, OW), x (N, C, H, W) -> dw (O, C/groups, *kernel_size).
    """
    return kernels.conv2d_weight_grad(upstream, input, kernel_size, *layout)


@convolution_weight_grad.grad("upstream")
def _(dy: Array, input: Array, layout: Layout) -> Array:
    return convolution(input, dy, None, layout)  # dy has the shape of a weight


@convolution_weight_grad.grad("input")
def _(dy: Array, upstream: Array, input_shape: Shape4, layout: Layout) -> Array:
    return convolution_input_grad(upstream, dy, None, input_shape[2:], layout)


# Convolution ------------------------------------------------------------------------------------------------


@of_tensors
def conv1d(
    input: Array,
    weight: Array,
    bias: Array = None,
    stride: Sizes = 1,
    padding: Any = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """y[n, o, i] = bias[o] + sum over c, a of weight[o, c, a] x[n, c, stride i + dilation a - padding]

    Shapes: x (N, C, L) or (C, L), weight (O, C/groups, K), bias (O) -> y (N, O, OL) or (O, OL).
    Arguments and errors as for `conv2d`. It is `conv2d` on images one pixel high.
    """
    return _convolve("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


@of_tensors
def conv2d(
    input: Array,
    weight: Array,
    bias: Array = None,
    stride: Sizes = 1,
    padding: Any = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """y[n, o, i, j] = bias[o] + sum over c, a, b of
    weight[o, c, a, b] x[n, c, stride i + dilation a - padding, stride j + dilation b - padding]

    The kernel is not turned around: it is what mathematics calls cross-correlation, as everywhere in deep
    learning. Shapes: x (N, C, H, W) or (C, H, W), weight (O, C/groups, KH, KW), bias (O) -> y (N, O, OH, OW)
    or (O, OH, OW), OH = (H + 2 padding - dilation (KH - 1) - 1) // stride + 1.

    ``stride``, ``padding`` and ``dilation`` are numbers or pairs, one for each axis. ``padding`` may be
    ``"valid"``, which is 0, or ``"same"``, which keeps H and W and needs stride 1; as an extension it may be
    ((top, bottom), (left, right)). With ``groups``, each group of output channels sees its own group of input
    channels only; groups=C is the depthwise convolution.

    Raises ShapeError (a RuntimeError and a ValueError) when shapes or options do not fit, DtypeError when the
    dtypes differ. LeCun et al. 1989; the arithmetic in Dumoulin and Visin 2016.
    """
    return _convolve("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


def _convolve(
    name: str,
    axes: int,
    input: Array,
    weight: Array,
    bias: Array,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: int,
) -> Array:
    check_rank(name, axes, input)
    _check_weight(name, axes, weight, groups)
    _check_numbers(name, input, weight, bias, outputs=weight.shape[0])
    if input.shape[-axes - 1] != weight.shape[1] * groups:
        raise ShapeError(
            f"{name}: the input of shape {tuple(input.shape)} has {_channels(input, axes)}, the "
            f"weight of shape {tuple(weight.shape)} takes {weight.shape[1] * groups}"
            + (f" ({weight.shape[1]} in each of {groups} groups). " if groups > 1 else ". ")
            + _channels_hint(input, weight.shape[1] * groups, axes)
        )
    images = as_images(input, axes)
    windows = windows_of(name, axes, weight.shape[2:], stride, padding, dilation)
    check_fits(name, axes, images.shape[2:], windows)
    y = convolution(images, as_images(weight, axes), bias, Layout(*windows[1:], groups))
    return as_given(y, input, axes)


# Transposed convolution -------------------------------------------------------------------------------------


@of_tensors
def conv_transpose1d(
    input: Array,
    weight: Array,
    bias: Array = None,
    stride: Sizes = 1,
    padding: Any = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Tensor:
    """y[n, o, stride i + dilation a - padding] = bias[o] + the sum of all weight[c, o, a] x[n, c, i]

    Shapes: x (N, C, L) or (C, L), weight (C, O/groups, K), bias (O) -> y (N, O, OL) or (O, OL).
    Arguments and errors as for `conv_transpose2d`. It is `conv_transpose2d` on images one pixel high.
    """
    name = "conv_transpose1d"
    return _transposed(name, 1, input, weight, bias, stride, padding, output_padding, groups, dilation)


@of_tensors
def conv_transpose2d(
    input: Array,
    weight: Array,
    bias: Array = None,
    stride: Sizes = 1,
    padding: Any = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Tensor:
    """y[n, o, stride i + dilation a - padding, stride j + dilation b - padding] = bias[o] + the sum of all
    weight[c, o, a, b] x[n, c, i, j] that meet there.

    Each pixel of x puts a copy of the kernel, times the pixel, into y. The gradient of a convolution by its
    input does the same, so this is its kernel; the inverse of the convolution it is not.
    Shapes: x (N, C, H, W) or (C, H, W), weight (C, O/groups, KH, KW), bias (O) -> y (N, O, OH, OW) or
    (O, OH, OW), OH = stride (H - 1) - 2 padding + dilation (KH - 1) + output_padding + 1.

    A convolution of stride 2 gives two sizes of image the same size: ``output_padding`` chooses the larger.
    Arguments are numbers or pairs, one for each axis; as an extension ``padding`` may be ((top, bottom),
    (left, right)). Raises ShapeError (a RuntimeError and a ValueError) when shapes or options do not fit,
    DtypeError when the dtypes differ. Zeiler et al. 2010; Dumoulin and Visin 2016.
    """
    name = "conv_transpose2d"
    return _transposed(name, 2, input, weight, bias, stride, padding, output_padding, groups, dilation)


def _transposed(
    name: str,
    axes: int,
    input: Array,
    weight: Array,
    bias: Array,
    stride: Any,
    padding: Any,
    output_padding: Any,
    groups: int,
    dilation: Any,
) -> Array:
    if isinstance(padding, str):
        raise TypeError(f"{name}: expected padding as numbers, got padding={padding!r}")
    check_rank(name, axes, input)
    _check_weight(name, axes, weight, groups)
    _check_numbers(name, input, weight, bias, outputs=weight.shape[1] * groups)
    if input.shape[-axes - 1] != weight.shape[0]:
        raise ShapeError(
            f"{name}: the input of shape {tuple(input.shape)} has {_channels(input, axes)}, the "
            f"weight of shape {tuple(weight.shape)} takes {weight.shape[0]}: it has the shape (in, "
            "out/groups, ...), the reverse of a convolution's. "
            + _channels_hint(input, weight.shape[0], axes)
        )
    images = as_images(input, axes)
    windows = windows_of(name, axes, weight.shape[2:], stride, padding, dilation)
    _, strides, widths, dilations = windows
    extra = both(per_axis(name, "output_padding", output_padding, axes, 0), 0)
    if any(e >= max(s, d) for e, s, d in zip(extra, strides, dilations, strict=True)):
        raise ShapeError(
            f"{name}: output_padding {extra[-axes:]} must be smaller than the stride {strides[-axes:]} or "
            f"the dilation {dilations[-axes:]}. It is for the last pixels, which a convolution of that "
            "stride would leave over; for a larger output use F.pad"
        )
    height, width = (n + e for n, e in zip(least_image(images.shape[2:], windows), extra, strict=True))
    size = (height, width)
    if min(size) < 1 or 0 in input.shape[-axes:]:
        raise ShapeError(
            f"{name}: an input of size {tuple(input.shape[-axes:])} would give an output of size "
            f"{size[-axes:]}. The padding is cut off from the output here; take less than {widths[-axes:]}"
        )
    # An output_padding of whole strides adds places where the input says nothing: zeros there keep the size
    # one from which a convolution leads back to the input's.
    whole = [e // s for e, s in zip(extra, strides, strict=True)]
    if any(whole):
        images = constant_pad(images, ((0, 0), (0, 0), *((0, more) for more in whole)), 0.0)
    y = convolution_input_grad(images, as_images(weight, axes), bias, size, Layout(*windows[1:], groups))
    return as_given(y, input, axes)


# What they share --------------------------------------------------------------------------------------------


def _check_weight(name: str, axes: int, weight: Array, groups: int) -> None:
    if weight.ndim != axes + 2:
        raise ShapeError(
            f"{name}: expected a weight of {axes + 2} axes, channels, channels and the kernel's "
            f"{'KH, KW' if axes == 2 else 'K'}; got {tuple(weight.shape)}"
        )
    if 0 in weight.shape[2:] or not weight.shape[0]:
        raise ShapeError(f"{name}: a weight of shape {tuple(weight.shape)} has no channels or no kernel")
    if not isinstance(groups, (int, np.integer)) or groups < 1:
        raise ShapeError(f"{name}: groups must be a whole number, 1 or more, got groups={groups!r}")
    if weight.shape[0] % groups:
        raise ShapeError(
            f"{name}: the {weight.shape[0]} channels in front of the weight {tuple(weight.shape)} cannot be "
            f"shared out among {groups} groups"
        )


def _check_numbers(name: str, input: Array, weight: Array, bias: Array, outputs: int) -> None:
    if input.dtype != weight.dtype:
        raise DtypeError(
            f"{name}: the input is {input.dtype}, the weight {weight.dtype}; convert one of them: x.float()"
            f"{to_scale(input)}"
        )
    if input.dtype == np.bool_:
        raise DtypeError(f"{name}: not defined for bool; convert with x.float()")
    if bias is None:
        return
    if tuple(bias.shape) != (outputs,):
        raise ShapeError(
            f"{name}: the bias has shape {tuple(bias.shape)}, expected ({outputs},): one number per output "
            f"channel of the weight {tuple(weight.shape)}"
        )
    if bias.dtype != input.dtype:
        raise DtypeError(f"{name}: the input is {input.dtype}, the bias {bias.dtype}; convert one of them")


def _channels(input: Array, axes: int) -> str:
    """How many the input has: "1 channel", "3 channels"."""
    count = input.shape[-axes - 1]
    return "1 channel" if count == 1 else f"{count} channels"


def _channels_hint(input: Array, channels: int, axes: int) -> str:
    if input.ndim == axes + 2 and input.shape[-1] == channels:
        order = "0, 2, 1" if axes == 1 else "0, 3, 1, 2"
        return f"Channels come before the places: permute({order}) moves the last axis there."
    if input.ndim == axes + 1 and channels == 1:
        return "Is the first axis the batch? x.unsqueeze(1) gives each image its one channel."
    if math.prod(input.shape[-axes:]) and input.ndim == axes + 2:
        if (input.shape[1], channels) == (3, 1):
            return "Colours? x.mean(1, keepdim=True) makes them grey; a layer for them has in_channels=3."
        if (input.shape[1], channels) == (1, 3):
            return "Grey images? x.expand(-1, 3, -1, -1) gives them three channels; or use in_channels=1."
        return f"Expected (N, {channels}, {'L' if axes == 1 else 'H, W'})."
    return "The channels come first among the axes of one image."
