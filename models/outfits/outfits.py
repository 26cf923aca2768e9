"""Outfits: a top, a bottom, and whether they go together; and where the answers come from."""

import csv
import io
from collections.abc import Mapping, Sequence
from itertools import islice, product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from minigrad.errors import DataError
from minigrad.files import write_whole
from models.outfits.rule import LAB, Rule
from models.outfits.wardrobe import PIECES, Garment, Wardrobe

CLASSES = ("clashing", "harmonious")
COLUMNS = ("top", "bottom", "label")
WORDS = {  # what a label may be called in a table
    **dict.fromkeys(("harmonious", "positive", "yes", "1", "true"), 1),
    **dict.fromkeys(("clashing", "not", "negative", "no", "0", "false"), 0),
}
SKIPPED = ("skip", "")
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


def read_labels(table: Path, folder: Path | None = None) -> tuple[Wardrobe, list[Outfit]]:
    """Outfits from a table of three columns, ``top,bottom,label``: two files, and harmonious or not.

    Args:
        table: a CSV file. A label is harmonious, positive, yes or 1; or clashing, not, negative, no or 0.
            Lines that were skipped are left out; of a pair that is there twice, the later answer holds.
        folder: what the names of files are relative to; by default the folder of the table.

    Outfits that share a garment are one group.

    Raises:
        DataError: there is no such table, a line of it is wrong, or only one answer occurs.
    """
    answers = {pair: label for pair, label in read_table(table).items() if label is not None}
    if len(set(answers.values())) < 2:
        raise DataError(
            f"{table}: expected outfits of both kinds, {' and '.join(CLASSES)}; found {len(answers)} "
            f"answers, {len(set(answers.values()))} different."
        )
    root = table.parent if folder is None else folder
    places: dict[tuple[str, str], int] = {}
    garments: list[Garment] = []
    folders = [{Path(name).parent.name for name in column} for column in zip(*answers, strict=True)]
    both = folders[0] & folders[1] | {""}  # a folder that has both is no kind of garment: an outfit, perhaps
    for pair in answers:
        for piece, name in zip(PIECES, pair, strict=True):
            if (piece, name) not in places:
                if not (root / name).is_file():
                    raise DataError(f"{table}: there is no file {root / name}.")
                places[piece, name] = len(garments)
                kind = Path(name).parent.name
                garments.append(Garment(str(root / name), piece, piece if kind in both else kind))
    pairs = [(places["top", top], places["bottom", bottom]) for top, bottom in answers]
    groups = _connected(len(garments), pairs)
    outfits = [
        Outfit(top, bottom, label, groups[top])
        for (top, bottom), label in zip(pairs, answers.values(), strict=True)
    ]
    return Wardrobe(garments, table.name), outfits


def read_table(table: Path) -> dict[tuple[str, str], int | None]:
    """By the names of a top and a bottom: 1, 0, or None for one that was skipped.

    A last line without an end counts if it is whole; else it was cut off in writing.
    """
    try:
        text = table.read_text(encoding="utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline="")))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{table}: cannot be read ({error}).") from error
    if rows[1:] and not text.endswith("\n") and _is_cut_off(rows[-1]):
        del rows[-1]
    if not rows or tuple(rows[0]) != COLUMNS:
        raise DataError(f"{table}: expected the first line {','.join(COLUMNS)}, found {text[:60]!r}.")
    found: dict[tuple[str, str], int | None] = {}
    for number, row in enumerate(rows[1:], 2):
        if not row:
            continue
        word = row[-1].strip().lower()
        if len(row) != len(COLUMNS) or (word not in WORDS and word not in SKIPPED):
            raise DataError(
                f"{table}, line {number}: expected a top, a bottom and one of {', '.join([*WORDS, 'skip'])}; "
                f"found {','.join(row)[:100]!r}."
            )
        found[row[0], row[1]] = WORDS.get(word)
    return found


def _is_cut_off(row: Sequence[str]) -> bool:
    """Whether a last line is the beginning of one that the labelling page writes: half of a word, or less."""
    words = (*CLASSES, "skip")
    return len(row) < len(COLUMNS) or any(word.startswith(row[-1]) and word != row[-1] for word in words)


def write_table(table: Path, answers: Mapping[tuple[str, str], int | None]) -> None:
    """What ``read_table`` reads, whole or not at all."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for (top, bottom), label in answers.items():
        writer.writerow([top, bottom, "skip" if label is None else CLASSES[label]])
    write_whole(table, text.getvalue().encode())


def _connected(count: int, pairs: Sequence[tuple[int, int]]) -> list[int]:
    """For each garment, the number of the group that shared garments join it to."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    tops, bottoms = zip(*pairs, strict=True)
    links = coo_array((np.ones(len(pairs)), (tops, bottoms)), shape=(count, count))
    return connected_components(links, directed=False)[1].tolist()
