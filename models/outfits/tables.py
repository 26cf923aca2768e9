"""Tables of answers: ``top,bottom,label``, what the labelling page writes and the study learns from."""

import csv
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from minigrad.errors import DataError
from minigrad.files import read_small, text_of, write_whole
from models.outfits.outfits import CLASSES, Outfit
from models.outfits.wardrobe import PIECES, Garment, Wardrobe

COLUMNS = ("top", "bottom", "label")
WORDS = {  # what a label may be called in a table
    **dict.fromkeys(("harmonious", "positive", "yes", "1", "true"), 1),
    **dict.fromkeys(("clashing", "not", "negative", "no", "0", "false"), 0),
}
SKIPPED = ("skip", "")


def read_labels(table: Path) -> tuple[Wardrobe, list[Outfit]]:
    """Outfits from a table of three columns, ``top,bottom,label``: two files, relative to the table's folder,
    and harmonious or not.

    A label is harmonious, positive, yes or 1; or clashing, not, negative, no or 0. Lines that were skipped
    are left out; of a pair that is there twice, the later answer holds. Outfits that share a garment are one
    group.

    Raises:
        DataError: there is no such table, a line of it is wrong, or only one answer occurs.
    """
    answers = {pair: label for pair, label in read_table(table).items() if label is not None}
    if len(set(answers.values())) < 2:
        raise DataError(
            f"{table}: expected outfits of both kinds, {' and '.join(CLASSES)}; found {len(answers)} "
            f"answers, {len(set(answers.values()))} different."
        )
    root = table.parent
    places: dict[tuple[str, str], int] = {}
    garments: list[Garment] = []
    folders = [{Path(name).parent.name for name in column} for column in zip(*answers, strict=True)]
    both = folders[0] & folders[1] | {""}  # a folder that has both is no kind of garment: an outfit, perhaps
    for pair in answers:
        for piece, name in zip(PIECES, pair, strict=True):
            if (piece, name) not in places:
                if not os.path.isfile(root / name):  # too long a name is none, either
                    raise DataError(
                        f"{table}: there is no file {name[:200]!r} in {root}. Put it there, or take its "
                        "lines out of the table."
                    )
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
        text = text_of(read_small(table), "utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline="")))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{table}: cannot be read ({error}). Mend it, or name another table.") from error
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
