"""Files and folders that appear whole or not at all, one process at a time, and what is written into them."""

import errno
import io
import json
import math
import os
import re
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from minigrad.errors import DataError

SMALL = 1 << 26
"""Bytes of a file of text: the largest table that is read here has a tenth."""


DEAD = 600.0  # seconds after which nobody is writing a temporary file any more


def write_whole(path: Path, content: bytes | memoryview, owner: str = "save", sync: bool = True) -> None:
    """Write ``content`` beside ``path`` and rename: a crash leaves the old file or the new one, never a part.

    Content and name are on the disk when this returns; where that takes longer than to make it again, leave
    out the ``sync``, and a power cut may take it. What a killed process has left beside the file is taken
    away by the first writer ten minutes later, or at once by `sweep`. What is no file, such as /dev/stdout,
    is written to. ``owner`` is the function that an error is to name.

    Raises:
        OSError: it cannot be written: the disk is full, say, or the folder is not one to write into.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        path.write_bytes(content)
        return
    with _temporary_beside(path, owner) as (temporary, path):
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            if sync:
                os.fsync(file.fileno())
        os.replace(temporary, path)
        if sync:
            _sync(path.parent)
    with suppress(OSError):  # the folder may be one that cannot be looked into
        sweep(path, DEAD)


def write_array(path: Path, array: Any, owner: str = "save") -> None:
    """The array as a .npy file, as `write_whole` writes one."""
    content = io.BytesIO()
    np.save(content, array)
    write_whole(path, content.getbuffer(), owner)


def finish(part: Path, place: Path) -> None:
    """Give a file or a folder its name when all of it is on the disk: what is called ``place`` is whole."""
    for path in (*part.rglob("*"), part):
        _sync(path)
    os.replace(part, place)
    _sync(place.parent)


def make_folder(folder: Path, owner: str) -> None:
    """Make a folder if it is not there. Raises OSError, with what to do, if it cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(
            error.errno,
            f"{owner}: the folder {str(folder)!r} cannot be made ({error.strerror}). {remedy(error)}, or "
            "name another one.",
        ) from error


def remedy(error: OSError) -> str:
    """What to do about a file that cannot be written: the beginning of a sentence."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return "Make room on the disk" if full else "Check that the folder may be written into"


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
        kept = ". What was in the file before is still there" if path.exists() else ""
        told = (
            f"{owner}: {str(path)!r} cannot be written ({error.strerror or error}). {remedy(error)}, or name "
            f"another one{kept}."
        )
        raise (OSError(error.errno, told) if error.errno else OSError(told)) from error
    finally:
        with suppress(OSError):  # where nothing can be written, nothing can be taken away either
            temporary.unlink(missing_ok=True)


def sweep(path: Path, age: float = 0.0) -> list[Path]:
    """Take away the temporary files that writers of ``path`` have left who did not live to rename them: those
    that nobody has written to for ``age`` seconds. Of a folder, those of all files in it.

    Nobody else may be writing the file meanwhile, unless the age says so. Returns what was taken away.
    """
    path = Path(os.path.realpath(path))
    folder, start = (path, ".") if path.is_dir() else (path.parent, f".{path.name}.")
    temporary = re.compile(rf"{'.+[.]' if path.is_dir() else ''}[0-9a-f]{{8}}[.]tmp")
    left = []
    for name in os.listdir(folder) if folder.is_dir() else ():
        if name.startswith(start) and temporary.fullmatch(name, len(start)):
            with suppress(OSError):  # another process takes it away, too, or it must stay
                if time.time() - (folder / name).stat().st_mtime >= age:
                    (folder / name).unlink()
                    left.append(folder / name)
    return left


def read_small(path: Path, most: int = SMALL) -> bytes:
    """The content of a file that a person or a program has filled with text, of ``most`` bytes at most.

    Raises DataError, before memory is taken for it, if it has more. OSError: it cannot be read.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        content = bytearray(file.read(size + 1) if size <= most else b"")
        while size <= most and (piece := file.read(1 << 16)):  # it grows, or has no size, as a pipe
            content += piece
            size = len(content)
    if size > most:
        raise DataError(
            f"{path}: has more than {most:,} bytes, which no such file has. Check what it is, and get it "
            "again."
        )
    return bytes(content)


def text_of(content: bytes, encoding: str = "utf-8", errors: str = "strict") -> str:
    """The text of a file, with every line's end as a newline; UnicodeDecodeError if it is none."""
    return io.TextIOWrapper(io.BytesIO(content), encoding, errors).read()


@contextmanager
def one_process(path: Path, doing: str) -> Iterator[None]:
    """A lock beside ``path`` that one process holds at a time; it is free again when its process ends."""
    from filelock import FileLock, Timeout

    lock = FileLock(f"{path}.lock")
    try:
        lock.acquire(timeout=1)
    except Timeout:
        sys.stderr.write(f"minigrad: waiting for another process that is {doing} {path.name}\n")
        lock.acquire()
    try:
        yield
    finally:
        # The folder is left as it was. Who waits for this lock then finds the file, or tries in turn.
        with suppress(OSError):  # Windows removes no open file, and there release() does it
            os.remove(lock.lock_file)
        lock.release()


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


def _sync(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk: a power cut might lose what was written to it."""
    if os.name != "posix":
        return  # elsewhere a folder cannot be opened
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    except OSError:
        if path.is_file():
            raise  # some file systems cannot do it for folders, but all can for files
    finally:
        os.close(number)
