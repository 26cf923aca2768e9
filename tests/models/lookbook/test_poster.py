"""The picture of the outfits: what is written on it can be read, in any letters that Europe writes."""

from typing import Any

import numpy as np
import pytest
from PIL import Image

from models.lookbook.poster import PIECE, fitted, font_for, poster

IMAGES = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3), np.uint8)


def outfit(name: str, *kinds: str) -> dict[str, Any]:
    pieces = [
        {"number": i, "kind": kind, "confidence": 0.9, "colour": "#204060"} for i, kind in enumerate(kinds)
    ]
    return {"name": name, "agreement": 0.5, "pieces": pieces}


@pytest.mark.parametrize(
    "text", ["calção", "Überzieher", "długi płaszcz", "шарф", "φούστα", "T-shirt – blue…"]
)
def test_every_letter_is_drawn(text: str) -> None:
    font = font_for(text, 15)
    box = font.getmask("\ufffe")  # what is drawn of letters that a font does not have
    assert all(bytes(font.getmask(letter)) != bytes(box) for letter in text if letter != " ")


def test_a_long_name_ends_where_its_place_does() -> None:
    font = font_for("a", 15)
    assert fitted("short", font, PIECE) == "short"
    cut = fitted("a garment with a name that has no end at all", font, PIECE)
    assert cut.endswith("…") and font.getlength(cut) <= PIECE < font.getlength(f"{cut[:-1]}mm…")


def test_the_garments_are_on_it_as_large_as_a_piece() -> None:
    page = np.asarray(poster([outfit("Sunday", "a", "b", "c"), outfit("Monday", "b")], IMAGES, "note"))
    large = Image.fromarray(IMAGES[0]).resize((PIECE, PIECE), Image.Resampling.BICUBIC)
    windows = np.lib.stride_tricks.sliding_window_view(page[..., 0], (1, PIECE))
    rows, columns, *_ = np.nonzero((windows == np.asarray(large)[0, :, 0]).all((2, 3)))
    assert len(rows) >= 1
    row, column = rows[0], columns[0]
    np.testing.assert_array_equal(page[row : row + PIECE, column : column + PIECE], np.asarray(large))


def test_a_name_leaves_room_for_the_agreement() -> None:
    """The upper right corner of a card is the same, however long the outfit is called."""
    pages = [np.asarray(poster([outfit(name, "a", "b")], IMAGES, "")) for name in ("x", "m" * 60)]
    corner = np.s_[120:180, -190:]
    np.testing.assert_array_equal(pages[0][corner], pages[1][corner])
