"""Exercises of lesson 11: two reports on clothes, read with a pencil."""

import math
import statistics
from typing import Any

import numpy as np

from minigrad.course.grading import exercise


@exercise(
    title="The mean of several runs",
    hints=(
        "Two numbers: the mean, and how far a run typically is from it.",
        "The spread is the root of the mean squared distance. But the mean was made of the same runs and "
        "lies nearer to them than the true one: divide by their number less 1.",
        "x = np.array(runs); return x.mean(), x.std(ddof=1). Of a single run nobody knows the spread: nan.",
    ),
    returns=("mean", "spread"),
    reference=lambda runs: (
        statistics.fmean(runs),
        statistics.stdev(runs) if len(runs) > 1 else math.nan,
    ),
    draw=lambda rng: (
        [([float(v) for v in rng.uniform(0.8, 0.95, n)],) for n in (2, 3, 5, 10)]
        + [([0.5],), ([0.9, 0.9, 0.9],)]
    ),
    single=False,
    slips={
        "it divides by the number of runs; divide by one less.": lambda runs: (
            statistics.fmean(runs),
            statistics.pstdev(runs) if len(runs) > 1 else math.nan,
        ),
        "the root is missing: that is the variance.": lambda runs: (
            statistics.fmean(runs),
            statistics.variance(runs) if len(runs) > 1 else math.nan,
        ),
    },
    survivors={
        "return (mean, np.nan) -> return (mean, 2 * np.nan)": "it is no number either",
        "return (mean, np.nan) -> return (mean, -np.nan)": "it is no number either",
        "run - mean -> mean - run": "the square is the same",
    },
)
def mean_and_spread(runs: list[float]) -> tuple[float, float]:
    """Say what came out of several trainings, and how far apart they are.

    runs has the accuracy of each training. Return their mean and their standard deviation, the root of: the
    sum of the squared distances from the mean, divided by the number of runs less 1. Of a single run the
    second is np.nan.

    The mean of 0.8, 0.9 and 1.0 is 0.9. The squared distances add up to 0.02, half of that is 0.01.

    >>> mean_and_spread([0.8, 0.9, 1.0])
    (0.9, 0.1)
    """
    n = len(runs)
    mean = sum(runs) / n
    if n == 1:
        return mean, np.nan
    return mean, (sum((run - mean) ** 2 for run in runs) / (n - 1)) ** 0.5


def _apart(a: int, b: int, n: int) -> float:
    return abs(a - b) * math.sqrt(n) / math.sqrt(a * (n - a) + b * (n - b))


