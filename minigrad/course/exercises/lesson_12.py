"""Exercises of lesson 12: photographs, in ten classes and in a hundred."""

from typing import Any

import numpy as np

from minigrad.course.grading import exercise


@exercise(
    title="Mirrored, or not",
    hints=(
        "x[:, :, ::-1] has the columns the other way round. Which images are to get that?",
        "Those whose number of r is less than p. A loop over the images will do, on a copy of x.",
        "y = x.copy(); y[r < p] = y[r < p][..., ::-1], which turns the last axis round.",
    ),
    reference=lambda x, r, p: np.stack(
        [np.flip(image, axis=-1) if chance < p else image for image, chance in zip(x, r, strict=True)]
    ),
    draw=lambda rng: [
        (rng.normal(size=shape), np.append(rng.integers(0, 8, shape[0] - 2) / 8, [p, 0.0]), p)
        for shape, p in [((2, 1, 2, 3), 0.5), ((6, 3, 4, 2), 0.5), ((8, 2, 3, 3), 0.25), ((4, 1, 2, 5), 1.0)]
    ],
    slips={
        "they are turned upside down; mirror left and right.": lambda x, r, p: np.stack(
            [image[:, ::-1] if chance < p else image for image, chance in zip(x, r, strict=True)]
        ),
        "all are mirrored, or none; each image has its own number.": lambda x, r, p: (
            x[..., ::-1] if r[0] < p else x
        ),
    },
)
def mirror_some(x: np.ndarray, r: np.ndarray, p: float) -> np.ndarray:
    """Mirror some images of a batch, left and right.

    x has the shape (N, C, H, W). r has a random number from 0 to 1 for each image; an image is mirrored if
    its number is less than p. Return the batch; the others stay as they are.

    >>> mirror_some(np.array([[[[1.0, 2.0]]], [[[3.0, 4.0]]]]), np.array([0.9, 0.1]), 0.5)
    array([[[[1.0, 2.0]]], [[[4.0, 3.0]]]])
    """
    y = x.copy()
    y[r < p] = x[r < p][..., ::-1]
    return y


def _cropped(x: Any, padding: int, tops: Any, lefts: Any) -> Any:
    n, c, h, w = x.shape
    out = np.zeros(x.shape)
    for k, channel, i, j in np.ndindex(n, c, h, w):
        a, b = i + tops[k] - padding, j + lefts[k] - padding
        if 0 <= a < h and 0 <= b < w:
            out[k, channel, i, j] = x[k, channel, a, b]
    return out


@exercise(
    title="Moved a little",
    hints=(
        "First make the images larger: zeros on all four sides. np.pad does that, with a pair of "
        "numbers for each axis.",
        "Then cut a window of the old size out of each image, beginning at its row of tops and its "
        "column of lefts.",
        "big = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding))), and for image k: "
        "big[k, :, tops[k] : tops[k] + H, lefts[k] : lefts[k] + W]; np.stack makes a batch of them.",
    ),
    reference=_cropped,
    draw=lambda rng: [
        (
            rng.normal(size=shape),
            pad,
            rng.integers(0, 2 * pad + 1, shape[0]),
            rng.integers(0, 2 * pad + 1, shape[0]),
        )
        for shape, pad in [((1, 1, 2, 2), 1), ((3, 2, 4, 3), 2), ((5, 1, 3, 5), 1), ((2, 3, 4, 4), 3)]
    ],
    slips={
        "all images are moved as the first one is.": lambda x, padding, tops, lefts: _cropped(
            x, padding, np.full(len(x), tops[0]), np.full(len(x), lefts[0])
        ),
        "rows and columns are exchanged.": lambda x, padding, tops, lefts: _cropped(x, padding, lefts, tops),
    },
    survivors={
        "0 -> 1 (2)": "there is an image too many, which is not looked at",
        "x -> tops (3)": "there is a row for each image",
        "x -> lefts (3)": "there is a column for each image",
    },
)
def moved(x: np.ndarray, padding: int, tops: np.ndarray, lefts: np.ndarray) -> np.ndarray:
    """Cut each image anew out of itself, with a margin of zeros around it.

    x has the shape (N, C, H, W). Put as many rows and columns of zeros as padding says around each image, on
    all sides. Then cut out a piece of H x W pixels: for image k it begins at row tops[k] and column lefts[k]
    of the larger image. Return the batch of pieces.

    In the row 0 1 2 0, a piece of two that begins at 0, and one that begins at 2 (row 1 of the larger image
    has them):

    >>> moved(np.array([[[[1.0, 2.0]]], [[[1.0, 2.0]]]]), 1, np.array([1, 1]), np.array([0, 2]))
    array([[[[0.0, 1.0]]], [[[2.0, 0.0]]]])
    """
    H, W = x.shape[2:]
    big = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    pieces = [big[k, :, tops[k] : tops[k] + H, lefts[k] : lefts[k] + W] for k in range(len(x))]
    return np.stack(pieces)


