"""The options that the lessons which train share: how long, which data, where to write."""

import argparse
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal


def options_parser(
    description: str, *, output: str, quick: str, default: Literal["quick", "full"] = "quick"
) -> argparse.ArgumentParser:
    """A parser with --quick, --full, --epochs, --seeds, --data, --sample, --output and --results; a program
    may add its own. `parse_options` reads the command line with it.

    Args:
        description: what the program does.
        output: the folder that it writes to if none is named.
        quick: what ``--quick`` means.
        default: which of ``--quick`` and ``--full`` holds if neither is given.
    """
    parser = argparse.ArgumentParser(
        description=description,
        epilog="Ctrl-C: finish the batch, test and write what was learned (exit status 130). Twice: stop.",
    )
    length = parser.add_mutually_exclusive_group()
    helps = {"quick": quick, "full": "all data, and as many epochs as in the reports"}
    for name, help in helps.items():
        note = " (the default)" if name == default else ""
        length.add_argument(f"--{name}", action="store_true", help=f"{help}{note}")
    parser.add_argument(
        "--epochs", type=whole_number, metavar="N", help="at most N epochs for each network instead"
    )
    parser.add_argument(
        "--seed",
        "--seeds",
        nargs="+",
        type=int,
        default=[0],
        dest="seeds",
        metavar="S",
        help="train each network once per seed (default: 0)",
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder with the files of the data")
    parser.add_argument("--sample", action="store_true", help="use the 6,000 images that come with minigrad")
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        default=Path(output),
        help="where to write (default: %(default)s)",
    )
    parser.add_argument(
        "--results", type=Path, metavar="FILE", help="write the test figures to this file, too"
    )
    return parser


def parse_options(
    parser: argparse.ArgumentParser, arguments: Sequence[str] | None = None
) -> argparse.Namespace:
    """The options of the command line, or of these arguments. The output folder is made; what cannot be read
    or written is told now and not after hours of training. The parser has --data and --output, at least.
    """
    options = parser.parse_args(arguments)
    results: Path | None = getattr(options, "results", None)
    if options.data and not options.data.is_dir():
        parser.error(f"argument --data: there is no folder {str(options.data)!r}")
    try:
        options.output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"argument --output: cannot make the folder {str(options.output)!r} ({error.strerror})")
    if results and not results.parent.is_dir():
        parser.error(f"argument --results: there is no folder {str(results.parent)!r}")
    if results and results.is_dir():
        parser.error(f"argument --results: {str(results)!r} is a folder; name a file")
    if results and results.exists() and not os.access(results, os.W_OK):
        parser.error(f"argument --results: cannot write the file {str(results)!r}")
    for option, folder in (("output", options.output), ("results", results and results.parent)):
        try:
            if folder:
                tempfile.TemporaryFile(dir=folder).close()
        except OSError as error:
            parser.error(
                f"argument --{option}: cannot write into the folder {str(folder)!r} ({error.strerror})"
            )
    return options


def whole_number(text: str) -> int:
    """A count from the command line."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, got {text!r}")
    return int(text)
