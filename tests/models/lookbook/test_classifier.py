"""How odd generated garments are, beside photographs."""

import numpy as np
from scipy.spatial import cKDTree

from models.lookbook.classifier import nearest, oddness


def test_nearest_is_what_a_search_tree_finds() -> None:
    rng = np.random.default_rng(0)
    points, others = rng.normal(size=(250, 7)), rng.normal(size=(90, 7))
    np.testing.assert_allclose(nearest(points, others), cKDTree(others).query(points)[0], atol=1e-6)


def test_oddness_is_in_units_of_photographs() -> None:
    learnt = np.array([[0.0, 0.0], [10.0, 0.0]])
    tested = np.array([[0.0, 1.0], [10.0, 2.0], [10.0, 3.0]])  # 1, 2 and 3 away; the median is 2
    np.testing.assert_allclose(oddness(np.array([[0.0, 2.0], [5.0, 0.0]]), learnt, tested), [1.0, 2.5])
