"""ROC curves: how far a class can be told from the others, whatever threshold is taken."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad.evaluation.measured import Array, Measured, labels_of, names_of, table
from minigrad.viz import Picture, roc_curves


class RocCurves(Measured):
    """One class against the rest: the true over the false positive rate, as the threshold falls.

    A class that no sample is of, or every one, has no curve.

    Attributes:
        curves: by class, (false positive rates, true positive rates).
        auc: by class, the area under the curve: the probability that a sample of the class gets a higher
            score than one of another class.
        macro: the mean of the areas.

    Fawcett 2006, "An introduction to ROC analysis".
    """

    def __init__(self, probabilities: Array, targets: Array, classes: Sequence[str] | Sequence[int]) -> None:
        from sklearn.metrics import auc, roc_curve

        classes = names_of("roc", classes)
        labels_of("roc", targets, len(classes))
        self.curves: dict[str, tuple[Array, Array]] = {}
        self.auc: dict[str, float] = {}
        self.left_out: list[str] = []
        for number, name in enumerate(classes):
            positive = targets == number
            if positive.all() or not positive.any():
                self.left_out.append(name)
                continue
            false, true, _ = roc_curve(positive, probabilities[:, number])
            self.curves[name] = (false, true)
            self.auc[name] = float(auc(false, true))
        if not self.auc:
            raise ValueError(
                f"roc: all {len(targets)} samples are of one class, so nothing can be told apart. Take "
                "samples of two classes at least."
            )
        self.macro = float(np.mean(list(self.auc.values())))

    def __str__(self) -> str:
        body = [[name, f"{area:.4f}"] for name, area in self.auc.items()]
        body += [[name, "no curve"] for name in self.left_out]
        return table(["", "AUC"], [*body, ["mean", f"{self.macro:.4f}"]])

    def rows(self) -> list[dict[str, Any]]:
        return [{"class": name, "auc": area} for name, area in self.auc.items()]

    def to_dict(self) -> dict[str, Any]:
        return {"macro mean": self.macro, "auc": self.auc}

    def plot(self) -> Picture:
        """The curves of all classes, the two worst ones in colour."""
        return roc_curves(self.curves, self.auc)
