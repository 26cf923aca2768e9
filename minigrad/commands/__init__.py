"""The command line: ``minigrad learn``, ``minigrad data`` and so on. ``python -m minigrad`` is the same."""

import argparse
import os
import sys
from collections.abc import Sequence

from minigrad._version import __version__
from minigrad.commands import bench, data, doctor, graph, learn, run
from minigrad.errors import CourseError, DataError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that the arguments name, by default those of the program; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="minigrad",
        description="The course's exercises, data sets, and what works on this machine.",
        epilog="minigrad COMMAND --help says more of each. Exit status: 0, all is well; 1, something is "
        "wrong, or an answer is not right; 2, the command cannot be read; 130, stopped by Ctrl-C.",
    )
    parser.add_argument("--version", action="version", version=f"minigrad {__version__}")
    parser.set_defaults(run=data.shows_help(parser))
    commands = parser.add_subparsers(metavar="command")
    learn.add_to(commands)
    run.add_to(commands)
    graph.add_to(commands)
    data.add_to(commands)
    doctor.add_to(commands)
    bench.add_to(commands)
    options = parser.parse_args(arguments)
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
