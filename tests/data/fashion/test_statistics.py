"""Figures 1 to 3 of a report on DeepFashion2, counted by hand on a small part."""

import csv
import json

import pytest

from minigrad.data import DeepFashion2
from minigrad.data.fashion import Statistics


@pytest.fixture(scope="module")
def parts(drawn):
    return {"train": DeepFashion2(drawn), "validation": DeepFashion2(drawn, "validation")}


def raw(drawn, split):
    """The annotations as JSON has them."""
    return [json.loads(path.read_text()) for path in sorted((drawn / split / "annos").iterdir())]


def items(drawn, split):
    return [
        value for content in raw(drawn, split) for key, value in content.items() if key.startswith("item")
    ]


def test_sizes_of_the_parts(drawn, parts, tmp_path):
    sizes = Statistics(parts).sizes
    for split in parts:
        assert sizes.sizes[split]["images"] == len(raw(drawn, split))
        assert sizes.sizes[split]["bounding boxes"] == len(items(drawn, split))
    assert sizes.total["images"] == 78
    assert str(sizes).splitlines()[1].split() == ["images", "52", "26", "78"]
    sizes.save(tmp_path / "sizes.csv")
    (first, second) = csv.DictReader((tmp_path / "sizes.csv").read_text().splitlines())
    assert (first["split"], first["images"], second["images"]) == ("train", "52", "26")
    assert "images: train 52, validation 26" in sizes.plot().alt


def test_a_part_without_annotations_has_images_alone(parts, tmp_path):
    """As the publisher counts the test part: 67,342 images, and no annotations."""
    statistics = Statistics({**parts, "test": 67_342})
    lines = [line.split() for line in str(statistics.sizes).splitlines()]
    assert lines[0] == ["train", "validation", "test", "total"]
    assert lines[1] == ["images", "52", "26", "67,342", "67,420"]
    assert lines[2][4] == "-" and statistics.sizes.total["bounding boxes"] == int(lines[2][5])
    statistics.sizes.save(tmp_path / "sizes.csv")
    assert list(csv.DictReader((tmp_path / "sizes.csv").read_text().splitlines()))[2]["images"] == "67342"
    assert "images: train 52, validation 26, test 67,342" in statistics.sizes.plot().alt
    assert statistics.categories.counts == Statistics(parts).categories.counts
    with pytest.raises(ValueError, match="at least one part"):
        Statistics({"test": 3})


def test_categories(drawn, parts):
    counts = Statistics(parts).categories.counts
    names = [item["category_name"] for split in parts for item in items(drawn, split)]
    assert counts == {name: names.count(name) for name in counts} and sum(counts.values()) == len(names)
    assert list(counts.values()) == sorted(counts.values(), reverse=True) and len(counts) == 13


def test_attributes(drawn, parts, tmp_path):
    attributes = Statistics(parts).attributes
    there = [item for split in parts for item in items(drawn, split)]
    small = [item["scale"] for item in there].count(1)
    assert attributes.counts["scale"]["small"] == small
    assert attributes.counts["viewpoint"]["side or back"] == [item["viewpoint"] for item in there].count(3)
    for shares in attributes.shares().values():
        assert sum(shares.values()) == pytest.approx(1)
    picture = attributes.plot()
    assert len(picture.figure().axes) == 4 and "viewpoint: no wear" in picture.alt
    attributes.save(tmp_path / "attributes.svg")
    assert (tmp_path / "attributes.svg").stat().st_size > 1000


def test_all_together_and_nothing(parts):
    text = str(Statistics(parts))
    assert "bounding boxes" in text and "trousers" in text and "zoom_in: large" in text
    with pytest.raises(ValueError, match="at least one part"):
        Statistics({})
