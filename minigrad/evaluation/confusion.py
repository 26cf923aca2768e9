"""The confusion matrix, in counts and in rates."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from minigrad.evaluation.measured import Array, Measured, labels_pair, names_of, table
from minigrad.viz import Picture
from minigrad.viz import confusion_matrix as draw


def confusion_matrix(targets: Array, predictions: Array, classes: Sequence[str] | Sequence[int]) -> Array:
    """m[i, j]: how many samples of class i were called class j. Raises as ``class_scores``."""
    from sklearn.metrics import confusion_matrix as count

    targets, predictions = labels_pair("confusion_matrix", targets, predictions, len(classes))
    matrix: Array = count(targets, predictions, labels=list(range(len(classes))))
    return matrix


class ConfusionMatrix(Measured):
    """What was taken for what.

    Attributes:
        counts: m[i, j], how many samples of class i were called class j.
        rates: the same as shares of the samples of class i; 0 where there are none.
        classes: the names.
    """

    def __init__(
        self, targets: npt.ArrayLike, predictions: npt.ArrayLike, classes: Sequence[str] | Sequence[int]
    ) -> None:
        self.classes = names_of("ConfusionMatrix", classes)
        labels, said = labels_pair("ConfusionMatrix", targets, predictions, len(self.classes))
        self.counts: Array = confusion_matrix(labels, said, classes)
        self.rates: Array = self.counts / np.maximum(self.counts.sum(axis=1, keepdims=True), 1)

    def confusions(self, count: int = 10) -> list[tuple[str, str, int]]:
        """The most frequent mistakes: (true class, predicted class, how often)."""
        wrong = self.counts - np.diag(np.diag(self.counts))
        order = np.argsort(-wrong, axis=None, kind="stable")[:count]
        pairs = [divmod(int(place), len(self.classes)) for place in order]
        return [(self.classes[i], self.classes[j], int(wrong[i, j])) for i, j in pairs if wrong[i, j]]

    def __str__(self) -> str:
        if len(self.classes) > 20:
            body = [[true, said, f"{many:,}"] for true, said, many in self.confusions(20)]
            right, total = int(np.trace(self.counts)), int(self.counts.sum())
            return f"{right:,} of {total:,} right. The most frequent mistakes:\n" + table(
                ["is", "called", "times"], body
            )
        head = ["is \\ called", *self.classes]
        return table(
            head,
            [[name, *(f"{n:,}" for n in row)] for name, row in zip(self.classes, self.counts, strict=True)],
        )

    def rows(self) -> list[dict[str, Any]]:
        return [
            {"class": name, **{other: int(n) for other, n in zip(self.classes, row, strict=True)}}
            for name, row in zip(self.classes, self.counts, strict=True)
        ]

    def to_dict(self) -> dict[str, Any]:
        return {"classes": self.classes, "counts": self.counts.tolist()}

    def plot(self, values: Literal["counts", "rates"] = "counts") -> Picture:
        """The matrix in colours, with counts or with rates (in per cent) written into it."""
        return draw(self.counts, self.classes, values)
