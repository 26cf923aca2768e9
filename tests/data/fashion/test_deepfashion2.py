"""DeepFashion2 in its published folders: crops with their classes, and what is left out."""

import json
import shutil

import numpy as np
import pytest

from minigrad.data import DataLoader, DeepFashion2, read_image, transforms
from minigrad.data.fashion import CATEGORIES, COMMON, count_images, garments
from minigrad.data.photos import Damaged, mixture
from minigrad.errors import DataError


@pytest.fixture
def copy(drawn, tmp_path):
    shutil.copytree(drawn, tmp_path / "deepfashion2")
    return tmp_path / "deepfashion2"


def test_items_are_crops_of_their_images(drawn):
    data = DeepFashion2(drawn)
    assert len(data.annotations) == 52 and len(data) == sum(len(a.items) for a in data.annotations)
    assert data.classes == [category.name for category in CATEGORIES] and not data.report
    assert set(data.targets.tolist()) == set(range(13))
    for i in range(0, len(data), 7):
        crop, label = data[i]
        item = data.records[i]
        x1, y1, x2, y2 = item.bounding_box
        image = read_image(data.image_path(data.image_of[i]))
        assert np.array_equal(crop, image[y1:y2, x1:x2]) and label == item.category_id - 1
        assert item in data.annotations[data.image_of[i]].items


def test_a_margin_leaves_some_of_the_surroundings(drawn):
    plain, wide = DeepFashion2(drawn), DeepFashion2(drawn, margin=0.1)
    i = next(
        i
        for i, item in enumerate(plain.records)
        if min(item.bounding_box[:2]) > 15 and item.bounding_box[2] < 60
    )
    x1, _, x2, _ = plain.records[i].bounding_box
    assert wide[i][0].shape[1] == pytest.approx(1.2 * (x2 - x1), abs=2)
    with pytest.raises(ValueError, match="margin"):
        DeepFashion2(drawn, margin=-1)


def test_parts_and_single_folders(drawn):
    assert len(DeepFashion2(drawn, "validation").annotations) == 26
    alone = DeepFashion2(drawn / "validation")
    assert len(alone.annotations) == 26 and alone.folder == drawn / "validation"
    with pytest.raises(ValueError, match="'val'"):
        DeepFashion2(drawn, "val")
    with pytest.raises(DataError, match="without annotations"):
        DeepFashion2(drawn, "test")


def test_pairs_show_the_same_piece(drawn):
    data = DeepFashion2(drawn)
    for user, shop in zip(data.annotations[::2], data.annotations[1::2], strict=True):
        assert user.pair_id == shop.pair_id and (user.source, shop.source) == ("user", "shop")
        mains = [[item.category_id for item in a.items if item.style == 1] for a in (user, shop)]
        assert len(mains[1]) == 1 and mains[0] in (mains[1], [])


def test_batches_from_the_cache(drawn, tmp_path):
    data = DeepFashion2(drawn, transform=transforms.ToTensor())
    cache = data.cached(32, "pad", folder=tmp_path, progress=False)
    x, y = next(iter(DataLoader(cache, batch_size=16)))
    assert x.shape == (16, 3, 32, 32) and y.tolist() == data.targets[:16].tolist()
    assert x.min().item() >= 0 and x.max().item() <= 1


def test_a_mixture_with_products(drawn, tmp_path):
    PIL = pytest.importorskip("PIL.Image")
    for name in ("Tshirts", "Jeans", "Watches", "Perfume and Body Mist"):
        (tmp_path / "shop" / name).mkdir(parents=True)
        PIL.new("RGB", (60, 80)).save(tmp_path / "shop" / name / "1.jpg")
    from minigrad.data import ImageFolder

    mixed = mixture(
        {"deepfashion2": DeepFashion2(drawn), "products": ImageFolder(tmp_path / "shop")},
        {"deepfashion2": 20, "products": 3},
        COMMON,
    )
    assert mixed.records.count("deepfashion2") == 20 and len(mixed) == 23
    names = {mixed.classes[sample.label] for sample in mixed.samples[20:]}
    assert names == {"top", "trousers", "watch"}


def test_damage_of_every_kind_is_left_out_and_told(copy, capsys):
    train = copy / "train"
    right = DeepFashion2(copy)
    changed = json.loads((train / "annos" / "000001.json").read_text())
    changed["item1"]["bounding_box"] = [5, 5, 5, 9]
    (train / "annos" / "000001.json").write_text(json.dumps(changed))
    (train / "annos" / "000002.json").write_text("{")
    (train / "annos" / "000003.json").unlink()
    (train / "image" / "000004.jpg").unlink()
    (train / "image" / "notes.txt").write_text("no image")
    capsys.readouterr()
    data = DeepFashion2(copy)
    assert data.report.counts() == {"missing": 2, "box": 1, "annotation": 1}
    assert len(data.annotations) == 49 and len(data.report.damages) == 4
    lost = sum(len(a.items) for a in right.annotations[1:4]) + 1
    assert len(data) == len(right) - lost == data.report.used
    assert "4 of" in capsys.readouterr().err


