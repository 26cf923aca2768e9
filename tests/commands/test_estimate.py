"""Estimates: steps are measured, the rest is multiplied out."""

import pytest

from minigrad.commands import estimate
from minigrad.commands.estimate import LESSONS, Work, in_words


def test_what_is_measured_is_multiplied_out(monkeypatch):
    monkeypatch.setattr(estimate, "VALIDATION", 0.0)
    monkeypatch.setattr(estimate, "seconds_per_step", {"dense": 0.002, "convolutional": 0.01}.__getitem__)
    works = [
        Work(1, "", "dense", 5.0, 54_000, 10),  # 540 steps, ten times
        Work(
            2, "", "convolutional", 2 * estimate.MEASURED, 1_000, 3
        ),  # 10 steps of twice the work, three times
    ]
    assert estimate.estimate(works) == pytest.approx([10.8, 0.6])


def test_steps_are_trained_and_measured():
    for kind in ("dense", "convolutional"):
        assert 0 < estimate.seconds_per_step(kind) < 10


def test_the_measured_network_has_the_multiplications_it_is_said_to_have():
    """32 maps of 26 x 26 from 3 x 3 x 1; 64 of 11 x 11 from 3 x 3 x 32; 1600 x 128; 128 x 10."""
    count = 32 * 26 * 26 * 9 + 64 * 11 * 11 * 9 * 32 + 1600 * 128 + 128 * 10
    assert round(count / 1e6, 1) == estimate.MEASURED


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.1, "5 seconds"), (43, "45 seconds"), (100, "2 minutes"), (3600, "60 minutes"), (9000, "2.5 hours")],
)
def test_words_are_no_more_exact_than_the_estimate(seconds, words):
    assert in_words(seconds) == words


def test_every_lesson_that_trains_is_there():
    assert {work.lesson for work in LESSONS} >= {7, 8, 10}
