"""Memory that all ranks of one machine read and write.

A message is written and read in pieces, by both its ends. What lies in shared memory is only read, once each
has told that its part is complete.
"""

import mmap
import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import numpy as np

from minigrad.distributed.channel import Array, Request
from minigrad.distributed.group import Group
from minigrad.distributed.work import Work

_FOLDER = Path("/dev/shm")  # Linux: files of it never come to a disk
_NAME_BYTES = 64


def pieces(ranks: Group, size: int, wanted: bool = True) -> list[Array] | None:
    """Memory that all ranks reach: ``size`` bytes for each, zeros; rank r is to write into item r.

    All of them call it, with the same size. It is None, on all, if they are not on one machine, if one does
    not want it, or if there is not enough: it is reserved here, so that writing cannot fail later.
    """
    channel = ranks.channel
    total = size * channel.size
    name, made = np.zeros(_NAME_BYTES, np.uint8), None
    try:
        if wanted and size and channel.rank == 0:
            made = _make(total)
        if made is not None:
            encoded = made.name.encode()
            name[: len(encoded)] = list(encoded)
        _wait(ranks, channel.broadcast(name, 0))
        memory = _open(bytes(name).rstrip(b"\0").decode(), total) if wanted and name.any() else None
        everyone = np.array([memory is not None], np.int64)
        _wait(ranks, channel.all_reduce(everyone, "min"))
    finally:
        if made is not None:
            made.unlink(missing_ok=True)  # who has it open keeps it; with the last one it is gone
    if memory is None or not everyone[0]:
        return None
    return np.split(memory, channel.size)


def _make(total: int) -> Path | None:
    """A new file of so many bytes, which this user alone may open; None if there is no room."""
    if sys.platform != "linux":
        return None
    _sweep()
    try:
        file, name = tempfile.mkstemp(prefix=f"minigrad-{os.getpid()}-", dir=_FOLDER)
    except OSError:
        return None
    try:
        os.posix_fallocate(file, 0, total)
    except BaseException as error:
        os.unlink(name)
        if isinstance(error, OSError):
            return None
        raise
    finally:
        os.close(file)
    return Path(name)


def _sweep() -> None:
    """Remove what a rank has left that was killed between making its file and the others' opening it."""
    for left in _FOLDER.glob("minigrad-*-*"):
        pid = left.name.split("-")[1]
        if pid.isdigit() and not Path("/proc", pid).exists():
            with suppress(OSError):  # another user's
                left.unlink()


def _open(name: str, total: int) -> Array | None:
    """The bytes of that file; None if it is not there: then it is another machine's."""
    try:
        file = os.open(_FOLDER / name, os.O_RDWR | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        return np.frombuffer(mmap.mmap(file, total), np.uint8)
    except (OSError, ValueError):  # ValueError: it is not as large
        return None
    finally:
        os.close(file)


def _wait(ranks: Group, request: Request) -> None:
    Work("shared memory", request, ranks.channel, ranks.timeout, None, ranks.fail).wait()
