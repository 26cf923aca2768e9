"""How good are the answers: accuracy while training, and scikit-learn's figures for each class afterwards."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from minigrad.errors import ShapeError
from minigrad.nn import Module
from minigrad.tensor import Tensor

Array = npt.NDArray[Any]


def accuracy(output: Tensor, target: Tensor) -> float:
    """The share of samples whose highest score is that of their class.

    Shapes: output (N, classes) of scores or probabilities, target (N,) of class numbers.
    """
    if output.ndim != 2 or target.shape != output.shape[:1]:
        raise ShapeError(
            f"accuracy: expected output (N, classes) and target (N,), got {output.shape} and {target.shape}. "
            "One-hot targets become class numbers with target.argmax(1)."
        )
    if not len(target):
        raise ValueError(
            "accuracy: there are no samples, and no share of none. Leave empty batches out; is the data set "
            "empty?"
        )
    right = output.detach().cpu().numpy().argmax(axis=1) == target.cpu().numpy()
    return float(np.mean(right))


class ClassScores(NamedTuple):
    """How well one class was found.

    precision: of the samples called this class, the share that is. recall: of the samples of this class, the
    share that was called so. f1: their harmonic mean, 2 p r / (p + r). support: how many samples there are.
    """

    precision: float
    recall: float
    f1: float
    support: int


def class_scores(targets: Array, predictions: Array, classes: Sequence[str]) -> dict[str, ClassScores]:
    """Precision, recall and F1 of each class. A class that was never predicted has precision 0.

    Args:
        targets: the true class numbers, (N,).
        predictions: the class numbers that were predicted, (N,).
        classes: the name of class 0, of class 1, ...
    """
    from sklearn.metrics import precision_recall_fscore_support

    columns = precision_recall_fscore_support(
        targets, predictions, labels=list(range(len(classes))), zero_division=0.0
    )
    return {
        name: ClassScores(float(p), float(r), float(f), int(n))
        for name, p, r, f, n in zip(classes, *columns, strict=True)
    }


def confusion_matrix(targets: Array, predictions: Array, classes: Sequence[str]) -> Array:
    """m[i, j]: how many samples of class i were called class j."""
    from sklearn.metrics import confusion_matrix as count

    matrix: Array = count(targets, predictions, labels=list(range(len(classes))))
    return matrix


def count_parameters(model: Module) -> int:
    """How many numbers training changes."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)
