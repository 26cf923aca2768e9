"""The classification report: precision, recall and F1."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from minigrad.evaluation.measured import Array, Measured, labels_pair, names_of, table
from minigrad.viz import Picture, class_dots

NAMES = ("precision", "recall", "f1")


class ClassScores(NamedTuple):
    """How well one class was found.

    precision: of the samples called this class, the share that is. recall: of the samples of this class, the
    share that was called so. f1: their harmonic mean, 2 p r / (p + r). support: how many samples there are.
    """

    precision: float
    recall: float
    f1: float
    support: int


def class_scores(
    targets: Array, predictions: Array, classes: Sequence[str] | Sequence[int]
) -> dict[str, ClassScores]:
    """Precision, recall and F1 of each class. A class that was never predicted has precision 0.

    Args:
        targets: the true class numbers, (N,).
        predictions: the class numbers that were predicted, (N,).
        classes: the name of class 0, of class 1, ...

    Raises ValueError for no samples, numbers that no class has, and a name that two classes have.
    """
    from sklearn.metrics import precision_recall_fscore_support

    classes = names_of("class_scores", classes)
    targets, predictions = labels_pair("class_scores", targets, predictions, len(classes))
    columns = precision_recall_fscore_support(
        targets, predictions, labels=list(range(len(classes))), zero_division=0.0
    )
    return {
        name: ClassScores(float(p), float(r), float(f), int(n))
        for name, p, r, f, n in zip(classes, *columns, strict=True)
    }


class ClassificationReport(Measured):
    """How well each class was found; a class that was never predicted has precision 0.

    Attributes:
        classes: by name, precision, recall, f1 and support.
        accuracy: the share of samples that were named rightly.
        macro: the means over the classes. weighted: the means over the samples.
    """

    def __init__(
        self, targets: npt.ArrayLike, predictions: npt.ArrayLike, classes: Sequence[str] | Sequence[int]
    ) -> None:
        classes = names_of("ClassificationReport", classes)
        labels, said = labels_pair("ClassificationReport", targets, predictions, len(classes))
        self.accuracy = float(np.mean(labels == said))
        self.classes = class_scores(labels, said, classes)
        scores = np.array([[s.precision, s.recall, s.f1] for s in self.classes.values()])
        support = np.array([s.support for s in self.classes.values()])
        self.macro = _mean(scores, np.ones(len(support)), len(labels))
        self.weighted = _mean(scores, support, len(labels))

    def __str__(self) -> str:
        means = {"macro mean": self.macro, "weighted mean": self.weighted}
        body = [
            [name, f"{s.precision:.4f}", f"{s.recall:.4f}", f"{s.f1:.4f}", f"{s.support:,}"]
            for name, s in (*self.classes.items(), *means.items())
        ]
        body.append(["accuracy", "", "", f"{self.accuracy:.4f}", f"{self.macro.support:,}"])
        return table(["", "precision", "recall", "F1", "support"], body)

    def rows(self) -> list[dict[str, Any]]:
        return [{"class": name, **scores._asdict()} for name, scores in self.classes.items()]

    def to_dict(self) -> dict[str, Any]:
        return {
            "accuracy": self.accuracy,
            "macro mean": self.macro._asdict(),
            "weighted mean": self.weighted._asdict(),
            "classes": {name: scores._asdict() for name, scores in self.classes.items()},
        }

    def plot(self) -> Picture:
        """Three dots for each class, the worst class at the top."""
        ordered = sorted(self.classes.items(), key=lambda item: item[1].f1)
        columns = {name: [getattr(scores, name) for _, scores in ordered] for name in NAMES}
        return class_dots([name for name, _ in ordered], columns)


def _mean(scores: Array, weights: Array, samples: int) -> ClassScores:
    precision, recall, f1 = np.average(scores, axis=0, weights=weights).tolist()
    return ClassScores(precision, recall, f1, samples)
