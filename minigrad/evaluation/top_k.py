"""Top-k accuracy: how often the right class is among the first guesses."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad.evaluation.measured import Array, Measured, labels_of, table
from minigrad.viz import Picture, lines


class TopK(Measured):
    """The share of samples whose class is among the k most probable ones.

    Attributes:
        accuracy: by k, the share.
    """

    def __init__(self, probabilities: Array, targets: Array, ks: int | Sequence[int] = (1,)) -> None:
        from sklearn.metrics import top_k_accuracy_score

        classes = probabilities.shape[1]
        labels_of("top_k", targets, classes)
        asked = [ks] if isinstance(ks, int) else list(ks)
        if not asked or not all(isinstance(k, int | np.integer) and 1 <= k <= classes for k in asked):
            raise ValueError(f"top_k: k is from 1 to {classes}, the number of classes; got {asked}.")
        # Places rather than probabilities: where two are equal the first class is named, as everywhere here.
        order = np.argsort(-probabilities, axis=1, kind="stable")
        places = classes - 1.0 - np.argsort(order, axis=1)  # the best one has the highest
        scores = places if classes > 2 else places[:, 1]  # what scikit-learn takes of two classes
        self.accuracy = {
            k: float(top_k_accuracy_score(targets, scores, k=k, labels=list(range(classes))))
            if k < classes
            else 1.0
            for k in sorted({int(k) for k in asked})
        }

    def __str__(self) -> str:
        return table(["top", "accuracy"], [[f"{k}", f"{share:.4f}"] for k, share in self.accuracy.items()])

    def rows(self) -> list[dict[str, Any]]:
        return [{"k": k, "accuracy": share} for k, share in self.accuracy.items()]

    def to_dict(self) -> dict[str, Any]:
        return {str(k): share for k, share in self.accuracy.items()}

    def plot(self) -> Picture:
        """Accuracy over k."""
        ks, shares = list(self.accuracy), list(self.accuracy.values())
        return lines({}, dots={"accuracy": (ks, shares)}, x="k", y="right among the k most probable")
