"""PyTorch's files (``.pth``, ``.pt``), read without running anything that stands in them.

Such a file is a pickle, a program for a small machine with a stack that builds values, and the bytes of the
tensors beside it. Python's own machine calls whatever function the pickle names, which is why a pickle from a
stranger may delete your files. The one here (``machine``) knows no functions but those that put tensors
together (``rebuilding``), and refuses everything else by its name.

Since PyTorch 1.6 the whole is a zip archive (``archive``); before, pickles and bytes stood one after another
(``legacy``).
"""

from collections.abc import Callable
from typing import IO, Any

from minigrad.serialization.pytorch import archive, legacy

__all__ = ["START", "is_one", "read"]

START = 16  # so many bytes tell what a file is


def is_one(start: bytes) -> bool:
    """Whether a file that begins with these bytes is one of PyTorch's, as far as they tell."""
    return start.startswith(archive.MAGIC) or legacy.begins(start)


def read(name: str, file: IO[bytes], to_tensor: Callable[[Any], Any]) -> Any:
    """The values in the file; ``to_tensor`` makes a tensor of an array. ``name`` is for messages.

    Raises DataError if the file is damaged, or holds anything but tensors and plain values.
    """
    if file.read(len(archive.MAGIC)) == archive.MAGIC:
        return archive.read(name, file, to_tensor)
    file.seek(0)
    return legacy.read(name, file, to_tensor)
