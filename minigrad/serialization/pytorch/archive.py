"""A file of PyTorch since 1.6: a zip archive with one folder, whatever its name.

    archive/data.pkl     the pickle; a storage's persistent id has its key
    archive/data/0       the numbers of the storage with the key 0, ...
    archive/version      3
    archive/byteorder    little; in newer files

PyTorch stores the parts as they are, without compression, and only that is read: the numbers in memory then
are never more than the file itself.
"""

import io
import struct
import zipfile
from collections.abc import Callable
from typing import IO, Any

import numpy as np

from minigrad.errors import DataError
from minigrad.serialization.pytorch.machine import ADVICE
from minigrad.serialization.pytorch.rebuilding import machine, only_data, storage_of

MAGIC = b"PK\x03\x04"
_FAULTS = (
    *(zipfile.BadZipFile, EOFError, OSError, RuntimeError, ValueError, KeyError),
    *(OverflowError, struct.error),
)
_PIECE = 1 << 20


def read(name: str, file: IO[bytes], to_tensor: Callable[[Any], Any]) -> Any:
    """The values in the archive. Raises DataError if it is damaged, or holds anything else."""
    length = file.seek(0, io.SEEK_END)
    try:
        with zipfile.ZipFile(file) as parts:
            folder = _folder(name, parts, length)
            storages: dict[str, Any] = {}

            def persistent(given: Any) -> Any:
                dtype, key, count = storage_of(name, given, length)
                if key not in storages:
                    storages[key] = _storage(name, parts, f"{folder}/data/{key}", dtype, count)
                if storages[key].dtype != dtype:
                    raise ValueError(f"storage {key} has two dtypes")
                return storages[key]

            program = io.BytesIO(parts.read(f"{folder}/data.pkl"))
            return only_data(name, machine(name, to_tensor, persistent, length).run(program))
    except DataError:
        raise
    except _FAULTS as error:
        raise DataError(
            f"{name}: a file of PyTorch's that is truncated or damaged ({error!s:.200}). Save or download "
            "it again."
        ) from error


def _folder(name: str, parts: zipfile.ZipFile, length: int) -> str:
    """The name of the archive's folder, once its parts are found to be plausible."""
    entries = parts.infolist()
    packed = [entry.filename for entry in entries if entry.compress_type != zipfile.ZIP_STORED]
    pickles = [entry.filename for entry in entries if entry.filename.endswith("/data.pkl")]
    if len(pickles) != 1 or any(entry.filename.endswith("/constants.pkl") for entry in entries):
        script = len(pickles) == 1
        what = "a program of TorchScript" if script else "a zip archive, but not one of torch.save"
        raise DataError(
            f"{name}: {what}; in it are {', '.join(parts.namelist()[:4]) or 'no files':.200}. {ADVICE}"
        )
    if packed:
        raise DataError(
            f"{name}: refused. {packed[0]!r:.80} in it is compressed, which torch.save never does; a small "
            "file could unpack to more than there is memory. Save it again in PyTorch."
        )
    parts_length = sum(max(entry.file_size, entry.compress_size) for entry in entries)
    if parts_length > length:
        raise DataError(
            f"{name}: damaged or made to harm. Its parts are {parts_length:,} bytes long, the file "
            f"{length:,}. Save or download it again."
        )
    folder = pickles[0].removesuffix("/data.pkl")
    order = f"{folder}/byteorder"
    if order in parts.NameToInfo and parts.read(order).strip() != b"little":
        raise DataError(f"{name}: was written on a big-endian machine. Save it again on a usual one.")
    return folder


def _storage(name: str, parts: zipfile.ZipFile, entry: str, dtype: np.dtype[Any], count: int) -> Any:
    """The numbers of one storage, in memory of their own."""
    if entry not in parts.NameToInfo:
        raise DataError(f"{name}: {entry!r} is missing in it. Save or download it again.")
    size = parts.getinfo(entry).file_size
    if size != count * dtype.itemsize:
        raise DataError(
            f"{name}: damaged or made to harm. A storage of {count:,} elements of {dtype} takes "
            f"{count * dtype.itemsize:,} bytes, {entry!r} has {size:,}. Save or download it again."
        )
    array = np.empty(count, dtype)
    memory = array.view(np.uint8)
    done = 0
    with parts.open(entry) as part:
        while piece := part.read(_PIECE):  # at its end the checksum is compared
            memory[done : done + len(piece)] = np.frombuffer(piece, np.uint8)
            done += len(piece)
    if done != size:
        raise EOFError(f"{entry!r} has {done:,} of {size:,} bytes")
    return array
