"""The options on the command line that become ``Settings``."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from models.lookbook.presets import kinds_of
from models.lookbook.settings import Settings, defaults

SOURCES = {
    "products": "a folder of Fashion Product Images: styles.csv and images",
    "deepfashion": "a folder of DeepFashion2: train and validation",
    "folder": "a folder with a sub-folder for each kind of clothes",
}


def add_data(parser: argparse.ArgumentParser) -> None:
    """What the photographs, the classifier and the size of the networks depend on."""
    length = parser.add_mutually_exclusive_group()
    length.add_argument(
        "--quick", action="store_true", help="32x32, in minutes: holds for synthetic garments"
    )
    length.add_argument("--full", action="store_true", help="64x64, in hours: holds for photographs")
    for name, help in SOURCES.items():
        parser.add_argument(f"--{name}", type=Path, metavar="DIR", help=help)
    parser.add_argument(
        "--output", type=Path, default=Path("output/lookbook"), metavar="DIR", help="where to"
    )
    parser.add_argument("--side", type=int, choices=(32, 64, 128), help="of the images")
    parser.add_argument(
        "--fit", choices=("pad", "crop", "stretch"), help="of photographs that are no squares (pad: on white)"
    )
    parser.add_argument("--classifier", choices=("cnn", "dense"), help="dense: the report's, for 400 epochs")
    parser.add_argument("--seed", type=whole, metavar="N", help="of the training")
    add_counts(
        parser,
        {
            "count": "at most so many photographs of each source to learn from",
            "classes": "at most so many kinds, the most frequent",
            "classifier_epochs": "of the classifier",
            "width": "maps of the DCGAN's first layer",
        },
    )


def add_counts(parser: argparse.ArgumentParser, helps: dict[str, str]) -> None:
    """Options that are whole numbers of at least 1."""
    for name, help in helps.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=count, metavar="N", help=help)


def parse(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options, with the ``settings`` that they mean, and whether these are the quick ones."""
    options = parser.parse_args(arguments)
    for name in SOURCES:
        folder = getattr(options, name)
        if folder is not None and not folder.is_dir():
            parser.error(f"argument --{name}: there is no folder {str(folder)!r}")
    synthetic = all(getattr(options, name) is None for name in SOURCES)
    options.is_quick = options.quick or (synthetic and not options.full)
    given = {name: getattr(options, name, None) for name in Settings.__dataclass_fields__}
    basis = defaults(options.is_quick, options.side, options.classifier)
    options.settings = Settings(**{**basis, **{k: v for k, v in given.items() if v is not None}})
    if options.settings.side == 128 and options.settings.width % 16:
        parser.error(f"argument --width: a multiple of 16 for --side 128, got {options.settings.width}")
    return options


def kinds(text: str) -> tuple[str, ...]:
    """ "skirt / trousers": the two kinds."""
    found = tuple(kinds_of(text))
    if not all(found):
        raise argparse.ArgumentTypeError(f"expected kinds such as 'skirt / trousers', got {text!r}")
    return found


def whole(text: str) -> int:
    """A whole number of at least 0."""
    return _number(text, 0)


def count(text: str) -> int:
    """A whole number of at least 1."""
    return _number(text, 1)


def share(text: str) -> float:
    """A number between 0 and 1."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 < number < 1:
        raise argparse.ArgumentTypeError(f"expected a number between 0 and 1, got {text!r}")
    return number


def _number(text: str, least: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if number < least:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least {least}, got {text!r}")
    return number
