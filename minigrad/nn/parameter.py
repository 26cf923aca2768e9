"""Parameter: a tensor that a module trains."""

import math
from typing import Any

import numpy as np

from minigrad.devices import place
from minigrad.dtypes import as_dtype, get_default_dtype
from minigrad.nn import init
from minigrad.tensor import Tensor

__all__ = ["Parameter"]


class Parameter(Tensor):
    """A Tensor that is registered when it is set as an attribute of a Module, and requires a gradient.

    It shares the memory of ``data``, a tensor, and has no history: a graph begins here. What operations make
    of it are plain Tensors. Raises TypeError for what is no tensor.
    """

    __slots__ = ()

    def __init__(self, data: Any = None, requires_grad: bool = True) -> None:
        if data is None:
            data = np.empty(0, get_default_dtype())
        elif not isinstance(data, Tensor) and not place.is_array(data):
            raise TypeError(
                f"Parameter: expected a tensor, got {type(data).__name__}. Make one of it: mg.tensor(...)."
            )
        super().__init__(data, requires_grad)

    def __deepcopy__(self, memo: dict[int, Any]) -> "Parameter":
        """A parameter with a copy of the numbers; the gradient is not copied."""
        copied = memo[id(self)] = type(self)(self._data.copy(), self._requires_grad)
        return copied

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"


def unset_parameter(owner: str, shape: tuple[int, ...], device: Any, dtype: Any) -> Parameter:
    """A parameter whose numbers the layer ``owner`` is about to set; of the default dtype unless told."""
    where = place.find(device, owner)
    for size in shape:
        if not isinstance(size, int | np.integer) or size < 0:
            raise ValueError(f"{owner}: sizes are whole numbers, 0 or more (n // 2, not n / 2), got {size!r}")
    kind = get_default_dtype() if dtype is None else as_dtype(dtype)
    return Parameter(place.make(np.empty, where, shape, kind))


def draw_by_fan_in(weight: Tensor, bias: Tensor | None) -> None:
    """Draw a layer's weight and bias uniform in (-k, k), k = 1 / sqrt(fan_in), as PyTorch does.

    Shapes: weight (out, in, ...), of which fan_in is the product of all sizes but the first.
    """
    init.kaiming_uniform_(weight, a=math.sqrt(5))  # its bound is sqrt(3 / fan_in) gain, the gain sqrt(1 / 3)
    if bias is not None:
        fan_in = math.prod(weight.shape[1:])
        k = 1 / math.sqrt(fan_in) if fan_in else 0.0
        init.uniform_(bias, -k, k)
