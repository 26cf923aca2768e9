"""Fashion Product Images: 44,000 photographs of things that a shop sells, one to an image, on white.

P. Aggarwal, 2019: https://www.kaggle.com/paramaggarwal/fashion-product-images-small (60 x 80 pixels), and
fashion-product-images-dataset (up to 1800 x 2400). It is fetched by hand, for the page asks for a login:

    styles.csv          id, gender, masterCategory, subCategory, articleType, baseColour, season, year, usage,
                        productDisplayName; a name may have commas, with and without quotation marks
    images/ID.jpg       a few are missing
"""

import csv
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from minigrad.data.photos.counts import Counts
from minigrad.data.photos.damage import DamageReport
from minigrad.data.photos.listed import ImageList, ImageRef
from minigrad.data.places import cache_folder, is_there, tell
from minigrad.errors import DataError
from minigrad.files import read_small, text_of

PAGE = "https://www.kaggle.com/paramaggarwal/fashion-product-images-small"
FOLDERS = ("fashion-product-images-small", "fashion-dataset", "myntradataset")
Column = Literal[
    "gender", "masterCategory", "subCategory", "articleType", "baseColour", "season", "year", "usage"
]
COLUMNS = ("id", *get_args(Column), "productDisplayName")
_NUMBER = re.compile("[0-9]{1,18}")


class Product(NamedTuple):
    """A line of styles.csv, under the table's own names."""

    id: int
    gender: str
    masterCategory: str
    subCategory: str
    articleType: str
    baseColour: str
    season: str
    year: str
    usage: str
    productDisplayName: str


class FashionProducts(ImageList):
    """Fashion Product Images as pairs (image, class number).

    Args:
        root: the folder that has styles.csv and images/, or the one above it. None looks in the cache: the
            folder ``fashion-product-images-small`` in the one that the environment variable ``MINIGRAD_DATA``
            names, or else in the system's place for caches.
        column: of the table, whose values are the classes; in the order of the alphabet.
        transform: a function of an image, which is an array (H, W, 3) of uint8.
        target_transform: a function of the class number.

    Attributes:
        records: one ``Product`` for each sample. report: lines and images that were left out, and why.
        What else an ``ImageList`` has.

    Raises:
        DataError: there is no such folder, or styles.csv is missing or another table.
        ValueError: ``column`` is not one of the table's.

    The set has no halves: ``split`` makes them. Most classes are rare; ``most_frequent(20)`` keeps 20.
    """

    records: list[Product]

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        column: Column = "articleType",
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
    ) -> None:
        if column not in get_args(Column):
            raise ValueError(
                f"FashionProducts: column is one of {', '.join(get_args(Column))}; got {column!r}."
            )
        folder = _folder(root)
        products, report = read_styles(folder / "styles.csv")
        there = _names(folder / "images")
        found = []
        for product in products:
            if f"{product.id}.jpg" in there:
                found.append(product)
            else:
                report.note(folder / "images" / f"{product.id}.jpg", "missing", "styles.csv has it")
        named = {f"{product.id}.jpg" for product in products}
        for name in sorted(name for name in there - named if name.endswith(".jpg")):
            report.note(folder / "images" / name, "unnamed", "no line of styles.csv that is right has it")
        report.used = len(found)
        if not found:
            raise DataError(
                f"{folder}: none of the {len(products):,} images of styles.csv is in {folder / 'images'}. "
                f"Put them there; they come with it at {PAGE}."
            )
        classes = sorted({getattr(product, column) for product in found})
        number = {name: i for i, name in enumerate(classes)}
        images = f"{folder / 'images'}{os.sep}"
        super().__init__(
            [ImageRef(f"{images}{p.id}.jpg", number[getattr(p, column)]) for p in found],
            classes,
            report,
            found,
            transform,
            target_transform,
            str(folder),
        )
        self.column = column
        if report:
            tell(f"minigrad: {folder}: {report.summary()}; .report tells each")

    def distribution(self, column: Column | None = None) -> Counts:
        """How often each value of a column occurs; by default of the one that the classes come from."""
        name = column or self.column
        return Counts((getattr(product, name) for product in self.records), name)


def read_styles(path: Path) -> tuple[list[Product], DamageReport]:
    """The lines of styles.csv, and what was left out: lines with too few values, without a number, twice.

    Raises:
        DataError: there is no such file, it begins with other columns, or no line of it is right.
    """
    report = DamageReport()
    products: list[Product] = []
    lines: dict[int, int] = {}  # of each product
    try:
        text = text_of(read_small(path), "utf-8-sig", "replace").split("\n")
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file. It comes with the images, at {PAGE}.") from None
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read ({error.strerror or error}). Put the table of {PAGE} in its place."
        ) from error
    if tuple(text[0].strip().split(",")) != COLUMNS:
        raise DataError(
            f"{path}: expected a table with the columns {', '.join(COLUMNS)}; its first line is "
            f"{text[0][:100].strip()!r}. Is it the styles.csv of {PAGE}?"
        )
    for line, content in enumerate(text[1:], 2):
        if not content.strip():
            continue
        reason = ""
        values = _values(content)
        if len(values) < len(COLUMNS):
            reason = f"it has {len(values)} values instead of {len(COLUMNS)}"
        elif not _NUMBER.fullmatch(values[0]):
            reason = f"its id is {values[0][:40]!r}, which is no number"
        elif int(values[0]) in lines:
            reason = f"its id {values[0]} was in line {lines[int(values[0])]} already"
        if reason:
            report.note(f"{path}#line {line}", "line", reason)
            continue
        lines[int(values[0])] = line
        products.append(Product._make([int(values[0]), *values[1:]]))
    if not products:
        why = f"; the first: {report.damages[0].reason}" if report else ""
        raise DataError(f"{path}: none of its {len(report):,} lines is right{why}. Get it anew at {PAGE}.")
    return products, report


def _values(line: str) -> list[str]:
    """The values of a line by itself: a quotation mark without its partner harms no other line.

    What is over is the name's, which comes last: it may have commas.
    """
    try:
        values = next(csv.reader([line])) if '"' in line else line.split(",")
    except csv.Error:
        values = line.split(",")
    last = len(COLUMNS) - 1
    return [
        *(value.strip() for value in values[:last]),
        *([",".join(values[last:]).strip()] if values[last:] else []),
    ]


def _folder(root: str | os.PathLike[str] | None) -> Path:
    named = cache_folder() if root is None else Path(root).expanduser()
    for folder in (named, *(named / name for name in FOLDERS)):
        if is_there(folder / "styles.csv"):
            return folder
    raise DataError(
        f"FashionProducts: no styles.csv in {named}, nor in {', '.join(FOLDERS)} there. Get the set from "
        f"{PAGE}, unpack it, and name its folder: root=, or MINIGRAD_DATA for the folder above it."
    )


def _names(folder: Path) -> set[str]:
    """The names in a folder, all at once: asking for 44,000 files one by one takes longer."""
    try:
        return {entry.name for entry in os.scandir(folder)}
    except OSError as error:
        raise DataError(
            f"{folder}: cannot be looked into ({error.strerror}). The images of styles.csv belong there."
        ) from error
