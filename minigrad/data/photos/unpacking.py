"""Unpacking an archive of pictures that came from somewhere: nothing of it gets out of the folder.

A member is written if it is a plain file, its path stays in the folder, and it has the length that the
archive says. All others are left out and reported: absolute paths, "..", links, devices, what needs a
password, a second member of the same name, a name that the disk cannot have, a member of more than a
gigabyte, and what comes after all together have unpacked to a hundred times the archive's size.
"""

import errno
import os
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, Any, NamedTuple, Protocol, TypeGuard

from minigrad.data.archive import LEAST, MEMBERS, BoundedTar, most_unpacked, too_many
from minigrad.data.photos.damage import Damaged, DamageReport
from minigrad.errors import DataError
from minigrad.files import one_process, remedy

try:
    from lzma import LZMAError
except ModuleNotFoundError:  # some Pythons lack it, as in a browser; tarfile and zipfile then refuse .xz

    class LZMAError(Exception):  # type: ignore[no-redef]
        """Raised by nothing."""


LARGEST = 1 << 30  # bytes of a member: photographs and tables have less
_CHUNK = 1 << 20
_LIST = 1 << 26  # bytes of a .zip's list of its members: a member takes 46 and its name
_BROKEN = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, LZMAError, struct.error),
    *(EOFError, NotImplementedError, ValueError),  # unknown packings, and names in no known letters
)
_NO_NAME = (errno.ENAMETOOLONG, errno.EILSEQ, errno.EINVAL)


class _Opens(Protocol):
    """Opens a member of an archive to be read from its start."""

    def __call__(self) -> IO[bytes]: ...


class _Member(NamedTuple):
    """A member of an archive: its path, its length, what else it is than a file (or ""), how to read it."""

    name: str
    size: int
    instead: str
    open: _Opens


def extract(archive: str | os.PathLike[str], folder: str | os.PathLike[str]) -> DamageReport:
    """Unpack a .zip, .tar or .tar.gz archive into a folder, each file whole or not at all.

    Files that are there already in full length are left alone, so a run that was killed can be repeated.

    Returns:
        What was left out, and why; ``used`` counts the files that lie in the folder now.

    Raises:
        DataError: it is no such archive, it ends early, its checksum is wrong, or it has more than a million
            members. What was unpacked before stays.
    """
    path, target = Path(archive), Path(folder)
    if not path.is_file():
        instead = "it is a folder, a pipe or a device" if path.exists() else "there is no such file"
        raise DataError(f"{path}: expected an archive .zip, .tar or .tar.gz; {instead}.")
    try:
        target.mkdir(parents=True, exist_ok=True)
        with one_process(target / path.name, "unpacking"):
            return _extract(path, target)
    except (OSError, *_BROKEN) as error:
        if _is_of_the_disk(error):
            raise DataError(
                f"{path}: cannot be unpacked into {target} ({error.strerror}). {remedy(error)}, or name "
                "another folder."
            ) from error
        raise DataError(
            f"{path}: truncated or damaged, it cannot be unpacked ({error}). Get it again; what was unpacked "
            f"stays in {target}."
        ) from error


def _extract(path: Path, target: Path) -> DamageReport:
    report = DamageReport()
    part, lock = (target / f"{path.name}{ending}" for ending in (".part", ".lock"))
    taken: set[Path] = set()
    left = most = most_unpacked(path.stat().st_size)
    for member in _members(path):
        name = f"{path}#{member.name}"
        try:
            place = _place(name, member, target)
            if place in (part, lock):
                raise Damaged(name, "name", "unpacking has a file of that name itself")
            left -= member.size
            if left < 0:
                reason = f"the archive would unpack to more than {most:,} bytes"
                raise Damaged(name, "too large", reason)
            if place in taken:
                raise Damaged(name, "twice", "another member has its name, and stays")
            if not (place.is_file() and place.stat().st_size == member.size):
                _write(name, member, place, part)
            taken.add(place)
            report.used += 1
        except Damaged as error:
            report.damages.append(error.damage)
        except OSError as error:
            if error.errno not in _NO_NAME:
                raise
            report.note(name, "name", f"the disk cannot have a file of that name ({error.strerror})")
    return report


def _members(path: Path) -> Iterator[_Member]:
    if zipfile.is_zipfile(path):
        yield from _of_zip(path)
    else:
        with ExitStack() as closing:
            try:
                file = closing.enter_context(path.open("rb"))
                tar = closing.enter_context(BoundedTar.open(path, fileobj=file))
            except (OSError, *_BROKEN) as error:
                if _is_of_the_disk(error):
                    raise
                raise DataError(
                    f"{path}: expected an archive .zip, .tar or .tar.gz; it is none, or it is damaged where "
                    "it begins."
                ) from error
            yield from _of_tar(path, tar)


