"""Safetensors files, read: checked first, so that the error says what is wrong with a damaged one."""

import json
from typing import Any

import numpy as np

from minigrad.errors import DataError


def parse(name: str, content: bytes) -> tuple[dict[str, str], dict[str, Any]]:
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
            f"{name}: not a sound safetensors file ({error!s:.200}). Save or download it again."
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
        if content[:1] == b"\x80":
            raise DataError(
                f"{name}: a pickle that torch.save did not write. Pickles can run code when they are loaded; "
                "of them only PyTorch's files of tensors are read, and nothing in those is run. Get its "
                "numbers in another format, safetensors for one."
            )
        raise DataError(
            f"{name}: neither a safetensors file nor one of PyTorch's; it starts with the bytes "
            f"{content[:12].hex(' ')}. Download it again, or name another one."
        )
    if len(content) < 8 + length:
        raise DataError(
            f"{name}: truncated. Its header alone takes {8 + length:,} bytes, the file has {len(content):,}. "
            "Save or download it again."
        )
    try:
        header: dict[str, Any] = json.loads(content[8 : 8 + length])
        ends = [int(entry["data_offsets"][1]) for key, entry in header.items() if key != "__metadata__"]
    except (ValueError, KeyError, TypeError, IndexError, OverflowError, RecursionError) as error:
        raise DataError(
            f"{name}: its header is damaged ({error!s:.200}). Save or download it again."
        ) from error
    size = 8 + length + max(ends, default=0)
    if len(content) != size:
        raise DataError(
            f"{name}: {'truncated' if len(content) < size else 'too long'}. Its header describes {size:,} "
            f"bytes, the file has {len(content):,}. Save or download it again."
        )
    return header
