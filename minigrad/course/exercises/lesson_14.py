"""Exercises of lesson 14: from photographs and annotations to tensors."""

from fractions import Fraction
from typing import Any

import numpy as np

from minigrad.course.grading import exercise


def _seen(row: Any, hidden: bool) -> Any:
    points = [row[at : at + 3] for at in range(0, len(row), 3)]
    return np.array([p[:2] for p in points if p[2] == 2 or (hidden and p[2] == 1)], dtype=float).reshape(
        -1, 2
    )


@exercise(
    title="Landmarks out of a row",
    hints=(
        "Three numbers belong together. How does one make a row of three of each?",
        "points = row.reshape(-1, 3): its columns are x, y and v. Now choose rows by their v.",
        "keep = points[:, 2] == 2, or points[:, 2] >= 1 with the hidden ones; return points[keep][:, :2].",
    ),
    reference=_seen,
    draw=lambda rng: [
        (
            np.stack([rng.integers(1, 90, n), rng.integers(1, 90, n), rng.integers(0, 3, n)], axis=1).ravel()
            * 1.0,
            hidden,
        )
        for n in (1, 3, 6, 10)
        for hidden in (False, True)
    ],
    slips={
        "points that nobody has marked are taken for points at (0, 0): leave out v = "
        "0.": lambda row, hidden: row.reshape(-1, 3)[:, :2],
    },
    survivors={
        "1 -> 2 (2)": "NumPy takes any negative length for the one that is to be found",
    },
)
def landmarks(row: np.ndarray, hidden: bool) -> np.ndarray:
    """Take the points that are there out of an annotation's row.

    row has the numbers x, y, v, x, y, v, ...: a place in the image and how it is marked. v is 2 for a point
    that is seen, 1 for one that is hidden, and 0 for one that nobody has marked. Return the places of the
    points that are seen, and also of the hidden ones if hidden is true, as an array of shape (number of
    points, 2), in their order.

    >>> landmarks(np.array([10.0, 20.0, 2.0, 0.0, 0.0, 0.0, 30.0, 40.0, 1.0]), False)
    array([[10.0, 20.0]])

    >>> landmarks(np.array([10.0, 20.0, 2.0, 0.0, 0.0, 0.0, 30.0, 40.0, 1.0]), True)
    array([[10.0, 20.0], [30.0, 40.0]])
    """
    points = row.reshape(-1, 3)
    least = 1 if hidden else 2
    return points[points[:, 2] >= least][:, :2]


def _fitted(width: int, height: int, side: int) -> Any:
    longest = max(width, height)
    w, h = (max(1, int(Fraction(side * one, longest) + Fraction(1, 2))) for one in (width, height))
    return (side - w) // 2, (side - h) // 2, w, h


