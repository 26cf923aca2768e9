"""Exercises of lesson 21: what forty outfits can tell, and what they cannot."""

import math
from collections import Counter
from fractions import Fraction
from typing import Any

import numpy as np

from minigrad.course.grading import exercise


def _enough(p: float, d: float) -> int:
    """By trying one number after the other, in thousands first."""
    n = 1
    for step in (1000, 1):
        while 1.96 * math.sqrt((p - p * p) / n) > d / 2:
            n += step
        n = max(1, n - 1000) if step > 1 else n
    return n


@exercise(
    title="How many would be enough?",
    hints=(
        "Two shares are a distance d apart. How well must each of them be known, so that their intervals do"
        " not overlap?",
        "To half of d: 1.96 deviations may be d / 2 at most, and a deviation is the root of p * (1 - p) / "
        "n. Solve that for n.",
        "n is at least p * (1 - p) * (1.96 / (d / 2)) ** 2, and a whole number: int(np.ceil(...)).",
    ),
    reference=_enough,
    draw=lambda rng: [
        (0.5, 0.5),
        (0.9, 0.1),
        (0.75, 0.25),
        *((float(rng.uniform(0.5, 0.95)), float(rng.uniform(0.05, 0.4))) for _ in range(6)),
    ],
    slips={
        "the share is known to d then; each of the two must be known to half of it.": lambda p, d: math.ceil(
            p * (1 - p) * (1.96 / d) ** 2
        ),
        "a deviation shrinks with the root of n: square 1.96 / (d / 2).": lambda p, d: math.ceil(
            p * (1 - p) * 1.96 / (d / 2)
        ),
        "one photograph too few: what is left over takes one more. Round up.": lambda p, d: math.floor(
            p * (1 - p) * (3.92 / d) ** 2
        ),
        "one deviation to each side has two shares of three; take 1.96 of them.": lambda p, d: math.ceil(
            p * (1 - p) * (2 / d) ** 2
        ),
    },
    single=False,
)
def enough(p: float, d: float) -> int:
    """Find out how many photographs it takes to tell two networks apart.

    About a share p of the photographs is named rightly, and the two networks differ by d. The share of n
    photographs has the deviation sqrt(p * (1 - p) / n), and its interval is 1.96 deviations to each side.
    Return the smallest number n at which the interval reaches to d / 2 at most on each side.

    A coin, and a difference of 0.2: 0.25 * (1.96 / 0.1) ** 2 is 96.04, so 96 are too few by a little.

    >>> enough(0.5, 0.2)
    97
    """
    return int(np.ceil(p * (1 - p) * (1.96 / (d / 2)) ** 2))


def _interval(values: Any, draws: Any) -> Any:
    means = sorted(math.fsum(values[at] for at in row) / len(row) for row in draws.tolist())
    found = []
    for share in (Fraction(25, 1000), Fraction(975, 1000)):
        place = share * (len(means) - 1)
        low = math.floor(place)
        between = float(place - low)
        above = means[min(low + 1, len(means) - 1)]
        found.append(means[low] + between * (above - means[low]))
    return tuple(found)


@exercise(
    title="The interval of a bootstrap",
    hints=(
        "Each row of draws makes one new sample of the old one. What is the score of that sample?",
        "values[draws] has the shape of draws: a sample in each row. Take the mean of each row, and look "
        "where the means lie.",
        "np.quantile(values[draws].mean(axis=1), 0.025), and the same with 0.975.",
    ),
    returns=("low", "high"),
    reference=_interval,
    draw=lambda rng: [
        (np.array([0.0, 1.0]), rng.integers(0, 2, (3, 2))),
        (rng.integers(0, 2, 20).astype(float), rng.integers(0, 20, (100, 20))),
        (rng.random(9), rng.integers(0, 9, (41, 9))),
        (rng.normal(size=6), rng.integers(0, 6, (15, 12))),
    ],
    slips={
        "it is the spread of the samples' numbers; the interval is of their means.": lambda values, draws: (
            np.quantile(values[draws], 0.025),
            np.quantile(values[draws], 0.975),
        ),
        "the means are taken over the wrong axis: a row of draws is one sample.": lambda values, draws: tuple(
            np.quantile(values[draws].mean(axis=0), (0.025, 0.975))
        ),
        "5 of 100 lie outside of it on each side; it should be 5 on both together.": lambda values, draws: (
            tuple(np.quantile(values[draws].mean(axis=1), (0.05, 0.95)))
        ),
        "it is the mean of what was drawn, with 1.96 deviations; take the quantiles.": lambda values, draws: (
            tuple(values[draws].mean() + sign * 1.96 * values[draws].mean(axis=1).std() for sign in (-1, 1))
        ),
    },
)
def bootstrap(values: np.ndarray, draws: np.ndarray) -> tuple[float, float]:
    """Say how sure a mean is, by drawing the sample out of itself.

    values has a number for each of N photographs, such as 1 if it was named rightly, else 0. draws has the
    shape (B, M): each row names M photographs by their places, drawn with replacement, so that some are in
    it twice and others are not. Take the mean of the values of each row. Return the 0.025 quantile and the
    0.975 quantile of these means, as np.quantile gives them: between them lie 95 of 100.

    Four samples of the two values 0 and 10 have the means 0, 5, 5 and 10. 0.025 of the way from the first of
    the four to the last lies 0.075 steps behind the first.

    >>> bootstrap(np.array([0.0, 10.0]), np.array([[0, 0], [0, 1], [1, 0], [1, 1]]))
    (0.375, 9.625)
    """
    means = values[draws].mean(axis=1)
    return np.quantile(means, 0.025), np.quantile(means, 0.975)


