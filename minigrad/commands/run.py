"""``minigrad run 07``: a lesson, by its number. Lessons are programs in the checkout, beside the package."""

import argparse
import ast
import errno
import runpy
import sys
from pathlib import Path
from typing import Any

from minigrad.errors import CourseError

ROOT = Path(__file__).parents[2]
"""The folder that holds the package: the checkout, if minigrad was not installed as a wheel."""

CANNOT_WRITE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC)


def add_to(commands: Any) -> None:
    """Add ``run`` to a parser's commands."""
    parser = commands.add_parser(
        "run",
        help="run a lesson; without a number, list them",
        description="Run a lesson of the checkout, as python lessons/07_fashion_mnist.py does. What stands "
        "after its number is passed on, as in minigrad run 07 --full; minigrad run 07 --help says what it "
        "takes.",
        epilog="Lessons write their pictures into output/ of the folder that you are in.",
    )
    parser.add_argument("lesson", nargs="?", metavar="number", help="of the lesson: 7, or 07")
    parser.add_argument("passed_on", nargs=argparse.REMAINDER, metavar="...", help="options of the lesson")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run a lesson as the program that it is, or list them. Returns 0; a lesson may end with another status.

    Raises:
        CourseError: there is no checkout here, it has no such lesson, the lesson has no options and is given
            some, or it cannot write here.
    """
    lessons = _lessons()
    if options.lesson is None:
        for number, file in lessons.items():
            sys.stdout.write(f"{number:>4}  {_title(file)}\n")
        sys.stdout.write(
            "\nminigrad run 7 runs one, minigrad run 7 --help says what it takes. To read them, and to write "
            f"the answers to their exercises, open the files in {next(iter(lessons.values())).parent}\n"
        )
        return 0
    number = int(options.lesson) if options.lesson.isdecimal() else -1
    if number not in lessons:
        raise CourseError(
            f"there is no lesson {options.lesson}. They have the numbers {min(lessons)} to {max(lessons)}: "
            "minigrad run lists them."
        )
    if options.passed_on and not _reads_its_options(lessons[number]):
        raise CourseError(
            f"lesson {number} has no options, and cannot use {' '.join(options.passed_on)}. Run it without: "
            f"minigrad run {number}"
        )
    sys.argv = [str(lessons[number]), *options.passed_on]
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    except OSError as error:
        if error.errno not in CANNOT_WRITE:
            raise
        raise CourseError(
            f"lesson {number} cannot go on: {error.strerror}. Lessons write into output/ of the folder that "
            "you are in: go into one that you may write into, with room on its disk."
        ) from error
    return 0


def _lessons() -> dict[int, Path]:
    """The files of the lessons by number: of this package's checkout, else of one that we are in."""
    here = Path.cwd()
    for folder in (ROOT, here, *here.parents):
        if (folder / "minigrad" / "engine").is_dir():  # so that nobody else's lessons are run
            files = sorted((folder / "lessons").glob("[0-9][0-9]_*.py"))
            if files:
                return {int(file.name[:2]): file for file in files}
    raise CourseError(
        "the lessons are programs in minigrad's checkout, and are not installed with the package. Get the "
        "checkout, go into it, and say that again. (The exercises are here: minigrad learn.)"
    )


def _reads_its_options(file: Path) -> bool:
    """Whether a lesson looks at the command line, with a parser or by itself; most do not."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import) and any(one.name == "argparse" for one in node.names):
            return True
        if isinstance(node, ast.ImportFrom) and node.module == "lessons.options":
            return True
        if isinstance(node, ast.Attribute) and node.attr == "argv":
            return True
    return False


def _title(file: Path) -> str:
    """What stands after "Lesson 7:" at its head."""
    head = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or file.stem
    return head.splitlines()[0].partition(": ")[2]
