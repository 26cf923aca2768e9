"""The photographs: tops and bottoms, with their kind and colour, from a folder or from a shop's table."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from minigrad.data import CachedImages, FashionProducts, ImageFolder, ImageList, read_image
from minigrad.data.fashion import COMMON
from minigrad.data.photos import ImageRef
from minigrad.errors import DataError
from models.lookbook.colour import garment_colour, lab
from models.outfits.rule import LAB, nearest

PIECES = ("top", "bottom")
TOPS = {name for name, common in COMMON.items() if common in ("top", "vest", "jacket")}
TOPS |= {
    "top",
    "tops",
    "vest",
    "jacket",
    "jackets",
    "shirt",
    "t-shirt",
    "longsleeve",
    "outwear",
    "polo",
    "blouse",
}
BOTTOMS = {name for name, common in COMMON.items() if common in ("shorts", "trousers", "skirt")}
BOTTOMS |= {"bottom", "bottoms", "pants", "shorts", "trousers", "skirt", "skirts", "jeans"}
SIDE = 224  # of the photographs in the cache: what the networks of ImageNet look at


class Garment(NamedTuple):
    """A photograph of one piece.

    Attributes:
        path: the file. piece: "top" or "bottom". kind: what it is, in the words of its source.
        colour: the name of its colour in ``rule.COLOURS``, if a table has it; "" if it has to be looked at.
    """

    path: str
    piece: str
    kind: str
    colour: str = ""


class Wardrobe:
    """All garments that outfits are put together from.

    Args:
        garments: what there is.
        source: where it comes from, in words that may be shown: no path of a machine.

    Raises:
        DataError: there is no top, or no bottom.
    """

    def __init__(self, garments: Sequence[Garment], source: str) -> None:
        self.garments = list(garments)
        self.source = source
        for piece in PIECES:
            if not any(garment.piece == piece for garment in self.garments):
                raise DataError(
                    f"{source}: an outfit needs a top and a bottom, and there is no {piece}. Say which kinds "
                    f"are {piece}s: --{piece}s."
                )

    def __len__(self) -> int:
        return len(self.garments)

    def places(self, piece: str) -> list[int]:
        """The places of the tops, or of the bottoms."""
        return [i for i, garment in enumerate(self.garments) if garment.piece == piece]

    def images(self, folder: Path, side: int = SIDE, fit: Any = "stretch") -> CachedImages:
        """The photographs in one size, (N, side, side, 3), read once; "stretch", as the study had it.

        Raises DataError if one of them cannot be read: an outfit with half of it missing is none.
        """
        listed = ImageList(
            [ImageRef(garment.path, PIECES.index(garment.piece)) for garment in self.garments],
            PIECES,
            source=self.source,
        )
        cache = listed.cached(side, fit, folder=folder)
        if len(cache) < len(self):
            damage = cache.report.damages[0]
            raise DataError(
                f"{damage.file}: {damage.reason}. Take it out, or name another file in its place."
            )
        return cache

    def subset(self, places: Sequence[int]) -> "Wardrobe":
        """Those garments alone, in this order."""
        return Wardrobe([self.garments[i] for i in places], self.source)

    def coloured(self) -> "Wardrobe":
        """The same with a colour for each: the table's, or the name that is nearest to what is seen."""
        return Wardrobe([garment._replace(colour=name_of(garment)) for garment in self.garments], self.source)

    def stamp(self) -> str:
        """A hash of the list and of the size and time of each file: other photographs, another result."""
        digest = hashlib.sha256()
        for garment in self.garments:
            there = os.stat(garment.path) if os.path.exists(garment.path) else None
            about = (*garment, there and there.st_size, there and there.st_mtime_ns)
            digest.update(repr(about).encode(errors="surrogateescape"))
        return digest.hexdigest()


def seen_colour(path: str) -> Any:
    """The colour that most of a garment has, in CIELAB, (3,)."""
    return lab(garment_colour(read_image(path)))


def name_of(garment: Garment) -> str:
    """The name of a garment's colour; of one that no table has, the nearest to what is seen of it."""
    return garment.colour if garment.colour in LAB else nearest(seen_colour(garment.path))


def from_products(folder: Path, most: int | None = None, seed: int = 0) -> Wardrobe:
    """Tops and bottoms of Fashion Product Images, with the colour that the shop's table has for them.

    Left out is what is of several colours, or of one that has no name in ``rule.COLOURS``.
    """
    products = FashionProducts(folder, "subCategory")
    pieces = {"Topwear": "top", "Bottomwear": "bottom"}
    found = [
        Garment(sample.path, pieces[product.subCategory], product.articleType, product.baseColour)
        for sample, product in zip(products.samples, products.records, strict=True)
        if product.subCategory in pieces and product.baseColour in LAB
    ]
    return Wardrobe(_at_most(found, most, seed), "Fashion Product Images")


def from_folder(
    folder: Path,
    tops: Sequence[str] = (),
    bottoms: Sequence[str] = (),
    most: int | None = None,
    seed: int = 0,
) -> Wardrobe:
    """Photographs in sub-folders, one for each kind; ``tops`` and ``bottoms`` say which kinds are what, where
    their names do not.
    """
    listed = ImageFolder(folder, allow_empty=True)
    unknown = sorted({*tops, *bottoms} - set(listed.classes))
    if unknown:
        raise DataError(
            f"{folder}: there is no kind {unknown[0]!r}. The kinds are {', '.join(listed.classes[:20])}."
        )
    piece = dict.fromkeys(tops or TOPS, "top") | dict.fromkeys(bottoms or BOTTOMS, "bottom")
    found = [
        Garment(sample.path, piece[listed.classes[sample.label]], listed.classes[sample.label])
        for sample in listed.samples
        if listed.classes[sample.label] in piece
    ]
    return Wardrobe(_at_most(found, most, seed), folder.name)


def _at_most(garments: list[Garment], most: int | None, seed: int) -> list[Garment]:
    """So many of each piece, drawn at random."""
    if most is None:
        return garments
    rng = np.random.default_rng(seed)
    kept: list[int] = []
    for piece in PIECES:
        places = [i for i, garment in enumerate(garments) if garment.piece == piece]
        kept += rng.permutation(places)[:most].tolist()
    return [garments[i] for i in sorted(kept)]
