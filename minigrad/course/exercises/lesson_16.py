"""Exercises of lesson 16: the lookbook."""

import math
import statistics
from typing import Any

import numpy as np

from minigrad.course.grading import exercise


def _stale(needs: Any, changed: Any) -> Any:
    def is_stale(stage: str) -> bool:
        return stage in changed or any(is_stale(one) for one in needs[stage])

    return sorted(stage for stage in needs if is_stale(stage))


_STAGES = {
    "photographs": [],
    "classifier": ["photographs"],
    "dcgan": ["photographs"],
    "garments": ["dcgan"],
    "names": ["classifier", "garments"],
    "page": ["names"],
}


@exercise(
    title="What has to be made again?",
    hints=(
        "A stage that was changed is to be made again, and what needs it, and what needs that.",
        "Keep a set of what is to be made again, the changed ones at first. Add each stage that needs one of "
        "the set, and look again, until nothing more is added.",
        "while True: more = {s for s in needs if s not in again and any(n in again for n in needs[s])}; "
        "if not more, stop; again |= more. At the end sorted(again).",
    ),
    reference=_stale,
    draw=lambda rng: [
        *((dict(_STAGES), [stage]) for stage in _STAGES),
        (dict(_STAGES), ["classifier", "dcgan"]),
        (dict(_STAGES), []),
        ({"a": ["b"], "b": ["c"], "c": ["d"], "d": []}, ["d"]),
        ({"a": ["b"], "b": ["c"], "c": ["d"], "d": []}, ["b"]),
    ],
    single=False,
    slips={
        "it goes one step only; what needs that is stale, too.": lambda needs, changed: sorted(
            stage for stage in needs if stage in changed or any(one in changed for one in needs[stage])
        ),
    },
)
def made_again(needs: dict[str, list[str]], changed: list[str]) -> list[str]:
    """Find out which stages of a pipeline have to be run again.

    needs says of each stage which others it reads. changed lists stages whose settings are new. These must
    be run again, and every stage that reads, directly or by way of others, something that is made again.
    Return their names in the order of the alphabet.

    >>> made_again({"photos": [], "gan": ["photos"], "garments": ["gan"], "page": ["garments", "photos"]},
    ...            ["gan"])
    ["gan", "garments", "page"]
    """
    again = set(changed)
    while True:
        more = {s for s in needs if s not in again and any(n in again for n in needs[s])}
        if not more:
            return sorted(again)
        again |= more


def _away(learnt: Any, rows: Any) -> Any:
    return np.array([min(math.dist(row, other) for other in learnt.tolist()) for row in rows.tolist()])


def _odd(learnt: Any, held: Any, x: Any) -> Any:
    return _away(learnt, x) / statistics.median(_away(learnt, held).tolist())


