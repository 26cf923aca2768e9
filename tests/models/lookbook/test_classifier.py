"""How odd generated garments are, beside photographs."""

import numpy as np
import pytest

from models.lookbook.classifier import oddness


def test_oddness_is_in_units_of_photographs() -> None:
    learnt = np.array([[0.0, 0.0], [10.0, 0.0]])
    tested = np.array([[0.0, 1.0], [10.0, 2.0], [10.0, 3.0]])  # 1, 2 and 3 away; the median is 2
    odd, copy = oddness(np.array([[0.0, 2.0], [5.0, 0.0], [10.0, 0.0]]), learnt, tested)
    np.testing.assert_allclose(odd, [1.0, 2.5, 0.0])
    assert copy == pytest.approx(
        (1 + 0.02 * (2 - 1)) / 2
    )  # a fiftieth of the way from the nearest to the second


def test_a_copy_is_one_though_photographs_are_in_both_parts() -> None:
    rng = np.random.default_rng(0)
    learnt = rng.normal(size=(200, 5))
    tested = np.concatenate([learnt[:20], rng.normal(size=(80, 5))])
    odd, copy = oddness(learnt[:3] + 1e-6, learnt, tested)
    assert (odd < copy).all()
