"""``minigrad data draw``, ``unpack``, ``inspect``: folders of photographs, and drawn garments.

And their part of ``minigrad data list``: none of them is fetched by a command.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from minigrad.commands.lines import wrapped
from minigrad.data.fashion import DeepFashion2, FashionProducts, Statistics, deepfashion2, products
from minigrad.data.fashion.deepfashion2 import Split
from minigrad.data.fashion.garments import draw_garments
from minigrad.data.fashion.garments.writing import EMBEDDED, EMBEDDED_FOLDER
from minigrad.data.photos import DamageReport, ImageFolder, ImageList, extract
from minigrad.data.places import cache_folder, is_there
from minigrad.errors import DataError
from minigrad.files import encoded
from minigrad.measured import Measured


class Photographs(NamedTuple):
    """A set that one gets by hand, or that minigrad draws.

    ``marks`` are files or folders in the cache of which one is there where the set is; ``missing`` says how
    to come by it, ``licence`` on what terms, and where its publisher tells about it.
    """

    name: str
    contents: str
    marks: tuple[str, ...]
    missing: str
    licence: str

    def found(self) -> Path | None:
        """The set's folder in the cache; None if it has none."""
        marked = [cache_folder() / mark for mark in self.marks]
        return next((path.parent for path in marked if is_there(path)), None)


PHOTOGRAPHS = (
    Photographs(
        "DeepFashion2",
        "491,000 photographs of clothes, with boxes, landmarks and outlines, 13 kinds",
        tuple(f"{deepfashion2.FOLDER}/{split}" for split in ("train", "validation", "test")),
        "its publisher asks for a form to be filled in; unpack train and validation into {cache}/"
        f"{deepfashion2.FOLDER}. Until then DeepFashion2() draws garments in its place",
        f"as its publisher's form says; {deepfashion2.PAGE}",
    ),
    Photographs(
        "Fashion Product Images",
        "44,000 photographs of things that a shop sells, 143 kinds, 60 x 80",
        ("styles.csv", *(f"{folder}/styles.csv" for folder in products.FOLDERS)),
        "its page asks for a login; unpack it into {cache}/" + products.FOLDERS[0],
        f"as its page says; {products.PAGE}",
    ),
    Photographs(
        "Drawn garments",
        "as many as one likes, 13 kinds, with boxes and landmarks, in the layout of DeepFashion2",
        tuple(f"{EMBEDDED_FOLDER}/{split}" for split in EMBEDDED),
        "minigrad draws them where DeepFashion2() finds no photographs, and with minigrad data draw DIR",
        "minigrad's; a program makes them, from no photograph",
    ),
)


def list_photographs() -> None:
    """Say of each set that no command fetches where it lies, or how one comes by it."""
    for known in PHOTOGRAPHS:
        folder = known.found()
        _say(wrapped(f"{known.name}: {known.contents}"))
        missing = known.missing.format(cache=cache_folder())
        _say(wrapped(f"    lies in {folder}" if folder else f"    not here, and not fetched: {missing}"))
        _say(wrapped(f"    licence: {known.licence}"))


