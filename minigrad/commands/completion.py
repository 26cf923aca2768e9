"""``minigrad completion bash``: a script that has the shell complete commands, options and names."""

import argparse
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from minigrad.errors import CourseError

SHELLS = ("bash", "zsh", "fish")

FILES = ("archive", "folder", "output", "save", "submissions")
"""Arguments that are files or folders."""


def add_to(commands: Any) -> None:
    """Add ``completion`` to a parser's commands."""
    parser = commands.add_parser(
        "completion",
        help="write a script for the shell, that completes what one types",
        description="Write a script that has the shell complete commands, options, and names of exercises "
        'and data sets. For one terminal: eval "$(minigrad completion bash)". For good, write it into the '
        "file that your shell looks for, as the guide to the command line says.",
    )
    parser.add_argument("shell", choices=SHELLS)
    parser.set_defaults(run=completion)


def completion(options: argparse.Namespace) -> int:
    """Write the script. Returns 0."""
    try:
        import shtab
    except ImportError as error:
        raise CourseError("shtab, which writes the script, is missing: pip install shtab") from error
    from minigrad.commands import parser

    whole = parser()
    names = _names()
    for action in _actions(whole):
        if action.choices is None:
            action.choices = names.get(action.dest)
        if action.dest in FILES:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
    sys.stdout.write(f"{shtab.complete(whole, options.shell)}\n")
    return 0


def _names() -> Mapping[str, list[str]]:
    """What may stand for an argument, where that is a name of a list; by the argument's own."""
    from minigrad.course import exercises
    from minigrad.data.catalogue import catalogue
    from minigrad.weights import known_weights

    known = [exercise.name for exercise in exercises.every()]
    return {"exercise": known, "what": known, "sets": [one.name for one in (*catalogue(), *known_weights())]}


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Everything that the parser, and those of its commands, may be given."""
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                yield from _actions(inner)
