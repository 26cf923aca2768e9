"""Nested values as JSON and a flat mapping of arrays, which is all that a safetensors file can hold.

Numbers, strings and None stand for themselves, a list for a list; all else is an object with one entry that
tells what it is: {"tensor": name}, {"tuple": [...]}, {"dict": [[key, value], ...]} (pairs, so that keys may
be integers).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from minigrad.tensor import Tensor

_NUMBERS = (bool, int, float, str, type(None))


def is_flat(obj: Any) -> bool:
    """Whether it is names and tensors or arrays: then there is no tree to store."""
    return isinstance(obj, Mapping) and all(
        isinstance(key, str) and key != "__metadata__" and isinstance(value, Tensor | np.ndarray)
        for key, value in obj.items()
    )


def storable(value: Any, where: str) -> Any:
    """The array, its values one after another in C order."""
    array = value.detach().cpu()._data if isinstance(value, Tensor) else value
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise TypeError(
            f"save: {where or 'the array'} has dtype {array.dtype}, which safetensors files do not have."
        )
    return np.asarray(array, order="C")


def encode(obj: Any, where: str, arrays: dict[str, Any], around: tuple[int, ...] = ()) -> Any:
    """The tree of ``obj``, its arrays put into ``arrays``; ``around`` are the ids of what it is in."""
    if id(obj) in around:
        raise ValueError(f"save: {where} is what it lies in itself, a circle without end. Leave it out.")
    if isinstance(obj, Tensor | np.ndarray):
        name = where or "tensor"
        while name in arrays or name == "__metadata__":  # {"a.b": x, "a": {"b": y}}; reserved by the format
            name += "_"
        arrays[name] = storable(obj, where)
        return {"tensor": name}
    if isinstance(obj, np.generic):
        obj = obj.item()
    if isinstance(obj, _NUMBERS):
        return obj

    def inside(key: Any, value: Any) -> Any:
        return encode(value, f"{where}.{key}" if where else str(key), arrays, (*around, id(obj)))

    if isinstance(obj, Mapping):
        for key in obj:
            if type(key) not in (str, int):
                raise TypeError(
                    f"save: the key {key!r} in {where or 'the dict'} is neither a string nor an integer."
                )
        return {"dict": [[key, inside(key, value)] for key, value in obj.items()]}
    if isinstance(obj, list | tuple):
        items = [inside(i, value) for i, value in enumerate(obj)]
        return items if isinstance(obj, list) else {"tuple": items}
    raise TypeError(
        f"save: {where or 'the object'} is a {type(obj).__name__}. Expected tensors, arrays, numbers, "
        "strings, None, and dicts, lists and tuples of these; for a module or an optimiser, save its "
        "state_dict()."
    )


def decode(node: Any, tensors: dict[str, Tensor]) -> Any:
    """What the tree says, with the tensors that it names; KeyError or ValueError for what it cannot say."""
    if isinstance(node, list):
        return [decode(value, tensors) for value in node]
    if not isinstance(node, dict):
        return node
    ((kind, value),) = node.items()
    if kind == "tensor":
        return tensors[value]
    if kind == "tuple":
        return tuple(decode(part, tensors) for part in value)
    if kind == "dict":
        return {key: decode(part, tensors) for key, part in value}
    raise ValueError(f"unknown entry {kind!r}")
