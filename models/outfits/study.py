"""Cutting outfits into what is learnt from and what is judged: by photograph, by outfit, again and again."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

import minigrad as mg
from minigrad.evaluation import TwoClassScores
from models.outfits.baselines import Learner
from models.outfits.outfits import CLASSES, Outfit

FOLDS = 5


class Photographs(NamedTuple):
    """Outfits taken apart: each photograph has the answer of its outfit.

    Attributes:
        places: in the wardrobe, (2N,): the tops, then the bottoms. labels: (2N,). outfits: the number of the
            outfit, (2N,). groups: of outfits that belong together, (2N,).
    """

    places: Any
    labels: Any
    outfits: Any
    groups: Any


def apart(outfits: Sequence[Outfit]) -> Photographs:
    """The photographs of the outfits, as the report had them."""
    top, bottom, label, group = np.array(outfits).T
    numbers = np.arange(len(outfits))
    return Photographs(
        np.concatenate([top, bottom]), np.tile(label, 2), np.tile(numbers, 2), np.tile(group, 2)
    )


def pairs(outfits: Sequence[Outfit], values: Any) -> Any:
    """What is known of both halves, side by side. Shapes: values (garments, D); the result (N, 2 D)."""
    top, bottom, _, _ = np.array(outfits).T
    return np.concatenate([values[top], values[bottom]], axis=1)


def random_cut(labels: Any, groups: Any, share: float, seed: int) -> tuple[Any, Any]:
    """Places to learn from and places to judge, that many of the groups drawn at random.

    With each sample in a group of its own it is PyTorch's ``random_split``; it knows nothing of classes.
    """
    names = np.unique(groups)
    order = np.random.default_rng(seed).permutation(names)
    judged = np.isin(groups, order[: round(share * len(names))])
    return np.flatnonzero(~judged), np.flatnonzero(judged)


def folds(labels: Any, groups: Any, seed: int, count: int = FOLDS) -> Iterator[tuple[Any, Any]]:
    """``count`` cuts that judge each sample once; groups stay whole, and classes keep their shares."""
    from sklearn.model_selection import StratifiedGroupKFold

    folds = StratifiedGroupKFold(min(count, len(np.unique(groups))), shuffle=True, random_state=seed)
    yield from folds.split(np.zeros(len(labels)), labels, groups)


def judge(learner: Learner, x: Any, labels: Any, groups: Any, repeats: int, seed: int = 0) -> Any:
    """How harmonious each sample is, (N,), to learners that never saw its group: mean over repetitions."""
    total = np.zeros(len(labels))
    for repetition in range(repeats):
        for fold, (learnt, judged) in enumerate(folds(labels, groups, seed + repetition)):
            number = 1000 * (seed + repetition) + fold
            total[judged] += learner(x[learnt], labels[learnt], x[judged], number)
    return total / repeats


def scores(p: Any, labels: Any, groups: Any, seed: int = 0) -> TwoClassScores:
    """With intervals over outfits, or groups of them."""
    return TwoClassScores(p, labels, CLASSES, groups=groups, generator=mg.Generator().manual_seed(seed))
