"""Stages whose results are kept: made once, and again when something that they depend on has changed.

A result is a folder, ``gan-3f2a91c07b1e``. The number is a hash of the stage's settings and of the results
that it needs. While it is made the folder is called ``gan-3f2a91c07b1e.part``; it gets its name when all of
it is there. A stage that was killed finds what it has left in the .part folder, and may go on from it.
"""

import errno
import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock

from minigrad.errors import DataError
from minigrad.files import finish, remedy, sweep, write_whole
from models.lookbook.settings import Settings

FORMAT = 1  # of the results; another number makes all of them anew
ABOUT = "about.json"
GOING = ".old"  # ends the name of a folder that is being removed

Folders = Mapping[str, Path]
"""The results of stages, by their names."""


@dataclass(frozen=True)
class Stage:
    """A step of the work.

    Attributes:
        name: in one word. settings: the names of the settings that its result depends on.
        needs: the stages whose results it reads; they come before it.
        make: writes the result: (settings, the folders of what it needs, its own folder) -> figures, which
            are kept. say: puts the figures in words, for the progress line.
        stamp: what else the result depends on: files outside, as a text.
        check: raises DataError if the settings can lead to no result, as far as can be told beforehand.
    """

    name: str
    settings: tuple[str, ...]
    needs: tuple[str, ...]
    make: Callable[[Settings, Folders, Path], dict[str, Any]]
    say: Callable[[dict[str, Any]], str]
    stamp: Callable[[Settings], str] | None = None
    check: Callable[[Settings], None] | None = None

    def key(self, settings: Settings, folders: Folders) -> str:
        """A hash of all that the result depends on."""
        own = {name: str(getattr(settings, name)) for name in self.settings}
        stamp = self.stamp(settings) if self.stamp else ""
        needed = [folders[name].name for name in self.needs]
        text = json.dumps([FORMAT, self.name, own, needed, stamp])
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def run(stages: Sequence[Stage], settings: Settings, until: str, anew: bool = False) -> dict[str, Path]:
    """Make what ``until`` needs and is not there yet, and then that stage. Returns all folders by name.

    What their checks find wrong is told first, before a training that takes hours.

    Args:
        stages: in an order in which each comes after what it needs.
        until: the name of the last one.
        anew: whether to forget what there is of that one, and make it from the start.
    """
    for going in settings.output.glob(f"*{GOING}"):  # what a kill has kept from being removed
        shutil.rmtree(going)
    wanted = _needed(stages, until)
    for stage in wanted:
        if stage.check is not None:
            stage.check(settings)
    folders: dict[str, Path] = {}
    for number, stage in enumerate(wanted, 1):
        head = f"{number}/{len(wanted)} {stage.name}"
        folder = settings.output / f"{stage.name}-{stage.key(settings, folders)}"
        part = folder.with_name(f"{folder.name}.part")
        if anew and stage.name == until:
            _remove(part)
            _remove(folder)
        if folder.is_dir():
            told = "kept from before"
        else:
            tell(f"{head} {'goes on' if part.is_dir() else '...'}")
            part.mkdir(exist_ok=True)
            sweep(part)
            began = time.perf_counter()
            figures = stage.make(settings, folders, part)
            write_whole(part / ABOUT, json.dumps(figures, indent=2).encode())
            finish(part, folder)
            told = f"{time.perf_counter() - began:.1f} s"
        tell(f"{head}: {told}; {stage.say(about(folder))}")
        folders[stage.name] = folder
    return folders


def about(folder: Path) -> dict[str, Any]:
    """The figures of a result."""
    figures: dict[str, Any] = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    return figures


def tell(line: str) -> None:
    """A line of progress, on stderr."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def alone(program: str, output: Path, work: Callable[[], None]) -> int:
    """Do the work of a program, with no other at work in its folder. Returns the exit status; what keeps it
    from its end is told in a line.
    """
    try:
        output.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(output / ".lock", timeout=0):
            work()
    except filelock.Timeout:
        tell(f"{program}: another run is at work in {output}. Wait, or name another --output.")
        return 1
    except OSError as error:
        tell(f"{program}: {what_to_do(error, output)}")
        return 1
    except (DataError, FloatingPointError, MemoryError) as error:
        tell(f"{program}: {error}".replace("begin anew with resume=False", "name the stage, and --anew"))
        return 1
    except KeyboardInterrupt:
        tell(f"{program}: stopped. What was done is kept; the same command goes on.")
        return 130
    return 0


def what_to_do(error: OSError, place: Path) -> str:
    """The error, and what to do if it is that the disk is full or may not be written to."""
    if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM):
        return str(error)
    told = error.strerror if error.strerror and place.name in error.strerror else f"{place}: {error}"
    return f"{told.rstrip('.')}. {remedy(error)}, and the same command goes on, or name another place."


def _needed(stages: Sequence[Stage], until: str) -> list[Stage]:
    """The stage of that name, and those that it needs, in order."""
    by_name = {stage.name: stage for stage in stages}
    waiting, found = [until], set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += by_name[name].needs
    return [stage for stage in stages if stage.name in found]


def _remove(folder: Path) -> None:
    """Take a result away: under another name first, so that a kill leaves no half of it."""
    if folder.is_dir():
        going = folder.with_name(f"{folder.name}{GOING}")
        os.replace(folder, going)
        shutil.rmtree(going)
