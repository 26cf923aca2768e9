"""Convolution layers: a small kernel, the same at every place of a signal or an image."""

from collections.abc import Callable, Sequence
from typing import Any

from minigrad.errors import ShapeError
from minigrad.nn import functional as F
from minigrad.nn.module import Module
from minigrad.nn.parameter import Parameter, draw_by_fan_in, unset_parameter
from minigrad.ops.window import Sizes, both, least_image, paddings, per_axis, windows_of
from minigrad.tensor import Tensor

__all__ = ["Conv1d", "Conv2d", "ConvTranspose1d", "ConvTranspose2d"]

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class _Layer(Module):
    """What the four layers share: options, parameters and how they begin, the text."""

    weight: Parameter
    bias: Parameter | None
    axes: int  # of a signal 1, of an image 2
    transposed = False

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        *,
        stride: Sizes,
        padding: Any,
        dilation: Sizes,
        output_padding: Sizes,
        groups: int,
        bias: bool,
        padding_mode: str,
        device: Any,
        dtype: Any,
    ) -> None:
        super().__init__()
        name, axes = type(self).__name__, self.axes
        if not isinstance(groups, int) or groups < 1:
            raise ValueError(f"{name}: groups must be a whole number, 1 or more, got groups={groups!r}")
        for what, channels in (("in_channels", in_channels), ("out_channels", out_channels)):
            if channels % groups:
                raise ValueError(f"{name}: {what}={channels} must be divisible by groups={groups}")
        if padding_mode not in PADDING_MODES:
            raise ValueError(f"{name}: padding_mode must be one of {PADDING_MODES}, got {padding_mode!r}")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = per_axis(name, "kernel_size", kernel_size, axes)
        self.stride = per_axis(name, "stride", stride, axes)
        self.dilation = per_axis(name, "dilation", dilation, axes)
        self.padding = _as_kept(name, padding, self.kernel_size, self.stride, self.dilation)
        self.output_padding = per_axis(name, "output_padding", output_padding, axes, 0)
        self.groups = groups
        self.padding_mode = padding_mode
        # The pass that runs backward in one kind of layer runs forward in the other: (out, in) turned round.
        ends = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        self.weight = unset_parameter(name, (ends[0], ends[1] // groups, *self.kernel_size), device, dtype)
        made = unset_parameter(name, (out_channels,), device, dtype) if bias else None
        self.register_parameter("bias", made)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias anew."""
        draw_by_fan_in(self.weight, self.bias)

    def extra_repr(self) -> str:
        zeros, ones = (0,) * self.axes, (1,) * self.axes
        options = (
            ("padding", self.padding, zeros),
            ("dilation", self.dilation, ones),
            ("output_padding", self.output_padding, zeros),
            ("groups", self.groups, 1),
            ("bias", self.bias is not None, True),
            ("padding_mode", self.padding_mode, "zeros"),
        )
        text = (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        )
        return text + "".join(f", {name}={value}" for name, value, default in options if value != default)


class _Convolution(_Layer):
    """A layer that convolves by ``function``: `Conv1d`, `Conv2d`."""

    function: Callable[..., Any]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Any = 0,
        dilation: Sizes = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            output_padding=0,
            groups=groups,
            bias=bias,
            padding_mode=padding_mode,
            device=device,
            dtype=dtype,
        )

    def forward(self, input: Tensor) -> Tensor:
        padding = self.padding
        if self.padding_mode != "zeros":
            name = type(self).__name__
            widths = paddings(name, padding, self.kernel_size, self.stride, self.dilation)
            around = [width for pair in reversed(widths) for width in pair]  # the last axis first
            input, padding = F.pad(input, around, mode=self.padding_mode), 0
        return self.function(input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)


class Conv1d(_Convolution):
    """y[n, o] = bias[o] + the sum over c of weight[o, c] moved along x[n, c].

    Shapes: x (N, in_channels, L) or (in_channels, L), weight (out_channels, in_channels / groups, K), bias
    (out_channels), y (N, out_channels, OL). Options and how it begins: see `Conv2d`.
    """

    axes = 1
    function = staticmethod(F.conv1d)


class Conv2d(_Convolution):
    """y[n, o] = bias[o] + the sum over c of weight[o, c] moved over x[n, c].

    Shapes: x (N, in_channels, H, W) or (in_channels, H, W), weight (out_channels, in_channels / groups, KH,
    KW), bias (out_channels), y (N, out_channels, OH, OW),
    OH = (H + 2 padding - dilation (KH - 1) - 1) // stride + 1.

    ``padding`` is a number, one for each axis, ``"valid"``, ``"same"`` (stride 1), or as an extension
    ((top, bottom), (left, right)), which `F.same_padding` works out for TensorFlow's "same". ``padding_mode``
    says what is put there: ``"zeros"``, or ``"reflect"``, ``"replicate"``, ``"circular"``, as in F.pad.

    Weight and bias begin uniform in (-k, k), k = 1 / sqrt(in_channels / groups KH KW). LeCun et al. 1989.
    """

    axes = 2
    function = staticmethod(F.conv2d)


class _Transposed(_Layer):
    """A layer that convolves backwards by ``function``: `ConvTranspose1d`, `ConvTranspose2d`."""

    function: Callable[..., Any]
    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Any = 0,
        output_padding: Sizes = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Sizes = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        name = type(self).__name__
        if padding_mode != "zeros":
            raise ValueError(f'{name}: padding_mode can only be "zeros", got {padding_mode!r}')
        if isinstance(padding, str):
            raise TypeError(f"{name}: expected padding as numbers, got padding={padding!r}")
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            output_padding=output_padding,
            groups=groups,
            bias=bias,
            padding_mode=padding_mode,
            device=device,
            dtype=dtype,
        )

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        extra = self.output_padding if output_size is None else self._reaching(output_size, input)
        return self.function(
            input, self.weight, self.bias, self.stride, self.padding, extra, self.groups, self.dilation
        )

    def _reaching(self, output_size: Sequence[int], input: Tensor) -> tuple[int, ...]:
        """The output_padding that gives the output this size."""
        name, axes, wanted = type(self).__name__, self.axes, tuple(output_size)
        if len(wanted) not in (axes, input.ndim):
            raise ShapeError(
                f"{name}: for an input of {input.ndim} axes output_size has {axes} numbers or {input.ndim}, "
                f"got {wanted}"
            )
        windows = windows_of(name, axes, self.kernel_size, self.stride, self.padding, self.dilation)
        least = least_image(both(input.shape[-axes:], 1), windows)[-axes:]
        extra = tuple(w - n for w, n in zip(wanted[-axes:], least, strict=True))
        if any(not 0 <= e < s for e, s in zip(extra, self.stride, strict=True)):
            most = tuple(n + s - 1 for n, s in zip(least, self.stride, strict=True))
            raise ShapeError(
                f"{name}: output_size {wanted} cannot be reached from an input of {tuple(input.shape)}: from "
                f"{least} to {most} is possible"
            )
        return extra


class ConvTranspose1d(_Transposed):
    """Each number of x puts the kernel, times the number, into y: the backward pass of a convolution.

    Shapes: x (N, in_channels, L) or (in_channels, L), weight (in_channels, out_channels / groups, K), bias
    (out_channels), y (N, out_channels, OL). Options and how it begins: see `ConvTranspose2d`.
    """

    axes = 1
    function = staticmethod(F.conv_transpose1d)


class ConvTranspose2d(_Transposed):
    """Each pixel of x puts the kernel, times the pixel, into y: the backward pass of a convolution.

    Shapes: x (N, in_channels, H, W) or (in_channels, H, W), weight (in_channels, out_channels / groups, KH,
    KW), bias (out_channels), y (N, out_channels, OH, OW),
    OH = stride (H - 1) - 2 padding + dilation (KH - 1) + output_padding + 1.

    Several sizes of image make a strided convolution give H: called with ``output_size``, the layer works out
    the output_padding that gives the one wanted. Weight and bias begin uniform in (-k, k),
    k = 1 / sqrt(out_channels / groups KH KW). Zeiler et al. 2010.
    """

    axes = 2
    function = staticmethod(F.conv_transpose2d)


def _as_kept(
    name: str, padding: Any, kernel_size: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]
) -> Any:
    """A layer's padding as it keeps it: a word, or a number for each axis, or a pair for each."""
    pairs = paddings(name, padding, kernel_size, stride, dilation)
    if isinstance(padding, str):
        return padding
    return pairs if any(before != after for before, after in pairs) else tuple(n for n, _ in pairs)
