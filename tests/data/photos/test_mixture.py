"""Mixtures: so many of each source, classes in common."""

import pytest

import minigrad as mg
from minigrad.data.photos import ImageFolder, mixture


@pytest.fixture
def sources(classes, tmp_path, paint):
    other = tmp_path / "other"
    for name, count in (("boot", 6), ("cap", 2), ("lamp", 3)):
        for i in range(count):
            paint(other / name / f"{i}.png")
    return {"things": ImageFolder(classes), "other": ImageFolder(other)}


JOINT = {"boot": "shoe", "shoe": "shoe", "hat": "hat", "cap": "hat"}


def test_counts_classes_and_origins(sources):
    mixed = mixture(sources, {"things": 5, "other": 6}, JOINT, mg.Generator().manual_seed(3))
    assert mixed.classes == ["shoe", "hat"] and len(mixed) == 11
    assert mixed.records == ["things"] * 5 + ["other"] * 6
    for sample in mixed.samples:
        assert mixed.classes[sample.label] == JOINT[sample.path.split("/")[-2]]
    again = mixture(sources, {"things": 5, "other": 6}, JOINT, mg.Generator().manual_seed(3))
    assert again.samples == mixed.samples
    train, test = mixed.split([6, 5], mg.Generator().manual_seed(0))
    assert (len(train), len(test)) == (6, 5)


def test_all_of_a_source_and_names_in_common(sources):
    assert len(mixture(sources, {"other": 1})) == 13
    assert mixture(sources).classes == ["bag", "hat", "shoe", "boot", "cap", "lamp"]


def test_too_few_and_unknown(sources):
    with pytest.raises(ValueError, match=r"8 pictures of things .* has 7"):
        mixture(sources, {"things": 8}, JOINT)
    with pytest.raises(ValueError, match="'thing'"):
        mixture(sources, {"thing": 8})
    with pytest.raises(ValueError, match="at least one"):
        mixture({})
