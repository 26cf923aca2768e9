"""Wardrobes from folders and tables, and what is seen in them."""

from pathlib import Path

import numpy as np
import pytest

from minigrad.data.fashion.products import COLUMNS
from minigrad.errors import DataError
from models.outfits.wardrobe import Wardrobe, from_folder, from_products
from tests.models.outfits.conftest import square


def shop(folder: Path) -> Path:
    lines = [
        ("1", "Topwear", "Tshirts", "Red"),
        ("2", "Bottomwear", "Jeans", "Blue"),
        ("3", "Topwear", "Shirts", "Multi"),  # of no one colour
        ("4", "Shoes", "Heels", "Red"),
    ]
    text = [",".join(COLUMNS)]
    for number, piece, kind, colour in lines:
        square(folder / "images" / f"{number}.jpg", "Red" if colour == "Multi" else colour, 0)
        text.append(f"{number},Men,Apparel,{piece},{kind},{colour},Fall,2011,Casual,A thing")
    (folder / "styles.csv").write_text("\n".join(text) + "\n")
    return folder


def test_tops_and_bottoms_of_a_shop(tmp_path: Path) -> None:
    found = from_products(shop(tmp_path))
    assert [garment[1:] for garment in found.garments] == [
        ("top", "Tshirts", "Red"),
        ("bottom", "Jeans", "Blue"),
    ]


def test_a_folder_by_the_names_of_its_kinds_or_by_ones_own(tmp_path: Path) -> None:
    for kind in ("t-shirt", "skirt", "shoes", "Hemden"):
        square(tmp_path / kind / "1.png", "Red", 0)
    found = from_folder(tmp_path)
    assert [garment[1:] for garment in found.garments] == [
        ("bottom", "skirt", ""),
        ("top", "t-shirt", ""),
    ]
    own = from_folder(tmp_path, tops=["Hemden"], bottoms=["shoes"])
    assert [(garment.piece, garment.kind) for garment in own.garments] == [
        ("top", "Hemden"),
        ("bottom", "shoes"),
    ]
    with pytest.raises(DataError, match=r"no kind 'hats'. The kinds are Hemden, shoes"):
        from_folder(tmp_path, tops=["hats"])
    with pytest.raises(DataError, match=r"there is no top. Say which kinds are tops: --tops"):
        from_folder(tmp_path, tops=["skirt"], bottoms=["skirt"])


def test_no_more_than_asked_for(tmp_path: Path) -> None:
    for kind in ("shirt", "pants"):
        for i in range(5):
            square(tmp_path / kind / f"{i}.png", "Red", i)
    found = from_folder(tmp_path, most=2)
    assert [len(found.places(piece)) for piece in ("top", "bottom")] == [2, 2]


def test_colours_that_no_table_has_are_looked_at(squares: Wardrobe) -> None:
    unnamed = Wardrobe([garment._replace(colour="") for garment in squares.garments[::7]], "squares")
    expected = [garment.colour for garment in squares.garments[::7]]
    assert [garment.colour for garment in unnamed.coloured().garments] == expected


def test_photographs_are_read_in_order_and_stretched(squares: Wardrobe, tmp_path: Path) -> None:
    images = squares.images(tmp_path, 32).data
    assert images.shape == (60, 32, 32, 3)
    middle = images[:, 12:20, 12:20].mean((1, 2))
    assert np.abs(middle[0] - (205, 30, 40)).max() < 8 and np.abs(middle[-1] - (20, 20, 20)).max() < 8


def test_a_picture_that_cannot_be_read_is_told(squares: Wardrobe, tmp_path: Path) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"not a picture at all")
    broken = Wardrobe([*squares.garments[:1], squares.garments[40]._replace(path=str(bad))], "squares")
    with pytest.raises(DataError, match=r"bad.png: .*Take it out"):
        broken.images(tmp_path / "cache", 8)


def test_another_photograph_is_another_wardrobe(tmp_path: Path) -> None:
    for kind in ("shirt", "pants"):
        square(tmp_path / kind / "1.png", "Red", 0)
    before = from_folder(tmp_path).stamp()
    assert before == from_folder(tmp_path).stamp()
    square(tmp_path / "pants" / "2.png", "Blue", 0)
    assert before != from_folder(tmp_path).stamp()
