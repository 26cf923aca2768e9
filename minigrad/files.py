"""Files that appear whole or not at all, and what is written into them."""

import errno
import io
import json
import math
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from minigrad.errors import DataError

SMALL = 1 << 26
"""Bytes of a file of text: the largest table that is read here has a tenth."""


def write_whole(path: Path, content: bytes, owner: str = "save") -> None:
    """Write ``content`` beside ``path`` and rename: a crash leaves the old file or the new one, never a part.

    Content and name are on the disk when this returns. What a process that was killed has left beside the
    file, `sweep` takes away. ``owner`` is the function that an error is to name.

    Raises:
        OSError: it cannot be written: the disk is full, say, or the folder is not one to write into.
    """
    with _temporary_beside(path, owner) as (temporary, path):
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        _sync_folder(path.parent)


def check_writable(path: Path, owner: str) -> None:
    """Raise as `write_whole` would if ``path`` cannot be written, as far as that can be known before.

    A file is tried beside it: permissions alone do not say whether a whole file system is there to be read.
    """
    with _temporary_beside(path, owner) as (temporary, _):
        temporary.touch(exist_ok=False)


@contextmanager
def _temporary_beside(path: Path, owner: str) -> Iterator[tuple[Path, Path]]:
    """A name for a temporary file and the file that it is for; what fails inside is told with what to do."""
    path = Path(os.path.realpath(path))  # through a link, the file it points to is replaced
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{owner}: there is no folder {str(path.parent)!r}. Make it first.")
    if path.is_dir():
        raise IsADirectoryError(f"{owner}: {str(path)!r} is a folder. Name a file in it.")
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        yield temporary, path
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        hint = "Make room on the disk" if full else "Check that the folder may be written into"
        kept = ". What was in the file before is still there" if path.exists() else ""
        told = (
            f"{owner}: {str(path)!r} cannot be written ({error.strerror or error}). {hint}, or name another "
            f"one{kept}."
        )
        raise (OSError(error.errno, told) if error.errno else OSError(told)) from error
    finally:
        with suppress(OSError):  # where nothing can be written, nothing can be taken away either
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


def read_small(path: Path, most: int = SMALL) -> bytes:
    """The content of a file that a person or a program has filled with text, of ``most`` bytes at most.

    Raises DataError, before memory is taken for it, if it has more. OSError: it cannot be read.
    """
    with path.open("rb") as file:
        content = file.read(min(os.fstat(file.fileno()).st_size, most) + 1)
        while len(content) <= most and (piece := file.read(1 << 16)):  # it grows, or has no size, as a pipe
            content += piece
    if len(content) > most:
        raise DataError(
            f"{path}: has more than {most:,} bytes, which no such file has. Check what it is, and get it "
            "again."
        )
    return content


def text_of(content: bytes, encoding: str = "utf-8", errors: str = "strict") -> str:
    """The text of a file, with every line's end as a newline; UnicodeDecodeError if it is none."""
    return io.TextIOWrapper(io.BytesIO(content), encoding, errors).read()


def encoded(text: str) -> bytes:
    """The text in UTF-8; bytes in a file's name that are none become \\udcfc or the like, as in JSON."""
    return text.encode(errors="backslashreplace")


def file_stamp(path: str | os.PathLike[str]) -> tuple[int, int] | None:
    """The size of a file and when it was changed, in nanoseconds: another file has another stamp, as a rule.
    None if it is not there, or may not be read.
    """
    try:
        there = os.stat(path)
    except OSError:
        return None
    return (there.st_size, there.st_mtime_ns) if os.access(path, os.R_OK) else None


def json_text(value: Any) -> str:
    """``value`` as the text of a JSON file; a NaN or an infinity, which JSON does not know, is null."""
    return json.dumps(_finite(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def page_text(template: Path, **values: Any) -> str:
    """The text of a page, HTML: a Jinja template filled with values, in which < and & are escaped.

    Raises jinja2.UndefinedError if a value is missing that the template has.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(template.parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template(template.name).render(values)


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
