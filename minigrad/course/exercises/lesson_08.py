"""Exercises of lesson 8: learning, and learning by heart."""

from typing import Any

import numpy as np

import minigrad as mg
from minigrad.course.grading import exercise
from minigrad.nn import functional as F


def _stopped(losses: Any, patience: int, min_delta: float) -> tuple[int, int]:
    best = 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[best] - min_delta:
            best = epoch
        elif epoch - best == patience:
            return epoch, best
    return len(losses) - 1, best


@exercise(
    title="When to stop",
    hints=(
        "Keep two things as you go through the losses: the best one so far, and how long ago it was.",
        "A loss is better if it is below the best by more than min_delta. Then it is the new best, and the "
        "waiting begins anew. Else one more epoch was waited.",
        "When patience epochs were waited, return this epoch and the best one. After the loop return "
        "the last and best.",
    ),
    returns=("stopped", "best"),
    reference=_stopped,
    draw=lambda rng: [
        ([3.0, 2.0, 1.0], 1, 0.0),
        ([1.0, 1.0, 1.0, 0.5], 2, 0.0),
        ([5.0, 4.0, 4.5, 3.75, 3.5, 3.75, 3.75, 1.0], 2, 0.0),
        ([5.0, 4.75, 4.5, 4.25, 4.0, 3.0, 3.5], 3, 0.5),
        ([4.0, 3.5, 3.0, 2.5, 2.0], 1, 0.5),
        *(
            (([float(v) for v in rng.integers(0, 40, 20) / 4]), patience, 0.25)
            for patience in (1, 2, 3, 5, 30)
        ),
    ],
    single=False,
    slips={
        "each loss is compared with the one before it; compare with the best so "
        "far.": lambda losses, patience, min_delta: _beside(losses, patience, min_delta),
    },
)
def early_stopping(losses: list[float], patience: int, min_delta: float) -> tuple[int, int]:
    """Find out when a training would have been stopped, and which epoch's weights would be kept.

    losses has the validation loss of each epoch, from epoch 0 on. A loss is an improvement if it is lower
    than the best one so far by more than min_delta; the loss of epoch 0 is the first best one. The training
    stops in the epoch in which, patience times in a row, there was none; or after the last loss. Return the
    epoch in which it stops, and the best epoch.

    The best is 2.0 in epoch 1. After it there are two epochs without improvement, 2 and 3; the 1.0 is never
    seen.

    >>> early_stopping([3.0, 2.0, 2.5, 2.0, 1.0], 2, 0.0)
    (3, 1)
    """
    best, waited = 0, 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[best] - min_delta:
            best, waited = epoch, 0
        else:
            waited += 1
            if waited == patience:
                return epoch, best
    return len(losses) - 1, best


def _beside(losses: Any, patience: int, min_delta: float) -> tuple[int, int]:
    waited = best = 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[epoch - 1] - min_delta:
            best, waited = epoch, 0
        else:
            waited += 1
            if waited == patience:
                return epoch, best
    return len(losses) - 1, best


@exercise(
    title="Dropout, forward and backward",
    hints=(
        "An element is left out where its number of r is less than p. What happens to those that stay, so "
        "that the mean stays the same?",
        "They are divided by 1 - p. All of it is a product with a mask: (r >= p) / (1 - p).",
        "Backward through a product with a mask: dy times the same mask. Return x * mask, dy * mask.",
    ),
    returns=("y", "dx"),
    reference=lambda x, dy, r, p: tuple(
        np.array(
            [a / (1 - p) if u >= p else 0.0 for a, u in zip(part.ravel(), r.ravel(), strict=True)]
        ).reshape(x.shape)
        for part in (x, dy)
    ),
    draw=lambda rng: [
        (rng.normal(size=shape), rng.normal(size=shape), rng.integers(0, 8, shape) / 8, p)
        for shape, p in [((3,), 0.5), ((2, 4), 0.25), ((5, 3), 0.75), ((4,), 0.0), ((6, 2), 0.5)]
    ],
    slips={
        "what stays is not divided by 1 - p, and is too small on average.": lambda x, dy, r, p: (
            x * (r >= p),
            dy * (r >= p),
        ),
        "it leaves out what should stay.": lambda x, dy, r, p: (
            x * (r < p) / (1 - p),
            dy * (r < p) / (1 - p),
        ),
        "backward is not forward's mask: what was left out gets no gradient.": lambda x, dy, r, p: (
            x * (r >= p) / (1 - p),
            dy,
        ),
    },
)
def dropout_both_ways(
    x: np.ndarray, dy: np.ndarray, r: np.ndarray, p: float
) -> tuple[np.ndarray, np.ndarray]:
    """Leave elements out of x, and hand the gradient back past the same gaps.

    r has a random number from 0 to 1 for each element of x. Where it is less than p, the element is left
    out: it becomes 0. The others are divided by 1 - p. Return this y, and the gradient of x if dy is that of
    y. All arrays have one shape.

    >>> dropout_both_ways(np.array([1.0, 2.0]), np.array([10.0, 10.0]), np.array([0.3, 0.8]), 0.5)
    (array([0.0, 4.0]), array([0.0, 20.0]))
    """
    mask = (r >= p) / (1 - p)
    return x * mask, dy * mask


