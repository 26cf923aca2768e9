"""A file of PyTorch before 1.6: pickles, and then the numbers, one after another.

a magic number, a version, facts about the machine      a pickle each
the values                                              a pickle; storages have keys
the keys of the storages in their order                 a pickle
for each of them: how many elements, 8 bytes; the numbers
"""

import io
import pickle
from collections.abc import Callable
from typing import IO, Any

import numpy as np

from minigrad.errors import DataError
from minigrad.serialization.pytorch.rebuilding import machine, only_data, require_room, shown, storage_of

_NUMBER = 0x1950A86A20F9469CFC6C
_VERSION = 1001
_PIECE = 1 << 20


def begins(start: bytes) -> bool:
    """Whether a file that begins so is one of these: with the magic number, pickled."""
    return start[:1] == b"\x80" and start[2:14] == pickle.dumps(_NUMBER, 2)[2:14]


def read(name: str, file: IO[bytes], to_tensor: Callable[[Any], Any]) -> Any:
    """The values in the file. Raises DataError if it is damaged, or holds anything but tensors and values."""
    left = length = file.seek(0, io.SEEK_END)
    file.seek(0)
    program: Any = _Program(file, length)  # to the machine, a file
    storages: dict[str, Any] = {}

    def persistent(given: Any) -> Any:
        nonlocal left
        dtype, key, count = storage_of(name, given, length)
        if key not in storages:
            require_room(name, dtype, count, left)
            left -= count * dtype.itemsize
            storages[key] = np.empty(count, dtype)  # the numbers come after the values
        if storages[key].dtype != dtype:
            raise ValueError(f"storage {key} has two dtypes")
        return storages[key]

    runner = machine(name, to_tensor, persistent, length)
    number, version, facts = (runner.run(program) for _ in range(3))
    numbers = all(type(each) is int for each in (number, version))  # an array there would be compared as one
    if not numbers or (number, version) != (_NUMBER, _VERSION):
        raise DataError(
            f"{name}: version {shown(version)} of PyTorch's old format is not known. Load it in PyTorch, and "
            "save it again there."
        )
    if not isinstance(facts, dict) or facts.get("little_endian") is not True:
        raise DataError(f"{name}: was written on a big-endian machine. Save it again on a usual one.")
    values = only_data(name, runner.run(program))
    keys = runner.run(program)
    if type(keys) is not list or any(type(k) is not str for k in keys) or sorted(keys) != sorted(storages):
        raise DataError(f"{name}: its list of storages is damaged. Save or download it again.")
    for key in keys:
        _fill(name, program, key, storages[key])
    return values


class _Program:
    """A file of ``length`` bytes of which no more is asked for than there is: a file makes room for what it
    is asked for, and then reads.
    """

    def __init__(self, file: IO[bytes], length: int) -> None:
        self._file, self._length = file, length
        self.readline, self.tell = file.readline, file.tell

    def read(self, count: int) -> bytes:
        return self._file.read(min(count, self._length - self.tell()))


def _fill(name: str, program: Any, key: str, array: Any) -> None:
    count = int.from_bytes(program.read(8), "little")
    memory, done = array.view(np.uint8), 0
    while piece := program.read(min(_PIECE, len(memory) - done)):
        memory[done : done + len(piece)] = np.frombuffer(piece, np.uint8)
        done += len(piece)
    if count != len(array) or done != array.nbytes:
        raise DataError(
            f"{name}: truncated or damaged. Storage {key} should have {len(array):,} elements of "
            f"{array.dtype}. Save or download it again."
        )
