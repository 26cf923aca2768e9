"""``minigrad grade``, for a teacher: a folder of submissions, each a learner's folder.

What is slow to import is imported when it is needed.
"""

import argparse
import json
import os
import re
import secrets
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from minigrad.commands.numbers import seed
from minigrad.errors import CourseError

if TYPE_CHECKING:
    from minigrad.course.grading import Exercise, Verdict

LARGEST = 1_000_000
"""Bytes of a file that is handed in."""


def add_to(commands: Any) -> None:
    """Add ``grade`` to a parser's commands."""
    parser = commands.add_parser(
        "grade",
        help="grade a folder of submissions, for a teacher",
        description="Check every exercise in every folder inside a folder: each is one submission, and holds "
        "the learner's files.",
    )
    parser.add_argument("submissions", type=Path, help="the folder that holds the learners' folders")
    parser.add_argument(
        "--json", action="store_true", help="for a program to read, with what was seen of each"
    )
    parser.add_argument(
        "--seed", type=seed, help="draw the same numbers again; all submissions of a run get the same ones"
    )
    parser.add_argument("--lesson", type=int, action="append", help="this lesson alone; may be repeated")
    parser.set_defaults(run=grade)


def grade(options: argparse.Namespace) -> int:
    """Grade every folder inside of a folder. Returns 0, whatever the grades are.

    Raises:
        CourseError: there is no such folder, none inside of it, or no such lesson.
    """
    from minigrad.course import exercises

    folders = _submissions(options.submissions)
    for lesson in options.lesson or ():
        exercises.find(str(lesson))  # there is one of this number
    seed = secrets.randbelow(10**6) if options.seed is None else options.seed
    chosen = [one for one in exercises.every() if not options.lesson or one.lesson in options.lesson]
    told = []
    for folder in folders:
        told.append(_submission(folder, chosen, seed))
        if not options.json:
            name = repr(folder.name)[1:-1]  # what would steer a terminal does not
            sys.stdout.write(f"{name:<30} {told[-1]['points']:3d} of {len(chosen)}\n")
            sys.stdout.write(_not_right(told[-1]["exercises"]))
    if options.json:
        sys.stdout.write(json.dumps({"seed": seed, "submissions": told}, indent=1) + "\n")
    else:
        sys.stdout.write(f"(The same numbers again: --seed {seed})\n")
    return 0


def _submissions(together: Path) -> list[Path]:
    """The learners' folders. One that is hidden is a program's."""
    if not together.is_dir():
        raise CourseError(f"{together} is no folder. Name the one that holds the learners' folders.")
    folders = sorted(path for path in together.iterdir() if path.is_dir() and not path.name.startswith("."))
    if not folders:
        raise CourseError(
            f"{together} has no folders inside. Each learner's files lie in a folder of their own."
        )
    if any(re.fullmatch(r"lesson_\d\d", path.name) for path in folders):
        raise CourseError(
            f"{together} is the folder of one learner: it has {folders[0].name}. Name the one that holds the "
            "learners' folders."
        )
    return folders


def _not_right(graded: dict[str, dict[str, Any]]) -> str:
    """Which exercises are wrong, or broken, and how many are not there, in lines of a terminal's width."""
    of_state: dict[str, list[str]] = {}
    for name, one in graded.items():
        of_state.setdefault(one["state"], []).append(name)
    lines = [
        f"    {state}: {', '.join(of_state[state])}" for state in ("wrong", "broken") if state in of_state
    ] + [f"    {state}: {len(of_state[state])}" for state in ("not written", "missing") if state in of_state]
    return "".join(f"{textwrap.fill(line, 78, subsequent_indent=' ' * 8)}\n" for line in lines)


def _submission(folder: Path, chosen: Sequence["Exercise"], seed: int) -> dict[str, Any]:
    """What a submission is worth, and what was seen of each exercise."""
    files = _files(folder)
    graded, points = {}, 0
    for exercise in chosen:
        file = _file_of(exercise, files.get(f"{exercise.name}.py", []))
        verdict = _verdict(exercise, file, seed)
        points += verdict.score
        graded[exercise.name] = {
            "state": verdict.state,
            "score": verdict.score,
            "message": verdict.message,
            "file": None if file is None else file.relative_to(folder).as_posix(),
        }
    return {"submission": folder.name, "points": points, "of": len(graded), "exercises": graded}


def _files(folder: Path) -> dict[str, list[Path]]:
    """The files of a submission by their names. A link, which may lead to anything here, is none."""
    found: dict[str, list[Path]] = {}
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent, name)
            if path.is_file() and not path.is_symlink():
                found.setdefault(name, []).append(path)
    return found


def _file_of(exercise: "Exercise", files: Sequence[Path]) -> Path | None:
    """The answer among files of its name: the one that lies where it was made, else the least deep."""

    def rank(path: Path) -> tuple[bool, int, str]:
        return path.parent.name != f"lesson_{exercise.lesson:02d}", len(path.parts), str(path)

    return min(files, key=rank, default=None)


def _verdict(exercise: "Exercise", file: Path | None, seed: int) -> "Verdict":
    from minigrad.course.grading import Verdict
    from minigrad.course.grading import grade as judge

    if file is None:
        return Verdict(exercise.name, "missing", "There is no such file.")
    try:
        if file.stat().st_size > LARGEST:
            return Verdict(exercise.name, "broken", f"The file has more than {LARGEST} bytes.")
        source = file.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        return Verdict(exercise.name, "broken", f"The file cannot be read: {error.strerror}.")
    return judge(exercise, source, seed=seed, path=file.name)
