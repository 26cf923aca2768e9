"""Files that appear whole or not at all, and what is written into them."""

import json
import math
import os
import uuid
from pathlib import Path
from typing import Any


def write_whole(path: Path, content: bytes, owner: str = "save") -> None:
    """Write ``content`` beside ``path`` and rename: a crash leaves the old file or the new one, never a part.

    Content and name are on the disk when this returns. What a process that was killed has left beside the
    file, `sweep` takes away. ``owner`` is the function that an error is to name.
    """
    path = Path(os.path.realpath(path))  # through a link, the file it points to is replaced
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{owner}: there is no folder {str(path.parent)!r}. Make it first.")
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        _sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def sweep(path: Path) -> list[Path]:
    """Take away the temporary files that writers of ``path`` have left who did not live to rename them.

    Nobody else may be writing the file meanwhile. Returns what was taken away.
    """
    path = Path(os.path.realpath(path))
    start, end = f".{path.name}.", ".tmp"
    left = [
        file
        for file in (path.parent.iterdir() if path.parent.is_dir() else ())
        if file.name.startswith(start) and file.name.endswith(end)
        if len(file.name) == len(start) + 8 + len(end)
    ]
    for file in left:
        file.unlink(missing_ok=True)
    return left


def json_text(value: Any) -> str:
    """``value`` as the text of a JSON file; a NaN or an infinity, which JSON does not know, is null."""
    return json.dumps(_finite(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _sync_folder(folder: Path) -> None:
    """Bring a new name to the disk: after a power cut it might be missing although the file was written."""
    if os.name != "posix":
        return  # elsewhere a folder cannot be opened
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    except OSError:  # a file system that cannot do it for folders; the file itself was synced
        pass
    finally:
        os.close(number)
