"""Exercises of lesson 15: clothes in colour."""

import math
from typing import Any

import numpy as np

import minigrad as mg
from minigrad.course.grading import exercise
from minigrad.nn import functional as F


@exercise(
    title="From noise to an image, by doubling",
    hints=(
        "Begin with the pair for the smallest map. What do side and maps do from one layer to the next?",
        "side doubles and maps halve, until side is what it should be; the last layer makes colours, "
        "not half the maps.",
        "while side < last: side *= 2; maps //= 2; append (side, maps), but (side, colours) if side is last.",
    ),
    reference=lambda first, last, maps, colours: [
        (first * 2**step, colours if step and first * 2**step == last else maps // 2**step)
        for step in range(round(math.log2(last / first)) + 1)
    ],
    draw=lambda rng: [
        (4, 32, 256, 3),
        (4, 64, 512, 3),
        (7, 28, 128, 1),
        (4, 8, 64, 3),
        (8, 8, 32, 3),
        (5, 40, 96, 2),
        (3, 48, 160, 4),
    ],
    single=False,
)
def doublings(first: int, last: int, maps: int, colours: int) -> list[tuple[int, int]]:
    """Plan a generator: how large its maps are after each layer, and how many there are.

    A dense layer makes maps of first x first pixels out of the noise, as many as maps says. Each transposed
    convolution that follows doubles their side, and there are half as many of them, until the side is last;
    the last layer makes the image itself, with a map for each colour. Return a list of pairs (side, number
    of maps), the smallest maps first. If first is already last, there is no further layer.

    >>> doublings(4, 16, 64, 3)
    [(4, 64), (8, 32), (16, 3)]
    """
    side, plan = first, [(first, maps)]
    while side < last:
        side, maps = 2 * side, maps // 2
        plan.append((side, maps if side < last else colours))
    return plan


@exercise(
    title="A white lie to the discriminator",
    hints=(
        "The loss of one score is -(label * log(D) + (1 - label) * log(1 - D)), with D = sigmoid(score). "
        "What was its gradient when the label was 1?",
        "D - 1: what was said minus what is right. Now it is D - label.",
        "It is a mean over N scores: dy * (1 / (1 + np.exp(-scores)) - label) / len(scores).",
    ),
    gradient_of=lambda scores, label: F.binary_cross_entropy_with_logits(scores, mg.full_like(scores, label)),
    returns=("dscores",),
    draw=lambda rng: [
        (rng.normal(size=n) * 2, label) for n, label in [(1, 0.9), (2, 0.7), (5, 0.9), (4, 0.0)]
    ],
)
def smoothed_rule(dy: float, scores: np.ndarray, label: float) -> np.ndarray:
    """Hand the gradient of a loss with smoothed labels back to the scores.

    scores has the discriminator's scores of N real images, and D = sigmoid(score). The loss is the mean of
    the cross-entropy of D and label, a number such as 0.9 in place of 1: -(label * log(D) + (1 - label) *
    log(1 - D)). dy is its gradient. Return that of scores.

    At the score 0, D is 0.5, and the gradient 0.5 - 0.9. At 2.1972, D is 0.9: there it pulls no more.

    >>> smoothed_rule(1.0, np.array([0.0, 2.1972]), 0.9)
    array([-0.2, 0.0])
    """
    return dy * (1 / (1 + np.exp(-scores)) - label) / len(scores)


def _frechet(a: Any, b: Any) -> float:
    total = 0.0
    for left, right in zip(a.T.tolist(), b.T.tolist(), strict=True):
        means = [math.fsum(one) / len(one) for one in (left, right)]
        spreads = [
            math.sqrt(math.fsum((v - m) ** 2 for v in one) / len(one))
            for one, m in zip((left, right), means, strict=True)
        ]
        total += (means[0] - means[1]) ** 2 + (spreads[0] - spreads[1]) ** 2
    return total


@exercise(
    title="How far apart are two clouds?",
    hints=(
        "For each feature there are two means and two standard deviations, one of each cloud.",
        "Means that differ are a distance, and spreads that differ are one, too. Squares of both are "
        "added up.",
        "((a.mean(axis=0) - b.mean(axis=0)) ** 2 + (a.std(axis=0) - b.std(axis=0)) ** 2).sum().",
    ),
    reference=_frechet,
    draw=lambda rng: [
        (rng.normal(size=(n, d)) * rng.uniform(0.5, 2, d), rng.normal(size=(m, d)) + rng.normal(size=d))
        for n, m, d in [(2, 3, 1), (4, 4, 2), (6, 9, 4), (12, 5, 3)]
    ],
    slips={
        "the variances are compared; compare their roots.": lambda a, b: (
            (a.mean(axis=0) - b.mean(axis=0)) ** 2 + (a.var(axis=0) - b.var(axis=0)) ** 2
        ).sum(),
        "the spread is left out: a generator that makes one good image again and again would do "
        "well.": lambda a, b: ((a.mean(axis=0) - b.mean(axis=0)) ** 2).sum(),
    },
    survivors={
        "a.mean(axis=0) - b.mean(axis=0) -> b.mean(axis=0) - a.mean(axis=0)": "the square is the same",
        "a.std(axis=0) - b.std(axis=0) -> b.std(axis=0) - a.std(axis=0)": "the square is the same",
    },
)
def frechet_distance(a: np.ndarray, b: np.ndarray) -> float:
    """Measure how far two clouds of features lie apart.

    a and b have an image in each row and a feature in each column, shapes (N, D) and (M, D). Let each
    feature vary by itself. Then the squared Fréchet distance of the two clouds is a sum over the features:
    the squared difference of their means, plus the squared difference of their standard deviations (the
    roots of the mean squared distance from the mean). Return this sum.

    The means are 0 and 3, and the deviations 1 and 2:

    >>> frechet_distance(np.array([[-1.0], [1.0]]), np.array([[1.0], [5.0]]))
    10.0
    """
    means = a.mean(axis=0) - b.mean(axis=0)
    spreads = a.std(axis=0) - b.std(axis=0)
    return (means**2 + spreads**2).sum()


def _nearest(x: Any, known: Any) -> Any:
    return np.array([min(math.dist(one, other) for other in known.tolist()) for one in x.tolist()])


@exercise(
    title="Is it new?",
    hints=(
        "The distance of two rows is the root of the sum of the squared differences. Which of all is "
        "asked for?",
        "x[:, None, :] - known[None, :, :] has the difference of every row with every other, shape (N, "
        "M, D).",
        "Square it, sum over the last axis, take the root, and then the smallest along axis 1.",
    ),
    reference=_nearest,
    draw=lambda rng: [
        (rng.normal(size=(n, d)), rng.normal(size=(m, d)))
        for n, m, d in [(1, 1, 2), (2, 4, 1), (5, 3, 3), (4, 8, 2)]
    ],
    slips={
        "it is asked how near the known ones have a new one; it is the other way round.": lambda x, known: (
            _nearest(known, x)
        ),
        "the root is missing.": lambda x, known: _nearest(x, known) ** 2,
        "that is the mean distance; ask for the nearest.": lambda x, known: np.sqrt(
            ((x[:, None] - known[None]) ** 2).sum(axis=2)
        ).mean(axis=1),
    },
    survivors={
        "x[:, None, :] - known[None, :, :] -> known[None, :, :] - x[:, None, :]": "the square is the same",
    },
)
def nearest(x: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Find out how near each image is to the nearest of those that were learnt from.

    x has N images in features, shape (N, D), and known has M, shape (M, D). Return N distances: of each row
    of x to the row of known that is nearest to it, where the distance of two rows is the root of the sum of
    their squared differences. (A distance of 0 means that it was learnt by heart.)

    (3, 4) is 5 away from (0, 0), and (1, 0) is 1 away:

    >>> nearest(np.array([[3.0, 4.0], [1.0, 0.0]]), np.array([[0.0, 0.0], [-9.0, 0.0]]))
    array([5.0, 1.0])
    """
    squares = ((x[:, None, :] - known[None, :, :]) ** 2).sum(axis=2)
    return np.sqrt(squares.min(axis=1))
