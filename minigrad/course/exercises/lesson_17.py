"""Exercises of lesson 17: choosing what to draw."""

from typing import Any

import numpy as np

import minigrad as mg
from minigrad.course.grading import exercise


def _joined(z: Any, table: Any, labels: Any) -> Any:
    return mg.cat([z, mg.index_select(table, 0, labels)], 1)


@exercise(
    title="Noise and a class, side by side",
    hints=(
        "Each example has its noise, and the row of its class. table[labels] looks all rows up at once.",
        "Joined along axis 1, the noise first: np.concatenate([z, table[labels]], axis=1).",
        "Backward: the first columns of dy are the noise's. What is left belongs to the rows that were "
        "looked up, and a row that was looked up twice gets both: np.add.at(dtable, labels, dy[:, K:]), or a "
        "loop.",
    ),
    gradient_of=_joined,
    returns=("dz", "dtable"),
    draw=lambda rng: [
        (rng.normal(size=(n, k)), rng.normal(size=(c, d)), rng.integers(0, c, n))
        for n, k, c, d in [(1, 1, 2, 1), (3, 2, 2, 3), (5, 3, 4, 2), (4, 1, 6, 3)]
    ],
    slips={
        "a class that is there twice keeps one gradient alone: dtable[labels] += ... adds to each row "
        "once.": (
            lambda dy, table, labels: (
                dy[:, : -table.shape[1]],
                np.stack(
                    [
                        dy[np.flatnonzero(labels == c)[-1], -table.shape[1] :]
                        if (labels == c).any()
                        else np.zeros(table.shape[1])
                        for c in range(len(table))
                    ]
                ),
            )
        ),
    },
    survivors={
        "labels -> dy": "there is a label for each row",
    },
)
def class_and_noise_rule(
    dy: np.ndarray, table: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Hand a gradient back to the noise, and to the vectors of the classes.

    A generator is given y = noise z, of shape (N, K), and beside it the rows of a table that belong to the
    classes labels: table has a vector of D numbers for each class, and y has the shape (N, K + D). dy is its
    gradient. Return those of z and of the table. A class that occurs several times gets the sum; one that
    does not occur gets 0.

    One number of noise and one of the class. Class 1 is there twice:

    >>> class_and_noise_rule(np.array([[1.0, 10.0], [2.0, 20.0]]), np.array([[5.0], [6.0]]), np.array([1, 1]))
    (array([[1.0], [2.0]]), array([[0.0], [30.0]]))
    """
    K = dy.shape[1] - table.shape[1]
    dtable = np.zeros_like(table)
    for n in range(len(labels)):
        dtable[labels[n]] += dy[n, K:]
    return dy[:, :K], dtable


def _scores(h: Any, w: Any, b: Any, table: Any, labels: Any) -> Any:
    return np.array(
        [
            sum(f * (v + e) for f, v, e in zip(row, w, table[label], strict=True)) + b
            for row, label in zip(h.tolist(), labels, strict=True)
        ]
    )


@exercise(
    title="A score for image and class",
    hints=(
        "Two questions are added. h @ w + b asks whether it looks real. Whether it looks like one of its "
        "class, asks the class's vector, in the same way.",
        "table[labels] has a row for each image, of the shape of h. Each row of h meets its own row, "
        "not all of them.",
        "h @ w + b + (h * table[labels]).sum(axis=1).",
    ),
    reference=_scores,
    draw=lambda rng: [
        (
            rng.normal(size=(n, d)),
            rng.normal(size=d),
            float(rng.normal()),
            rng.normal(size=(c, d)),
            rng.integers(0, c, n),
        )
        for n, d, c in [(1, 2, 2), (3, 2, 3), (4, 5, 3), (3, 3, 3)]
    ],
    slips={
        "the class is left out: a beautiful boot is no shirt.": lambda h, w, b, table, labels: h @ w + b,
        "it asks the class alone, and no longer whether it looks real.": lambda h, w, b, table, labels: (
            h * table[labels]
        ).sum(axis=1),
    },
)
def conditional_scores(
    h: np.ndarray, w: np.ndarray, b: float, table: np.ndarray, labels: np.ndarray
) -> np.ndarray:
    """Score images by how real they look, and how much like their class.

    h has the features of N images, shape (N, D), and labels their classes. w has D weights and b is the
    bias; table has a vector of D numbers for each class. The score of an image is w h + b + e h, where e is
    the vector of its class and w h is the sum of the products. Return N scores.

    The features (1, 2): looking real brings 1 * 3 + 2 * 0 + 0.5, and class 1 brings 1 * 10 + 2 * 20.

    >>> conditional_scores(np.array([[1.0, 2.0]]), np.array([3.0, 0.0]), 0.5,
    ...                    np.array([[7.0, 7.0], [10.0, 20.0]]), np.array([1]))
    array([53.5])
    """
    return h @ w + b + (h * table[labels]).sum(axis=1)


@exercise(
    title="On the way from one class to another",
    hints=(
        "At share t of the way stands (1 - t) * a + t * b. Which shares are asked for?",
        "0, 1 / (steps - 1), 2 / (steps - 1), ... up to 1: np.linspace(0, 1, steps).",
        "With t as a column, t = np.linspace(0, 1, steps)[:, None], all rows come at once: (1 - t) * a "
        "+ t * b.",
    ),
    reference=lambda a, b, steps: np.array(
        [
            [x + (y - x) * k / (steps - 1) for x, y in zip(a.tolist(), b.tolist(), strict=True)]
            for k in range(steps)
        ]
    ),
    draw=lambda rng: [
        (rng.normal(size=d), rng.normal(size=d), steps) for d, steps in [(1, 2), (3, 3), (2, 5), (4, 8)]
    ],
    slips={
        "the last one is not b yet: there are steps - 1 ways between steps points.": lambda a, b, steps: (
            np.stack([a + (b - a) * k / steps for k in range(steps)])
        ),
        "it goes from b to a.": lambda a, b, steps: np.stack(
            [b + (a - b) * k / (steps - 1) for k in range(steps)]
        ),
    },
)
def between(a: np.ndarray, b: np.ndarray, steps: int) -> np.ndarray:
    """Walk from the vector of one class to that of another, in a straight line.

    a and b are vectors of D numbers. Return an array of shape (steps, D): its first row is a, its last one
    is b, and the others lie between them at equal distances. There are at least 2 steps.

    >>> between(np.array([0.0, 10.0]), np.array([4.0, 10.0]), 3)
    array([[0.0, 10.0], [2.0, 10.0], [4.0, 10.0]])
    """
    t = np.linspace(0, 1, steps)[:, None]
    return (1 - t) * a + t * b


def _asked(asked: Any, said: Any, classes: int) -> Any:
    pairs = list(zip(asked.tolist(), said.tolist(), strict=True))
    return np.array(
        [
            sum(a == c and s == c for a, s in pairs) / max(sum(a == c for a, _ in pairs), 1)
            if any(a == c for a, _ in pairs)
            else np.nan
            for c in range(classes)
        ]
    )


@exercise(
    title="Do we get what we ask for?",
    hints=(
        "For each class look only at the images for which it was asked.",
        "Of these, the share that the classifier calls so. The mean of True and False is a share.",
        "(said[asked == c] == c).mean() for each class c; np.nan where asked == c is nowhere True.",
    ),
    reference=_asked,
    draw=lambda rng: (
        [(rng.integers(0, c, n), rng.integers(0, c, n), c) for n, c in [(3, 2), (8, 3), (30, 4), (6, 8)]]
        + [(np.array([0, 0, 2]), np.array([0, 1, 2]), 3)]
    ),
    single=False,
    slips={
        "of those that are called so, it says how many were asked for; it is the other way round.": (
            lambda asked, said, classes: _asked(said, asked, classes)
        ),
    },
    survivors={
        "mine -> shares": "the mean of nothing is no number, too",
    },
)
def share_as_asked(asked: np.ndarray, said: np.ndarray, classes: int) -> np.ndarray:
    """Find out how often a generator draws what it was asked for.

    asked has the classes that N images were asked to be of, and said those that a classifier takes them for.
    Return for each class the share of the images asked to be of it that are taken for it; np.nan for a class
    that was not asked for.

    >>> share_as_asked(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]), 3)
    array([0.5, 1.0, nan])
    """
    shares = np.full(classes, np.nan)
    for c in range(classes):
        mine = asked == c
        if mine.any():
            shares[c] = (said[mine] == c).mean()
    return shares