def test_images_that_cannot_be_read_are_left_out_of_the_cache(copy, tmp_path):
    data = DeepFashion2(copy)
    path = data.image_path(5)
    path.write_bytes(path.read_bytes()[:700])
    broken = [i for i, place in enumerate(data.image_of) if place == 5]
    with pytest.raises(Damaged, match=path.name):
        data[broken[0]]
    cache = data.cached(16, folder=tmp_path / "cache", progress=False)
    assert [i for i in range(len(data)) if i not in cache.rows] == broken
    assert cache.report.counts() == {"truncated": len(broken)}


def test_a_box_outside_its_image_is_left_out_of_the_cache(copy, tmp_path):
    path = copy / "train" / "annos" / "000001.json"
    changed = json.loads(path.read_text())
    changed["item1"]["bounding_box"] = [500, 500, 600, 600]
    path.write_text(json.dumps(changed))
    cache = DeepFashion2(copy).cached(16, folder=tmp_path / "cache", progress=False)
    assert cache.report.counts() == {"box": 1} and cache.rows[0] == 1


def test_no_annotation_at_all(copy):
    for path in (copy / "train" / "annos").iterdir():
        path.write_text("[]")
    with pytest.raises(DataError, match=r"no annotation there is right.*expected an object"):
        DeepFashion2(copy)
    shutil.rmtree(copy / "train" / "image")
    with pytest.raises(DataError, match="cannot be looked into"):
        DeepFashion2(copy)


def test_in_the_cache_or_drawn(copy, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MINIGRAD_DATA", str(tmp_path))
    monkeypatch.setattr(garments.writing, "EMBEDDED", {"train": 4, "validation": 2})
    there = DeepFashion2()
    assert there.folder == copy / "train" and not there.is_drawn
    only = DeepFashion2(drawn="only")
    assert only.is_drawn and len(only.annotations) == 4
    shutil.rmtree(copy)
    with pytest.raises(DataError, match="no folder annos"):
        DeepFashion2(drawn="never")
    with pytest.raises(ValueError, match="drawn"):
        DeepFashion2(drawn="perhaps")
    capsys.readouterr()
    fallback = DeepFashion2(split="validation")
    assert fallback.is_drawn and len(fallback.annotations) == 2 and "drew" in repr(fallback)
    assert "take its place" in capsys.readouterr().err
    with pytest.raises(DataError, match="train and validation"):
        DeepFashion2(split="test")


def test_plot_shows_boxes_landmarks_and_outlines(drawn):
    data = DeepFashion2(drawn)
    place = data.image_of[3]
    annotation = data.annotation(place)
    picture = data.plot(place, outlines=True)
    axes = picture.figure().axes[0]
    polygons = sum(len(item.segmentation) for item in annotation.items)
    assert polygons and len(axes.patches) == len(annotation.items) + 2 * polygons
    assert [text.get_text() for text in axes.texts] == [item.category_name for item in annotation.items]
    assert annotation.items[0].category_name in picture.alt and picture.render()[:4] == b"\x89PNG"


def test_items_without_a_right_outline_keep_their_places(copy, capsys):
    """`annotation(place)` has the items of `annotations[place]`: who cuts along outlines counts on it."""
    path = copy / "train" / "annos" / "000001.json"
    content = json.loads(path.read_text())
    del content["item1"]["segmentation"]
    content["item9"] = dict(content["item1"], segmentation=[[1, 2, 3]])
    path.write_text(json.dumps(content))
    data = DeepFashion2(copy)
    known, whole = data.annotations[0], data.annotation(0)
    assert [item.number for item in whole.items] == [item.number for item in known.items]
    assert whole.items[0].segmentation == whole.items[-1].segmentation == ()
    assert "000001.json#item9: no outline, expected lists" in capsys.readouterr().err
    assert data.plot(0, outlines=True).render()[:4] == b"\x89PNG"


def test_images_of_a_part_without_annotations_are_counted(copy, tmp_path):
    assert count_images(copy, "train") == 52
    shutil.copytree(copy / "validation" / "image", copy / "test" / "image")
    assert count_images(copy) == 26 == count_images(copy / "test")
    with pytest.raises(DataError, match="count_images"):
        DeepFashion2(copy, "test")
    with pytest.raises(DataError, match="cannot be looked into"):
        count_images(tmp_path / "nowhere")


def test_the_published_annotation_with_an_image(real, tmp_path):
    annos = real / "deepfashion2" / "annos"
    if not annos.is_dir():
        pytest.skip("no annotation there")
    PIL = pytest.importorskip("PIL.Image")
    shutil.copytree(annos, tmp_path / "annos")
    (tmp_path / "image").mkdir()
    PIL.new("RGB", (467, 624), (90, 120, 90)).save(tmp_path / "image" / "000001.jpg")
    data = DeepFashion2(tmp_path)
    assert data.targets.tolist() == [0, 7] and data[1][0].shape == (200, 217, 3)
    # Counted in the file: 11 of the top's landmarks are seen and 11 hidden; 2 and 5 of the trousers'.
    assert "short sleeve top at 0, 29, 466, 622, 11 points seen, 11 hidden" in data.plot(0).alt
    assert "trousers at 249, 423, 466, 623, 2 points seen, 5 hidden" in data.plot(0).alt
