"""Scores of a decision between two classes, each with an interval: few samples say little, and how little."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from minigrad.evaluation.measured import Array, Measured, labels_of, names_of, table
from minigrad.random import rng_of
from minigrad.viz import Picture, class_dots

TOGETHER = 4_000_000  # numbers held at once: resamples times samples


class Interval(NamedTuple):
    """A score, and the range in which it would lie in most other samples like these.

    A score that has no value, as the precision of a class that was never named, is NaN.
    """

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


class TwoClassScores(Measured):
    """Accuracy, precision, recall, F1 and ROC-AUC of a decision between two classes, each with an interval.

    A bootstrap draws as many samples as there are, with replacement, many times, and looks how far each score
    moves. Samples that belong together are drawn together: two photographs of one outfit are not two
    witnesses. The interval leaves out equally many resamples at both ends; those in which a score has no
    value are left out of its interval.

    Args:
        probabilities: that a sample is of the second class, (N,), or any scores that rise with it.
        targets: class numbers 0 and 1, (N,).
        classes: the names of class 0 and of class 1; the second is the one that scores are of.
        threshold: from which score on a sample is named the second class.
        groups: which samples belong together, (N,): equal values; by default each is by itself.
        resamples: how many; confidence: the share of them that an interval holds.
        generator: a ``minigrad.Generator``.

    Attributes:
        scores: by name, an ``Interval``: "accuracy", "auc"; "precision", "recall", "f1" of the second class,
            and of the first with its name before it.
        curve: (false positive rates, true positive rates) of all samples.

    Raises:
        ValueError: there are no samples, all are of one class, or lengths do not fit.

    Efron and Tibshirani 1993, "An introduction to the bootstrap".
    """

    def __init__(
        self,
        probabilities: npt.ArrayLike,
        targets: npt.ArrayLike,
        classes: Sequence[str] = ("negative", "positive"),
        *,
        threshold: float = 0.5,
        groups: npt.ArrayLike | None = None,
        resamples: int = 1000,
        confidence: float = 0.95,
        generator: Any = None,
    ) -> None:
        from sklearn.metrics import roc_curve

        self.classes = names_of("TwoClassScores", classes)
        y = labels_of("TwoClassScores", targets, 2)
        p = np.asarray(probabilities, np.float64)
        belongs = (
            np.arange(len(y)) if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1]
        )
        if len(self.classes) != 2:
            raise ValueError(f"TwoClassScores: expected the names of two classes, got {self.classes}.")
        if p.shape != y.shape or belongs.shape != y.shape:
            raise ValueError(
                f"TwoClassScores: expected a score and a group for each of {len(y)} targets, got shapes "
                f"{p.shape} and {belongs.shape}."
            )
        if not np.isfinite(p).all():
            raise ValueError("TwoClassScores: not all scores are finite numbers. Did training diverge?")
        if y.min() == y.max():
            raise ValueError(f"TwoClassScores: all {len(y)} samples are {self.classes[y[0]]!r}.")
        if resamples < 1 or not 0 < confidence < 1:
            raise ValueError(
                f"TwoClassScores: expected a resample at least and a confidence between 0 and 1, got "
                f"{resamples} and {confidence}."
            )
        self.count, self.groups, self.confidence = len(y), int(belongs.max()) + 1, confidence
        names = _names(self.classes)
        values = _scores(p, y, threshold, np.ones((1, len(y))))[0]
        rng = rng_of(generator)
        drawn = []
        for first in range(0, resamples, step := max(1, TOGETHER // len(y))):
            picks = rng.integers(0, self.groups, (min(step, resamples - first), self.groups))
            times = np.stack([np.bincount(row, minlength=self.groups) for row in picks])
            drawn.append(_scores(p, y, threshold, times[:, belongs].astype(np.float64)))
        ends = [50 * (1 - confidence), 50 * (1 + confidence)]
        self.scores: dict[str, Interval] = {}
        for name, value, column in zip(names, values, np.concatenate(drawn).T, strict=True):
            there = column[np.isfinite(column)]
            low, high = np.percentile(there, ends) if len(there) else (np.nan, np.nan)
            self.scores[name] = Interval(float(value), float(low), float(high))
        false, true, _ = roc_curve(y, p)
        self.curve: tuple[Array, Array] = (false, true)

    def __getitem__(self, name: str) -> Interval:
        return self.scores[name]

    def __str__(self) -> str:
        head = ["", "value", f"{self.confidence:.0%} from", "to"]
        body = [[name, f"{s.value:.3f}", f"{s.low:.3f}", f"{s.high:.3f}"] for name, s in self.scores.items()]
        return table(head, body)

    def rows(self) -> list[dict[str, Any]]:
        return [{"score": name, **interval._asdict()} for name, interval in self.scores.items()]

    def to_dict(self) -> dict[str, Any]:
        """What has no value is None."""
        return {
            "samples": self.count,
            "groups": self.groups,
            "confidence": self.confidence,
            "scores": {
                name: [None if np.isnan(number) else round(number, 4) for number in interval]
                for name, interval in self.scores.items()
            },
        }

    def plot(self) -> Picture:
        """A line for each score: its value and both ends of its interval."""
        shown = {name: s for name, s in self.scores.items() if np.isfinite(s).all()}
        columns = {field: [getattr(s, field) for s in shown.values()] for field in Interval._fields}
        return class_dots(list(shown), columns)


def _names(classes: Sequence[str]) -> list[str]:
    first = classes[0]
    return [
        *("accuracy", "precision", "recall", "f1", "auc"),
        *(f"{first} precision", f"{first} recall", f"{first} f1"),
    ]


def _scores(p: Array, y: Array, threshold: float, weights: Array) -> Array:
    """The scores in the order of ``_names``, for each row of weights (R, N): (R, 8)."""
    said, is_ = p >= threshold, y == 1
    tp, fp, fn, tn = (
        weights[:, chosen].sum(1) for chosen in (said & is_, said & ~is_, ~said & is_, ~said & ~is_)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        accuracy = (tp + tn) / (tp + fp + fn + tn)
        of_second = (tp / (tp + fp), tp / (tp + fn), 2 * tp / (2 * tp + fp + fn))
        of_first = (tn / (tn + fn), tn / (tn + fp), 2 * tn / (2 * tn + fn + fp))
    return np.stack([accuracy, *of_second, auc(p, y, weights), *of_first], axis=1)


def auc(p: Array, y: Array, weights: Array) -> Array:
    """The area under the ROC curve: of all pairs of both classes, the share in the right order, a tie being
    half of one. Shapes: p and y (N,); weights, how often each sample counts, (R, N); result (R,).
    """
    values, place = np.unique(p, return_inverse=True)
    above = np.zeros((len(weights), len(values)))  # weight of class 1 at each value
    below = np.zeros_like(above)
    rows = np.arange(len(weights))[:, None]
    np.add.at(above, (rows, place[None, y == 1]), weights[:, y == 1])
    np.add.at(below, (rows, place[None, y == 0]), weights[:, y == 0])
    before = np.cumsum(below, axis=1) - 0.5 * below
    with np.errstate(invalid="ignore", divide="ignore"):
        area: Array = (above * before).sum(1) / (above.sum(1) * below.sum(1))
    return area
