"""Parameter: a tensor that a module trains."""

from typing import Any

import numpy as np

from minigrad.devices import place
from minigrad.dtypes import as_dtype, get_default_dtype
from minigrad.tensor import Tensor


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
    if not all(isinstance(size, int | np.integer) and size >= 0 for size in shape):
        raise ValueError(f"{owner}: sizes are whole numbers, 0 or more (n // 2, not n / 2), got {shape}")
    kind = get_default_dtype() if dtype is None else as_dtype(dtype)
    return Parameter(place.make(np.empty, where, shape, kind))
