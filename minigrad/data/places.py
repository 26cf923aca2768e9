"""Where data sets are kept, and what is said about it."""

import os
import sys
from pathlib import Path

_told: set[str] = set()  # what this process has said about where the data come from


def cache_folder() -> Path:
    """Where fetched data sets are kept: what MINIGRAD_DATA names, or the system's place for caches."""
    named = os.environ.get("MINIGRAD_DATA")
    if named:
        return Path(named).expanduser()
    try:
        import platformdirs
    except ModuleNotFoundError:  # in a browser, where no folder outlasts the page anyway
        return Path.home() / ".cache" / "minigrad"
    return platformdirs.user_cache_path("minigrad", appauthor=False)


def is_there(path: Path) -> bool:
    """Whether there is such a file; OSError if that cannot be known, which exists() does not always raise."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def tell(line: str) -> None:
    """Say it on stderr, once: the two halves of the data are looked for one after the other."""
    if line not in _told:
        sys.stderr.write(f"{line}\n")
        _told.add(line)
