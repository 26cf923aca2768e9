"""The classification report: precision, recall and F1."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from minigrad.evaluation.measured import Array, Measured, labels_of, table
from minigrad.train.metrics import ClassScores, class_scores
from minigrad.viz import Picture, class_dots

NAMES = ("precision", "recall", "f1")


class ClassificationReport(Measured):
    """How well each class was found; a class that was never predicted has precision 0.

    Attributes:
        classes: by name, precision, recall, f1 and support.
        accuracy: the share of samples that were named rightly.
        macro: the means over the classes. weighted: the means over the samples.
    """

    def __init__(self, targets: npt.ArrayLike, predictions: npt.ArrayLike, classes: Sequence[str]) -> None:
        labels = labels_of("ClassificationReport", targets, len(classes))
        said = labels_of("ClassificationReport", predictions, len(classes))
        if len(labels) != len(said):
            raise ValueError(
                f"ClassificationReport: there are {len(labels)} targets and {len(said)} predictions."
            )
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