@exercise(
    title="Is it one at all?",
    hints=(
        "Write a small function first that says of rows how far each is from its nearest in learnt.",
        "Use it twice: for held, whose median is the unit, and for x.",
        "away(x) / np.median(away(held)), where away(rows) is the smallest, along axis 1, of the roots of "
        "((rows[:, None] - learnt[None]) ** 2).sum(axis=2).",
    ),
    reference=_odd,
    draw=lambda rng: [
        (rng.normal(size=(n, d)), rng.normal(size=(m, d)), rng.normal(size=(k, d)) * 2)
        for n, m, k, d in [(2, 3, 2, 1), (4, 5, 3, 2), (6, 4, 2, 3), (3, 7, 5, 2)]
    ],
    slips={
        "the unit is the mean; take the median, which a single odd photograph does not move.": (
            lambda learnt, held, x: _away(learnt, x) / _away(learnt, held).mean()
        ),
        "it says how far they are, and not in units of what is usual.": lambda learnt, held, x: _away(
            learnt, x
        ),
    },
    survivors={
        "return np.sqrt(squares.min(axis=1)) -> return 2 * np.sqrt(squares.min(axis=1))": "so is the unit",
        "return np.sqrt(squares.min(axis=1)) -> return -np.sqrt(squares.min(axis=1))": "so is the unit",
        "((rows[:, None] - learnt[None]) ** 2).sum -> ((rows[:, None] - learnt[None]) ** 2).mean": (
            "so is the unit"
        ),
        "rows[:, None] - learnt[None] -> learnt[None] - rows[:, None]": "the square is the same",
    },
)
def oddness(learnt: np.ndarray, held: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Measure how unlike all photographs something is.

    All are images in features, one in each row: those that were learnt from, those that were held out, and
    x, which is to be judged. How far an image is from what is known, is the distance (root of the sum of
    squared differences) to the nearest row of learnt. The median of this over held is the unit. Return for
    each row of x how far it is, in this unit.

    On a line: 1, 12 and 13 are 1, 2 and 3 away from 0 and 10, and the median is 2. So 4 is odd by 4 / 2, and
    10 is a copy.

    >>> oddness(np.array([[0.0], [10.0]]), np.array([[1.0], [12.0], [13.0]]), np.array([[4.0], [10.0]]))
    array([2.0, 0.0])
    """

    def away(rows: np.ndarray) -> np.ndarray:
        squares = ((rows[:, None] - learnt[None]) ** 2).sum(axis=2)
        return np.sqrt(squares.min(axis=1))

    return away(x) / np.median(away(held))


def _agreed(outfit: Any, agreement: Any) -> float:
    table = agreement[np.ix_(outfit, outfit)]
    return float(np.triu(table, 1).sum() / (len(outfit) * (len(outfit) - 1) / 2))


@exercise(
    title="How well does an outfit agree?",
    hints=(
        "Of three garments there are three pairs, of four there are six. No garment is a pair with itself.",
        "Two loops over the outfit, the second one from behind the first: each pair comes once.",
        "Add up agreement[outfit[i], outfit[j]] for i < j, and divide by how many there were.",
    ),
    reference=_agreed,
    draw=lambda rng: [
        ([int(k) for k in rng.permutation(n)[:count]], rng.normal(size=(n, n)) + np.diag([50.0] * n))
        for n, count in [(3, 2), (4, 3), (6, 4), (8, 5)]
        for _ in range(2)
    ],
    single=False,
    slips={
        "a garment is taken with itself.": lambda outfit, agreement: agreement[np.ix_(outfit, outfit)].mean(),
        "it is the sum; outfits of different sizes are compared, so take the "
        "mean.": lambda outfit, agreement: float(np.triu(agreement[np.ix_(outfit, outfit)], 1).sum()),
    },
    survivors={
        "outfit -> agreement": "for an i beyond the outfit there is no j",
    },
)
def outfit_agreement(outfit: list[int], agreement: np.ndarray) -> float:
    """Judge an outfit by the colours of its garments, taken two at a time.

    outfit lists the numbers of at least two garments. agreement[i, j] says how well garment i agrees with
    garment j that comes after it in the outfit. Return the mean over all pairs of garments of the outfit,
    each pair once, the one that comes first in the outfit as the row.

    The pairs of garments 2, 0, 1 are (2, 0), (2, 1) and (0, 1): (6 + 3 + 0) / 3.

    >>> outfit_agreement([2, 0, 1], np.array([[9.0, 0.0, 1.0], [2.0, 9.0, 4.0], [6.0, 3.0, 9.0]]))
    3.0
    """
    total, pairs = 0.0, 0
    for i in range(len(outfit)):
        for j in range(i + 1, len(outfit)):
            total += agreement[outfit[i], outfit[j]]
            pairs += 1
    return total / pairs


def _light(rgb: Any) -> Any:
    out = []
    for pixel in rgb.reshape(-1, 3).tolist():
        linear = [v / 12.92 if v <= 0.04045 else math.exp(2.4 * math.log((v + 0.055) / 1.055)) for v in pixel]
        y = math.fsum(w * v for w, v in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
        out.append(y * 903.3 if y <= 0.008856 else 116 * math.exp(math.log(y) / 3) - 16)
    return np.array(out).reshape(rgb.shape[:-1])


@exercise(
    title="How light is a colour?",
    hints=(
        "Three steps, each a line: undo the curve of the screen, add up the three colours, bend as the "
        "eye does.",
        "np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4) is the first. The second is a "
        "product of the last axis with the three weights.",
        "Y = linear @ np.array([0.2126, 0.7152, 0.0722]); np.where(Y <= 0.008856, 903.3 * Y, 116 * "
        "np.cbrt(Y) - 16).",
    ),
    reference=_light,
    draw=lambda rng: (
        [
            (rng.uniform(0, 1, shape) ** power,)
            for shape, power in [((3,), 1), ((4, 3), 1), ((2, 5, 3), 3), ((30, 3), 4)]
        ]
        + [(np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.03, 0.03, 0.03], [0.09, 0.09, 0.09]]),)]
    ),
    close=1e-7,
    slips={
        "the curve of the screen is not undone: the numbers of a file are not amounts of "
        "light.": lambda rgb: 116 * np.cbrt(rgb @ np.array([0.2126, 0.7152, 0.0722])) - 16,
        "all three colours count the same; the eye sees green as much the lightest.": lambda rgb: _light(
            np.repeat(rgb.mean(axis=-1, keepdims=True), 3, axis=-1)
        ),
    },
    survivors={
        "rgb <= 0.04045 -> rgb < 0.04045": "the two pieces meet there",
        "Y <= 0.008856 -> Y < 0.008856": "the two pieces meet there",
    },
)
def lightness(rgb: np.ndarray) -> np.ndarray:
    """Compute the lightness of colours, the L of CIELAB, from 0 for black to 100 for white.

    rgb has numbers from 0 to 1 for red, green and blue, in its last axis, of length 3.

    1. An image file does not store amounts of light. They are v / 12.92 where v is at most 0.04045, and
       ((v + 0.055) / 1.055) ** 2.4 else.
    2. Y is 0.2126 of the red light, 0.7152 of the green and 0.0722 of the blue.
    3. The eye: L is 903.3 * Y where Y is at most 0.008856, and 116 * (cube root of Y) - 16 else.

    Return L, without the last axis. White has Y = 1 and L = 100. A grey of one half has 0.214 of the light,
    and seems half as light all the same:

    >>> lightness(np.array([[1.0, 1.0, 1.0], [0.5, 0.5, 0.5]]))
    array([100.0, 53.4])
    """
    light = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    Y = light @ np.array([0.2126, 0.7152, 0.0722])
    return np.where(Y <= 0.008856, 903.3 * Y, 116 * np.cbrt(Y) - 16)
