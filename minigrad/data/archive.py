"""Taking certain files out of a .tar.gz archive, and nothing else.

Only the members that are asked for are read, and only as plain files of the size that they must have: no
path, link or permission of the archive has any effect.
"""

import shutil
import struct
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from minigrad.errors import DataError
from minigrad.files import finish, remedy

TIMES, LEAST = 100, 1 << 26
HEAD = 1 << 24  # bytes of what a .tar says of a member: names have less
MEMBERS = 1 << 20  # of an archive: the largest sets of photographs have less


def most_unpacked(size: int) -> int:
    """The bytes that so many, packed, may unpack to: ``TIMES`` as many, or ``LEAST``."""
    return max(LEAST, TIMES * size)


def too_many(archive: object) -> DataError:
    """The error for an archive of more than ``MEMBERS`` members."""
    return DataError(
        f"{archive}: has more than {MEMBERS:,} members, which no set of pictures has. Check what it is; if "
        "it is right, unpack it with another program."
    )


class BoundedTar(tarfile.TarFile):
    """One that does not read what it is told of a member at a go, however long that is said to be, and does
    not keep the members that it has handed on. Raises DataError for more than ``MEMBERS``.
    """

    members: list[tarfile.TarInfo]
    _handed_on = 0

    def __init__(self, name: Any = None, mode: Any = "r", fileobj: Any = None, **options: Any) -> None:
        if fileobj is None:
            raise TypeError("BoundedTar: give the open file, too: BoundedTar.open(path, fileobj=file)")
        super().__init__(name, mode, _Sips(fileobj), **options)

    def next(self) -> tarfile.TarInfo | None:
        try:
            member = super().next()
        except OverflowError as error:
            raise tarfile.ReadError(f"a member's head tells of a place that no file has ({error})") from error
        if member is not None and member.size < 0:
            # The next would be one that was read already, and so on for ever.
            raise tarfile.ReadError(f"{member.name} has {member.size:,} bytes")
        self._handed_on += len(self.members)
        self.members.clear()
        if self._handed_on > MEMBERS:
            raise too_many(self.name)
        return member


class _Sips:
    """A file that gives no more than ``HEAD`` bytes at once: room for what is asked for is made before it is
    read, and a kilobyte unpacks to a megabyte.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def read(self, size: int) -> bytes:
        if not 0 <= size <= HEAD:
            raise tarfile.ReadError(f"a member's head of {size:,} bytes, of {HEAD:,} at most")
        return self._file.read(size)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def unpack(archive: Path, folder: Path, files: Mapping[str, int], hint: str) -> None:
    """Write the members ``folder.name/NAME`` of a .tar.gz archive into ``folder``, each whole or not at all.

    One process at a time: whoever calls it sees to that.

    Args:
        archive: the file.
        folder: where to; made if it does not exist.
        files: the names, and how many bytes each has.
        hint: what to do about a bad archive; the last sentence of the message.

    Raises:
        DataError: the archive is truncated, corrupted, has more than ``MEMBERS`` members or lacks a file; or
            the folder cannot be written.
    """
    missing = dict(files)
    try:
        with archive.open("rb") as file, BoundedTar.open(archive, "r:gz", file) as tar:
            for member in tar:
                inside, _, name = member.name.removeprefix("./").rpartition("/")
                if inside != folder.name or name not in missing:
                    continue
                if not member.isfile() or member.size != missing[name]:
                    raise DataError(
                        f"{archive}: {member.name} has {member.size:,} bytes, expected a file of "
                        f"{missing[name]:,}. {hint}"
                    )
                _write(tar, member, folder / name)
                del missing[name]
                if not missing:
                    return
    except (tarfile.TarError, EOFError, zlib.error, struct.error, ValueError) as error:
        raise DataError(
            f"{archive}: truncated or corrupted, it cannot be unpacked ({error}). {hint}"
        ) from error
    except OSError as error:
        what_to_do = hint if error.errno is None else f"{remedy(error)}, or name another folder."  # bad gzip
        raise DataError(
            f"{archive}: cannot be unpacked into {folder} ({error.strerror or error}). {what_to_do}"
        ) from error
    raise DataError(f"{archive}: {', '.join(f'{folder.name}/{name}' for name in missing)} not in it. {hint}")


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    source = tar.extractfile(member)
    assert source is not None  # it is a file
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    try:
        with source, part.open("wb") as target:
            shutil.copyfileobj(source, target)
        finish(part, path)
    finally:
        part.unlink(missing_ok=True)