@exercise(
    title="Batch norm, forward",
    hints=(
        "Each column is a feature. Over the batch, the rows, it has a mean and a variance.",
        "The variance is the mean of the squared distances from the mean: x.var(axis=0).",
        "(x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps) has the mean 0; then times gamma, plus beta.",
    ),
    reference=lambda x, gamma, beta, eps: np.asarray(
        F.batch_norm(mg.tensor(x), None, None, mg.tensor(gamma), mg.tensor(beta), training=True, eps=eps)
    ),
    draw=lambda rng: [
        (rng.normal(size=(n, d)) * 2 + 1, rng.normal(size=d), rng.normal(size=d), eps)
        for n, d, eps in [(2, 1, 0.1), (4, 3, 0.01), (3, 5, 0.5), (8, 2, 1e-5)]
    ],
    slips={
        "the variance is divided by N - 1; in the batch it is the mean, divided by "
        "N.": lambda x, gamma, beta, eps: (
            gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0, ddof=1) + eps) + beta
        ),
        "each row is brought to the mean 0; it is to be each column, over the "
        "batch.": lambda x, gamma, beta, eps: (
            gamma * (x - x.mean(axis=1, keepdims=True)) / np.sqrt(x.var(axis=1, keepdims=True) + eps) + beta
        ),
        "eps stands under the root, with the variance.": lambda x, gamma, beta, eps: (
            gamma * (x - x.mean(axis=0)) / (x.std(axis=0) + eps) + beta
        ),
    },
)
def batch_norm(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, eps: float) -> np.ndarray:
    """Bring each feature of a batch to a mean and a spread that can be learned, as in training.

    x has an example in each row and a feature in each column, shape (N, D). Take from each feature its mean
    over the batch, and divide by the root of its variance (the mean squared distance) plus eps. Then
    multiply by gamma, and add beta, which have a number for each feature.

    The mean of 1 and 5 is 3 and the variance is 4, so they become -1 and 1, and then 10 less and 10 more
    than 100:

    >>> batch_norm(np.array([[1.0], [5.0]]), np.array([10.0]), np.array([100.0]), 0.0)
    array([[90.0], [110.0]])
    """
    xhat = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps)
    return gamma * xhat + beta


def _batch_norm(x: Any, gamma: Any, beta: Any, eps: float) -> Any:
    centred = x - x.mean(0)
    return gamma * centred / mg.sqrt((centred**2).mean(0) + eps) + beta


