"""Linear: the layer of a dense network."""

from typing import Any

from minigrad.nn import functional as F
from minigrad.nn.module import Module
from minigrad.nn.parameter import Parameter, draw_by_fan_in, unset_parameter
from minigrad.tensor import Tensor

__all__ = ["Linear"]


class Linear(Module):
    """y = x W^T + b.

    Shapes: x (*, in_features), weight (out_features, in_features), bias (out_features), y (*, out_features).
    Both begin uniform in (-k, k), k = 1 / sqrt(in_features). ``bias=False`` leaves b out.
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight = unset_parameter("Linear", (out_features, in_features), device, dtype)
        made = unset_parameter("Linear", (out_features,), device, dtype) if bias else None
        self.register_parameter("bias", made)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias anew."""
        draw_by_fan_in(self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"
        )