def _calibrated(sure: Any, right: Any, bins: int) -> float:
    heaps: dict[int, list[tuple[float, bool]]] = {}
    for confidence, is_right in zip(sure.tolist(), right.tolist(), strict=True):
        heaps.setdefault(min(int(confidence * bins), bins - 1), []).append((confidence, is_right))
    return sum(abs(sum(c for c, _ in heap) - sum(r for _, r in heap)) for heap in heaps.values()) / len(sure)


@exercise(
    title="Does it know what it knows?",
    hints=(
        "Sort the images into bins by how sure the network is. In each bin compare two means.",
        "The mean of sure and the share of right ones. Their distance counts as much as the bin has of "
        "all images.",
        "which = np.minimum((sure * bins).astype(int), bins - 1); for each bin that has images, add len of "
        "it / N * abs(sure[in_it].mean() - right[in_it].mean()).",
    ),
    reference=_calibrated,
    draw=lambda rng: (
        [
            (rng.integers(1, 64, n) / 64 + 1e-4, rng.integers(0, 2, n) > 0, bins)
            for n, bins in [(3, 2), (8, 4), (20, 5), (40, 10), (60, 7)]
        ]
        + [
            (np.array([1.0, 1.0, 0.3, 0.9]), np.array([True, False, False, True]), 2),
            (np.array([1.0, 1.0, 0.7, 0.05, 0.1]), np.array([False, True, True, True, False]), 4),
        ]
    ),
    single=False,
    slips={
        "every bin counts the same; one with more images counts more.": lambda sure, right, bins: float(
            np.mean(
                [
                    abs(sure[at].mean() - right[at].mean())
                    for b in range(bins)
                    if (at := np.minimum((sure * bins).astype(int), bins - 1) == b).any()
                ]
            )
        ),
    },
    survivors={
        "sure[inside].mean() - right[inside].mean() -> "
        "right[inside].mean() - sure[inside].mean()": "the distance is the same",
    },
)
def calibration_error(sure: np.ndarray, right: np.ndarray, bins: int) -> float:
    """Measure how well a network knows how often it is right.

    sure has for N images the probability that the network gives to the class it names, and right whether
    that is so, True or False. Sort the images into bins of equal width: with 2 bins, those below 0.5 and the
    others; 1.0 belongs to the last. In each bin that has images, compare the mean of sure with the share of
    right ones. Return the mean of these distances, in which each bin counts by its number of images.

    Two images at 0.9, one right: 0.4 apart. One at 0.3, wrong: 0.3 apart. (2 * 0.4 + 1 * 0.3) / 3:

    >>> calibration_error(np.array([0.9, 0.9, 0.3]), np.array([True, False, False]), 2)
    0.3667
    """
    which = np.minimum((sure * bins).astype(int), bins - 1)
    error = 0.0
    for b in range(bins):
        inside = which == b
        if inside.any():
            error += inside.mean() * abs(sure[inside].mean() - right[inside].mean())
    return error


def _confused(labels: Any, said: Any, classes: int) -> Any:
    pairs = [(a, b) for a, b in zip(labels.tolist(), said.tolist(), strict=True) if a != b]
    counts = sorted({pair: pairs.count(pair) for pair in pairs}.items(), key=lambda item: (-item[1], item[0]))
    return counts[0][0] if counts else None


@exercise(
    title="What is taken for what?",
    hints=(
        "Count in a table: in row a, column b, how often an image of class a was called b. Then leave "
        "out what is right.",
        "The right ones stand on the diagonal; set it to 0. Then look for the largest number.",
        "table.argmax() counts through all entries, and divmod(place, classes) makes row and column of it. "
        "If the largest number is 0, return None.",
    ),
    reference=_confused,
    draw=lambda rng: (
        [
            (rng.integers(0, c, n), rng.integers(0, c, n), c)
            for n, c in [(3, 2), (8, 3), (30, 4), (60, 3), (9, 9)]
        ]
        + [(np.array([0, 1, 2]), np.array([0, 1, 2]), 3)]
    ),
    single=False,
    slips={
        "row and column are exchanged: first what it is, then what it is "
        "called.": lambda labels, said, classes: (
            pair if (pair := _confused(labels, said, classes)) is None else pair[::-1]
        ),
    },
    survivors={
        "1 -> 2": "the largest of the counts stays the largest",
    },
)
def most_confused(labels: np.ndarray, said: np.ndarray, classes: int) -> tuple[int, int] | None:
    """Find the mistake that a network makes most often.

    labels has the right classes, said what the network says. Return a pair (a, b): images of class a are
    called b more often than any other mistake is made. Of several that are equally frequent, take the one
    with the smallest a, and of these the smallest b. If nothing is wrong, return None.

    Twice a 2 was called 0, once a 1 was called 2:

    >>> most_confused(np.array([2, 2, 1, 0]), np.array([0, 0, 2, 0]), 3)
    (2, 0)
    """
    table = np.zeros((classes, classes))
    for a, b in zip(labels, said, strict=True):
        if a != b:
            table[a, b] += 1
    if table.max() == 0:
        return None
    return divmod(int(table.argmax()), classes)
