"""Files that appear whole or not at all."""

import os
import uuid
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write ``content`` beside ``path`` and rename: a crash leaves the old file or the new one, never a part.

    Content and name are on the disk when this returns. What a process that was killed has left beside the
    file, `sweep` takes away.
    """
    path = Path(os.path.realpath(path))  # through a link, the file it points to is replaced
    if not path.parent.is_dir():
        raise FileNotFoundError(f"save: there is no folder {str(path.parent)!r}. Make it first.")
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
