"""``minigrad doctor``: is everything here, what is slow and why, and what to do about it.

What is looked at is in ``examinations``.
"""

import argparse
import json
import platform
import sys
import textwrap
from collections.abc import Callable, Sequence
from typing import Any

from minigrad._version import __version__
from minigrad.commands import examinations
from minigrad.commands.examinations import Finding

WIDTH = 78
INDENT = 20
"""Columns before what is told: the state in 7, the subject in 13."""


def add_to(commands: Any, about: str) -> None:
    """Add ``doctor`` to a parser's commands, which says ``about`` of it."""
    parser = commands.add_parser(
        "doctor",
        help=about,
        description="Look at what minigrad needs here: packages, the processor, matrix products, compiled "
        "loops, pictures, a GPU, data sets. It takes a second or two, and changes nothing.",
        epilog="Exit status: 0, or 1 if something is wrong. What is slow works, and is not wrong.",
    )
    parser.add_argument("--json", action="store_true", help="for a program to read")
    parser.set_defaults(run=doctor)


def doctor(options: argparse.Namespace) -> int:
    """Look at everything, and say what was found. Returns 1 if something is wrong, else 0."""
    findings = [_found(examine) for examine in examinations.ALL]
    wrong = [finding for finding in findings if finding.state == "wrong"]
    if options.json:
        told = {
            "minigrad": __version__,
            "python": platform.python_version(),
            "system": platform.platform(),
            "healthy": not wrong,
            "findings": [finding._asdict() for finding in findings],
        }
        sys.stdout.write(f"{json.dumps(told, indent=1)}\n")
    else:
        sys.stdout.write(f"{as_text(findings)}\n")
    return int(bool(wrong))


def _found(examine: Callable[[], Finding]) -> Finding:
    """What an examination found. One that needs a package which is missing must not end the others."""
    try:
        return examine()
    except ImportError as error:
        return Finding(examine.__name__.replace("_", " "), "wrong", f"cannot be looked at: {error}")


def as_text(findings: Sequence[Finding]) -> str:
    """The findings, for a terminal of 80 columns, and how many of them are bad."""
    system = f"{platform.system()} on {platform.machine()}"
    lines = [f"minigrad {__version__}, Python {platform.python_version()}, {system}", ""]
    for finding in findings:
        lines += lines_of(finding)
    counts = {state: sum(finding.state == state for finding in findings) for state in ("wrong", "slow")}
    verdict = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    return "\n".join([*lines, "", f"Of {len(findings)} things: {verdict or 'all are well'}."])


def lines_of(finding: Finding) -> list[str]:
    """One finding: its state, its subject, what is told, and under it what is to do."""
    lines = _filled(finding.told, f"{finding.state:<7}{finding.subject:<13}")
    return lines + (_filled(f"To do: {finding.advice}", "") if finding.advice else [])


def _filled(text: str, head: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=head.ljust(INDENT),
        subsequent_indent=" " * INDENT,
        break_long_words=False,  # paths and commands are to be copied
        break_on_hyphens=False,
    )