def _leaks(groups: Any, test: Any) -> Any:
    inside = [group for at, group in enumerate(groups) if at in set(test)]
    outside = [group for at, group in enumerate(groups) if at not in set(test)]
    return sorted(set(inside) & set(outside))


def _cut(rng: np.random.Generator, places: int, groups: int) -> Any:
    of = [int(g) * 7 % 50 for g in rng.integers(0, groups, places)]
    test = [int(at) for at in rng.permutation(places)[: max(1, places // 4)]]
    return of, test


@exercise(
    title="What leaks into the test?",
    hints=(
        "An outfit leaks if one of its photographs is in the test, and another is learnt from. Which two "
        "sets of outfits do you need?",
        "tested is the set of groups[place] for the places in test, and learnt that of all other places.",
        "tested = {groups[place] for place in test}, learnt = {group for place, group in enumerate(groups) "
        "if place not in test}, and sorted(tested & learnt).",
    ),
    reference=_leaks,
    draw=lambda rng: [
        ([1, 1, 2, 2], [0, 1]),
        ([1, 2, 3], [0]),
        ([4, 4, 4], []),
        ([9, 3, 9, 3, 5], [1, 2, 4]),
        *(_cut(rng, places, groups) for places, groups in [(8, 4), (12, 5), (20, 12), (30, 8)]),
    ],
    single=False,
    slips={
        "it lists all groups of the test; those that are learnt from, too, leak.": lambda groups, test: (
            sorted({groups[place] for place in test})
        ),
        "it lists places; return the numbers of their groups.": lambda groups, test: sorted(
            place for place in test if groups[place] in _leaks(groups, test)
        ),
        "a group that leaks with several photographs is listed once.": lambda groups, test: sorted(
            groups[place] for place in test if groups[place] in _leaks(groups, test)
        ),
        "it lists the groups that do not leak.": lambda groups, test: sorted(
            set(groups) - set(_leaks(groups, test))
        ),
    },
)
def leaking(groups: list[int], test: list[int]) -> list[int]:
    """Find the outfits of which one photograph is learnt from, and another is tested.

    groups has for each photograph the number of its outfit. test lists the places of the photographs that
    are put aside for the test; all others are learnt from. Return the numbers of the outfits that have
    photographs on both sides, each once, the lowest first.

    Six photographs of the outfits 1, 2 and 3, and the test has the places 1, 4 and 5. Of outfit 1 place 0 is
    learnt from, and 1 tested; both photographs of outfit 3 are tested.

    >>> leaking([1, 1, 2, 2, 3, 3], [1, 4, 5])
    [1]
    """
    tested = {groups[place] for place in test}
    learnt = {group for place, group in enumerate(groups) if place not in test}
    return sorted(tested & learnt)


def _most(seen: Any, labels: Any) -> float:
    pairs = Counter(zip(seen, labels, strict=True))
    return sum(max(pairs[one, 0], pairs[one, 1]) for one in set(seen)) / len(seen)


@exercise(
    title="The most that anybody can know",
    hints=(
        "Whoever sees the same thing must say the same. So for each thing that can be seen there is one "
        "answer: the best of which kind?",
        "For each kind that is seen, count how often the answer is 1, and how often 0. The larger count is "
        "right, the other is wrong.",
        "For each kind in set(seen): mine = the labels where seen is that kind; add max(sum(mine), "
        "len(mine) - sum(mine)). Divide by the number of all.",
    ),
    reference=_most,
    draw=lambda rng: [
        ([1, 1, 1, 1], [1, 1, 1, 0]),
        ([2, 2, 5, 5], [1, 0, 0, 1]),
        ([3, 8], [0, 0]),
        *(
            ([int(v) for v in rng.integers(0, kinds, n)], [int(v) for v in rng.integers(0, 2, n)])
            for n, kinds in [(5, 2), (9, 3), (20, 6), (30, 4)]
        ),
    ],
    single=False,
    slips={
        "it says how many 1s there are; where 0 is more frequent, say 0.": lambda seen, labels: (
            sum(labels) / len(labels)
        ),
        "one answer for all is less than one for each kind that is seen.": lambda seen, labels: (
            max(sum(labels), len(labels) - sum(labels)) / len(labels)
        ),
        "it is the mean over the kinds; each photograph counts the same.": lambda seen, labels: (
            sum(
                _most([one] * seen.count(one), [b for a, b in zip(seen, labels, strict=True) if a == one])
                for one in set(seen)
            )
            / len(set(seen))
        ),
    },
    survivors={"seen -> labels (2)": "there are as many labels as photographs"},
)
def most_to_know(seen: list[int], labels: list[int]) -> float:
    """Find the best accuracy that anybody can have who sees no more than this.

    seen has for each photograph what can be seen of it, as a number of its kind, such as its colour; labels
    has the right answers, 0 or 1. Who sees the same must answer the same. Return the share of right answers
    of somebody who, for each kind, knows which answer is the more frequent one, and gives it.

    Kind 7 has the answers 1, 1 and 0, so one says 1 and two of three are right. Kind 4 has 1 and 0: one of
    two. Together 3 of 5.

    >>> most_to_know([7, 7, 7, 4, 4], [1, 1, 0, 1, 0])
    0.6
    """
    right = 0
    for kind in set(seen):
        mine = [label for one, label in zip(seen, labels, strict=True) if one == kind]
        right += max(sum(mine), len(mine) - sum(mine))
    return right / len(seen)


def _kappa(mine: Any, theirs: Any) -> float:
    table = np.zeros((2, 2))
    for a, b in zip(mine, theirs, strict=True):
        table[a, b] += 1
    n = table.sum()
    chance = float(table.sum(axis=0) @ table.sum(axis=1)) / n**2
    return float((np.trace(table) / n - chance) / (1 - chance))


@exercise(
    title="Do two people agree?",
    hints=(
        "Two who answer at random agree now and then, too. So first: how often would these two agree by "
        "chance?",
        "If I say 1 in a share a of all cases, and they in a share b, then both say 1 in a * b of them by "
        "chance, and both say 0 in (1 - a) * (1 - b).",
        "same = how often they do agree, chance = a * b + (1 - a) * (1 - b), and the result is (same - "
        "chance) / (1 - chance).",
    ),
    reference=_kappa,
    draw=lambda rng: [
        ([1, 0, 1, 0], [1, 0, 1, 0]),
        ([1, 0, 1, 0], [0, 1, 0, 1]),
        ([1, 1, 1, 0], [1, 1, 0, 0]),
        *(
            ([1, 0] + [int(v) for v in rng.random(n) < p], [0, 1] + [int(v) for v in rng.random(n) < q])
            for n, p, q in [(6, 0.5, 0.5), (10, 0.8, 0.7), (30, 0.9, 0.3), (50, 0.4, 0.6)]
        ),
    ],
    single=False,
    slips={
        "that is how often they agree; take off what chance does.": lambda mine, theirs: (
            sum(a == b for a, b in zip(mine, theirs, strict=True)) / len(mine)
        ),
        "chance is taken off, but the most that is left is 1 - chance: divide by it.": lambda mine, theirs: (
            _kappa(mine, theirs) * (1 - _chance(mine, theirs))
        ),
        "by chance both may say 0, too: add (1 - a) * (1 - b).": lambda mine, theirs: _with_chance(
            mine, theirs, sum(mine) * sum(theirs) / len(mine) ** 2
        ),
        "chance is not one half: it depends on how often each of them says 1.": lambda mine, theirs: (
            _with_chance(mine, theirs, 0.5)
        ),
    },
    survivors={
        "mine -> theirs": "there are as many of them",
        "zip(mine, theirs) -> zip(theirs, mine)": "they agree as often the other way round",
    },
)
def agreement(mine: list[int], theirs: list[int]) -> float:
    """Measure how far two people agree, beyond chance: Cohen's kappa.

    mine and theirs are the answers of two people to the same questions, 0 or 1 each. By chance two people
    who say 1 in the shares a and b of all cases would agree in a share a * b + (1 - a) * (1 - b). Return how
    much more often they agree than that, divided by how much more often it could be: 1 if they always agree,
    0 if it is chance. (Both say 0 and 1 at least once.)

    They agree on 3 of 4. I say 1 in three quarters, they in two: 0.75 * 0.5 + 0.25 * 0.5 is 0.5, and (0.75 -
    0.5) / 0.5 is a half.

    >>> agreement([1, 1, 1, 0], [1, 1, 0, 0])
    0.5
    """
    n = len(mine)
    a, b = sum(mine) / n, sum(theirs) / n
    same = sum(one == other for one, other in zip(mine, theirs, strict=True)) / n
    chance = a * b + (1 - a) * (1 - b)
    return (same - chance) / (1 - chance)


def _chance(mine: Any, theirs: Any) -> float:
    a, b = sum(mine) / len(mine), sum(theirs) / len(theirs)
    return a * b + (1 - a) * (1 - b)


def _with_chance(mine: Any, theirs: Any, chance: float) -> float:
    same = sum(a == b for a, b in zip(mine, theirs, strict=True)) / len(mine)
    return (same - chance) / (1 - chance)


def _apart(first: Any, second: Any) -> Any:
    """The shortest of the ways that go round once backward, not at all, and once forward."""
    return np.min([abs(first + turn - second) for turn in (-360, 0, 360)], axis=0)


def _goes(first: Any, second: Any, related: float, opposite: float) -> Any:
    apart = _apart(first, second)
    return (apart <= related) | (apart >= opposite)


@exercise(
    title="Colours that go together",
    hints=(
        "Hues lie on a circle of 360 degrees. How far are 350 and 10 apart?",
        "Not 340 but 20: the other way round is shorter. d = abs(first - second), and then the smaller one "
        "of d and 360 - d.",
        "apart = np.minimum(d, 360 - d), and (apart <= related) | (apart >= opposite).",
    ),
    reference=_goes,
    draw=lambda rng: [
        (np.array([350.0, 10.0, 200.0]), np.array([15.0, 345.0, 30.0]), 40.0, 150.0),
        (np.array([10.0, 11.0, 350.0, 349.0]), np.array([50.0, 52.0, 30.0, 30.0]), 40.0, 150.0),
        (np.array([0.0, 210.0, 211.0, 209.0]), np.array([150.0, 0.0, 0.0, 0.0]), 40.0, 150.0),
        *(
            (
                rng.integers(0, 360, n) * 1.0,
                rng.integers(0, 360, n) * 1.0,
                float(rng.integers(20, 70)),
                opposite,
            )
            for n, opposite in [(4, 150.0), (9, 120.0), (40, 135.0), (60, 170.0)]
        ),
    ],
    single=False,
    slips={
        "hues lie on a circle: 350 and 10 are 20 degrees apart.": lambda first, second, related, opposite: (
            (abs(first - second) <= related) | (abs(first - second) >= opposite)
        ),
        "opposite ones go together, too.": lambda first, second, related, opposite: (
            _apart(first, second) <= related
        ),
        "it says which ones clash.": lambda first, second, related, opposite: (
            ~_goes(first, second, related, opposite)
        ),
    },
    survivors={"first - second -> second - first": "the distance is the same"},
)
def go_together(first: np.ndarray, second: np.ndarray, related: float, opposite: float) -> np.ndarray:
    """Let a rule say which colours go together.

    first and second are arrays of N hues: angles from 0 to 360 degrees, of the colours of N tops and of
    their trousers. Two hues are as far apart as the shorter way round the circle is long, so at most 180
    degrees. Colours go together if their hues are apart by related degrees or less, or by opposite degrees
    or more. Return an array of N times True or False.

    350 and 10 are 20 degrees apart, 10 and 100 are 90, and 10 and 200 are 170:

    >>> go_together(np.array([350.0, 10.0, 10.0]), np.array([10.0, 100.0, 200.0]), 40.0, 150.0)
    array([True, False, True])
    """
    d = abs(first - second)
    apart = np.minimum(d, 360 - d)
    return (apart <= related) | (apart >= opposite)
