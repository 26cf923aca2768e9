"""``save`` and ``load``: tensors and the plain values around them, in safetensors files.

A safetensors file is a JSON header (names, dtypes, shapes) and the raw bytes of the arrays. It holds no code,
so a file from a stranger is safe to load, and other libraries open it. A flat mapping of names to tensors,
such as a ``state_dict()``, is stored as just that, with the order of the names in the header's metadata.
Anything nested, such as an optimiser's ``state_dict()``, is stored as its tensors, named by their path
(``optimizer.state.0.exp_avg``), and a JSON tree in the metadata that says what was where.

``load`` reads what PyTorch's ``torch.save`` wrote, too: ``serialization.pytorch``.

Format: https://huggingface.co/docs/safetensors
"""

import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from minigrad.devices import CPU, place
from minigrad.errors import DataError
from minigrad.files import write_whole
from minigrad.serialization import safetensors_file, tree
from minigrad.tensor import Tensor

__all__ = ["load", "save"]

_TREE = "minigrad"  # the metadata's entry for the tree
_ORDER = "minigrad order"  # that for the names of a flat mapping in their order: files have them sorted

_Path = str | os.PathLike[str]


def save(obj: Any, f: _Path | IO[bytes]) -> None:
    """Write ``obj`` to a safetensors file, which appears whole or not at all.

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
    if tree.is_flat(obj):
        for name, value in obj.items():
            arrays[name] = tree.storable(value, name)
        metadata = {_ORDER: json.dumps(list(arrays))}
    else:
        metadata = {_TREE: json.dumps(tree.encode(obj, "", arrays))}
    content = to_bytes(arrays, metadata)
    if isinstance(f, str | os.PathLike):
        write_whole(Path(f), content)
    else:
        f.write(content)


def load(f: _Path | IO[bytes], map_location: Any = None, *, weights_only: bool = True) -> Any:
    """Read what ``save`` wrote, any other safetensors file, or what PyTorch's ``torch.save`` wrote.

    Tensors come back with their dtype and shape, without ``requires_grad``: on the CPU, wherever they were
    when they were saved, or on the device that ``map_location`` names. A safetensors file of another program
    is a dict of names to tensors. Of PyTorch's files tensors and the plain values around them are read, and
    nothing in them is run; tensors that share memory there share it here.

    Args:
        f: a path, or a binary file that is open for reading.
        map_location: the device to put tensors on, ``"cuda"`` say; None is the CPU.
        weights_only: True; nothing but data is read.

    Raises:
        FileNotFoundError: there is no such file. IsADirectoryError: it is a folder.
        DataError: it is neither kind of file, it is truncated or damaged, or it holds something else than
            data, which the message names.
        NotImplementedError: an option that is not supported. DeviceError: the device is not there.
    """
    from minigrad.serialization import pytorch

    where = CPU if map_location is None else place.find(map_location, "load")
    if not weights_only:
        raise NotImplementedError(
            "load: weights_only=False is not supported: no code is loaded. Leave it out."
        )

    def to_tensor(array: Any) -> Tensor:
        return Tensor._wrap(place.put(array, where))

    with _opened(f) as (name, file):
        start = file.read(pytorch.START)
        file.seek(0)
        if pytorch.is_one(start):
            return pytorch.read(name, file, to_tensor)
        metadata, arrays = safetensors_file.parse(name, file)
    tensors = {key: to_tensor(array) for key, array in arrays.items()}
    try:
        if _TREE not in metadata:
            return _ordered(tensors, json.loads(metadata.get(_ORDER, "[]")))
        return tree.decode(json.loads(metadata[_TREE]), tensors)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(f"{name}: its tree of values is damaged ({error!s:.200}). Save it again.") from error


@contextmanager
def _opened(f: _Path | IO[bytes]) -> Iterator[tuple[str, IO[bytes]]]:
    """The file's name, for messages, and the file at its start."""
    if not isinstance(f, str | os.PathLike):
        yield str(getattr(f, "name", "the open file")), io.BytesIO(f.read())
        return
    name = os.fspath(f)
    try:
        file = Path(f).open("rb")  # noqa: SIM115 (the with is below, so that only opening is in the try)
    except FileNotFoundError:
        raise FileNotFoundError(f"load: there is no file {name!r}. Check the path.") from None
    except (IsADirectoryError, PermissionError):  # Windows says the latter of a folder
        if not Path(f).is_dir():
            raise
        raise IsADirectoryError(f"load: {name!r} is a folder. Name the file in it.") from None
    with file:
        yield name, file if file.seekable() else io.BytesIO(file.read())  # a pipe is not


def _ordered(tensors: dict[str, Tensor], names: list[str]) -> dict[str, Tensor]:
    """The tensors in the order in which they were saved; those that another program has added come last."""
    return {name: tensors[name] for name in names if name in tensors} | tensors