@exercise(
    title="Into a square, whole",
    hints=(
        "The longer side becomes side. The shorter one shrinks by the same factor.",
        "scale = side / max(width, height), and round the products to whole pixels; at least 1 must be left.",
        "What is left over, side - w, is shared: half of it, rounded down, on the left, (side - w) // "
        "2; the same above.",
    ),
    returns=("left", "top", "width", "height"),
    reference=_fitted,
    draw=lambda rng: [
        *(
            (w, h, side)
            for w, h, side in [
                (4, 2, 8),
                (2, 4, 8),
                (10, 10, 7),
                (640, 480, 64),
                (481, 640, 64),
                (3, 900, 32),
                (900, 3, 32),
                (13, 20, 10),
                (20, 13, 10),
            ]
        ),
        *((int(rng.integers(1, 700)) * 2 + 1, int(rng.integers(1, 700)) * 2 + 1, 64) for _ in range(4)),
    ],
    single=False,
    slips={
        "the shorter side is made to fill the square, and the longer one reaches over "
        "it.": lambda width, height, side: (
            (side - round(width * side / min(width, height))) // 2,
            (side - round(height * side / min(width, height))) // 2,
            round(width * side / min(width, height)),
            round(height * side / min(width, height)),
        ),
        "it is stretched: both sides must shrink by the same factor.": lambda width, height, side: (
            0,
            0,
            side,
            side,
        ),
    },
)
def into_square(width: int, height: int, side: int) -> tuple[int, int, int, int]:
    """Find out how a cutting goes into a square without being stretched.

    A cutting of width x height pixels is brought to a size at which its longer side is just as long as the
    square's, side, and the shorter one keeps its ratio to it, rounded to a whole pixel (a half goes up), and
    at least 1. It lies in the middle; if what is left over is odd, the one pixel more goes to the right, or
    below. Return four whole numbers: how many pixels are free on its left and above it, and its new width
    and height.

    From 200 x 50 to 8 x 2; of the 6 rows that are left, 3 are above:

    >>> into_square(200, 50, 8)
    (0, 3, 8, 2)
    """
    longest = max(width, height)
    w = max(1, (2 * width * side + longest) // (2 * longest))
    h = max(1, (2 * height * side + longest) // (2 * longest))
    return (side - w) // 2, (side - h) // 2, w, h


def _box(box: Any, left: float, top: float, width: float, height: float, scale: float) -> Any:
    out = []
    for value, begin, size in zip(box, (left, top) * 2, (width, height) * 2, strict=True):
        out.append(sorted((0.0, (value - begin) * scale, size * scale))[1])  # the middle one
    return np.array(out)


@exercise(
    title="A box goes with its image",
    hints=(
        "Two things happen to the image: a piece of it is cut out, and the piece is enlarged. What do "
        "they do to a point?",
        "The point moves by -left and -top, and then all is multiplied by the scale. The piece ends at "
        "width and height.",
        "x = (x - left) * scale, y = (y - top) * scale; then np.clip(x, 0, width * scale), and the "
        "same for y.",
    ),
    reference=_box,
    draw=lambda rng: [
        (np.array([8.0, 9.0, 12.0, 15.0]), 5.0, 4.0, 20.0, 30.0, 1.5),  # inside
        (np.array([2.0, 3.0, 90.0, 80.0]), 5.0, 4.0, 20.0, 30.0, 0.5),  # out of it on every side
        *(
            (
                np.concatenate([at, at + rng.integers(4, 40, 2)]).astype(float),
                *(float(v) for v in rng.integers(0, 20, 2)),
                float(rng.integers(10, 40)),
                float(rng.integers(10, 40)),
                float(rng.integers(1, 5)) / 2,
            )
            for at in rng.integers(0, 30, (6, 2))
        ),
    ],
    slips={
        "it reaches out of the piece: cut it off at the "
        "edges.": lambda box, left, top, width, height, scale: (
            (box - np.array([left, top, left, top])) * scale
        ),
        "first cut, then scale: the corner of the piece is moved to 0 before it grows.": (
            lambda box, left, top, width, height, scale: np.clip(
                box * scale - np.array([left, top, left, top]),
                0,
                np.array([width, height, width, height]) * scale,
            )
        ),
    },
)
def move_box(
    box: np.ndarray, left: float, top: float, width: float, height: float, scale: float
) -> np.ndarray:
    """Say where a box is after its photograph was cut and enlarged.

    box is x1, y1, x2, y2. A piece of width x height pixels is cut out of the photograph, whose left upper
    corner is at (left, top), and it is then enlarged scale times. Return the box in the pixels of the
    result, cut off where it reaches out of it.

    The piece begins at (10, 20) and is 30 x 30; with scale 2 it ends at 60.

    >>> move_box(np.array([15.0, 10.0, 50.0, 30.0]), 10.0, 20.0, 30.0, 30.0, 2.0)
    array([10.0, 0.0, 60.0, 20.0])
    """
    x = np.clip((box[[0, 2]] - left) * scale, 0, width * scale)
    y = np.clip((box[[1, 3]] - top) * scale, 0, height * scale)
    return np.array([x[0], y[0], x[1], y[1]])


@exercise(
    title="From bytes to what a network likes",
    hints=(
        "Two things: the numbers, and the order of the axes.",
        "0 has to become -1, and 255 has to become 1. And (N, H, W, C) has to become (N, C, H, W), which is "
        "no reshape: numbers that were neighbours are no longer.",
        "(images / 255 - 0.5) / 0.5, and .transpose(0, 3, 1, 2).",
    ),
    reference=lambda images: (
        np.stack([images[..., c] for c in range(images.shape[3])], axis=1) * (2 / 255) - 1
    ),
    draw=lambda rng: [
        (rng.integers(0, 256, shape).astype(np.uint8),)
        for shape in ((1, 1, 2, 3), (2, 3, 2, 3), (3, 4, 5, 1), (2, 3, 3, 3))
    ],
    single=False,
    slips={
        "a reshape keeps the numbers in their order; the axes are to be turned, with "
        "transpose.": lambda images: (
            images.reshape(len(images), images.shape[3], *images.shape[1:3]) / 127.5 - 1
        ),
        "they go from 0 to 1; they are to go from -1 to 1.": lambda images: (
            images.transpose(0, 3, 1, 2) / 255
        ),
        "height and width are exchanged.": lambda images: images.transpose(0, 3, 2, 1) / 127.5 - 1,
    },
)
def to_network(images: np.ndarray) -> np.ndarray:
    """Make a batch for a network out of images as they lie in a file.

    images are bytes, whole numbers from 0 to 255, with the channels last: (N, H, W, C). Return an array of
    shape (N, C, H, W) in which 0 has become -1, and 255 has become 1, and all between lie on the line
    between.

    >>> to_network(np.array([[[[0, 255], [255, 51]]]], dtype=np.uint8))
    array([[[[-1.0, 1.0]], [[1.0, -0.6]]]])
    """
    return (images / 255 - 0.5).transpose(0, 3, 1, 2) / 0.5
