"""Safetensors files, read: checked first, so that the error says what is wrong with a damaged one."""

import io
import json
from typing import IO, Any

import numpy as np

from minigrad.errors import DataError

_LONGEST = 100_000_000  # bytes of a header: the format allows no more


def parse(name: str, file: IO[bytes]) -> tuple[dict[str, str], dict[str, Any]]:
    """The metadata and the arrays of a safetensors file. It is read once its length is right."""
    from safetensors import SafetensorError
    from safetensors.numpy import load as from_bytes

    header = _header(name, file)
    metadata = header.pop("__metadata__", {})
    for key, entry in header.items():
        if entry.get("dtype") in ("BF16", "F8_E4M3", "F8_E5M2", "C64"):
            raise DataError(
                f"{name}: {key} has dtype {entry['dtype']}, which tensors do not have here. Convert it first."
            )
    file.seek(0)
    try:
        return metadata, {key: np.require(a, requirements="W") for key, a in from_bytes(file.read()).items()}
    except (SafetensorError, KeyError, ValueError) as error:
        raise DataError(
            f"{name}: not a sound safetensors file ({error!s:.200}). Save or download it again."
        ) from error


def _header(name: str, file: IO[bytes]) -> dict[str, Any]:
    """The JSON header, once it and the length of the file are found to be plausible."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    start = file.read(12)
    if not start:
        raise DataError(f"{name}: the file is empty. Save or download it again.")
    if len(start) < 9:
        raise DataError(
            f"{name}: truncated. It has {len(start)} bytes, fewer than a header. Save or download it again."
        )
    length = int.from_bytes(start[:8], "little")
    if start[8:9] != b"{":
        if start[:1] == b"\x80":
            raise DataError(
                f"{name}: a pickle that torch.save did not write. Pickles can run code when they are loaded; "
                "of them only PyTorch's files of tensors are read, and nothing in those is run. Get its "
                "numbers in another format, safetensors for one."
            )
        raise DataError(
            f"{name}: neither a safetensors file nor one of PyTorch's; it starts with the bytes "
            f"{start.hex(' ')}. Download it again, or name another one."
        )
    if size < 8 + length:
        raise DataError(
            f"{name}: truncated. Its header alone takes {8 + length:,} bytes, the file has {size:,}. "
            "Save or download it again."
        )
    if length > _LONGEST:
        raise DataError(
            f"{name}: damaged or made to harm. Its header takes {length:,} bytes, of {_LONGEST:,} at most. "
            "Save or download it again."
        )
    file.seek(8)
    try:
        header: dict[str, Any] = json.loads(file.read(length))
        ends = [int(entry["data_offsets"][1]) for key, entry in header.items() if key != "__metadata__"]
    except (ValueError, KeyError, TypeError, IndexError, OverflowError, RecursionError) as error:
        raise DataError(
            f"{name}: its header is damaged ({error!s:.200}). Save or download it again."
        ) from error
    described = 8 + length + max(ends, default=0)
    if size != described:
        raise DataError(
            f"{name}: {'truncated' if size < described else 'too long'}. Its header describes {described:,} "
            f"bytes, the file has {size:,}. Save or download it again."
        )
    return header
