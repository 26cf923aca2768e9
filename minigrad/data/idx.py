"""The IDX file format of the MNIST family, read strictly.

A file is one array: two zero bytes, one byte for the type, one for the number of dimensions, each dimension
as a big-endian 32-bit integer, then the values in C order. Nothing may follow. Compressed files (gzip) are
recognised by their first bytes, whatever they are called.

Source: http://yann.lecun.com/exdb/mnist/, "the IDX file format".
"""

import gzip
import hashlib
import math
import os
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from minigrad.data.archive import most_unpacked
from minigrad.errors import DataError

TYPES: dict[int, np.dtype[Any]] = {
    0x08: np.dtype(np.uint8),
    0x09: np.dtype(np.int8),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}
_MOST_DIMENSIONS = 32  # NumPy's arrays had as many until NumPy 2
_HEAD = 4 + 4 * _MOST_DIMENSIONS  # bytes, at most
_GZIP_MAGIC = b"\x1f\x8b"
_FIX = "Delete this file and get it again."


def read_idx(
    path: str | os.PathLike[str],
    *,
    shape: tuple[int, ...] | None = None,
    md5: str | None = None,
    hint: str = _FIX,
) -> np.ndarray[Any, Any]:
    """Read one IDX file, plain or gzipped, into an array in the machine's byte order.

    Args:
        path: the file.
        shape: the shape that the array must have, if it is known.
        md5: the checksum, in hexadecimal, that the unpacked bytes must have, if it is known.
        hint: what to do about a bad file; the last sentence of every message.

    Raises:
        DataError: the file is missing, unreadable, not IDX, truncated, too long, of another shape, or its
            checksum differs. The message names the file. There is never a partly read array.
    """
    path = Path(path)
    # A small file that unpacks to gigabytes is not read: values take eight bytes at most.
    content, limit = _unpacked(
        path, None if shape is None else 4 + 4 * len(shape) + 8 * math.prod(shape), hint
    )
    dtype, found_shape, start = _header(path, content, hint)

    if shape is not None and found_shape != shape:
        raise DataError(
            f"{path}: wrong dimensions. Expected an array of shape {shape}, the file declares {found_shape}. "
            f"{hint}"
        )
    size = start + math.prod(found_shape) * dtype.itemsize
    if len(content) != size:
        what = "truncated" if len(content) < size else "too long"
        raise DataError(
            f"{path}: {what}. Its header declares shape {found_shape} of {dtype.name}, that is {size:,} "
            f"bytes unpacked; the file has {len(content):,}{' or more' if len(content) >= limit else ''}. "
            f"{hint}"
        )
    if md5 is not None and (found := hashlib.md5(content, usedforsecurity=False).hexdigest()) != md5:
        raise DataError(
            f"{path}: wrong checksum. The unpacked bytes should have md5 {md5}, they have {found}: a "
            f"different data set under the same name, or a damaged copy. {hint}"
        )
    try:
        array = np.frombuffer(content, dtype, offset=start).reshape(found_shape)
    except ValueError as error:  # one dimension is 0, and the others are more than NumPy counts
        raise DataError(f"{path}: no array has the shape {found_shape} ({error}). {hint}") from error
    return array.astype(dtype.newbyteorder("="))


def _unpacked(path: Path, most: int | None, hint: str) -> tuple[bytes, int]:
    """The content of the file, decompressed, and where it is given up: a byte after ``most``, after what its
    header declares, or after what a compressed file of its size may unpack to.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if file.read(2) != _GZIP_MAGIC:
                file.seek(0)
                head = file.read(_HEAD)
                dtype, shape, start = _header(path, head, hint)
                declared = start + math.prod(shape) * dtype.itemsize
                limit = 1 + min(size, declared, size if most is None else most)
                return head + file.read(max(0, limit - len(head))), limit
        limit = 1 + (most_unpacked(size) if most is None else most)
        with gzip.open(path, "rb") as packed:
            return packed.read(limit), limit
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file. {hint}") from None
    except EOFError:
        size = path.stat().st_size
        raise DataError(
            f"{path}: truncated. The gzip stream breaks off at the end of the file ({size:,} bytes). {hint}"
        ) from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path}: corrupted, it cannot be unpacked ({error}). {hint}") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}). {hint}") from error


def _header(path: Path, content: bytes, hint: str) -> tuple[np.dtype[Any], tuple[int, ...], int]:
    """The type, the shape, and where the values start."""
    if not content:
        raise DataError(f"{path}: the file is empty. {hint}")
    magic = content[:4]
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in TYPES:
        web_page = ": perhaps a web page was saved under this name" if magic[:1] == b"<" else ""
        raise DataError(
            f"{path}: not an IDX file. It should start with the bytes 00 00, a type (08, 09, 0b ... 0e) and "
            f"the number of dimensions; it starts with {magic.hex(' ')}{web_page}. {hint}"
        )
    if magic[3] > _MOST_DIMENSIONS:
        raise DataError(
            f"{path}: not an IDX file, or a damaged one: it declares {magic[3]} dimensions, of "
            f"{_MOST_DIMENSIONS} at most. {hint}"
        )
    start = 4 + 4 * magic[3]
    if len(content) < start:
        raise DataError(
            f"{path}: truncated. The header alone takes {start} bytes, the file has {len(content)}. {hint}"
        )
    shape = np.frombuffer(content, ">u4", count=magic[3], offset=4)
    return TYPES[magic[2]], tuple(int(n) for n in shape), start
