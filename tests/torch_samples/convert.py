"""PyTorch's values as minigrad's, and back to what can be compared."""

from collections.abc import Iterator
from typing import Any

import numpy as np

import minigrad as mg

LACKING = {
    "out": "out=, writing the result into a tensor that is given",
    "memory_format": "memory_format=, an order of the axes in memory",
    "layout": "layout=, sparse tensors",
    "pin_memory": "pin_memory= of a function that makes a tensor",
    "names": "names=, axes with names",
}
"""Options that minigrad does not have. A call with one is left out, and counted under the text."""


class LeftOut(Exception):
    """The call needs something that minigrad does not offer on purpose; the text says what."""


def to_minigrad(value: Any, known: dict[int, Any]) -> Any:
    """The value with minigrad's tensors in place of PyTorch's: the same numbers in the same order in memory.

    ``known`` maps the id of a tensor to its counterpart: a tensor that stands twice in a call stays one.
    """
    import torch

    if isinstance(value, torch.Tensor):
        if id(value) not in known:
            known[id(value)] = _tensor(value)
        return known[id(value)]
    if isinstance(value, torch.dtype):
        return _dtype(value)
    if isinstance(value, torch.device):
        if value.type != "cpu":
            raise LeftOut(f"the device {value.type}")
        return mg.device("cpu")
    if isinstance(value, torch.Size):
        return tuple(value)
    if isinstance(value, (tuple, list)):
        return type(value)(to_minigrad(item, known) for item in value)
    if isinstance(value, dict):
        return {key: to_minigrad(item, known) for key, item in value.items()}
    if isinstance(value, complex):
        raise LeftOut("complex numbers")
    if isinstance(value, torch.Generator):
        raise LeftOut("a generator: the two libraries draw other numbers")
    if value is torch.strided:
        raise LeftOut(LACKING["layout"])
    if value in (torch.contiguous_format, torch.preserve_format, torch.channels_last, torch.channels_last_3d):
        raise LeftOut(LACKING["memory_format"])
    return value


def _dtype(dtype: Any) -> np.dtype[Any]:
    name = str(dtype).removeprefix("torch.")
    ours = getattr(mg, name, None)
    if not isinstance(ours, np.dtype):
        raise LeftOut("complex numbers" if dtype.is_complex else f"the dtype {name}")
    return ours


def _tensor(tensor: Any) -> mg.Tensor:
    import torch

    if tensor.layout is not torch.strided:
        raise LeftOut("sparse tensors")
    if tensor.device.type != "cpu":
        raise LeftOut(f"the device {tensor.device.type}")
    _dtype(tensor.dtype)
    if tensor.ndim > 64:
        raise LeftOut("more than NumPy's 64 axes")
    plain = tensor.detach().resolve_neg()
    size = plain.untyped_storage().nbytes() // plain.element_size()
    memory = plain.as_strided((size,), (1,), 0).numpy().copy()
    strides = [step * memory.itemsize for step in plain.stride()]
    array = np.lib.stride_tricks.as_strided(memory[plain.storage_offset() :], tuple(plain.shape), strides)
    return mg.from_numpy(array).requires_grad_(tensor.requires_grad)


def leaves(value: Any) -> Iterator[Any]:
    """The tensors and numbers in nested tuples, lists and dictionaries, in order."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (tuple, list)):
        for item in value:
            yield from leaves(item)
    else:
        yield value
