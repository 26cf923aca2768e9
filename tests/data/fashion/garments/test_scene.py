"""Drawn garments: that boxes, landmarks and polygons are where the cloth is.

A picture is drawn twice more, with one garment in black and in white: the pixels that differ are that
garment, however it was drawn.
"""

import numpy as np
import pytest

from minigrad.data.fashion.categories import BY_ID, CATEGORIES
from minigrad.data.fashion.garments import Garment, draw_scene, scene

pytest.importorskip("PIL")
H, W = 120, 96


def recoloured(monkeypatch, garment, source, seed):
    """The picture, its annotation, and which pixels show the garment."""

    def draw():
        return draw_scene("000001", 1, source, garment, np.random.default_rng(seed), W, H)

    image, annotation = draw()
    true = Garment.fabric
    both = []
    for colour in ((0, 0, 0), (255, 255, 255)):

        def plain(self, colour=colour):
            fabric = true(self)
            return fabric._replace(pattern="plain", colours=(colour,) * 3) if self == garment else fabric

        monkeypatch.setattr(Garment, "fabric", plain)
        both.append(draw()[0].astype(int))
    monkeypatch.setattr(Garment, "fabric", true)
    return image, annotation, np.abs(both[1] - both[0]).max(axis=2) > 40


def near(mask, x, y, reach=2):
    return mask[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1]


