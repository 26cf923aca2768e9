"""Drawn garments get the colour that they are to have, and keep their folds."""

from pathlib import Path

import numpy as np
import pytest

from models.lookbook.colour import garment_colour, lab
from models.outfits.dyeing import dye, dyed
from models.outfits.rule import LAB
from models.outfits.wardrobe import Wardrobe, seen_colour


def test_the_garment_is_dyed_and_the_ground_is_not() -> None:
    image = np.full((40, 40, 3), 255, np.uint8)
    image[5:35, 5:35] = (120, 110, 100)
    image[10:12, 5:35] = (90, 80, 70)  # a fold
    coloured = dye(lab(image), lab(garment_colour(image)), LAB["Teal"])
    assert np.linalg.norm(lab(garment_colour(coloured)) - LAB["Teal"]) < 1
    assert (coloured[0] == 255).all()
    assert coloured[11, 20].astype(int).sum() < coloured[20, 20].astype(int).sum() - 40


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Wardrobe]:
    place = tmp_path_factory.mktemp("dyed")
    return place, dyed(place, 30, 52)


def test_colours_are_what_their_names_say(few: tuple[Path, Wardrobe]) -> None:
    _, wardrobe = few
    assert [len(wardrobe.places(piece)) for piece in ("top", "bottom")] == [30, 30]
    apart = [np.linalg.norm(seen_colour(g.path) - LAB[g.colour]) for g in wardrobe.garments]
    assert np.median(apart) < 4
    hues = {garment.colour for garment in wardrobe.garments}
    assert "Black" not in hues and len(hues) > 20


def test_they_are_made_once(few: tuple[Path, Wardrobe]) -> None:
    place, wardrobe = few
    assert dyed(place, 30, 52).stamp() == wardrobe.stamp()
