"""A small wardrobe: squares of known colours on white, tops and bottoms."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.outfits.rule import COLOURS
from models.outfits.wardrobe import Garment, Wardrobe

TOPS = ("Red", "Blue", "Green", "Mustard", "White")
BOTTOMS = ("Maroon", "Navy Blue", "Olive", "Orange", "Black")


def square(path: Path, colour: str, seed: int) -> str:
    pixels = np.full((24, 20, 3), 255, np.uint8)
    noise = np.random.default_rng(seed).integers(-6, 7, (16, 12, 3))
    pixels[4:20, 4:16] = (np.array(COLOURS[colour]) + noise).clip(0, 255)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return str(path)


def make_wardrobe(
    folder: Path, each: int, tops: Sequence[str] = TOPS, bottoms: Sequence[str] = BOTTOMS
) -> Wardrobe:
    garments = []
    for piece, colours in (("top", tops), ("bottom", bottoms)):
        for colour in colours:
            for i in range(each):
                name = f"{piece}-{colour.replace(' ', '')}-{i}.png"
                garments.append(
                    Garment(square(folder / piece / name, colour, len(garments)), piece, piece, colour)
                )
    return Wardrobe(garments, "squares")


@pytest.fixture(scope="session")
def squares(tmp_path_factory: pytest.TempPathFactory) -> Wardrobe:
    """Six garments of each of five colours of tops, and of bottoms."""
    return make_wardrobe(tmp_path_factory.mktemp("squares"), 6)
