"""Which photographs are learnt from and which are tested on, of folders and of several sets at once."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from minigrad.data import CachedImages
from minigrad.data.fashion.garments import draw_garments
from minigrad.errors import DataError
from models.lookbook.data import make, pictures, say, stamp
from models.lookbook.settings import Settings


def folder_of(root: Path, counts: dict[str, int]) -> Path:
    """Pictures of one colour, so many of each kind."""
    for number, (kind, count) in enumerate(counts.items()):
        (root / kind).mkdir(parents=True)
        for i in range(count):
            pixels = np.full((8, 8, 3), (20 * number, i, 90), np.uint8)
            Image.fromarray(pixels).save(root / kind / f"{i:03}.png")
    return root


def products_of(root: Path, counts: dict[str, int]) -> Path:
    """The same in the layout of Fashion Product Images."""
    (root / "images").mkdir(parents=True)
    head = "id,gender,masterCategory,subCategory,articleType,baseColour,season,year,usage,productDisplayName"
    lines = [head]
    for kind, count in counts.items():
        for _ in range(count):
            number = len(lines)
            lines.append(f"{number},Men,Apparel,Topwear,{kind},Blue,Fall,2011,Casual,A piece, blue")
            Image.new("RGB", (6, 8), (0, number % 256, 90)).save(root / "images" / f"{number}.jpg")
    (root / "styles.csv").write_text("\n".join(lines))
    return root


def test_a_fifth_is_tested_on_and_rare_kinds_are_left_out(tmp_path: Path) -> None:
    counts = {f"kind {i:02}": 10 + i for i in range(25)} | {"rare": 9, "rarer": 1}
    parts, _, rare = pictures(Settings(tmp_path, folder=folder_of(tmp_path / "photographs", counts)))
    train, test = parts["train"], parts["test"]
    assert rare == {name: count for name, count in counts.items() if count < 15}
    assert train.classes == test.classes and len(train.classes) == 20  # the most frequent ones
    assert set(train.classes) == {f"kind {i:02}" for i in range(5, 25)}
    both = {sample.path for sample in train.samples}, {sample.path for sample in test.samples}
    assert not both[0] & both[1] and sum(map(len, both)) == sum(range(15, 35))
    assert abs(len(test) - 0.2 * sum(range(15, 35))) <= 5
    for label in range(20):
        assert (test.targets == label).sum() >= 1
    for part in parts.values():
        for path, label, _ in part.samples:
            assert Path(path).parent.name == part.classes[label]


def test_count_is_of_the_kinds_that_are_used(tmp_path: Path) -> None:
    counts = {"hats": 80, "boots": 70} | {f"kind {i}": 12 for i in range(9)}
    photographs = folder_of(tmp_path / "photographs", counts)
    parts = pictures(Settings(tmp_path, folder=photographs, classes=2, count=60)).parts
    assert set(parts["train"].classes) == {"hats", "boots"}
    assert (len(parts["train"]), len(parts["test"])) == (60, 15)


def test_another_seed_divides_otherwise(tmp_path: Path) -> None:
    photographs = folder_of(tmp_path / "photographs", {"hats": 30, "boots": 30})
    tests = [
        pictures(Settings(tmp_path, folder=photographs, seed=seed)).parts["test"].samples for seed in (0, 1)
    ]
    assert tests[0] != tests[1]


def test_several_sets_get_names_in_common(tmp_path: Path) -> None:
    products = products_of(tmp_path / "products", {"Shirts": 60, "Jeans": 40, "Wallets": 30})
    drawn = draw_garments(tmp_path / "drawn", {"train": 120, "validation": 60}, 3)
    parts = pictures(Settings(tmp_path, products=products, deepfashion=drawn, count=50)).parts
    train = parts["train"]
    assert len(train) <= 100 and {"top", "trousers"} <= set(train.classes)
    assert not {"Shirts", "short sleeve top"} & set(train.classes)
    of_products = [i for i, source in enumerate(train.records) if source == "products"]
    assert 30 <= len(of_products) <= 50
    named = {train.classes[train.targets[i]] for i in of_products}
    assert named <= {"top", "trousers", "wallet"}
    assert not any("validation" in sample.path for sample in train.samples)
    assert any("validation" in sample.path for sample in parts["test"].samples)


def test_what_cannot_be_read_is_told_once_with_its_reason(tmp_path: Path) -> None:
    """A line of the table without an image, and a broken image, in a set of which a sample is used."""
    root = products_of(tmp_path / "products", {"Shirts": 40, "Jeans": 40})
    (root / "images" / "5.jpg").unlink()
    broken = root / "images" / "50.jpg"
    broken.write_bytes(b"no picture")
    settings = Settings(tmp_path, products=root, side=32)
    figures = make(settings, {}, tmp_path)
    assert figures["train"] + figures["test"] == 78 and figures["left out"] == 2
    assert say(figures).endswith("2 kinds, 2 damaged ones left out: damages.json")
    told = json.loads((tmp_path / "damages.json").read_text())
    assert told["used"] == 78 and told["left out"] == {"missing": 1, "no picture": 1}
    assert {Path(damage["file"]).name for damage in told["damages"]} == {"5.jpg", "50.jpg"}


def test_kinds_that_are_too_rare_are_told_and_empty_folders_do_no_harm(tmp_path: Path) -> None:
    counts = {"hats": 12, "boots": 12, "socks": 0, "gloves": 9, "belts": 1, "rings": 2, "ties": 3}
    settings = Settings(tmp_path, folder=folder_of(tmp_path / "photographs", counts), side=32)
    told = say(make(settings, {}, tmp_path))
    assert (
        told
        == "20 pictures to learn from, 4 to test on, 2 kinds, 4 rarer left out (gloves, ties, rings, ...)"
    )


def test_photographs_stand_upright_as_the_camera_was_held(tmp_path: Path) -> None:
    """A telephone saves what it saw upright lying on its side, with a note."""
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter, clockwise: what is left comes up
    pixels = np.full((40, 60, 3), (0, 0, 250), np.uint8)
    pixels[:, :30] = (250, 0, 0)
    for kind in ("hats", "boots"):
        (tmp_path / "photographs" / kind).mkdir(parents=True)
        for i in range(15):
            Image.fromarray(pixels).save(tmp_path / "photographs" / kind / f"{i}.png", exif=exif)
    figures = make(Settings(tmp_path, folder=tmp_path / "photographs", side=32), {}, tmp_path)
    shown = CachedImages(tmp_path / figures["train folder"]).data
    assert (shown[:, 2:14, 10:22] == (250, 0, 0)).all() and (shown[:, 18:30, 10:22] == (0, 0, 250)).all()


def test_photographs_that_are_no_squares_are_padded_or_cropped(tmp_path: Path) -> None:
    """White bars are learnt, too, where photographs have backgrounds."""
    for kind in ("hats", "boots"):
        (tmp_path / "photographs" / kind).mkdir(parents=True)
        for i in range(15):
            Image.new("RGB", (60, 40), (90, i, 9)).save(tmp_path / "photographs" / kind / f"{i}.png")
    padded = Settings(tmp_path, folder=tmp_path / "photographs", side=32)
    cropped = replace(padded, fit="crop")
    assert stamp(padded) != stamp(cropped)
    for settings, white in ((padded, True), (cropped, False)):
        (tmp_path / settings.fit).mkdir()
        figures = make(settings, {}, tmp_path / settings.fit)
        shown = CachedImages(tmp_path / settings.fit / figures["train folder"]).data
        assert (shown[:, 0] == 255).all() == white and (shown[:, 16, :, 0] == 90).all()


def test_parts_of_a_set_are_no_kinds(tmp_path: Path) -> None:
    """Sets are often published as train/KIND, test/KIND; one level too high there are two kinds, it seems."""
    for part in ("train", "test"):
        folder_of(tmp_path / part, {"hats": 20, "boots": 20})
    with pytest.raises(DataError, match=r"are parts of a set, test and train.*name .*train"):
        pictures(Settings(tmp_path / "out", folder=tmp_path))


def test_too_little_is_told(tmp_path: Path) -> None:
    few = folder_of(tmp_path / "few", {"hats": 4, "boots": 3})
    with pytest.raises(DataError, match="no kind of clothes there has 10 photographs; hats has 4"):
        pictures(Settings(tmp_path, folder=few))
    one = folder_of(tmp_path / "one", {"hats": 30, "boots": 3})
    with pytest.raises(DataError, match="at least two kinds"):
        pictures(Settings(tmp_path, folder=one))
