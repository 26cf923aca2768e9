"""Whether a quantity that is measured again and again stays flat: a line through it, with an interval.

Samples that follow one another resemble one another, so the line is not put through them but through the
means of 20 blocks, which are about independent: an interval from the samples themselves would be too narrow.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

BLOCKS = 20
WARM_UP = 0.2
"""The part at the beginning that is left out: caches fill, code is compiled, pools are made."""
TOLERATED = 0.02
"""Growth in an hour, as a part of the level, up to which a quantity counts as flat; one unit is always let
pass, so that of 20 threads a third of one is not asked for."""


@dataclass(frozen=True)
class Trend:
    """How a quantity moves after the warm-up.

    Attributes:
        level: its mean.
        per_hour: the slope of the line. low, high: the slope's 95 % interval.
        limit: the largest slope that counts as flat.
        flat: whether the whole interval lies below the limit.
    """

    level: float
    per_hour: float
    low: float
    high: float
    limit: float
    flat: bool


def trend(minutes: Sequence[float], values: Sequence[float]) -> Trend:
    """The line through ``values``, measured at these ``minutes``, after the warm-up.

    Raises ValueError if fewer than two samples are left for each block.
    """
    hours, kept = _after_warm_up(minutes, values)
    if len(kept) < 2 * BLOCKS:
        raise ValueError(
            f"trend: {len(kept)} samples after the warm-up are too few for {BLOCKS} blocks of two; measure "
            "longer or more often"
        )
    at, means = ([float(part.mean()) for part in np.array_split(row, BLOCKS)] for row in (hours, kept))
    line = stats.linregress(at, means)
    error = 0.0 if np.ptp(means) == 0 else float(line.stderr)  # of a constant SciPy's is not a number
    half = float(stats.t.ppf(0.975, BLOCKS - 2)) * error
    level, slope = float(kept.mean()), float(line.slope)
    limit = max(TOLERATED * level, 1.0)
    return Trend(level, slope, slope - half, slope + half, limit, slope + half < limit)


def _after_warm_up(
    minutes: Sequence[float], values: Sequence[float]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    at = np.asarray(minutes, dtype=np.float64)
    kept = at >= at[0] + WARM_UP * (at[-1] - at[0])
    return at[kept] / 60, np.asarray(values, dtype=np.float64)[kept]
