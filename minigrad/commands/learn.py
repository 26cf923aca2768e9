"""``minigrad learn``, ``check``, ``hint``, ``solution``, ``progress``: what a learner asks for.

What is slow to import is imported when it is needed: ``minigrad data`` does not wait for it.
"""

import argparse
import json
import os
import sys
import textwrap
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from minigrad.commands.numbers import seed
from minigrad.errors import CourseError

if TYPE_CHECKING:
    from minigrad.course.folder import Folder
    from minigrad.course.grading import Exercise, Verdict

WIDTH = 78


def add_to(commands: Any) -> None:
    """Add the commands to a parser's."""

    def add(run: Any, help: str, about: str = "") -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = commands.add_parser(
            run.__name__, help=help, description=about or f"{help[0].upper()}{help[1:]}."
        )
        parser.set_defaults(run=run)
        return parser

    def folder_option(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
        parser.add_argument(
            "--folder", type=Path, metavar="DIR", help="your folder of the course, if you are not in it"
        )
        return parser

    parser = add(
        learn,
        "where am I, and what comes next",
        "Say where you are and what comes next. On the first call, a folder with a file for each exercise is "
        "made; later, what is new is added to it, and nothing is written over.",
    )
    parser.add_argument("folder", nargs="?", type=Path, help="the folder; minigrad-course unless named")
    parser = folder_option(add(check, "check what you have written"))
    parser.add_argument(
        "what",
        nargs="*",
        help="exercises, by name or file, or lessons, by number; all that you have begun, if none is named",
    )
    parser.add_argument(
        "--seed", type=seed, help="draw the same numbers again; a failing check says which they were"
    )
    parser.add_argument(
        "--watch", action="store_true", help="check a file each time that it is saved, until Ctrl-C"
    )
    folder_option(add(hint, "show the next of three hints for an exercise")).add_argument("exercise")
    parser = folder_option(add(solution, "show the solution of an exercise, after asking"))
    parser.add_argument("exercise")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser = folder_option(add(progress, "list the exercises, and which are solved"))
    parser.add_argument("--json", action="store_true", help="for a program to read")


def learn(options: argparse.Namespace) -> int:
    """Make or fill up the learner's folder, and say what comes next. Returns 0."""
    from minigrad.course.folder import NAME, Folder, NoFolderError

    if options.folder is not None:
        folder = Folder(options.folder)
    else:
        try:
            folder = Folder.find()
        except NoFolderError:
            folder = Folder(Path(NAME))
    written = folder.fill()
    if written:
        are_new = "1 file is new" if len(written) == 1 else f"{len(written)} files are new"
        _say(f"{are_new} in {folder.path}: one for each exercise.\n")
    _overview(folder)
    return 0


def check(options: argparse.Namespace) -> int:
    """Check exercises. Returns 0 if all that were checked are right, else 1."""
    from minigrad.course.folder import Folder

    folder = Folder.find(options.folder)
    if options.watch:
        try:
            _watch(folder, options)
        except KeyboardInterrupt:  # that is how it ends
            return 0
    chosen = _chosen(options.what)
    if not options.what:
        chosen = [exercise for exercise in chosen if folder.begun(exercise)]
        if not chosen:
            _say("You have not written anything yet.\n")
            _overview(folder)
            return 1
    verdicts = [_check_one(folder, exercise, options.seed) for exercise in chosen]
    right = sum(verdict.right for verdict in verdicts)
    if len(verdicts) > 1:
        _say(f"\n{right} of {len(verdicts)} are right.")
    if right == len(verdicts):
        _say("")
        _overview(folder)
    return int(right < len(verdicts))


def hint(options: argparse.Namespace) -> int:
    """Show the hints read so far, and one more. Returns 0."""
    from minigrad.course.folder import Folder

    folder, exercise = Folder.find(options.folder), _one(options.exercise)
    with folder.noting(exercise) as record:
        record.hints = min(record.hints + 1, len(exercise.hints))
    for number, text in enumerate(exercise.hints[: record.hints], 1):
        _say(textwrap.fill(f"{number}. {text}", WIDTH, subsequent_indent="   "))
    left = len(exercise.hints) - record.hints
    _say(f"\n{left} more: minigrad hint {exercise.name}" if left else "\nThat was the last one.")
    return 0


def solution(options: argparse.Namespace) -> int:
    """Show a solution if that is what is wanted. Returns 0, or 1 if it was not."""
    from minigrad.course.folder import Folder

    folder, exercise = Folder.find(options.folder), _one(options.exercise)
    record = folder.record(exercise)
    if not options.yes and record.solved is None:
        if not sys.stdin.isatty():
            raise CourseError("nobody is here to ask whether to show the solution; --yes says so")
        left = len(exercise.hints) - record.hints
        unread = f"any of its {left} hints" if left == len(exercise.hints) else f"{left} of its hints"
        hints = f" You have not read {unread}." if left else ""
        sys.stdout.write(f"Show the solution?{hints} [y/N] ")
        sys.stdout.flush()
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            _say("Not shown.")
            return 1
    with folder.noting(exercise) as record:
        record.shown = record.shown or record.solved is None
    _say(exercise.solution().rstrip())
    return 0


def progress(options: argparse.Namespace) -> int:
    """List the exercises. Returns 0."""
    from minigrad.course import exercises
    from minigrad.course.folder import Folder, Record

    folder = Folder.find(options.folder)
    rows = [(exercise, folder.records.get(exercise.name, Record())) for exercise in exercises.every()]
    if options.json:
        told = [
            {"exercise": e.name, "lesson": e.lesson, "solved": r.solved, "tries": r.tries, "hints": r.hints,
             "solution_shown": r.shown}
            for e, r in rows
        ]  # fmt: skip
        _say(json.dumps(told, indent=1))
        return 0
    lesson = None
    for exercise, record in rows:
        if exercise.lesson != lesson:
            lesson = exercise.lesson
            _say(f"Lesson {lesson}: {exercises.subject(lesson)}")
        mark = "solved" if record.solved else "begun" if folder.begun(exercise) else ""
        mark += ", was shown" if record.shown else ""  # the solution, before it was solved
        _say(f"  {exercise.name:<22} {exercise.title:<38} {mark.removeprefix(', ')}".rstrip())
    _say("")
    _overview(folder)
    return 0


# ------------------------------------------------------------------------------------------------------------


def _chosen(names: Iterable[str]) -> "list[Exercise]":
    from minigrad.course import exercises

    if not names:
        return list(exercises.every())
    return [exercise for name in names for exercise in exercises.find(name)]


def _one(name: str) -> "Exercise":
    found = _chosen([name])
    if len(found) > 1:
        raise CourseError(f"lesson {name} has several: {', '.join(exercise.name for exercise in found)}")
    return found[0]


def _check_one(folder: "Folder", exercise: "Exercise", seed: int | None) -> "Verdict":
    from minigrad.course.grading import grade as judge

    source = folder.source(exercise)
    if source is None:
        raise CourseError(f"{folder.file(exercise)} is not there. minigrad learn writes it anew.")
    verdict = judge(exercise, source, seed=seed, path=str(folder.file(exercise)))
    if verdict.printed:
        _say(textwrap.indent(verdict.printed.rstrip(), "  | "))
    if verdict.state == "not written":
        _say(f"{exercise.name} is still to be written: {_near(folder.file(exercise))}")
        return verdict
    with folder.noting(exercise) as record:
        record.tries += record.solved is None
        if verdict.right:
            record.solve()
    if verdict.right:
        _say(f"{exercise.name} is right: {verdict.tried} calls, and every number is as it should be.")
    else:
        _say(f"{exercise.name} is not right yet.")
        _say("\n".join(map(_indented, verdict.message.splitlines())))
        _say(f"    (The same numbers again: minigrad check {exercise.name} --seed {verdict.seed})")
    return verdict


def _indented(line: str) -> str:
    """A line of a message, broken where the screen ends. One of the answer, indented, stays whole."""
    if line.startswith(" "):
        return f"    {line}"
    return textwrap.fill(line, WIDTH, initial_indent="    ", subsequent_indent="    ")


def _watch(folder: "Folder", options: argparse.Namespace) -> None:
    """Check each file that is saved, until the learner stops it."""
    chosen = _chosen(options.what)

    def saved(exercise: "Exercise") -> float:
        file = folder.file(exercise)
        return file.stat().st_mtime if file.exists() else 0.0

    seen = {exercise.name: saved(exercise) for exercise in chosen}
    _say(f"Watching {folder.path}. Save a file, and it is checked; Ctrl-C ends it.")
    while True:
        for exercise in chosen:
            if (now := saved(exercise)) != seen[exercise.name]:
                seen[exercise.name] = now
                if now:
                    try:
                        _check_one(folder, exercise, options.seed)
                    except CourseError as error:  # the file can be saved better, and is looked at again
                        _say(f"{exercise.name}: {error}")
                    sys.stdout.flush()
        time.sleep(0.3)


def _overview(folder: "Folder") -> None:
    """How many are solved, and the first that is not."""
    from minigrad.course import exercises

    everything = list(exercises.every())
    solved = {name for name, record in folder.records.items() if record.solved}
    _say(f"{sum(one.name in solved for one in everything)} of {len(everything)} exercises are solved.")
    following = next((one for one in everything if one.name not in solved), None)
    if following is None:
        _say("That is all of them.")
        return
    _say(f"Next, of lesson {following.lesson}: {following.sentence}")
    _say(f"    lesson  minigrad run {following.lesson}")
    _say(f"    write   {_near(folder.file(following))}\n    then    minigrad check {following.name}")
    _say(f"    stuck?  minigrad hint {following.name}")


def _near(file: Path) -> str:
    """Its path as one would type it here, if that is short."""
    try:
        near = os.path.relpath(file)
    except ValueError:  # on another drive
        return str(file)
    return near if len(near) < len(str(file)) else str(file)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
