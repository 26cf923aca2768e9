"""ImageFolder: torchvision's names, order and errors."""

import os
from pathlib import Path

import numpy as np
import pytest

from minigrad.data import DataLoader, transforms
from minigrad.data.photos import Damaged, ImageFolder, mixture


def test_classes_in_the_order_of_the_alphabet(classes):
    data = ImageFolder(classes)
    assert data.classes == ["bag", "hat", "shoe"]
    assert data.class_to_idx == {"bag": 0, "hat": 1, "shoe": 2}
    assert data.targets.tolist() == [0] * 5 + [1] * 3 + [2] * 4
    assert data.imgs[0] == (str(classes / "bag" / "0.png"), 0)
    image, label = data[-1]
    assert image.shape == (16, 23, 3) and image[0, 0].tolist() == [220, 0, 0] and label == 2
    assert data.counts().counts == {"bag": 5, "shoe": 4, "hat": 3}


def test_as_torchvision(classes, paint):
    folder = pytest.importorskip("torchvision.datasets").ImageFolder
    paint(classes / "hat" / "deep" / "er" / "x.jpeg")
    paint(classes / "hat" / "A.PNG")
    (classes / "hat" / "notes.txt").write_text("no picture")
    ours, theirs = ImageFolder(classes), folder(classes)
    assert ours.imgs == theirs.imgs and ours.class_to_idx == theirs.class_to_idx
    assert np.array_equal(ours[3][0], np.asarray(theirs[3][0]))


def test_deeper_folders_and_other_files(classes, paint):
    paint(classes / "hat" / "deep" / "x.jpeg")
    (classes / "hat" / "notes.txt").write_text("no picture")
    (classes / "README").write_text("no class")
    assert len(ImageFolder(classes)) == 13
    only = ImageFolder(classes, is_valid_file=lambda path: path.endswith("0.png"))
    assert len(only) == 3


def test_transforms_and_loader(classes):
    data = ImageFolder(
        classes, transforms.ToTensor(), lambda label: 10 * label, loader=lambda path: np.zeros((2, 2))
    )
    image, label = data[11]
    assert image.shape == (1, 2, 2) and label == 20


def test_a_loader_makes_batches_of_equal_sizes(tmp_path, paint):
    for i in range(4):
        paint(tmp_path / "a" / f"{i}.png")
    x, y = next(iter(DataLoader(ImageFolder(tmp_path, transforms.ToTensor()), batch_size=4)))
    assert x.shape == (4, 3, 30, 40) and y.tolist() == [0] * 4


def test_what_is_missing_is_said(tmp_path, classes):
    with pytest.raises(FileNotFoundError, match="no folder"):
        ImageFolder(tmp_path / "none")
    with pytest.raises(FileNotFoundError, match="sub-folders"):
        ImageFolder(classes / "hat")
    (classes / "scarf").mkdir()
    with pytest.raises(FileNotFoundError, match=r"'scarf'.*allow_empty"):
        ImageFolder(classes)
    data = ImageFolder(classes, allow_empty=True)
    assert data.classes == ["bag", "hat", "scarf", "shoe"] and data.targets.max() == 3


def test_a_damaged_picture_names_itself(classes):
    (classes / "bag" / "2.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(Damaged, match=r"2\.png"):
        ImageFolder(classes)[2]


def test_a_real_folder():
    """3,781 photographs of ten kinds of clothes, where MINIGRAD_FASHION names the folder above them."""
    named = Path(os.environ.get("MINIGRAD_FASHION", "nowhere")) / "clothing-dataset-small" / "train"
    if not named.is_dir():
        pytest.skip("MINIGRAD_FASHION names no folder with clothing-dataset-small")
    data = ImageFolder(named)
    assert len(data) == 3068 and len(data.classes) == 10 and data.counts()["t-shirt"] == 795
    assert not data.subset(range(0, 3068, 60)).check()


def test_pictures_that_are_passed_over_are_told(classes, paint, capsys):
    paint(classes / "beside.png")
    paint(classes / "hat" / "moving.gif")
    paint(classes / "hat" / "deep" / "x.png")
    paint(classes / "hat" / "a.jpg").rename(classes / "hat" / "a.jfif")
    (classes / "hat" / "notes.txt").write_text("no picture")
    data = ImageFolder(classes)
    told = {(Path(damage.file).name, damage.kind) for damage in data.report.damages}
    assert told == {("beside.png", "no class"), ("moving.gif", "ending"), ("a.jfif", "ending")}
    assert len(data) == data.report.used == 13
    assert "3 of 16 left out: 2 ending, 1 no class" in capsys.readouterr().err
    chosen = ImageFolder(classes, is_valid_file=lambda path: path.endswith((".gif", "0.png")))
    assert len(chosen) == 4 and not chosen.report


def test_a_loader_goes_with_the_list(classes):
    data = ImageFolder(classes, loader=lambda path: Path(path).name)
    parts = [data.subset([3, 0]), data.sample(5), data.keep(["shoe"]), data.split([0.5, 0.5])[1]]
    for part in parts:
        assert part[0][0] == Path(part.samples[0].path).name
    with pytest.raises(ValueError, match="cached: reads the pictures itself"):
        data.cached(8)
    with pytest.raises(ValueError, match="check: reads"):
        data.check()
    with pytest.raises(ValueError, match="mixture: reads"):
        mixture({"one": data})


def test_a_file_in_place_of_a_folder_is_called_a_file(tmp_path: Path):
    (tmp_path / "clothes.zip").touch()
    with pytest.raises(FileNotFoundError, match=r"clothes.zip' is a file. Name the folder"):
        ImageFolder(tmp_path / "clothes.zip")
