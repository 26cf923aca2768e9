"""The command line: ``minigrad learn``, ``minigrad data`` and so on. ``python -m minigrad`` is the same."""

import argparse
import io
import os
import sys
from collections.abc import Iterable, Sequence
from importlib import import_module

from minigrad._version import __version__
from minigrad.commands import completion, grade, graph, learn, run
from minigrad.commands.help import shows_help
from minigrad.commands.parsing import Parser
from minigrad.errors import CourseError, DataError

LATER = {
    "data": "list, fetch, verify and repair data sets and weights; draw, unpack, inspect photographs",
    "doctor": "what is installed and works here, what is slow, and what to do",
    "bench": "measure how fast this machine computes",
}
"""Commands whose files are imported when they are asked for, so that ``--help`` does not wait for what they
need; and what it says of them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that the arguments name, by default those of the program; returns the exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a sign that is not in its code does not stop the rest
            stream.reconfigure(errors="backslashreplace")
    options = parser(name for name in LATER if name in arguments).parse_args(arguments)
    try:
        status: int = options.run(options)
        sys.stdout.flush()
    except (CourseError, DataError) as error:  # its message says what to do; a traceback would hide it
        sys.stderr.write(f"minigrad: {error}\n")
        return 1
    except BrokenPipeError:  # "| head" has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what Python still has to write
        return 128 + 13  # as a shell says of a program that SIGPIPE ends
    except KeyboardInterrupt:
        sys.stderr.write(f"minigrad: stopped. {getattr(options, 'stopped', '')}".rstrip() + "\n")
        return 130
    return status


def parser(asked_for: Iterable[str] = LATER) -> argparse.ArgumentParser:
    """The parser of all commands; of those in ``LATER``, it knows the options of what is asked for alone."""
    whole = Parser(
        prog="minigrad",
        description="The course's exercises, data sets, and what works on this machine.",
        epilog="minigrad COMMAND --help says more of each. Exit status: 0, all is well; 1, something is "
        "wrong, or an answer is not right; 2, the command cannot be read; 130, stopped by Ctrl-C.",
    )
    whole.add_argument("--version", action="version", version=f"minigrad {__version__}")
    whole.set_defaults(run=shows_help(whole))
    commands = whole.add_subparsers(metavar="command")
    for command in (learn, grade, run, graph, completion):
        command.add_to(commands)
    asked_for = {*asked_for}
    for name, about in LATER.items():
        if name in asked_for:
            import_module(f"minigrad.commands.{name}").add_to(commands, about)
        else:
            commands.add_parser(name, help=about)
    return whole
