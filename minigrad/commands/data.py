"""``minigrad data``: list, fetch, verify, repair data sets and trained weights; which mirrors work; how long
a lesson takes.

What it does with folders of photographs is in ``pictures``.
"""

import argparse
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from minigrad.commands import pictures
from minigrad.commands.estimate import LESSONS, estimate, in_words
from minigrad.commands.help import Command, shows_help
from minigrad.commands.lines import wrapped
from minigrad.course.exercises import lessons
from minigrad.data.catalogue import KnownSet, catalogue
from minigrad.data.mirrors import ask
from minigrad.data.places import cache_folder
from minigrad.errors import DataError
from minigrad.weights import known_weights


def add_to(commands: Any, about: str) -> None:
    """Add ``data`` and its commands to a parser's, which says ``about`` of it."""
    own = commands.add_parser("data", help=about, description=f"{about.capitalize()}.")
    own.set_defaults(run=shows_help(own), stopped="What was fetched is kept, and continued the next time.")
    actions = own.add_subparsers(metavar="action")
    names, trained = ([known.name for known in some] for some in (catalogue(), known_weights()))

    def action(run: Command, help: str, sets: bool = True) -> argparse.ArgumentParser:
        name = run.__name__.strip("_")
        parser: argparse.ArgumentParser = actions.add_parser(name, help=help, description=f"{help}.")
        parser.set_defaults(run=run)
        if sets:
            parser.add_argument(
                "sets",
                nargs="*",
                type=one_of([*names, *trained]),
                metavar="set",
                help=f"of {', '.join(names)}, all of them if none is named; or trained weights, by their "
                f"names: {', '.join(trained)}",
            )
        return parser

    action(list_, "Show which data sets there are, where they lie, and how much room they take")
    for run, help in (
        (fetch, "Fetch what is missing, from the publisher, and check it"),
        (verify, "Read every file and compare it with its checksum"),
        (repair, "Remove what is bad, and fetch it and what is missing again"),
    ):
        action(run, help).add_argument(
            "--folder", type=Path, metavar="DIR", help="the folder that has, or gets, the set's own"
        )
    action(mirrors, "Ask every address that the files are fetched from, and show which ones answer")
    parser = action(time, "Estimate how long lessons take on this machine; it is measured first", sets=False)
    numbers = ", ".join(map(str, sorted({work.lesson for work in LESSONS})))
    parser.add_argument(
        "lessons",
        nargs="*",
        type=int,
        metavar="lesson",
        help=f"numbers of lessons, of {numbers}; all of them if none is named",
    )
    pictures.add_to(actions)


def one_of(names: Sequence[str]) -> Callable[[str], str]:
    """A type of argument: one of the names."""

    def name(text: str) -> str:
        if text not in names:
            raise argparse.ArgumentTypeError(f"{text!r} is not one of {', '.join(names)}")
        return text

    return name


def list_(options: argparse.Namespace) -> int:
    """Show of each set what it contains, where it lies and how much room it takes. Returns 0.

    Where no set is named, those are shown, too, that no command fetches, and all trained weights.
    """
    for known in _chosen(options):
        _show(known)
    if not options.sets:
        pictures.list_photographs()
        for known in known_weights():
            _show(known)
    _say(wrapped(f"The cache is {cache_folder()}; the variable MINIGRAD_DATA names another."))
    return 0


def fetch(options: argparse.Namespace) -> int:
    """Fetch the sets that are not here yet, and check them. Returns 1 if one cannot be had, else 0."""

    def fetch_one(known: KnownSet) -> None:
        folder = known.found() if options.folder is None else None
        if folder is not None:
            _say(f"{known.name}: is in {folder}")
            return
        folder = known.fetch(options.folder, progress=sys.stderr.isatty())
        _say(f"{known.name}: fetched into {folder}")

    return _one_by_one(_chosen(options), fetch_one)


def verify(options: argparse.Namespace) -> int:
    """Compare every file with its checksum, and say which are missing or bad, and what to do.

    Returns 1 if a file is missing or bad, or a set that was named is not here; else 0.
    """
    status = 0
    for known in [*_chosen(options), *_weights_here(options)]:
        folder = known.place(options.folder)
        if options.folder is None:
            folder = known.found() or folder
        states = {file.name: known.state(file, folder) for file in known.files}
        if set(states.values()) == {"right"}:
            _say(f"{known.name}: every file is right, in {folder}")
            continue
        if set(states.values()) == {"missing"}:
            _say(f"{known.name}: not in {folder}. To have it: {_command('fetch', known, options)}")
            status = status or int(bool(options.sets))  # of all sets, one that nobody fetched is no failure
            continue
        status = 1
        for file in known.files:
            if states[file.name] == "missing":
                _say(f"{known.name}: {file.name} is missing")
            elif states[file.name] == "bad":
                _say(f"{known.name}: {file.name} is bad. {known.problem(file, folder)}")
        _say(f"{known.name}: to put it right: {_command('repair', known, options)}")
    return status


