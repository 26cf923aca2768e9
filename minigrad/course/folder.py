"""The learner's own folder: a file for each exercise, and how far they are.

    minigrad-course/
      progress.json
      lesson_03/
        tanh_rule.py

A file that is there is never written over, so what was written survives a newer minigrad, which adds what
is new; and what `progress.json` says of exercises that this minigrad does not know is kept. Two programs may
note something at once, ``minigrad check --watch`` and ``minigrad hint`` in another terminal: each reads the
file anew before it changes something, while the other waits.
"""

import datetime
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from minigrad.course import exercises
from minigrad.course.grading import Exercise
from minigrad.errors import CourseError, DataError
from minigrad.files import read_small, write_whole

NAME = "minigrad-course"
PROGRESS = "progress.json"
FORMAT = 1


class NoFolderError(CourseError):
    """There is no folder of the course."""


@dataclass
class Record:
    """What is kept of one exercise.

    Attributes:
        solved: the day it was, or None.
        tries: how often it was checked before.
        hints: how many were read.
        shown: whether the solution was looked at before it was solved.
    """

    solved: str | None = None
    tries: int = 0
    hints: int = 0
    shown: bool = False
    more: dict[str, Any] = field(default_factory=dict)

    def solve(self) -> None:
        """Note that it is solved today; the day of the first time stays."""
        self.solved = self.solved or datetime.date.today().isoformat()


class Folder:
    """A learner's folder.

    Args:
        path: where it is.

    Raises:
        CourseError: its ``progress.json`` cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._kept: dict[str, Any] = {}
        self.records: dict[str, Record] = {}
        with self._reached():
            if (path / PROGRESS).is_file():
                self._read()

    @classmethod
    def find(cls, named: Path | None = None) -> Self:
        """The folder that is named; else the one we are in, at whatever depth, or one of the usual name
        below.

        Raises:
            CourseError: there is none, or its ``progress.json`` cannot be read.
        """
        here = Path.cwd()
        for path in [named] if named is not None else [here, *here.parents, here / NAME]:
            if (path / PROGRESS).is_file():
                return cls(path)
        where = named if named is not None else here
        raise NoFolderError(f"{where} is no folder of the course. Make one: minigrad learn {named or NAME}")

    def fill(self) -> list[Path]:
        """Write the files that are missing, and return them."""
        written = []
        with self._reached():
            for lesson in exercises.lessons():
                for number, exercise in enumerate(exercises.of_lesson(lesson), 1):
                    file = self.file(exercise)
                    if not file.exists():
                        file.parent.mkdir(parents=True, exist_ok=True)
                        _write(file, exercise.file(number), sync=False)  # no half of one stays
                        written.append(file)
        with self._noting():
            return written

    def file(self, exercise: Exercise) -> Path:
        """The learner's file for an exercise."""
        return self.path / f"lesson_{exercise.lesson:02d}" / f"{exercise.name}.py"

    def source(self, exercise: Exercise) -> str | None:
        """What stands in it, or None if it is not there.

        Raises:
            CourseError: it is a folder, is not text in UTF-8, or may not be read.
        """
        file = self.file(exercise)
        if not file.exists():
            return None
        if file.is_dir():
            raise CourseError(
                f"{file} is a folder, and should be your file. Move it away; minigrad learn writes the file."
            )
        try:
            with self._reached():
                return file.read_text(encoding="utf-8-sig")  # some editors put a mark before the text
        except UnicodeDecodeError as error:
            raise CourseError(f"{file} is not text in UTF-8 ({error.reason}). Save it as UTF-8.") from None

    def begun(self, exercise: Exercise) -> bool:
        """Whether the learner has written something."""
        number = exercises.of_lesson(exercise.lesson).index(exercise) + 1
        return self.source(exercise) not in (None, exercise.file(number))

    def record(self, exercise: Exercise) -> Record:
        """What is kept of an exercise."""
        return self.records.get(exercise.name, Record())

    @contextmanager
    def noting(self, exercise: Exercise) -> Iterator[Record]:
        """What is kept of an exercise, to be changed inside; then it is written.

        Raises:
            CourseError: ``progress.json`` cannot be read or written.
        """
        with self._noting():
            yield self.records.setdefault(exercise.name, Record())

    @contextmanager
    def _noting(self) -> Iterator[None]:
        """As the file says it now, and no other program changes it meanwhile."""
        from filelock import FileLock

        file = self.path / PROGRESS
        with self._reached():
            self.path.mkdir(parents=True, exist_ok=True)
            with FileLock(self.path / ".progress.lock"):
                if file.is_file():
                    self._read()
                yield
                told = {name: record.more | _without_more(record) for name, record in self.records.items()}
                kept = {"format": FORMAT, **self._kept, "exercises": told}
                text = json.dumps(kept, indent=1, sort_keys=True) + "\n"
                _write(file, text)

    @contextmanager
    def _reached(self) -> Iterator[None]:
        """What the system refuses is told as what to do about it."""
        try:
            yield
        except OSError as error:
            raise CourseError(
                f"{self.path} cannot be used: {error.strerror or error}. See to it that you may write there "
                "and that the disk has room, or name another folder."
            ) from error

    def _read(self) -> None:
        file = self.path / PROGRESS
        try:
            self._kept = json.loads(read_small(file))
            self.records = {name: _record(told) for name, told in self._kept["exercises"].items()}
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, DataError):
            raise CourseError(
                f"{file} cannot be read: it is damaged. Mend it, or move it away; then minigrad learn makes "
                "a new one, and minigrad check finds out anew what you have solved."
            ) from None


def _write(file: Path, text: str, sync: bool = True) -> None:
    """Write a whole file or none. Raises CourseError, with what to do, if the disk is full, say."""
    try:
        write_whole(file, text.encode(), "minigrad learn", sync)
    except OSError as error:
        raise CourseError(error.strerror or str(error)) from error


def _record(told: dict[str, Any]) -> Record:
    """With what another minigrad has noted besides. Raises TypeError if a value is of another kind."""
    known = {"solved": (str, type(None)), "tries": (int,), "hints": (int,), "shown": (bool,)}
    own = {key: value for key, value in told.items() if key in known}
    for key, value in own.items():
        if type(value) not in known[key]:
            raise TypeError(f"{key} is {value}")
    return Record(**own, more={key: value for key, value in told.items() if key not in known})


def _without_more(record: Record) -> dict[str, Any]:
    return {key: value for key, value in asdict(record).items() if key != "more"}
