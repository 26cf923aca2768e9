"""Taking certain files out of a .tar.gz archive, and nothing else.

Only the members that are asked for are read, and only as plain files of the size that they must have: no
path, link or permission of the archive has any effect.
"""

import os
import shutil
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from minigrad.errors import DataError


def unpack(archive: Path, folder: Path, files: Mapping[str, int], hint: str) -> None:
    """Write the members ``folder.name/NAME`` of a .tar.gz archive into ``folder``, each whole or not at all.

    Args:
        archive: the file.
        folder: where to; made if it does not exist.
        files: the names, and how many bytes each has.
        hint: what to do about a bad archive; the last sentence of the message.

    Raises:
        DataError: the archive is truncated, corrupted, or lacks a file; or the folder cannot be written.
    """
    missing = dict(files)
    try:
        with tarfile.open(archive, "r:gz") as tar:
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
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise DataError(
            f"{archive}: truncated or corrupted, it cannot be unpacked ({error}). {hint}"
        ) from error
    except OSError as error:  # a bad gzip header is one, too
        raise DataError(
            f"{archive}: cannot be unpacked into {folder} ({error.strerror or error}). {hint}"
        ) from error
    raise DataError(f"{archive}: {', '.join(f'{folder.name}/{name}' for name in missing)} not in it. {hint}")


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    source = tar.extractfile(member)
    assert source is not None  # it is a file
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    with source, part.open("wb") as target:
        shutil.copyfileobj(source, target)
    os.replace(part, path)
