"""``save`` and ``load``: tensors and the plain values around them, in safetensors files.

A safetensors file is a JSON header (names, dtypes, shapes) and the raw bytes of the arrays. It holds no code,
so a file from a stranger is safe to load, and other libraries open it. A flat mapping of names to tensors,
such as a ``state_dict()``, is stored as just that, with the order of the names in the header's metadata.
Anything nested, such as an optimiser's ``state_dict()``, is stored as its tensors, named by their path
(``optimizer.state.0.exp_avg``), and a JSON tree in the metadata that says what was where.

Format: https://huggingface.co/docs/safetensors
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np

from minigrad.devices import CPU, place
from minigrad.errors import DataError
from minigrad.files import write_whole
from minigrad.tensor import Tensor

__all__ = ["load", "save"]

_TREE = "minigrad"  # the metadata's entry for the tree
_ORDER = "minigrad order"  # that for the names of a flat mapping in their order: files have them sorted
_NUMBERS = (bool, int, float, str, type(None))

_Path = str | os.PathLike[str]


def save(obj: Any, f: _Path | IO[bytes]) -> None:
    """Write ``obj`` to a file, which appears whole or not at all.

    Args:
        obj: tensors and arrays, numbers, strings, None, and dicts, lists and tuples of these, nested as you
            like. A dict's keys are strings or integers. Tensors that share memory are stored separately.
        f: a path, or a binary file that is open for writing.

    Raises:
        TypeError: something else is in ``obj``; the message says where. ValueError: ``obj`` holds itself.
        FileNotFoundError: the folder does not exist.
    """
    from safetensors.numpy import save as to_bytes

    arrays: dict[str, Any] = {}
    if _is_flat(obj):
        for name, value in obj.items():
            arrays[name] = _storable(value, name)
        metadata = {_ORDER: json.dumps(list(arrays))}
    else:
        metadata = {_TREE: json.dumps(_encode(obj, "", arrays))}
    content = to_bytes(arrays, metadata)
    if isinstance(f, str | os.PathLike):
        write_whole(Path(f), content)
    else:
        f.write(content)


def load(f: _Path | IO[bytes], map_location: Any = None, *, weights_only: bool = True) -> Any:
    """Read what ``save`` wrote, or any other safetensors file as a dict of names to tensors.

    Tensors come back with their dtype and shape, in memory of their own, without ``requires_grad``: on the
    CPU, wherever they were when they were saved, or on the device that ``map_location`` names.

    Args:
        f: a path, or a binary file that is open for reading.
        map_location: the device to put tensors on, ``"cuda"`` say; None is the CPU.
        weights_only: True; there is nothing but data in these files.

    Raises:
        FileNotFoundError: there is no such file. IsADirectoryError: it is a folder.
        DataError: it is not a safetensors file, or it is truncated or damaged.
        NotImplementedError: an option that is not supported. DeviceError: the device is not there.
    """
    where = CPU if map_location is None else place.find(map_location, "load")
    if not weights_only:
        raise NotImplementedError(
            "load: weights_only=False is not supported: no code is loaded. Leave it out."
        )
    if isinstance(f, str | os.PathLike):
        name = os.fspath(f)
        try:
            content = Path(f).read_bytes()
        except FileNotFoundError:
            raise FileNotFoundError(f"load: there is no file {name!r}. Check the path.") from None
        except (IsADirectoryError, PermissionError):  # Windows says the latter of a folder
            if not Path(f).is_dir():
                raise
            raise IsADirectoryError(f"load: {name!r} is a folder. Name the file in it.") from None
    else:
        name, content = str(getattr(f, "name", "the open file")), f.read()
    metadata, arrays = _parse(name, content)
    tensors = {key: Tensor._wrap(place.put(array, where)) for key, array in arrays.items()}
    try:
        if _TREE not in metadata:
            return _ordered(tensors, json.loads(metadata.get(_ORDER, "[]")))
        return _decode(json.loads(metadata[_TREE]), tensors)
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{name}: its tree of values is damaged ({error}). Save it again.") from error


def _is_flat(obj: Any) -> bool:
    return isinstance(obj, Mapping) and all(
        isinstance(key, str) and key != "__metadata__" and isinstance(value, Tensor | np.ndarray)
        for key, value in obj.items()
    )


def _storable(value: Any, where: str) -> Any:
    """The array, its values one after another in C order."""
    array = value.detach().cpu()._data if isinstance(value, Tensor) else value
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise TypeError(
            f"save: {where or 'the array'} has dtype {array.dtype}, which safetensors files do not have."
        )
    return np.asarray(array, order="C")


# The tree. Numbers, strings and None stand for themselves, a list for a list; all else is an object with one
# entry that tells what it is: {"tensor": name}, {"tuple": [...]}, {"dict": [[key, value], ...]} (pairs, so
# that keys may be integers).


def _encode(obj: Any, where: str, arrays: dict[str, Any], around: tuple[int, ...] = ()) -> Any:
    """The tree of ``obj``, its arrays put into ``arrays``; ``around`` are the ids of what it is in."""
    if id(obj) in around:
        raise ValueError(f"save: {where} is what it lies in itself, a circle without end. Leave it out.")
    if isinstance(obj, Tensor | np.ndarray):
        name = where or "tensor"
        while name in arrays or name == "__metadata__":  # {"a.b": x, "a": {"b": y}}; reserved by the format
            name += "_"
        arrays[name] = _storable(obj, where)
        return {"tensor": name}
    if isinstance(obj, np.generic):
        obj = obj.item()
    if isinstance(obj, _NUMBERS):
        return obj

    def inside(key: Any, value: Any) -> Any:
        return _encode(value, f"{where}.{key}" if where else str(key), arrays, (*around, id(obj)))

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


def _decode(node: Any, tensors: dict[str, Tensor]) -> Any:
    if isinstance(node, list):
        return [_decode(value, tensors) for value in node]
    if not isinstance(node, dict):
        return node
    ((kind, value),) = node.items()
    if kind == "tensor":
        return tensors[value]
    if kind == "tuple":
        return tuple(_decode(part, tensors) for part in value)
    if kind == "dict":
        return {key: _decode(part, tensors) for key, part in value}
    raise ValueError(f"unknown entry {kind!r}")


def _ordered(tensors: dict[str, Tensor], names: list[str]) -> dict[str, Tensor]:
    """The tensors in the order in which they were saved; those that another program has added come last."""
    return {name: tensors[name] for name in names if name in tensors} | tensors


def _parse(name: str, content: bytes) -> tuple[dict[str, str], dict[str, Any]]:
    """The metadata and the arrays of a safetensors file."""
    from safetensors import SafetensorError
    from safetensors.numpy import load as from_bytes

    header = _header(name, content)
    metadata = header.pop("__metadata__", {})
    for key, entry in header.items():
        if entry.get("dtype") in ("BF16", "F8_E4M3", "F8_E5M2"):
            raise DataError(
                f"{name}: {key} has dtype {entry['dtype']}, which NumPy does not have. Convert it first."
            )
    try:
        return metadata, {key: np.require(a, requirements="W") for key, a in from_bytes(content).items()}
    except (SafetensorError, KeyError, ValueError) as error:
        raise DataError(
            f"{name}: not a sound safetensors file ({error}). Save or download it again."
        ) from error


def _header(name: str, content: bytes) -> dict[str, Any]:
    """The JSON header, once it and the length of the file are found to be plausible."""
    if not content:
        raise DataError(f"{name}: the file is empty. Save or download it again.")
    if len(content) < 9:
        raise DataError(
            f"{name}: truncated. It has {len(content)} bytes, fewer than a header. Save or download it again."
        )
    length = int.from_bytes(content[:8], "little")
    if content[8:9] != b"{":
        if content[:4] == b"PK\x03\x04" or content[:1] == b"\x80":
            raise DataError(
                f"{name}: a file written by torch.save, or another pickle. These can run code when they are "
                "loaded and are not read here. Convert it where PyTorch is installed: "
                "safetensors.torch.save_file(torch.load(...), ...)."
            )
        raise DataError(f"{name}: not a safetensors file; it starts with the bytes {content[:12].hex(' ')}.")
    if len(content) < 8 + length:
        raise DataError(
            f"{name}: truncated. Its header alone takes {8 + length:,} bytes, the file has {len(content):,}. "
            "Save or download it again."
        )
    try:
        header: dict[str, Any] = json.loads(content[8 : 8 + length])
        ends = [int(entry["data_offsets"][1]) for key, entry in header.items() if key != "__metadata__"]
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise DataError(f"{name}: its header is damaged ({error}). Save or download it again.") from error
    size = 8 + length + max(ends, default=0)
    if len(content) != size:
        raise DataError(
            f"{name}: {'truncated' if len(content) < size else 'too long'}. Its header describes {size:,} "
            f"bytes, the file has {len(content):,}. Save or download it again."
        )
    return header
