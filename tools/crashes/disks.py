"""Disks that are full or may only be read: small ones in memory, mounted for the purpose. It takes root."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

SMALLEST, LARGE = 1 << 12, 1 << 28


@cache
def can_mount() -> bool:
    """Whether this process may mount a file system."""
    if not sys.platform.startswith("linux") or os.getuid():
        return False
    tried = subprocess.run(
        ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True
    )
    return tried.returncode == 0


@contextmanager
def disk(folder: Path, size: int = LARGE) -> Iterator[Path]:
    """An empty disk of so many bytes at ``folder``; files may lie in the folder ``here`` on it."""
    folder.mkdir(exist_ok=True)
    _run("mount", "-t", "tmpfs", "-o", f"size={max(size, SMALLEST)}", "none", str(folder))
    try:
        (folder / "here").mkdir()
        yield folder / "here"
    finally:
        _run("umount", "--lazy", str(folder))


def resize(folder: Path, size: int) -> None:
    """Give a disk another size."""
    _run("mount", "-o", f"remount,size={size}", str(folder))


def read_only(folder: Path) -> None:
    """Let a disk only be read from now on."""
    _run("mount", "-o", "remount,ro", str(folder))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
