"""Outfits: a top, a bottom, and whether they go together. By a rule, at random, or as a study had them."""

from collections.abc import Sequence
from itertools import islice, product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from minigrad.errors import DataError
from models.outfits.rule import LAB, Rule
from models.outfits.wardrobe import PIECES, Garment, Wardrobe

CLASSES = ("clashing", "harmonious")
PICTURES = (".jpg", ".jpeg", ".png", ".webp")


class Outfit(NamedTuple):
    """A pair.

    Attributes:
        top, bottom: places in the wardrobe. label: 1 if they go together, 0 if not.
        group: outfits of one group are not independent, so no cut may go through it.
    """

    top: int
    bottom: int
    label: int
    group: int


def by_rule(wardrobe: Wardrobe, count: int, rule: Rule, seed: int = 0) -> list[Outfit]:
    """Outfits whose answer the rule knows, and that cannot be told from one half.

    They are drawn four at a time: colours A and B of tops, C and D of bottoms, so that A goes with C and B
    with D, but neither A with D nor B with C. Each colour is then as often in a harmonious outfit as in a
    clashing one, and whoever sees a single photograph can only guess: it is exclusive or (lesson 1). Every
    garment is in one outfit. The four are a group.

    Args:
        wardrobe: garments with colours (``coloured``).
        count: of outfits, a multiple of 4; fewer if the wardrobe has no more.

    Raises:
        DataError: there are no such four colours.
    """
    rng = np.random.default_rng(seed)
    tops, bottoms = (_by_colour(wardrobe, piece, rng) for piece in ("top", "bottom"))
    fours = _fours(list(tops), list(bottoms), rule)
    found: list[Outfit] = []
    while len(found) + 4 <= count:
        left = [
            min(*(len(tops[x]) for x in four[:2]), *(len(bottoms[x]) for x in four[2:])) for four in fours
        ]
        weights = np.array([n if n > 1 else 0 for n in left], float)  # two garments of each colour are needed
        if not weights.any():
            break
        a, b, c, d = fours[rng.choice(len(fours), p=weights / weights.sum())]
        for top, bottom, label in ((a, c, 1), (b, d, 1), (a, d, 0), (b, c, 0)):
            found.append(Outfit(tops[top].pop(), bottoms[bottom].pop(), label, len(found) // 4))
    if not found:
        raise DataError(
            f"{wardrobe.source}: no two colours of tops and two of bottoms, with two garments each, cross in "
            "harmony. More garments are needed, of more colours."
        )
    return found


def _by_colour(wardrobe: Wardrobe, piece: str, rng: Any) -> dict[str, list[int]]:
    """The places of the garments of each colour, shuffled."""
    places: dict[str, list[int]] = {}
    for i in rng.permutation(wardrobe.places(piece)).tolist():
        places.setdefault(wardrobe.garments[i].colour, []).append(i)
    return places


def _fours(tops: Sequence[str], bottoms: Sequence[str], rule: Rule) -> list[tuple[str, str, str, str]]:
    """Colours (A, B of tops, C, D of bottoms): A C and B D are harmonious, A D and B C are not."""
    fits = {(t, b): rule(LAB[t], LAB[b]) for t, b in product(tops, bottoms)}
    return [
        (a, b, c, d)
        for (a, b), (c, d) in product(product(tops, tops), product(bottoms, bottoms))
        if fits[a, c] and fits[b, d] and not fits[a, d] and not fits[b, c]
    ]


def drawn_pairs(wardrobe: Wardrobe, count: int, seed: int = 0) -> list[tuple[int, int]]:
    """Pairs to label by hand, no two alike; fewer if the wardrobe has no more.

    Each garment is in one pair as long as there are enough. Then partners change within circles of two, of
    four, of eight: garment i meets i xor 1, 2, 3, ... Outfits that share a garment are judged together
    (``read_labels``), and with partners at random nearly all of them would be one group. A larger ``count``
    begins with the same pairs.
    """
    rng = np.random.default_rng(seed)
    tops, bottoms = (rng.permutation(wardrobe.places(piece)).tolist() for piece in ("top", "bottom"))
    few, many = sorted((tops, bottoms), key=len)
    rounds = range(1 << (len(few) - 1).bit_length())
    places = ((i % len(few) ^ bits, i) for bits in rounds for i in range(len(many)))
    pairs = ((few[i], many[j]) for i, j in places if i < len(few))
    return [pair if few is tops else pair[::-1] for pair in islice(pairs, count)]


def read_reported(folder: Path) -> tuple[Wardrobe, list[Outfit]]:
    """A study's own outfits: ``positive/p1/a.jpg``, the top, and ``b.jpg``, the bottom; ``negative/n1``.

    Raises DataError if a folder is missing, or an outfit has not both halves.
    """
    garments: list[Garment] = []
    outfits: list[Outfit] = []
    for label, name in enumerate(("negative", "positive")):
        if not (folder / name).is_dir():
            raise DataError(f"{folder}: expected the folders negative and positive; there is no {name}.")
        places = (place for place in (folder / name).iterdir() if place.is_dir())
        for place in sorted(places, key=lambda p: (len(p.name), p.name)):
            halves = [_half(place, letter) for letter in "ab"]
            outfits.append(Outfit(len(garments), len(garments) + 1, label, len(outfits)))
            garments += [Garment(path, piece, piece) for path, piece in zip(halves, PIECES, strict=True)]
    return Wardrobe(garments, f"{len(outfits)} outfits in {folder.name}"), outfits


def _half(place: Path, letter: str) -> str:
    there = sorted(p for p in place.iterdir() if p.stem == letter and p.suffix.lower() in PICTURES)
    if len(there) != 1:
        raise DataError(f"{place}: expected one picture {letter}.jpg, found {len(there)}.")
    return str(there[0])
