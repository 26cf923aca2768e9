"""Calibration: of the samples it was 80 % sure of, are 80 % right?"""

from typing import Any

import numpy as np

from minigrad.evaluation.measured import Array, Measured, table
from minigrad.viz import Picture, reliability


class Calibration(Measured):
    """How often the network is right, by how sure it is: samples in bins by their highest probability.

    Attributes:
        edges: of the bins, equally wide from 0 to 1, (bins + 1,).
        counts: samples per bin. confidence, accuracy: their means; not a number in a bin without samples.
        error: the expected calibration error, the mean over all samples of |accuracy - confidence| of their
            bin. largest: the largest of them.

    Guo et al. 2017, "On calibration of modern neural networks".
    """

    def __init__(self, confidence: Array, right: Array, bins: int = 10) -> None:
        from sklearn.calibration import calibration_curve

        if not len(right):
            raise ValueError("calibration: there are no samples to measure. Is the data set empty?")
        if bins < 1:
            raise ValueError(f"calibration: bins must be at least 1, got {bins!r}.")
        self.edges: Array = np.linspace(0, 1, bins + 1)
        places = np.searchsorted(self.edges[1:-1], confidence)  # as scikit-learn sorts them
        self.counts: Array = np.bincount(places, minlength=bins)
        self.accuracy, self.confidence = np.full(bins, np.nan), np.full(bins, np.nan)
        some = self.counts > 0
        labels = np.asarray(right, np.int64)
        self.accuracy[some], self.confidence[some] = calibration_curve(
            labels, np.clip(confidence, 0, 1), n_bins=bins, pos_label=1
        )
        gaps = np.abs(self.accuracy - self.confidence)[some]
        self.error = float(np.average(gaps, weights=self.counts[some]))
        self.largest = float(gaps.max())

    def __str__(self) -> str:
        body = [
            [
                f"{row['from']:.2f} to {row['to']:.2f}",
                f"{row['samples']:,}",
                "" if row["confidence"] is None else f"{row['confidence']:.4f}",
                "" if row["accuracy"] is None else f"{row['accuracy']:.4f}",
            ]
            for row in self.rows()
        ]
        return (
            table(["sure", "samples", "mean", "right"], body)
            + f"\nexpected calibration error {self.error:.4f}, largest {self.largest:.4f}"
        )

    def rows(self) -> list[dict[str, Any]]:
        return [
            {
                "from": float(low),
                "to": float(high),
                "samples": int(n),
                "confidence": float(sure) if n else None,
                "accuracy": float(share) if n else None,
            }
            for low, high, n, sure, share in zip(
                self.edges, self.edges[1:], self.counts, self.confidence, self.accuracy, strict=False
            )
        ]

    def to_dict(self) -> dict[str, Any]:
        return {
            "expected calibration error": self.error,
            "largest calibration error": self.largest,
            "bins": self.rows(),
        }

    def plot(self) -> Picture:
        """Right over sure, beside the diagonal where the two are equal, and how many samples there are."""
        return reliability(self.edges, self.accuracy, self.counts)
