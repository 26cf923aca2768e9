"""Exercises of lesson 7: dense networks that tell clothes apart."""

from typing import Any

import numpy as np

import minigrad as mg
from minigrad.course.grading import exercise


@exercise(
    title="A 1 in the right place",
    hints=(
        "Begin with an array of zeros. What is its shape?",
        "Row n gets a 1 in column labels[n]. A loop over the rows will do; NumPy can do all at once.",
        "y = np.zeros((len(labels), classes)); y[np.arange(len(labels)), labels] = 1.",
    ),
    reference=lambda labels, classes: np.array(
        [[1.0 if label == column else 0.0 for column in range(classes)] for label in labels]
    ),
    draw=lambda rng: [(rng.integers(0, c, n), c) for n, c in [(1, 2), (3, 3), (5, 4), (4, 10), (7, 3)]],
    single=False,
)
def one_hot(labels: np.ndarray, classes: int) -> np.ndarray:
    """Write class numbers as rows of zeros with a single 1.

    labels has N class numbers, from 0 on. Return an array of shape (N, classes) with a 1 in each row, at its
    class.

    >>> one_hot(np.array([2, 0]), 3)
    array([[0, 0, 1], [1, 0, 0]])
    """
    y = np.zeros((len(labels), classes))
    y[np.arange(len(labels)), labels] = 1
    return y


def _standard(train: Any, other: Any) -> Any:
    n = len(train)
    mean = [sum(column) / n for column in train.T.tolist()]
    spread = [
        (sum((number - m) ** 2 for number in column) / n) ** 0.5
        for column, m in zip(train.T.tolist(), mean, strict=True)
    ]
    spread = [s if s > 0 else 1.0 for s in spread]
    return tuple(
        np.array([[(number - m) / s for number, m, s in zip(row, mean, spread, strict=True)] for row in data])
        for data in (train, other)
    )


def _with_flat(train: Any) -> Any:
    train[:, 1] = 3.0
    return train


