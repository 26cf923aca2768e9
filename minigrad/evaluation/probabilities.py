"""Scores as probabilities, and the mistakes that were made with the highest."""

import numpy as np
import numpy.typing as npt

from minigrad.evaluation.measured import Array


def softmax(scores: npt.ArrayLike) -> Array:
    """exp(x) / sum exp(x) of each row, in float64."""
    x = np.asarray(scores, np.float64)
    e = np.exp(x - x.max(axis=1, keepdims=True))
    probabilities: Array = e / e.sum(axis=1, keepdims=True)
    return probabilities


def surest_mistakes(probabilities: Array, predictions: Array, targets: Array, count: int) -> Array:
    """The indices of the ``count`` samples, or fewer, that were named wrongly with the highest probability.

    Shapes: probabilities (N, classes), predictions and targets (N,). Surest first.
    """
    wrong = np.flatnonzero(predictions != targets)
    sure = probabilities[wrong].max(axis=1)
    chosen: Array = wrong[np.argsort(-sure, kind="stable")[:count]]
    return chosen