@exercise(
    title="Batch norm, backward",
    hints=(
        "gamma and beta are easy: y = gamma * xhat + beta, and each acts on all rows of its column. For x go "
        "step by step: what is dxhat?",
        "x acts on xhat on three ways: directly, through the mean, and through the variance. The first gives "
        "dxhat / s, with s = sqrt(var + eps). The second takes from it its own mean over the batch.",
        "The third takes away xhat * mean(dxhat * xhat), also over s. So dx = (dxhat - dxhat.mean(axis=0) - "
        "xhat * (dxhat * xhat).mean(axis=0)) / s, with dxhat = dy * gamma.",
    ),
    gradient_of=_batch_norm,
    returns=("dx", "dgamma", "dbeta"),
    draw=lambda rng: [
        (rng.normal(size=(n, d)) * 2 + 1, rng.normal(size=d), rng.normal(size=d), eps)
        for n, d, eps in [(2, 1, 0.25), (3, 2, 0.1), (5, 3, 0.01), (4, 6, 0.5)]
    ],
    slips={
        "mean and variance are taken for constants. They depend on x, too, and bring two more ways.": (
            lambda dy, x, gamma, eps: (
                dy * gamma / np.sqrt(x.var(axis=0) + eps),
                (dy * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps)).sum(axis=0),
                dy.sum(axis=0),
            )
        ),
    },
)
def batch_norm_rule(
    dy: np.ndarray, x: np.ndarray, gamma: np.ndarray, eps: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hand a gradient back through batch norm.

    x is a batch of shape (N, D). With the mean and the variance of each column, xhat = (x - mean) / sqrt(var
    + eps), and y = gamma * xhat + beta. The variance is the mean squared distance from the mean. dy is the
    gradient of y. Return the gradients of x, of gamma and of beta. Mind that mean and variance are made of
    x.

    Two rows, -1 and 1, with eps = 0: whatever they are, they become -1 and 1, so x gets nothing.

    >>> batch_norm_rule(np.array([[3.0], [5.0]]), np.array([[-1.0], [1.0]]), np.array([2.0]), 0.0)
    (array([[0.0], [0.0]]), array([2.0]), array([8.0]))

    With eps = 3 the root is 2, and xhat is -1/2 and 1/2:

    >>> batch_norm_rule(np.array([[0.0], [4.0]]), np.array([[-1.0], [1.0]]), np.array([1.0]), 3.0)
    (array([[-0.75], [0.75]]), array([2.0]), array([4.0]))
    """
    s = np.sqrt(x.var(axis=0) + eps)
    xhat = (x - x.mean(axis=0)) / s
    dxhat = dy * gamma
    dx = (dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)) / s
    return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)


@exercise(
    title="A mean that runs along",
    hints=(
        "Each batch moves the running numbers a little towards its own: 1 - momentum of the old, "
        "momentum of the new.",
        "The running variance stands for that of all examples. A batch's is a little too small for "
        "that, by (N - 1) / N.",
        "mean = (1 - momentum) * mean + momentum * x.mean(axis=0), and the same for var with "
        "x.var(axis=0, ddof=1).",
    ),
    returns=("mean", "var"),
    reference=lambda mean, var, x, momentum: (
        mean + momentum * (x.sum(axis=0) / len(x) - mean),
        var + momentum * (((x - x.sum(axis=0) / len(x)) ** 2).sum(axis=0) / (len(x) - 1) - var),
    ),
    draw=lambda rng: [
        (rng.normal(size=d), rng.uniform(0.5, 2, d), rng.normal(size=(n, d)) * 2 + 1, momentum)
        for n, d, momentum in [(2, 1, 0.5), (4, 3, 0.1), (9, 2, 0.25)]
    ],
    slips={
        "old and new are exchanged: momentum is the share of the new.": lambda mean, var, x, momentum: (
            momentum * mean + (1 - momentum) * x.mean(axis=0),
            momentum * var + (1 - momentum) * x.var(axis=0, ddof=1),
        ),
        "the variance is to be divided by N - 1.": lambda mean, var, x, momentum: (
            (1 - momentum) * mean + momentum * x.mean(axis=0),
            (1 - momentum) * var + momentum * x.var(axis=0),
        ),
    },
)
def running_statistics(
    mean: np.ndarray, var: np.ndarray, x: np.ndarray, momentum: float
) -> tuple[np.ndarray, np.ndarray]:
    """Keep the mean and the variance that batch norm uses when it is not in training.

    mean and var have a number for each feature. x is a batch of shape (N, D). Each new number is 1 -
    momentum times the old one, and momentum times that of the batch; the batch's variance is the sum of the
    squared distances from its mean, divided by N - 1. Return both.

    The batch 1, 5 has the mean 3 and the variance (4 + 4) / 1 = 8:

    >>> running_statistics(np.array([1.0]), np.array([4.0]), np.array([[1.0], [5.0]]), 0.25)
    (array([1.5]), array([5.0]))
    """
    mean = (1 - momentum) * mean + momentum * x.mean(axis=0)
    var = (1 - momentum) * var + momentum * x.var(axis=0, ddof=1)
    return mean, var