@exercise(
    title="Inputs of the same size",
    hints=(
        "Each column is an input. Its mean over the rows is taken away, and the rest divided by its "
        "standard deviation.",
        "Which mean is right for the other examples? Nothing may be learned from them, not even a mean.",
        "mean, std = train.mean(axis=0), train.std(axis=0); where std is 0, put 1 in its place (np.where).",
    ),
    returns=("train", "other"),
    reference=_standard,
    draw=lambda rng: (
        [
            (rng.normal(size=(n, d)) * 3 + 5, rng.normal(size=(m, d)) * 2 + 4)
            for n, m, d in [(3, 1, 2), (6, 4, 3)]
        ]
        + [
            (_with_flat(rng.normal(size=(5, 3))), rng.normal(size=(2, 3))),
            (rng.normal(size=(9, 4)), rng.normal(size=(3, 4))),
        ]
    ),
    slips={
        "the other examples are measured with their own mean: take that of the training examples.": (
            lambda train, other: (_standard(train, train)[0], _standard(other, other)[0])
        ),
        "a column that is the same everywhere is divided by 0: divide it by 1.": lambda train, other: tuple(
            (data - train.mean(axis=0)) / train.std(axis=0) for data in (train, other)
        ),
        "it is one mean for everything; each column has its own.": lambda train, other: tuple(
            (data - train.mean()) / train.std() for data in (train, other)
        ),
    },
)
def standardise(train: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bring all inputs to the mean 0 and the standard deviation 1, as measured on the training examples.

    train and other have an example in each row and an input in each column. From each column take away its
    mean in train, and divide by its standard deviation in train (the root of the mean squared distance from
    the mean). A column whose deviation is 0 is divided by 1. Return both arrays; train has the mean 0 and
    the deviation 1 afterwards, and other has nearly.

    The mean of 1 and 3 is 2, and the standard deviation is 1:

    >>> standardise(np.array([[1.0], [3.0]]), np.array([[4.0]]))
    (array([[-1.0], [1.0]]), array([[2.0]]))
    """
    mean, std = train.mean(axis=0), train.std(axis=0)
    std = np.where(std == 0, 1, std)
    return (train - mean) / std, (other - mean) / std


@exercise(
    title="Backward through a dense network",
    hints=(
        "Compute forward once more first: a = x @ W1.T + b1, h = relu(a), z = h @ W2.T + b2. You need "
        "h and a.",
        "Backward from the end: dW2 = dz.T @ h, db2 = dz.sum(axis=0), dh = dz @ W2. Then relu lets dh "
        "through where a was positive.",
        "da = dh * (a > 0), and with it dW1 = da.T @ x and db1 = da.sum(axis=0).",
    ),
    gradient_of=lambda x, W1, b1, W2, b2: mg.relu(x @ W1.T + b1) @ W2.T + b2,
    returns=("dW1", "db1", "dW2", "db2"),
    draw=lambda rng: [
        (
            rng.normal(size=(n, d)),
            rng.normal(size=(h, d)),
            rng.normal(size=h),
            rng.normal(size=(c, h)),
            rng.normal(size=c),
        )
        for n, d, h, c in [(1, 2, 3, 2), (4, 3, 5, 2), (6, 2, 4, 3)]
    ],
    survivors={
        "a > 0 -> a >= 0": "they differ where a is exactly 0, a kink of relu",
        "a -> h (2)": "h is positive just where a is",
    },
)
def dense_rule(
    dy: np.ndarray, x: np.ndarray, W1: np.ndarray, b1: np.ndarray, W2: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Hand a gradient back through a network with one hidden layer, to all its weights.

    x has an example in each row, shape (N, D). The network is h = relu(x @ W1.T + b1), with W1 of shape (H,
    D), and y = h @ W2.T + b2, with W2 of shape (C, H). dy is the gradient of y, shape (N, C). Return the
    gradients of W1, b1, W2 and b2.

    One input 2, two hidden units that get 2 and -2, so only the first is awake, and one result 3 * 2. If 1
    arrives:

    >>> dense_rule(np.array([[1.0]]), np.array([[2.0]]), np.array([[1.0], [-1.0]]),
    ...            np.zeros(2), np.array([[3.0, 5.0]]))
    (array([[6.0], [0.0]]), array([3.0, 0.0]), array([[2.0, 0.0]]), array([1.0]))
    """
    a = x @ W1.T + b1
    h = np.maximum(a, 0)
    da = dy @ W2 * (a > 0)
    return da.T @ x, da.sum(axis=0), dy.T @ h, dy.sum(axis=0)


def _scored(labels: Any, said: Any, classes: int) -> Any:
    out = []
    for one in range(classes):
        hits = sum(1 for a, b in zip(labels, said, strict=True) if a == b == one)
        called, there = sum(1 for b in said if b == one), sum(1 for a in labels if a == one)
        out.append((hits / called if called else 0.0, hits / there if there else 0.0))
    return np.array([p for p, _ in out]), np.array([r for _, r in out])


@exercise(
    title="Precision and recall of each class",
    hints=(
        "For one class count three things: how often it is there, how often it is said, and how often both.",
        "Precision divides both by said, recall divides both by there. If nothing was said, there is "
        "no 0 / 0: it is 0.",
        "In a loop over the classes: hits = ((labels == c) & (said == c)).sum(); and (said == c).sum() "
        "for the others.",
    ),
    returns=("precision", "recall"),
    reference=_scored,
    draw=lambda rng: [
        (rng.integers(0, c, n), rng.integers(0, c, n), c)
        for n, c in [(4, 2), (6, 3), (12, 3), (5, 6), (30, 4)]
    ],
    single=False,
    slips={
        "precision and recall are exchanged.": lambda labels, said, classes: _scored(said, labels, classes),
    },
    survivors={
        "np.zeros -> np.ones": "every entry is written afterwards",
        "np.zeros -> np.ones (2)": "every entry is written afterwards",
    },
)
def precision_recall(labels: np.ndarray, said: np.ndarray, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Find out for each class how far to trust a network that names it.

    labels has the right classes of N examples, and said what a network says. The precision of a class is the
    share of right ones among the examples that are said to be of this class; its recall is the share that is
    found among those that are of this class. Where the share is one of no examples, it is 0. Return two
    arrays with a number for each class.

    Class 0 is said twice, and rightly once; it is there once, and found.

    >>> precision_recall(np.array([0, 1, 1]), np.array([0, 0, 1]), 2)
    (array([0.5, 1.0]), array([1.0, 0.5]))
    """
    precision, recall = np.zeros(classes), np.zeros(classes)
    for c in range(classes):
        hits = ((labels == c) & (said == c)).sum()
        precision[c] = hits / max((said == c).sum(), 1)
        recall[c] = hits / max((labels == c).sum(), 1)
    return precision, recall


def _pairs(scores: Any, yes: Any) -> float:
    """AUC by its meaning: of all pairs of a yes and a no, how many are in the right order; half for a tie."""
    good = [float(s) for s, is_yes in zip(scores, yes, strict=True) if is_yes]
    bad = [float(s) for s, is_yes in zip(scores, yes, strict=True) if not is_yes]
    return sum((g > b) + (g == b) / 2 for g in good for b in bad) / (len(good) * len(bad))


@exercise(
    title="How well do scores part yes and no?",
    hints=(
        "Without ties, two loops over all pairs will do; then look at how to do it with ranks. Sort all "
        "scores, and give the lowest the rank 1, the next 2, and so on. What is the sum of the ranks of the "
        "yeses, if they come last?",
        "A rank counts how many scores are not higher, itself included. Take from the sum of the yeses' "
        "ranks what they count among themselves, P * (P + 1) / 2: there remain the pairs in the right order.",
        "Equal scores share their ranks: each gets the mean. (s < t).sum() + ((s == t).sum() + 1) / 2 is the "
        "rank of t. At the end divide by P * N, the number of pairs.",
    ),
    reference=_pairs,
    draw=lambda rng: [
        (
            rng.integers(0, top, n).astype(float),
            np.concatenate([[True, False], rng.integers(0, 2, n - 2) > 0]),
        )
        for n, top in [(2, 9), (3, 50), (6, 50), (8, 3), (20, 5), (25, 1000)]
    ],
    slips={
        "of a tie, one half counts.": lambda scores, yes: (
            scores[yes][:, None] > scores[~yes][None, :]
        ).mean(),
        "yes and no are exchanged.": lambda scores, yes: _pairs(scores, ~yes),
    },
    survivors={
        "scores -> yes (2)": "both have N entries",
    },
)
def auc(scores: np.ndarray, yes: np.ndarray) -> float:
    """Compute the area under the ROC curve, from ranks.

    scores has N scores, and yes is an array of True and False, with at least one of each. The area is the
    share of right ones among all pairs of a yes and a no: a pair is right if the yes has the higher score,
    and half right if both have the same. Return a number: 1 if every yes is above every no, 0.5 if the
    scores tell nothing.

    Of the two pairs, (3, 1) is right and (3, 5) is wrong:

    >>> auc(np.array([3.0, 1.0, 5.0]), np.array([True, False, False]))
    0.5

    >>> auc(np.array([2.0, 2.0, 1.0]), np.array([True, False, False]))
    0.75
    """
    ranks = np.array([(scores < t).sum() + ((scores == t).sum() + 1) / 2 for t in scores])
    p = yes.sum()
    return (ranks[yes].sum() - p * (p + 1) / 2) / (p * (len(scores) - p))