@pytest.mark.parametrize("category", CATEGORIES, ids=lambda category: category.name)
def test_boxes_and_landmarks_are_where_the_cloth_is(monkeypatch, category):
    checked = 0
    for seed in range(6):
        garment = Garment(category.id, 77 * seed + category.id, 1)
        image, annotation, cloth = recoloured(monkeypatch, garment, ("shop", "user")[seed % 2], seed)
        assert image.shape == (H, W, 3) and image.dtype == np.uint8
        (item,) = (item for item in annotation.items if item.style == 1)
        assert item.category_id == category.id and item.landmarks.shape == (category.landmarks, 3)
        x1, y1, x2, y2 = item.bounding_box
        assert 0 <= x1 < x2 <= W and 0 <= y1 < y2 <= H
        outside = cloth.copy()
        outside[max(0, y1 - 1) : y2 + 1, max(0, x1 - 1) : x2 + 1] = False
        assert not outside.any()
        if item.occlusion == 1 and item.viewpoint == 1:  # all of it is seen: the box is exact
            rows, columns = np.nonzero(cloth.any(axis=1))[0], np.nonzero(cloth.any(axis=0))[0]
            seen = (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
            assert np.abs(np.subtract(seen, item.bounding_box)).max() <= 2
            checked += 1
        for x, y, visibility in item.landmarks.tolist():
            assert (visibility == 0) == ((x, y) == (0, 0)) or visibility
            if visibility == 2:
                assert x1 - 2 <= x <= x2 + 1 and y1 - 2 <= y <= y2 + 1
                assert near(cloth, x, y).any(), (seed, x, y)
    assert checked


def test_polygons_are_the_cloth(monkeypatch):
    from PIL import Image, ImageDraw

    for seed in range(13):
        garment = Garment(CATEGORIES[seed].id, seed, 1)
        _, annotation, cloth = recoloured(monkeypatch, garment, "shop", 100 + seed)
        (item,) = (item for item in annotation.items if item.style == 1)
        if item.occlusion > 1 or item.viewpoint > 1:
            continue
        drawn = Image.new("1", (W, H))
        for polygon in item.segmentation:
            ImageDraw.Draw(drawn).polygon(polygon.ravel().tolist(), fill=1)
        inside = np.asarray(drawn)
        assert (inside & cloth).sum() > 0.8 * inside.sum()
        # Through the neck the inside of the back is seen, which is not of the outline.
        assert (inside & cloth).sum() > 0.8 * cloth.sum()


def test_what_lies_over_a_garment_hides_its_landmarks():
    """Of trousers under a long top the waist is hidden; and an item says how much of it is."""
    hidden = 0
    for seed in range(40):
        _, annotation = draw_scene("1", 1, "shop", Garment(8, seed, 1), np.random.default_rng(seed), W, H)
        (item,) = (item for item in annotation.items if item.style == 1)
        if len(annotation.items) == 2 and item.occlusion > 1:
            hidden += 1
            assert (item.landmarks[:3, 2] == 1).any()
    assert hidden >= 5


def test_levels_follow_what_is_seen():
    levels = {name: set() for name in ("scale", "zoom_in", "viewpoint", "occlusion")}
    for seed in range(60):
        garment = Garment(seed % 13 + 1, seed, 1)
        _, annotation = draw_scene("1", 1, "user", garment, np.random.default_rng(seed), W, H)
        for item in annotation.items:
            x1, y1, x2, y2 = item.bounding_box
            share = (x2 - x1) * (y2 - y1) / (W * H)
            assert item.scale == (1 if share < 0.1 else 2 if share < 0.4 else 3)
            touches = x1 == 0 or y1 == 0 or x2 == W or y2 == H
            assert touches or item.zoom_in == 1
            assert (item.zoom_in == 3) <= ((item.landmarks[:, 2] == 0).sum() >= 2)
            for name, seen in levels.items():
                seen.add(getattr(item, name))
    assert all(seen == {1, 2, 3} for seen in levels.values()), levels


def test_many_kinds_of_everything():
    """At least ten kinds, colours, patterns and backgrounds, as the set is for."""
    fabrics = [Garment(1, seed, 1).fabric() for seed in range(300)]
    assert len({fabric.pattern for fabric in fabrics}) >= 10 and len({f.names[0] for f in fabrics}) >= 20
    assert len(scene.grounds.SHOP + scene.grounds.WORN + scene.grounds.LAID) >= 10
    assert len(BY_ID) == 13


def test_a_piece_keeps_its_cut_and_cloth():
    a, b, other = Garment(1, 5, 1), Garment(1, 5, 1), Garment(1, 6, 1)
    assert a.fabric() == b.fabric() != other.fabric()
    pose = scene.Pose((0.3, 0.3), (0.1, 0.1), 0.1)
    assert np.array_equal(a.shape(pose, False).landmarks, b.shape(pose, False).landmarks)


def pairs(category):
    """Which landmarks are each other's mirror image, counted from 1 as in the published figure."""
    n = category.landmarks
    if category.id in (7, 8, 9):
        return [(1, 3), *((k, n + 4 - k) for k in range(4, n // 2 + 2))]
    neck = [(2, 6), (3, 5)]
    if category.id in (3, 4):
        last = n - 6  # of the right side; then the right front edge, and the left one without its ends
        round_ = [(k, last + 7 - k) for k in range(7, (last + 7) // 2)]
        return [*neck, *round_, (4, last + 1), ((last + 7) // 2, last + 4), (n - 1, last + 2), (n, last + 3)]
    return [*neck, *((k, n + 7 - k) for k in range(7, (n + 7) // 2))]


@pytest.mark.parametrize("category", CATEGORIES, ids=lambda category: category.name)
def test_landmarks_are_in_the_published_order(category):
    pose = scene.Pose((0.5, 0.5), (0.1, 0.1), 0.2)
    for seed in range(5):
        marks = Garment(category.id, seed, 0).shape(pose, False).landmarks
        assert marks.shape == (category.landmarks, 2)
        mirrored = pairs(category)
        for left, right in mirrored:
            assert marks[left - 1] * (-1, 1) == pytest.approx(marks[right - 1], abs=1e-9), (left, right)
            assert marks[left - 1, 0] < 0
        middle = set(range(1, len(marks) + 1)) - {k for pair in mirrored for k in pair}
        assert all(marks[k - 1, 0] == pytest.approx(0) for k in middle)
        # From the top down the side: neck or waist, then the hem, which is the lowest.
        assert marks[0, 1] < marks[len(marks) // 2, 1]


@pytest.mark.parametrize(
    ("outline", "area"),
    [
        ([(10, 10), (20, 10), (20, 20), (10, 20)], 100),
        ([(-10, 10), (10, 10), (10, 20), (-10, 20)], 100),
        ([(-10, -10), (200, -10), (200, 200), (-10, 200)], W * H),
        ([(-30, 5), (-10, 5), (-10, 25)], 0),
        ([(0, -10), (20, 10), (0, 30), (-20, 10)], 350),  # half a square on its corner, without its tip
    ],
)
def test_polygons_are_cut_at_the_edge(outline, area):
    cut = scene.clip(np.array(outline, float), W, H)
    assert scene._area(cut) == pytest.approx(area) if len(cut) else area == 0
    assert not len(cut) or (cut.min() >= 0 and (cut.max(axis=0) <= (W, H)).all())
