"""Annotations: typed records from the published form, and a reason for everything that is not right."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minigrad.data.fashion.annotation import read_annotation
from minigrad.data.fashion.categories import ATTRIBUTES, CATEGORIES, COMMON, NAMES
from minigrad.data.photos import Damaged, DamageReport


def skirt(**changes):
    item = {
        "category_id": 9,
        "category_name": "skirt",
        "style": 1,
        "bounding_box": [10, 20, 50, 90],
        "landmarks": [10, 20, 2, 30, 22, 1, 50, 20, 2, 0, 0, 0, 10, 90, 2, 30, 90, 2, 50, 90, 2, 48, 50, 2],
        "segmentation": [[10, 20, 50, 20, 50, 90, 10, 90], [1, 2, 3, 4, 5, 6.5]],
        "scale": 2,
        "occlusion": 1,
        "zoom_in": 1,
        "viewpoint": 3,
    }
    item.update(changes)
    return {key: value for key, value in item.items() if value is not None}


def read(tmp_path, content, **options):
    path = tmp_path / "000007.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    report = DamageReport()
    return read_annotation(path, report, **options), report


def test_every_field_has_its_type(tmp_path):
    content = {"item2": skirt(style=0), "source": "user", "pair_id": 12, "item1": skirt()}
    annotation, report = read(tmp_path, content)
    assert (annotation.name, annotation.source, annotation.pair_id) == ("000007", "user", 12)
    first, second = annotation.items
    assert (first.number, second.number, first.style, second.style) == (1, 2, 1, 0)
    assert (first.category_id, first.category_name, first.bounding_box) == (9, "skirt", (10, 20, 50, 90))
    assert first.landmarks.shape == (8, 3) and first.landmarks.dtype == np.int32
    assert first.landmarks[1].tolist() == [30, 22, 1] and first.landmarks[3].tolist() == [0, 0, 0]
    assert first.visible().tolist() == [[10, 20], [50, 20], [10, 90], [30, 90], [50, 90], [48, 50]]
    assert [polygon.shape for polygon in first.segmentation] == [(4, 2), (3, 2)]
    assert (first.scale, first.occlusion, first.zoom_in, first.viewpoint) == (2, 1, 1, 3)
    assert not report
    without, _ = read(tmp_path, content, polygons=False)
    assert without.items[0].segmentation == ()


def test_written_and_read_again(tmp_path):
    annotation, _ = read(tmp_path, {"source": "shop", "pair_id": 1, "item1": skirt()})
    again, report = read(tmp_path, annotation.to_json())
    assert again.to_json() == annotation.to_json() and not report
    assert json.loads(annotation.to_json())["item1"] == skirt()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        '{"source": "shop", "pair_id": 1, "item1": {"scale": 2,',
        "[1, 2]",
        "null",
        '"text"',
        "[" * 100_000,
        {"pair_id": 1},
        {"source": "web", "pair_id": 1},
        {"source": ["shop"], "pair_id": 1},
        {"source": "shop", "pair_id": "1"},
        {"source": "shop", "pair_id": True},
        {"source": "shop", "pair_id": None},
        {"source": "shop", "pair_id": 1},
        {"source": "shop", "pair_id": 1, "items": [{"category_id": 9}]},
        {"source": "shop", "pair_id": 1, "item" + "1" * 5000: skirt()},
        '{"source": "shop", "pair_id": 1, "\\ud800": 1}',
        {"source": "shop", "pair_id": 1} | {f"key{i}": 1 for i in range(10_000)},
    ],
)
def test_what_is_no_annotation_is_refused(tmp_path, content):
    with pytest.raises(Damaged) as caught:
        read(tmp_path, content)
    assert caught.value.damage.kind == "annotation" and "000007.json" in str(caught.value)
    assert len(caught.value.damage.reason) < 200
    caught.value.damage.reason.encode()  # it can be written to a file


@pytest.mark.parametrize(
    ("kind", "item"),
    [
        ("annotation", None),
        ("annotation", [1]),
        ("category", skirt(category_id=14)),
        ("category", skirt(category_id=0)),
        ("category", skirt(category_id="9")),
        ("category", skirt(category_id=[9])),
        ("category", skirt(category_id=None)),
        ("category", skirt(category_name="trousers")),
        ("category", skirt(category_name=["skirt"])),
        ("box", skirt(bounding_box=None)),
        ("box", skirt(bounding_box=[1, 2, 3])),
        ("box", skirt(bounding_box={"x1": 1})),
        ("box", skirt(bounding_box=[1, 2, "3", 4])),
        ("box", skirt(bounding_box=[10, 20, 10, 90])),
        ("box", skirt(bounding_box=[10, 90, 50, 20])),
        ("box", skirt(bounding_box=[-50, -90, -10, -20])),
        ("box", skirt(bounding_box=[0, 0, float("inf"), 5])),
        ("box", skirt(bounding_box=[0, 0, 10**400, 5])),
        ("landmarks", skirt(landmarks=[1, 2, 2])),
        ("landmarks", skirt(landmarks=None)),
        ("landmarks", skirt(landmarks=[[1, 2, 2]] * 8)),
        ("landmarks", skirt(landmarks=[1, 2, 3] * 8)),
        ("landmarks", skirt(landmarks=[float("nan"), 2, 2] * 8)),
        ("attribute", skirt(scale=0)),
        ("attribute", skirt(occlusion=4)),
        ("attribute", skirt(zoom_in="1")),
        ("attribute", skirt(viewpoint=None)),
        ("attribute", skirt(style=-1)),
        ("attribute", skirt(style=1.5)),
        ("segmentation", skirt(segmentation="none")),
        ("segmentation", skirt(segmentation=[[1, 2, 3, 4]])),
        ("segmentation", skirt(segmentation=[[1, 2, 3, 4, 5, 6, 7]])),
    ],
)
def test_an_item_that_is_not_right_is_left_out_and_the_others_stay(tmp_path, kind, item):
    annotation, report = read(
        tmp_path, {"source": "shop", "pair_id": 1, "item1": skirt(), "item2": item, "item3": skirt()}
    )
    assert [one.number for one in annotation.items] == [1, 3]
    (damage,) = report.damages
    assert damage.kind == kind and damage.file.endswith("000007.json#item2") and damage.reason


def test_other_keys_do_no_harm(tmp_path):
    annotation, report = read(
        tmp_path, {"source": "shop", "pair_id": 1, "item 1": skirt(), "note": 3, "items": 1}
    )
    assert len(annotation.items) == 1 and not report


def test_capitals_and_an_item_without_outline(tmp_path):
    content = skirt()
    del content["segmentation"]
    annotation, report = read(tmp_path, {"source": "shop", "pair_id": 1, "Item1": content, "item2": skirt()})
    assert [item.number for item in annotation.items] == [1, 2] and not report
    assert [len(item.segmentation) for item in annotation.items] == [0, 2]


def test_a_missing_file(tmp_path):
    with pytest.raises(Damaged) as caught:
        read_annotation(tmp_path / "1.json", DamageReport())
    assert caught.value.damage.kind == "missing"


def test_categories_have_294_landmarks():
    assert [category.id for category in CATEGORIES] == list(range(1, 14))
    assert sum(category.landmarks for category in CATEGORIES) == 294  # as the publisher counts them
    assert set(NAMES) <= set(COMMON) and len(set(COMMON.values())) >= 12
    assert all(len(meanings) == 3 for meanings in ATTRIBUTES.values())


def test_the_published_annotation(real):
    path = real / "deepfashion2" / "annos" / "000001.json"
    if not path.is_file():
        pytest.skip("no annotation there")
    report = DamageReport()
    annotation = read_annotation(path, report)
    assert not report and (annotation.source, annotation.pair_id) == ("user", 1)
    top, trousers = annotation.items
    assert (top.category_name, trousers.category_name) == ("short sleeve top", "trousers")
    assert top.bounding_box == (0, 29, 466, 622) and trousers.bounding_box == (249, 423, 466, 623)
    assert top.landmarks.shape == (25, 3) and trousers.landmarks.shape == (14, 3)
    assert top.landmarks[0].tolist() == [182, 54, 1] and trousers.landmarks[8].tolist() == [410, 567, 1]
    assert (top.scale, top.occlusion, top.zoom_in, top.viewpoint, top.style) == (3, 2, 2, 2, 1)
    assert [len(polygon) for polygon in trousers.segmentation] == [13, 7, 9]
    assert json.loads(annotation.to_json()) == json.loads(path.read_text())


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_in_its_place_is_read_or_told(tmp_path, data):
    """Any value in any field: an item with right values comes out, or a reason; nothing else is raised."""
    item = skirt()
    name = data.draw(st.sampled_from(sorted(item)))
    item[name] = data.draw(ANYTHING)
    content = {"source": "shop", "pair_id": 1, "item1": item, "item2": data.draw(ANYTHING)}
    annotation, report = read(tmp_path, content)
    assert len(annotation.items) + len(report) == 2
    for one in annotation.items:
        assert one.landmarks.shape == (8, 3) and one.category_id == 9 and 1 <= one.scale <= 3
