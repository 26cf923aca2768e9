"""Views of photographs: mirrored or not and moved, and what a head learns from them."""

from typing import Any

import numpy as np
import pytest

from models.outfits.heads import Head, hidden_layer, one_layer, two_towers
from models.outfits.outfits import Outfit
from models.outfits.study import pairs
from models.outfits.views import MOVED, TOGETHER, drawn, stacked, themselves, views

SIDE = 16


@pytest.fixture
def images() -> Any:
    return np.random.default_rng(0).integers(0, 256, (TOGETHER + 9, SIDE, SIDE, 3), np.uint8)


def test_the_first_is_the_photograph_and_others_are_mirrored_or_not_and_moved(images: Any) -> None:
    """Each is one of the 2 x 5 x 5 pictures that a move by at most two pixels leaves, its border repeated."""
    first, *others = views(images, 3)
    assert first is images and len(others) == 2
    far = SIDE // MOVED
    found = set()
    for other in others:
        assert other.shape == images.shape and other.dtype == np.uint8
        for image, changed in zip(images, other, strict=True):
            ways = []
            for mirrored in (False, True):
                wide = np.pad(image[:, ::-1] if mirrored else image, ((far, far), (far, far), (0, 0)), "edge")
                for top in range(2 * far + 1):
                    for left in range(2 * far + 1):
                        if np.array_equal(wide[top : top + SIDE, left : left + SIDE], changed):
                            ways.append((mirrored, top, left))
            assert len(ways) == 1
            found.add(ways[0])
    assert len({mirrored for mirrored, _, _ in found}) == 2
    assert {top for _, top, _ in found} == {left for _, _, left in found} == set(range(5))
    assert not np.array_equal(*others)


def test_the_same_seed_makes_the_same_views_and_one_is_none(images: Any) -> None:
    first, again, other = (list(views(images, 2, seed))[1] for seed in (0, 0, 1))
    assert np.array_equal(first, again) and not np.array_equal(first, other)
    assert len(list(views(images, 1))) == 1


def test_one_view_is_no_axis() -> None:
    x = np.arange(6.0).reshape(3, 2)
    assert stacked([x]) is x and themselves(x) is x
    both = stacked([x, -x])
    assert both.shape == (3, 2, 2) and np.array_equal(themselves(both), x)
    rng = np.random.default_rng(0)
    assert np.array_equal(drawn(x, np.array([2, 0]), rng), x[[2, 0]])
    shown = np.stack([drawn(both, np.array([2, 2]), rng) for _ in range(20)])
    assert set(map(tuple, shown.reshape(-1, 2))) == {(4.0, 5.0), (-4.0, -5.0)}


def test_halves_of_the_same_view_stand_side_by_side() -> None:
    values = np.arange(12.0).reshape(3, 2, 2)  # three garments, two views, two features
    assert pairs([Outfit(0, 2, 1, 0)], values).tolist() == [[[0, 1, 8, 9], [2, 3, 10, 11]]]


@pytest.mark.parametrize("build", [one_layer, hidden_layer, two_towers])
def test_a_head_learns_from_every_view_and_judges_the_first(build: Any) -> None:
    """In the first view the answer cannot be seen, in the second it can: who learns from both finds it."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 450)
    blind, open_eyed = rng.normal(size=(2, 450, 4))
    open_eyed[:, 0] += 10 * (y - 0.5)
    head = Head(build, epochs=12, rate=1e-2)
    asked = stacked([open_eyed, blind])[150:]  # the first is what is judged
    p = head(stacked([blind, open_eyed])[:150], y[:150], asked, 0)
    assert ((p > 0.5) == y[150:]).mean() > 0.9
    p = head(stacked([blind, open_eyed])[:150], y[:150], stacked([blind, open_eyed])[150:], 0)
    assert ((p > 0.5) == y[150:]).mean() < 0.7
