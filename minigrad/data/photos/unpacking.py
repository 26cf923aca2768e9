"""Unpacking an archive of pictures that came from somewhere: nothing of it gets out of the folder.

A member is written if it is a plain file, its path stays in the folder, and it has the length that the
archive says. All others are left out and reported: absolute paths, "..", links, devices, what needs a
password, a second member of the same name, a member of more than a gigabyte, and what comes after all
together have unpacked to a hundred times the archive's size.
"""

import os
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, NamedTuple, Protocol

from minigrad.data.photos.damage import Damaged, DamageReport
from minigrad.errors import DataError

LARGEST = 1 << 30  # bytes of a member: photographs and tables have less
TIMES, LEAST = 100, 1 << 26  # all together unpack to so many times the archive's bytes, or to so many
_CHUNK = 1 << 20


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
        DataError: it is no such archive, or it ends early. What was unpacked before stays.
    """
    path, target = Path(archive), Path(folder)
    report = DamageReport()
    taken: set[Path] = set()
    try:
        target.mkdir(parents=True, exist_ok=True)
        left = most = max(LEAST, TIMES * path.stat().st_size) if path.is_file() else 0
        for member in _members(path):
            try:
                place = _place(path, member, target)
                left -= member.size
                if left < 0:
                    reason = f"the archive would unpack to more than {most:,} bytes"
                    raise Damaged(f"{path}#{member.name}", "too large", reason)
                if place in taken:
                    raise Damaged(f"{path}#{member.name}", "twice", "another member has its name, and stays")
                if not (place.is_file() and place.stat().st_size == member.size):
                    _write(path, member, place)
                taken.add(place)
                report.used += 1
            except Damaged as error:
                report.damages.append(error.damage)
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise DataError(
            f"{path}: truncated or damaged, it cannot be unpacked ({error}). Get it again; what was unpacked "
            f"stays in {target}."
        ) from error
    except OSError as error:
        raise DataError(
            f"{path}: cannot be unpacked into {target} ({error.strerror or error}). Is there room, and may "
            "you write there?"
        ) from error
    return report


def _members(path: Path) -> Iterator[_Member]:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            for info in packed.infolist():
                if info.is_dir():
                    continue
                kind = info.external_attr >> 28  # of the file, where Unix made the archive
                instead = "a link" if kind == 0o12 else "packed with a password" if info.flag_bits & 1 else ""
                yield _Member(info.filename, info.file_size, instead, lambda info=info: packed.open(info))
    elif path.is_file() and tarfile.is_tarfile(path):
        with tarfile.open(path) as tar:
            for member in tar:
                if member.isdir():
                    continue
                link = member.issym() or member.islnk()
                instead = "" if member.isfile() else "a link" if link else "no plain file"
                yield _Member(member.name, member.size, instead, lambda member=member: _opened(tar, member))
    else:
        raise DataError(f"{path}: expected an archive .zip, .tar or .tar.gz; it is none, or is not there.")


def _opened(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    file = tar.extractfile(member)
    assert file is not None  # it is a plain file
    return file


def _place(archive: Path, member: _Member, folder: Path) -> Path:
    """Where the member goes; Damaged if that is not into the folder, or it is no file."""
    name = f"{archive}#{member.name}"
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


def _write(archive: Path, member: _Member, place: Path) -> None:
    part = place.with_name(f"{place.name}.part")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise Damaged(f"{archive}#{member.name}", "no file", "a file is where its folder should be") from None
    try:
        with member.open() as source, part.open("wb") as target:
            left = member.size
            while left >= 0 and (chunk := source.read(min(_CHUNK, left + 1))):
                target.write(chunk)
                left -= len(chunk)
        if left:
            raise Damaged(
                f"{archive}#{member.name}",
                "length",
                f"it should have {member.size:,} bytes and has {'more' if left < 0 else 'fewer'}",
            )
        os.replace(part, place)
    except (zipfile.BadZipFile, NotImplementedError, zlib.error) as error:  # of this member alone
        raise Damaged(f"{archive}#{member.name}", "broken", f"it cannot be unpacked ({error})") from error
    finally:
        part.unlink(missing_ok=True)