def _of_zip(path: Path) -> Iterator[_Member]:
    with path.open("rb") as file, zipfile.ZipFile(_Listed(path, file)) as packed:
        if len(packed.infolist()) > MEMBERS:
            raise too_many(path)
        for info in packed.infolist():
            if info.filename.endswith("/"):
                continue
            kind = info.external_attr >> 28  # of the file, where Unix made the archive
            instead = "a link" if kind == 0o12 else "packed with a password" if info.flag_bits & 1 else ""
            yield _Member(info.filename, info.file_size, instead, lambda info=info: packed.open(info))


class _Listed:
    """A .zip's file, of which a list of members that is far too long is not read."""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self._path, self._file = path, file

    def read(self, size: int = -1) -> bytes:
        if size > _LIST:
            raise too_many(self._path)
        return self._file.read(size)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def _of_tar(path: Path, tar: tarfile.TarFile) -> Iterator[_Member]:
    for member in tar:
        if member.isdir():
            continue
        link = member.issym() or member.islnk()
        instead = "" if member.isfile() else "a link" if link else "no plain file"
        yield _Member(member.name, member.size, instead, lambda member=member: _opened(tar, member))
    _to_the_end(path, tar)


def _to_the_end(path: Path, tar: tarfile.TarFile) -> None:
    """Read what comes after the last member: where that ends, the checksum of a .gz is compared."""
    file = tar.fileobj
    try:
        for _ in range(LEAST // _CHUNK):
            if file is None or not file.read(_CHUNK):
                return
        raise tarfile.ReadError("far too much comes after its last member")
    except (OSError, *_BROKEN) as error:
        if _is_of_the_disk(error):
            raise
        raise DataError(
            f"{path}: damaged ({error}), and so may be what was unpacked. Get it again, and unpack it into a "
            "new folder."
        ) from error


def _opened(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    file = tar.extractfile(member)
    assert file is not None  # it is a plain file
    return file


def _place(name: str, member: _Member, folder: Path) -> Path:
    """Where the member goes; Damaged if that is not into the folder, or it is no file."""
    inside = PurePosixPath(member.name.replace("\\", "/"))
    if inside.is_absolute() or ".." in inside.parts or PureWindowsPath(member.name).drive:
        raise Damaged(name, "outside", "its path leads out of the folder")
    if member.instead:
        hint = ": unpack it with the program that asks for it" if "password" in member.instead else ""
        raise Damaged(name, "no file", f"it is {member.instead}{hint}")
    if member.size > LARGEST:
        raise Damaged(name, "too large", f"it unpacks to {member.size:,} bytes, of {LARGEST:,} at most")
    if "\0" in member.name or not inside.parts:
        raise Damaged(name, "outside", "its path is no path")
    place = folder.joinpath(*inside.parts)
    if not place.resolve().is_relative_to(folder.resolve()):
        raise Damaged(name, "outside", "a link in the folder leads out of it")
    if place.is_dir():
        raise Damaged(name, "no file", "a folder of that name is there")
    return place


def _write(name: str, member: _Member, place: Path, part: Path) -> None:
    """Write the member to ``part``, and give it its name when all of it is there."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise Damaged(name, "no file", "a file is where its folder should be") from None
    try:
        with member.open() as source, part.open("wb") as target:
            left = member.size
            while left >= 0 and (chunk := _read(name, source, min(_CHUNK, left + 1))):
                target.write(chunk)
                left -= len(chunk)
        if left:
            came = "more" if left < 0 else "fewer"
            raise Damaged(name, "length", f"it should have {member.size:,} bytes and has {came}")
        os.replace(part, place)
    except _BROKEN as error:
        raise Damaged(name, "broken", f"it cannot be unpacked ({error})") from error
    finally:
        part.unlink(missing_ok=True)


def _read(name: str, source: IO[bytes], size: int) -> bytes:
    """The next bytes of a member; Damaged if they cannot be unpacked."""
    try:
        return source.read(size)
    except (OSError, *_BROKEN) as error:
        if _is_of_the_disk(error):
            raise
        raise Damaged(name, "broken", f"it cannot be unpacked ({error})") from error


def _is_of_the_disk(error: Exception) -> TypeGuard[OSError]:
    """Whether the disk is to blame, and not what was read: bz2's and gzip's errors have no number, and to go
    to a place that no file can have is an invalid argument.
    """
    return isinstance(error, OSError) and error.errno not in (None, errno.EINVAL)
