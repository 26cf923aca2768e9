"""Padding layers: ``nn.functional.pad`` with its widths and mode chosen beforehand.

The widths are one for all sides, or (left, right) and, for images, (left, right, top, bottom); a negative one
cuts off.
"""

from minigrad.errors import ShapeError
from minigrad.nn import functional as F
from minigrad.nn.module import Module
from minigrad.ops.window import Sizes
from minigrad.tensor import Tensor

__all__ = [
    "CircularPad1d",
    "CircularPad2d",
    "ConstantPad1d",
    "ConstantPad2d",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ZeroPad1d",
    "ZeroPad2d",
]


class _Pad(Module):
    """Pads the last ``axes`` axes in one of the modes of `functional.pad`."""

    axes: int
    mode: str
    padding: tuple[int, ...]

    def __init__(self, padding: Sizes) -> None:
        super().__init__()
        self.padding = (padding,) * (2 * self.axes) if isinstance(padding, int) else tuple(padding)

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ConstantPad(_Pad):
    """Pads with one number."""

    mode = "constant"

    def __init__(self, padding: Sizes, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPad):
    """A number on both sides of a sequence.

    Shapes: x (N, C, L) or (C, L).
    """

    axes = 1


class ConstantPad2d(_ConstantPad):
    """A number on all sides of an image.

    Shapes: x (N, C, H, W) or (C, H, W).
    """

    axes = 2


class ZeroPad1d(ConstantPad1d):
    """Zeros on both sides of a sequence, (N, C, L) or (C, L)."""

    def __init__(self, padding: Sizes) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ZeroPad2d(ConstantPad2d):
    """Zeros on all sides of an image, (N, C, H, W) or (C, H, W)."""

    def __init__(self, padding: Sizes) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ReflectionPad1d(_Pad):
    """A sequence, (N, C, L) or (C, L), mirrored at its first and last element."""

    axes, mode = 1, "reflect"


class ReflectionPad2d(_Pad):
    """An image, (N, C, H, W) or (C, H, W), mirrored at its edges."""

    axes, mode = 2, "reflect"


class ReplicationPad1d(_Pad):
    """A sequence, (N, C, L) or (C, L), its first and last element repeated."""

    axes, mode = 1, "replicate"


class ReplicationPad2d(_Pad):
    """An image, (N, C, H, W) or (C, H, W), its edges repeated."""

    axes, mode = 2, "replicate"


class _CircularPad(_Pad):
    """Pads with what stands at the other end."""

    mode = "circular"

    def forward(self, input: Tensor) -> Tensor:
        if input.ndim - self.axes not in (1, 2):
            raise ShapeError(
                f"{type(self).__name__}: expected {self.axes + 1} or {self.axes + 2} axes, got shape "
                f"{tuple(input.shape)}"
            )
        return super().forward(input)


class CircularPad1d(_CircularPad):
    """A sequence, (N, C, L) or (C, L), continued from its other end."""

    axes = 1


class CircularPad2d(_CircularPad):
    """An image, (N, C, H, W) or (C, H, W), continued from its other side."""

    axes = 2