def add_to(actions: Any) -> None:
    """Add the actions to those of ``minigrad data``."""
    about = "Draw garments into DIR, with boxes and landmarks, in the layout of DeepFashion2"
    parser = actions.add_parser("draw", help=about, description=f"{about}.")
    parser.set_defaults(run=draw)
    parser.add_argument("folder", type=Path, metavar="DIR", help="where to")
    parser.add_argument("--train", type=int, default=2_600, metavar="N", help="pictures for training (2600)")
    parser.add_argument("--validation", type=int, default=520, metavar="N", help="for validation (520)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="another one draws others (0)")
    parser.add_argument(
        "--size", type=int, nargs=2, default=(160, 128), metavar=("H", "W"), help="of a picture (160 128)"
    )

    about = "Unpack an archive .zip, .tar or .tar.gz into DIR; what is not safe is left out and named"
    parser = actions.add_parser("unpack", help=about, description=f"{about}.")
    parser.set_defaults(run=unpack)
    parser.add_argument("archive", type=Path, help="the file")
    parser.add_argument("folder", type=Path, metavar="DIR", help="where to")

    about = "Tell what a folder of photographs has, and what of it is damaged"
    parser = actions.add_parser("inspect", help=about, description=f"{about}.")
    parser.set_defaults(run=inspect)
    parser.add_argument(
        "folder",
        type=Path,
        metavar="DIR",
        help="DeepFashion2, fashion products, or a sub-folder for each class",
    )
    parser.add_argument("--read", action="store_true", help="read every picture, too")
    parser.add_argument("--save", type=Path, metavar="OUT", help="write figures and what is damaged there")


def draw(options: argparse.Namespace) -> int:
    """Draw garments. Returns 0; DataError if the folder has some, or cannot be written."""
    wanted = {"train": options.train, "validation": options.validation}
    images = {split: count for split, count in wanted.items() if count > 0}
    try:
        folder = draw_garments(options.folder, images, options.seed, tuple(options.size))
    except ValueError as error:
        raise DataError(str(error)) from error
    said = " and ".join(f"{count:,} for {split}" for split, count in images.items())
    _say(f"{folder}: {said}, drawn with seed {options.seed}")
    return 0


def unpack(options: argparse.Namespace) -> int:
    """Unpack an archive. Returns 1 if something of it was left out, else 0; DataError if it is damaged."""
    report = extract(options.archive, options.folder)
    _say(f"{options.folder}: {report.used:,} files")
    if report:
        _say(str(report))
    return int(bool(report))


def inspect(options: argparse.Namespace) -> int:
    """Say what is in a folder. Returns 1 if something of it is damaged, else 0; DataError if it is no set."""
    lists, figures = _found(options.folder)
    for figure in figures.values():
        _say(f"{figure}\n")
    damages = DamageReport()
    for name, images in lists.items():
        reports = [images.report, images.check()] if options.read else [images.report]
        for report in reports:
            if report or options.read:
                _say(f"{name}: {report.summary()}")
            damages.damages += report.damages
        damages.used += reports[-1].used
    if damages:
        _say(str(damages))
    if not options.read:
        _say("the pictures were not opened; --read does, and tells which are damaged")
    if options.save:
        try:
            _save(options.save, figures, damages)
        except OSError as error:
            raise DataError(f"figures cannot be written into {options.save}: {error}") from error
        _say(f"figures and damages.json are in {options.save}")
    return int(bool(damages))


def _save(folder: Path, figures: Mapping[str, Measured], damages: DamageReport) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in figures.items():
        figure.save(folder / f"{name}.svg")
        figure.save(folder / f"{name}.csv")
    damages.save(folder / "damages.json")


def _found(folder: Path) -> tuple[dict[str, ImageList], dict[str, Measured]]:
    """The parts of the set that a folder has, by name, and figures of it."""
    both: tuple[Split, ...] = ("train", "validation")
    splits = [name for name in both if (folder / name / "annos").is_dir()]
    if splits or (folder / "annos").is_dir():
        parts = {str(split): DeepFashion2(folder, split) for split in splits}
        parts = parts or {folder.name: DeepFashion2(folder)}
        statistics = Statistics(parts)
        return dict(parts), {
            "sizes": statistics.sizes,
            "categories": statistics.categories,
            "attributes": statistics.attributes,
        }
    if (folder / "styles.csv").is_file():
        products = FashionProducts(folder)
        return {"products": products}, {"articleType": products.distribution()}
    try:
        images = ImageFolder(folder, allow_empty=True)
    except FileNotFoundError as error:
        raise DataError(
            f"{error} Nor has it annos, as DeepFashion2, or styles.csv, as fashion products."
        ) from error
    if not len(images):
        raise DataError(f"{folder}: no pictures are in its sub-folders, nor is it a set that is known.")
    return {"pictures": images}, {"classes": images.counts()}


def _say(text: str) -> None:
    sys.stdout.write(f"{encoded(text).decode()}\n")
