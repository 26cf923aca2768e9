"""NumPy's files of one array (``.npy``), read strictly: numbers alone, and as many as the head says."""

import io
import math
import os
import tokenize
from pathlib import Path
from typing import IO, Any

import numpy as np

from minigrad.errors import DataError

_FAULTS = (ValueError, TypeError, OverflowError, EOFError, SyntaxError, RecursionError, tokenize.TokenError)
_HEAD = 1 << 14  # bytes of a head: NumPy reads none of more than 10,000


def read_npy(path: str | os.PathLike[str], hint: str) -> np.ndarray[Any, Any]:
    """The array in a file that ``numpy.save`` wrote.

    Args:
        path: the file.
        hint: what to do about a bad one; the last sentence of the message.

    Raises:
        DataError: the file is missing, unreadable, no array of numbers, or shorter or longer than its head
            says, which is known before memory is taken for it.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            shape, in_columns, dtype = _head(file)
            length = os.fstat(file.fileno()).st_size - file.tell()
            if dtype.kind not in "biuf" or min(shape, default=0) < 0:
                raise ValueError(f"an array of {dtype} and shape {shape}")
            if length != math.prod(shape) * dtype.itemsize:
                raise ValueError(f"{length:,} bytes of numbers for an array of {dtype} and shape {shape}")
            values = np.frombuffer(file.read(length), dtype)
            return values.reshape(shape, order="F" if in_columns else "C").copy()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}). {hint}") from error
    except _FAULTS as error:
        raise DataError(f"{path}: no whole file of one array ({error!s:.200}). {hint}") from error


def _head(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether in columns, and dtype; the file is where the numbers begin afterwards.

    NumPy reads from a piece of the file: a head may say that it has 4 GB, for which memory would be taken.
    """
    piece = io.BytesIO(file.read(_HEAD))
    version = np.lib.format.read_magic(piece)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"version {version} of the format")
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    told = read(piece)
    file.seek(piece.tell())
    return told
