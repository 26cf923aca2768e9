"""Calibration: bins filled by hand, and the error as it is defined."""

import numpy as np
import pytest

from minigrad.evaluation import Calibration, Evaluation


def test_by_hand():
    calibration = Calibration(np.array([0.55, 0.58, 0.95, 0.97, 0.99, 1.0]), np.array([1, 0, 1, 1, 1, 0]))
    assert calibration.counts.tolist() == [0, 0, 0, 0, 0, 2, 0, 0, 0, 4]
    assert calibration.accuracy[5] == 0.5 and calibration.accuracy[9] == 0.75
    assert calibration.confidence[[5, 9]] == pytest.approx([0.565, 0.9775])
    assert calibration.error == pytest.approx((2 * 0.065 + 4 * 0.2275) / 6)
    assert calibration.largest == pytest.approx(0.2275)
    assert np.isnan(calibration.accuracy[0])
    assert calibration.rows()[0]["accuracy"] is None
    assert str(calibration).splitlines()[-1] == "expected calibration error 0.1733, largest 0.2275"


def test_a_network_that_is_right_as_often_as_it_is_sure_has_no_error():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.2, 1, 200_000)
    right = rng.random(200_000) < confidence
    assert Calibration(confidence, right, 20).error < 0.006  # 10,000 a bin: 0.005 is the standard deviation


def test_it_takes_the_highest_probability(many):
    outputs, targets = many
    evaluation = Evaluation(outputs, targets, list("abcde"))
    calibration = evaluation.calibration(5)
    p = evaluation.probabilities.max(axis=1)
    inside = (p > 0.4) & (p <= 0.6)
    assert calibration.counts[2] == inside.sum()
    assert calibration.accuracy[2] == pytest.approx((evaluation.predictions == targets)[inside].mean())


def test_the_picture_shows_the_bins_with_samples():
    upper, lower = Calibration(np.array([0.55, 0.95]), np.array([1, 0])).plot().figure().axes
    assert [bar.get_height() for bar in upper.patches] == [1, 0]
    assert [bar.get_height() for bar in lower.patches] == [0, 0, 0, 0, 0, 1, 0, 0, 0, 1]


def test_no_bins_are_an_error():
    with pytest.raises(ValueError, match="bins must be at least 1"):
        Calibration(np.array([0.5]), np.array([1]), 0)
