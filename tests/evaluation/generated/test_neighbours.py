"""Nearest training images by hand, and what a copying generator looks like."""

import numpy as np
import pytest

from minigrad.evaluation.generated import Neighbours

REAL = np.array([[0.0, 0], [3, 4], [10, 0]])


def test_nearest_ones_by_hand():
    found = Neighbours(np.array([[0.0, 1], [9, 0]]), REAL, held_out=np.array([[0.0, 2], [10, 4]]), count=2)
    assert found.indices.tolist() == [[0, 1], [2, 1]]
    np.testing.assert_allclose(found.distances, [[1, np.sqrt(18)], [1, np.sqrt(52)]])
    assert found.usual.tolist() == [2, 4]
    assert found.ratio == pytest.approx(1 / 3)
    assert found.copies == 1  # both are nearer than 2.02
    assert "copies" in str(found)
    assert found.rows()[1] == {"image": 0, "neighbour": 1, "distance": pytest.approx(np.sqrt(18))}


def test_a_copying_generator_and_an_honest_one():
    rng = np.random.default_rng(0)
    real, held_out, honest = (rng.normal(size=(500, 4)) for _ in range(3))
    assert Neighbours(honest, real, held_out).ratio == pytest.approx(1, abs=0.15)
    assert Neighbours(honest, real, held_out).copies < 0.05
    copied = real[:200] + 0.001 * rng.normal(size=(200, 4))
    assert Neighbours(copied, real, held_out).ratio < 0.01
    assert Neighbours(copied, real, held_out).copies > 0.99


def test_without_held_out_photographs_nothing_is_compared():
    found = Neighbours(REAL[:1], REAL)
    assert found.usual is None and np.isnan(found.ratio) and np.isnan(found.copies)


def test_pictures(tmp_path):
    found = Neighbours(REAL[:2], REAL, held_out=REAL + 1, count=2)
    found.save(tmp_path / "distances.svg")
    images = np.linspace(-1, 1, 3 * 12).reshape(3, 3, 2, 2)
    picture = found.show(images[:2], images)
    assert "6 images: generated; 0.0 away; 5.0 away" in picture.alt
    assert picture.render().startswith(b"\x89PNG")


def test_more_neighbours_than_images_are_refused():
    with pytest.raises(ValueError, match="from 1 to 3"):
        Neighbours(REAL, REAL, count=4)