@exercise(
    title="How much is a difference worth?",
    hints=(
        "The deviation of a share p of n images is the root of p * (1 - p) / n. Here are two shares, "
        "each with its own.",
        "Variances add up, not deviations. That of the difference is p * (1 - p) / n + q * (1 - q) / n.",
        "Divide the size of the difference, abs(p - q), by the root of this sum, where p = a / n and q "
        "= b / n.",
    ),
    reference=_apart,
    draw=lambda rng: [
        (int(rng.integers(n // 2, n)), int(rng.integers(n // 2, n)), n)
        for n in (50, 100, 1000, 10_000, 10_000)
    ],
    single=False,
    slips={
        "deviations do not add up; their squares do.": lambda a, b, n: (
            abs(a - b) / n / (math.sqrt(a * (n - a) / n**3) + math.sqrt(b * (n - b) / n**3))
        ),
        "that is the deviation of one share; both may be off.": lambda a, b, n: (
            abs(a - b) / n / math.sqrt(a * (n - a) / n**3)
        ),
    },
    survivors={
        "p - q -> q - p": "the distance is the same",
    },
)
def deviations_apart(a: int, b: int, n: int) -> float:
    """Compare two networks by how many images they name rightly.

    One names a of n test images rightly, the other b of n others. A share p of n images has the variance p *
    (1 - p) / n, and the variance of a difference is the sum of both. Return by how many standard deviations
    of their difference the two shares are apart, a number of at least 0. (Below about 3 they may as well be
    equally good.)

    Shares of 0.5 and 0.9: the variances are 0.0025 and 0.0009, the root of their sum is 0.0583, and 0.4 /
    0.0583 is 6.86.

    >>> deviations_apart(50, 90, 100)
    6.86
    """
    p, q = a / n, b / n
    return abs(p - q) / (p * (1 - p) / n + q * (1 - q) / n) ** 0.5


@exercise(
    title="What was normalised?",
    hints=(
        "Batch norm has four numbers for each index along its axis. So what must the length of the axis be?",
        "numbers must be 4 times shape[axis]. Try every axis but that of the batch, number 0.",
        "A list of the axes from 1 to len(shape) - 1 for which 4 * shape[axis] == numbers.",
    ),
    reference=lambda shape, numbers: [
        axis for axis, size in enumerate(shape) if axis and numbers == size * 4
    ],
    draw=lambda rng: [
        ((8, 28, 28, 32), 112),
        ((8, 28, 28, 32), 128),
        ((4, 16), 64),
        ((4, 16), 16),
        ((28, 7, 5, 7), 28),
        ((16, 16, 16, 16), 64),
        ((5, 3, 9, 2), 36),
    ],
    single=False,
    slips={
        "the examples are no feature: begin with axis 1.": lambda shape, numbers: [
            axis for axis, size in enumerate(shape) if numbers == size * 4
        ],
        "of its four numbers two are learned, a scale and a shift; but all four are "
        "counted.": lambda shape, numbers: [
            axis for axis, size in enumerate(shape) if axis and numbers == size * 2
        ],
    },
)
def normalised_axes(shape: tuple[int, ...], numbers: int) -> list[int]:
    """Read from a table which axis a batch norm can have normalised.

    shape is that of the arrays that come into it, the batch first, and numbers says how many numbers the
    layer has: four for each index along its axis (a scale, a shift, a running mean and a running variance).
    Return the list of all axes that fit, the lowest first. Axis 0, the examples, is never one.

    Images of 28 x 28 with 32 channels last: 112 is 4 * 28, so it may be the rows or the columns, and not the
    channels.

    >>> normalised_axes((64, 28, 28, 32), 112)
    [1, 2]
    """
    axes = []
    for axis in range(1, len(shape)):
        if 4 * shape[axis] == numbers:
            axes.append(axis)
    return axes


def _normalised(x: Any, axis: int, scale: Any, shift: Any, eps: float) -> Any:
    out = np.empty(x.shape)
    for at in range(x.shape[axis]):
        piece = np.take(x, at, axis=axis)
        centred = piece - piece.mean()
        place = tuple(at if one == axis else slice(None) for one in range(x.ndim))
        out[place] = centred / math.sqrt((centred * centred).mean() + eps) * scale[at] + shift[at]
    return out


@exercise(
    title="Scale and shift along any axis",
    hints=(
        "Mean and variance are taken over all axes but one. How does one name all the others?",
        "others = tuple(a for a in range(x.ndim) if a != axis), and x.mean(axis=others, keepdims=True). Now "
        "scale and shift: they are vectors, and have to lie along the axis.",
        "shape = [1] * x.ndim; shape[axis] = -1; and scale.reshape(shape) broadcasts as it should.",
    ),
    reference=_normalised,
    draw=lambda rng: [
        (
            rng.normal(size=shape) * 2 + 1,
            axis,
            rng.normal(size=shape[axis]),
            rng.normal(size=shape[axis]),
            eps,
        )
        for shape, axis, eps in [
            ((4, 3), 1, 0.1),
            ((3, 3), 0, 0.5),
            ((2, 3, 4), 2, 0.01),
            ((2, 3, 3, 3), 1, 0.2),
            ((2, 3, 3, 3), 3, 0.3),
        ]
    ],
    slips={
        "scale and shift lie along the last axis, whatever axis says.": lambda x, axis, scale, shift, eps: (
            _normalised(x, axis, np.ones(x.shape[axis]), np.zeros(x.shape[axis]), eps)
            * np.resize(scale, x.shape[-1])
            + np.resize(shift, x.shape[-1])
        ),
    },
    survivors={
        "1 -> 2": "NumPy takes any negative length for the one that is to be found",
    },
)
def norm_along(x: np.ndarray, axis: int, scale: np.ndarray, shift: np.ndarray, eps: float) -> np.ndarray:
    """Normalise along any axis, and then scale and shift.

    For each index along the axis, all numbers of x that lie there are brought to the mean 0, and divided by
    the root of their variance (the mean squared distance) plus eps. Then they are multiplied by the scale
    and raised by the shift of this index. scale and shift have a number for each index. axis counts from 0.

    Two rows with the means 2 and 20, and the variances 1 and 100:

    >>> norm_along(np.array([[1.0, 3.0], [10.0, 30.0]]), 0, np.array([1.0, 5.0]), np.array([0.0, 7.0]), 0.0)
    array([[-1.0, 1.0], [2.0, 12.0]])
    """
    others = tuple(a for a in range(x.ndim) if a != axis)
    shape = [1] * x.ndim
    shape[axis] = -1
    xhat = (x - x.mean(axis=others, keepdims=True)) / np.sqrt(x.var(axis=others, keepdims=True) + eps)
    return xhat * scale.reshape(shape) + shift.reshape(shape)