def repair(options: argparse.Namespace) -> int:
    """Fetch what is missing or bad again. Returns 1 if it cannot be had, else 0."""

    def repair_one(known: KnownSet) -> None:
        wrong = known.repair(options.folder, progress=sys.stderr.isatty())
        done = f"fetched again: {', '.join(wrong)}" if wrong else "every file is right"
        _say(f"{known.name}: {done}, in {known.place(options.folder)}")

    # of all sets, those that nobody fetched need no repair
    chosen = [known for known in _chosen(options) if options.sets or known.begun(options.folder)]
    chosen += _weights_here(options)
    if not chosen:
        _say(f"Nothing was fetched into {options.folder or cache_folder()}, so there is nothing to repair.")
    return _one_by_one(chosen, repair_one)


def mirrors(options: argparse.Namespace) -> int:
    """Ask every address of the sets whether it answers. Returns 1 if a set has none that does, else 0."""
    status = 0
    for known in _chosen(options):
        answers = [ask(source, known.remotes[0]) for source in known.sources]
        _table(
            [known.name, "", ""],
            [[a.url, "works" if a.works else "does not work", a.told] for a in answers],
        )
        if not any(answer.works for answer in answers):
            status = 1
            _say(f"None works now. The files are described at {known.page}.")
    return status


def time(options: argparse.Namespace) -> int:
    """Measure a few steps of training, and say about how long each lesson takes here. Returns 0."""
    trained = {work.lesson for work in LESSONS}
    for number in options.lessons:
        if number not in lessons():
            _say(f"There is no lesson {number}. They have the numbers {min(lessons())} to {max(lessons())}.")
        elif number not in trained:
            _say(f"There is no training in lesson {number}: it takes less than a minute.")
    if options.lessons and trained.isdisjoint(options.lessons):
        return 0
    chosen = [work for work in LESSONS if not options.lessons or work.lesson in options.lessons]
    seconds = estimate(chosen)
    _table(
        ["lesson", "", "about"],
        [[str(w.lesson), w.title, in_words(s)] for w, s in zip(chosen, seconds, strict=True)],
    )
    _say("Measured with a few steps of training. Early stopping ends some of them")
    _say("sooner, and what else runs on this machine makes them longer.")
    return 0


def _show(known: KnownSet) -> None:
    folder, room = known.found(), known.disk_use()
    size = f"{'about ' if known.about else ''}{_bytes(known.to_fetch)}"
    _say(wrapped(f"{known.name}: {known.contents}"))
    if folder and folder != known.place():
        files = sum((folder / file.name).stat().st_size for file in known.files)
        _say(wrapped(f"    lies in {folder}, {_bytes(files)}"))
    else:
        _say(wrapped(f"    {f'lies in {folder}' if folder else f'not here; {size} to fetch'}"))
    if room:
        where = known.place() if known.shares_folder else known.place().parent
        _say(wrapped(f"    takes {_bytes(room)} in {where}"))
    _say(wrapped(f"    licence: {known.licence}; {known.page}"))


def _one_by_one(sets: Sequence[KnownSet], do: Callable[[KnownSet], None]) -> int:
    """``do`` for each set; one that fails does not keep the others from it. Returns 1 if one has, else 0."""
    status = 0
    for known in sets:
        try:
            do(known)
        except DataError as error:
            sys.stderr.write(f"minigrad: {error}\n")
            status = 1
    return status


def _command(action: str, known: KnownSet, options: argparse.Namespace) -> str:
    """The command to type for this set, in the folder that was named."""
    folder = "" if options.folder is None else f" --folder {shlex.quote(str(options.folder))}"
    return f"minigrad data {action} {known.name}{folder}"


def _chosen(options: argparse.Namespace) -> list[KnownSet]:
    """The sets and weights that are named; all sets, and no weights, if none is."""
    if not options.sets:
        return catalogue()
    return [known for known in (*catalogue(), *known_weights()) if known.name in options.sets]


def _weights_here(options: argparse.Namespace) -> list[KnownSet]:
    """If nothing is named: the weights that were fetched, or in part; others are nobody's fault."""
    return [] if options.sets else [known for known in known_weights() if known.begun(options.folder)]


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    for row in (head, *rows):
        _say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _bytes(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count < 1e9 else f"{count / 1e9:.2f} GB"
