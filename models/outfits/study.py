"""Cutting outfits into what is learnt from and what is judged: by photograph, by outfit, again and again."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

import minigrad as mg
from minigrad.errors import DataError
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
    """What is known of both halves, side by side. Shapes: values (garments, D), (N, 2 D); or both with views
    before D.
    """
    top, bottom, _, _ = np.array(outfits).T
    return np.concatenate([values[top], values[bottom]], axis=-1)


def random_cut(groups: Any, share: float, seed: int) -> tuple[Any, Any]:
    """Places to learn from and places to judge, that many of the groups drawn at random.

    With each sample in a group of its own it is PyTorch's ``random_split``; it knows nothing of classes.
    """
    names = np.unique(groups)
    order = np.random.default_rng(seed).permutation(names)
    judged = np.isin(groups, order[: round(share * len(names))])
    return np.flatnonzero(~judged), np.flatnonzero(judged)


def number_of_folds(labels: Any, groups: Any) -> int:
    """Five, or as many as there are groups with the rarer answer: each fold is to judge both.

    Raises DataError if that is one, so that nothing could be judged.
    """
    found = [len(np.unique(groups[labels == label])) for label in (0, 1)]
    if min(found) < 2:
        told = " and ".join(f"{n} with {name} ones" for n, name in zip(found, CLASSES, strict=True))
        raise DataError(
            f"{len(labels)} outfits are too few, or share too many garments. Outfits that share one are a "
            f"group, learnt from or judged as a whole; there are {told}, and both need 2. Label more "
            "outfits, of other garments."
        )
    return min(FOLDS, *found)


def folds(labels: Any, groups: Any, seed: int) -> Iterator[tuple[Any, Any]]:
    """Cuts that judge each sample once; groups stay whole, and classes keep their shares."""
    from sklearn.model_selection import StratifiedGroupKFold

    cuts = StratifiedGroupKFold(number_of_folds(labels, groups), shuffle=True, random_state=seed)
    for learnt, judged in cuts.split(np.zeros(len(labels)), labels, groups):
        if len(np.unique(labels[learnt])) < 2:
            raise DataError(
                f"Of {len(labels)} samples in {len(np.unique(groups))} groups all with one answer are judged "
                "at once, and none is left to learn from. Label more outfits, of other garments."
            )
        yield learnt, judged


def judge(learner: Learner, x: Any, labels: Any, groups: Any, repeats: int, seed: int = 0) -> Any:
    """How harmonious each sample is, (N,), to learners that never saw its group: mean over repetitions.

    So it is the answer of a few learners together, which is a little better than that of one; and an AUC of
    all samples compares answers of different folds, so it is a little worse where learners differ in how sure
    they are. Both are the same for all that are compared.
    """
    total = np.zeros(len(labels))
    for repetition in range(repeats):
        for fold, (learnt, judged) in enumerate(folds(labels, groups, seed + repetition)):
            number = 1000 * (seed + repetition) + fold
            total[judged] += learner(x[learnt], labels[learnt], x[judged], number)
    return total / repeats


def scores(p: Any, labels: Any, groups: Any, seed: int = 0) -> TwoClassScores:
    """With intervals over outfits, or groups of them.

    They say how far a score moves with the outfits that are judged. What was learnt stays as it is in them,
    and other outfits to learn from would move it, too: they are somewhat too narrow, most of all where
    nothing is learnt but chance.
    """
    return TwoClassScores(p, labels, CLASSES, groups=groups, generator=mg.Generator().manual_seed(seed))
