"""What grows is told from what does not."""

import numpy as np
import pytest
from scipy import stats

from tools.flatness import trend

MINUTES = np.arange(0, 60, 0.1)
NOISE = np.random.default_rng(0).normal(0, 2, MINUTES.size)


def test_a_leak_is_found_and_its_size_told():
    found = trend(MINUTES, 300 + 20 * MINUTES / 60 + NOISE)
    assert found.low < 20 < found.high
    assert found.high - found.low < 4
    assert not found.flat


def test_what_is_filled_at_the_beginning_is_no_leak():
    found = trend(MINUTES, 300 + np.minimum(MINUTES, 10) * 15 + NOISE)
    assert found.level == pytest.approx(450, abs=1)
    assert found.flat


def test_noise_too_large_to_see_a_leak_in_is_not_called_flat():
    assert not trend(MINUTES, 300 + 30 * NOISE).flat


def test_a_count_that_does_not_move():
    found = trend(MINUTES, np.full(MINUTES.size, 7.0))
    assert (found.per_hour, found.low, found.high, found.flat) == (0, 0, 0, True)


def test_the_interval_holds_the_slope_as_often_as_it_says():
    # Samples that follow one another resemble one another here; the line through all of them is too sure.
    random = np.random.default_rng(1)
    within = plain = 0
    for _ in range(100):
        pushes = random.normal(size=MINUTES.size)
        walk = stats.zscore(np.convolve(pushes, 0.8 ** np.arange(30), "same")) + 100
        found = trend(MINUTES, walk)
        within += found.low < 0 < found.high
        line = stats.linregress(MINUTES, walk)
        plain += abs(line.slope) < 2 * line.stderr
    assert within >= 87
    assert plain < 60


def test_a_soak_too_short_to_judge():
    with pytest.raises(ValueError, match="measure longer"):
        trend(MINUTES[:30], NOISE[:30])
