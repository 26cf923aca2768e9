"""Lists of pictures: drawn from, split, renamed."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.data.photos import ImageFolder, ImageList, ImageRef


def seeded(seed):
    return mg.Generator().manual_seed(seed)


def test_sample_is_seeded_and_takes_none_twice(classes):
    data = ImageFolder(classes)
    a, b, c = (data.sample(7, seeded(seed)) for seed in (1, 1, 2))
    assert a.samples == b.samples != c.samples
    assert len({sample.path for sample in a.samples}) == 7 and a.classes == data.classes
    with pytest.raises(ValueError, match="13 cannot be drawn from 12"):
        data.sample(13)


def test_a_subset_has_left_out_nothing_of_what_the_list_has(classes):
    data = ImageFolder(classes)
    data.report.note("broken.png", "truncated", "it ends early")
    some = data.subset([3, 1])
    assert len(data.report) == 1 and not some.report and some.report.used == 2
    assert all(part.report.used == len(part) for part in (data.sample(7), *data.split([0.5, 0.5])))
    assert data.keep(["shoe"]).report.counts() == {"truncated": 1}


def test_split_gives_every_class_its_share(classes):
    data = ImageFolder(classes)
    train, test = data.split([0.5, 0.5], seeded(0))
    assert (len(train), len(test)) == (6, 6)
    assert set(test.targets.tolist()) == {0, 1, 2}
    assert not {s.path for s in train.samples} & {s.path for s in test.samples}
    assert len(data.split([5, 7], stratified=False)[0]) == 5


def test_keep_and_most_frequent_number_anew(classes):
    data = ImageFolder(classes)
    kept = data.keep(["shoe", "bag"])
    assert kept.classes == ["shoe", "bag"] and kept.targets.tolist() == [1] * 5 + [0] * 4
    assert data.most_frequent(2).classes == ["bag", "shoe"]
    with pytest.raises(ValueError, match="'sock'"):
        data.keep(["sock"])


def test_rename_joins_classes(classes):
    data = ImageFolder(classes)
    worn = data.rename({"shoe": "worn", "hat": "worn"})
    assert worn.classes == ["worn"] and len(worn) == 7
    ordered = data.rename({"shoe": "worn", "bag": "carried"}, ["carried", "worn"])
    assert ordered.targets.tolist() == [0] * 5 + [1] * 4
    with pytest.raises(ValueError, match="'carried'"):
        data.rename({"bag": "carried"}, ["worn"])


def test_records_go_with_their_samples(classes):
    data = ImageFolder(classes)
    with_records = ImageList(data.samples, data.classes, records=list(range(12)))
    assert with_records.subset([3, 1]).records == [3, 1]
    assert with_records.keep(["hat"]).records == [5, 6, 7]
    with pytest.raises(ValueError, match="a record for each"):
        ImageList(data.samples, data.classes, records=[1])


def test_labels_are_places_in_classes():
    with pytest.raises(ValueError, match="0 to 0"):
        ImageList([ImageRef("a.png", 1)], ["a"])


def test_boxes_are_cut_out(tmp_path, paint):
    path = paint(tmp_path / "a.png", (10, 10), (5, 6, 7))
    image, label = ImageList([ImageRef(str(path), 0, (2, 3, 6, 9))], ["a"])[0]
    assert image.shape == (6, 4, 3) and label == 0 and np.all(image == (5, 6, 7))
