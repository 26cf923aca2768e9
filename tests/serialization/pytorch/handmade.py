"""PyTorch's files made by hand, without PyTorch: as they are, and as somebody might make them to harm."""

import io
import pickle
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

MAGIC = pickle.dumps(0x1950A86A20F9469CFC6C, 2)
HEAD = MAGIC + pickle.dumps(1001, 2) + pickle.dumps({"little_endian": True, "protocol_version": 1001}, 2)
STORAGES = {"float32": "Float", "float64": "Double", "int64": "Long", "bool": "Bool", "float16": "Half"}


def plain(value: Any) -> bytes:
    """The part of a pickle that puts a plain value on the stack."""
    return pickle.dumps(value, 2)[2:-1]


def program(body: bytes) -> bytes:
    """A whole pickle of it."""
    return b"\x80\x02" + body + b"."


def storage(key: str, dtype: str, count: int, *, old: bool = False) -> bytes:
    kind = f"ctorch\n{STORAGES.get(dtype, dtype)}Storage\n".encode()
    last = plain(None) if old else b""
    return b"(" + plain("storage") + kind + plain(key) + plain("cpu") + plain(count) + last + b"tQ"


def tensor(of: bytes, shape: Sequence[int], strides: Sequence[int], offset: int = 0) -> bytes:
    place = plain(offset) + plain(tuple(shape)) + plain(tuple(strides))
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + of + place + b"\x89ccollections\nOrderedDict\n)RtR"


def state_dict(arrays: Mapping[str, Any], *, old: bool = False) -> bytes:
    """The pickle of an OrderedDict of tensors, with the attribute that PyTorch's has."""
    items = b""
    for key, (name, array) in enumerate(arrays.items()):
        strides = [step // array.itemsize for step in np.array(array, order="C").strides]
        of = storage(str(key), str(array.dtype), array.size, old=old)
        items += plain(name) + tensor(of, array.shape, strides)
    return program(b"ccollections\nOrderedDict\n)R(" + items + b"u" + plain({"_metadata": {}}) + b"b")


def archive(pickled: bytes, storages: Mapping[str, bytes], packed: int = zipfile.ZIP_STORED) -> bytes:
    """A zip archive as since PyTorch 1.6."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", packed) as parts:
        parts.writestr("weights/data.pkl", pickled)
        parts.writestr("weights/byteorder", "little")
        for key, numbers in storages.items():
            parts.writestr(f"weights/data/{key}", numbers)
        parts.writestr("weights/version", "3\n")
    return file.getvalue()


def new_file(arrays: Mapping[str, Any]) -> bytes:
    numbers = {str(key): array.tobytes() for key, array in enumerate(arrays.values())}
    return archive(state_dict(arrays), numbers)


def old_file(arrays: Mapping[str, Any]) -> bytes:
    """As before PyTorch 1.6."""
    keys = [str(key) for key in range(len(arrays))]
    numbers = b"".join(a.size.to_bytes(8, "little") + a.tobytes() for a in arrays.values())
    return HEAD + state_dict(arrays, old=True) + pickle.dumps(keys, 2) + numbers
