"""The distances by hand, beside SciPy's root of a matrix, and on clouds whose overlap is known."""

import numpy as np
import pytest

from minigrad.evaluation.generated import frechet_distance, mean_distance, precision_and_recall, variety

rng = np.random.default_rng(0)


def test_frechet_in_one_dimension_by_hand():
    """(m1 - m2)^2 + (s1 - s2)^2: the deviations are sqrt 2 and 2 sqrt 2."""
    a, b = np.array([[1.0], [3.0]]), np.array([[5.0], [9.0]])
    assert frechet_distance(a, b) == pytest.approx((2 - 7) ** 2 + (np.sqrt(2) - np.sqrt(8)) ** 2)


def test_frechet_beside_the_root_of_a_matrix():
    from scipy.linalg import sqrtm

    a = rng.normal(size=(60, 7)) @ rng.normal(size=(7, 7))
    b = rng.normal(size=(80, 7)) @ rng.normal(size=(7, 7)) + 1
    c1, c2 = np.cov(a.T), np.cov(b.T)
    apart = a.mean(0) - b.mean(0)
    expected = apart @ apart + np.trace(c1 + c2 - 2 * sqrtm(c1 @ c2).real)
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-9)
    assert frechet_distance(b, a) == pytest.approx(expected, rel=1e-9)


def test_frechet_of_fewer_points_than_dimensions():
    """Covariances without full rank, whose product has no root that sqrtm finds well: eigenvalues then."""
    a, b = rng.normal(size=(5, 12)), rng.normal(size=(6, 12))
    c1, c2 = np.cov(a.T), np.cov(b.T)
    roots = np.sqrt(np.clip(np.linalg.eigvals(c1 @ c2).real, 0, None)).sum()
    apart = a.mean(0) - b.mean(0)
    expected = apart @ apart + np.trace(c1) + np.trace(c2) - 2 * roots
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-6)


def test_frechet_of_a_cloud_and_itself_is_0():
    a = rng.normal(size=(50, 6))
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-10)


def test_precision_and_recall_by_hand():
    """On a line, k = 1. Real 0, 1, 10, 11: balls of radius 1. Made 0.5, 1.5, 20, 21: balls of radius 1.

    Of the made 0.5 and 1.5 lie within real balls. Of the real 0, 1 lie within made balls; 10 and 11 do not.
    """
    real, made = np.array([[0.0], [1], [10], [11]]), np.array([[0.5], [1.5], [20], [21]])
    assert precision_and_recall(real, made, k=1) == (0.5, 0.5)


def test_precision_tells_bad_images_and_recall_missing_ones():
    real = rng.normal(size=(700, 3))
    same, narrow, wide = (scale * rng.normal(size=(700, 3)) for scale in (1, 0.2, 5))
    assert min(precision_and_recall(real, same)) > 0.8
    precision, recall = precision_and_recall(real, narrow)  # it dares nothing
    assert precision > 0.95 and recall < 0.2
    precision, recall = precision_and_recall(real, wide)
    assert precision < 0.4 and recall > 0.9


def test_mean_distance_by_hand():
    """A triangle with sides 3, 4 and 5."""
    assert mean_distance(np.array([[0.0, 0], [3, 0], [0, 4]])) == pytest.approx(4)


def test_variety_by_hand():
    sure = 50 * np.eye(4)
    assert variety(sure) == pytest.approx(4)
    assert variety(sure[[0, 0, 0]]) == pytest.approx(1)
    assert variety(sure[[0, 0, 1]]) == pytest.approx(np.exp(np.log(3) - 2 / 3 * np.log(2)))


@pytest.mark.parametrize("measure", [frechet_distance, precision_and_recall])
def test_points_that_do_not_fit_are_refused(measure):
    for pair in (((5, 2), (5, 3)), ((1, 2), (5, 2)), ((5,), (5,))):
        with pytest.raises(ValueError, match=measure.__name__):
            measure(*(np.zeros(shape) for shape in pair))
    with pytest.raises(ValueError, match="not finite"):
        measure(np.zeros((5, 2)), np.full((5, 2), np.nan))
