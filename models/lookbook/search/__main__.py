"""Search the DCGAN's settings: 40 experiments, over the ranges of the report.

    python -m models.lookbook.search                                 on synthetic garments
    python -m models.lookbook.search --folder DIR --workers 4        on photographs of yours, four at a time

The data and the classifier are the lookbook's, and kept as there. What the experiments found is in
OUTPUT/search: search.db (Optuna's), experiments.json, and the pictures. Killed, the same command goes on.
"""

import argparse
import os
import platform
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import filelock

from minigrad import __version__
from minigrad.errors import DataError
from models.lookbook.options import add_data, count, parse, whole
from models.lookbook.pipeline import stages
from models.lookbook.search.pictures import draw
from models.lookbook.search.study import (
    BOOK,
    book_errors,
    finished,
    in_words,
    opened,
    recover,
    save,
    share,
    work,
)
from models.lookbook.stages import Folders, about, run, tell, what_to_do

PROGRAM = "python -m models.lookbook.search"


def read_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        PROGRAM,
        description="Try settings of the DCGAN, over the ranges of the report, and keep what came of them.",
        epilog="Killed, or with more --experiments, the same command goes on.",
    )
    add_data(parser)
    parser.add_argument("--experiments", type=count, default=40, metavar="N", help="in all (default: 40)")
    parser.add_argument("--longest", type=count, metavar="N", help="epochs at most (default: 300; quick: 30)")
    parser.add_argument("--workers", type=count, default=1, metavar="N", help="processes (default: 1)")
    parser.add_argument("--results", type=Path, metavar="FILE", help="write the experiments there, too")
    parser.add_argument("--worker", type=whole, help=argparse.SUPPRESS)  # the number of one that was started
    options = parse(parser, arguments)
    if options.results and not options.results.parent.is_dir():
        parser.error(f"argument --results: there is no folder {str(options.results.parent)!r}")
    if options.longest is None:
        options.longest = 30 if options.is_quick else 300
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    options = read_options(arguments)
    if find_spec("optuna") is None:
        tell(f"{PROGRAM}: it needs Optuna, which is not installed: pip install optuna")
        return 1
    try:
        if options.worker is not None:  # the one that started it holds the lock
            make(options, *opened_for(options))
            return 0
        options.settings.output.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(options.settings.output / ".lock", timeout=0):
            return lead(options, list(sys.argv[1:] if arguments is None else arguments))
    except filelock.Timeout:
        place = options.settings.output
        tell(f"{PROGRAM}: another run is at work in {place}. Wait, or name another --output.")
    except OSError as error:
        tell(f"{PROGRAM}: {what_to_do(error, options.settings.output)}")
    except (DataError, RuntimeError) as error:
        tell(f"{PROGRAM}: {error}")
    except book_errors() as error:
        tell(f"{PROGRAM}: {book_in_words(error, options.settings.output)}")
    except KeyboardInterrupt:
        tell(f"{PROGRAM}: stopped. What was found is kept; the same command goes on.")
        return 130
    return 1


def book_in_words(error: Exception, output: Path) -> str:
    """What is wrong with the experiments' book, and what to do."""
    why = getattr(error.__cause__ or error, "orig", error)
    return (
        f"{output / 'search' / BOOK}: {why}. Make room on the disk, and check that the folder may be written "
        "into; the same command goes on."
    )


def lead(options: argparse.Namespace, arguments: list[str]) -> int:
    """Have the experiments made, by this process or by workers, and draw what they say."""
    study, folders = opened_for(options)
    again = recover(study)
    if finished(study):
        cut_off = f", {again} that were cut off are made again" if again else ""
        tell(f"{finished(study)} of {options.experiments} experiments are there{cut_off}")
    if options.workers == 1:
        make(options, study, folders)
    else:
        share(options.workers, arguments)
    folder = options.settings.output / "search"
    for path in filter(None, (folder / "experiments.json", options.results)):
        save(study, path, told(options, folders))
    pictures = draw(study, folder, options.longest)
    if not pictures:
        tell("None of the experiments came to an end, so none could be judged.")
        return 0
    best = study.best_trial
    tell(f"The best, number {best.number + 1}: Fréchet distance {best.value:.3g}; {in_words(best.params)}")
    tell(f"Pictures: {', '.join(str(path) for path in pictures)}")
    return 0


def opened_for(options: argparse.Namespace) -> tuple[Any, Folders]:
    """The study of these photographs and sizes, and the data and the classifier, made if need be."""
    settings = options.settings
    folders = run(stages(settings), settings, "classifier")
    (settings.output / "search").mkdir(exist_ok=True)
    name = f"{folders['classifier'].name}, width {settings.width}, {options.longest} epochs"
    proposer = settings.seed + 1 + (options.worker or 0)  # workers with one seed would propose the same
    book = settings.output / "search" / BOOK
    return opened(book, name, proposer, options.longest), folders


def told(options: argparse.Namespace, folders: Folders) -> dict[str, Any]:
    """What the experiments have in common."""
    data, classifier = about(folders["data"]), about(folders["classifier"])
    settings = options.settings
    return {
        "photographs": {name: data[name] for name in ("source", "train", "test", "classes")},
        "side": settings.side,
        "width": settings.width,
        "classifier": {"network": settings.classifier, "accuracy": classifier["accuracy"]},
        "epochs at most": options.longest,
        "seed": settings.seed,
        "workers": options.workers,
        "versions": {"minigrad": __version__, "python": platform.python_version()},
    }


def make(options: argparse.Namespace, study: Any, folders: Folders) -> None:
    """Make experiments until there are enough."""
    parent = None if options.worker is None else os.getppid()
    work(study, options.settings, folders, options.experiments, options.longest, parent)


if __name__ == "__main__":
    sys.exit(main())
