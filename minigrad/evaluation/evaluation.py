"""Evaluation: what a classifier said of some samples, from which everything else is computed."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from minigrad.evaluation.calibration import Calibration
from minigrad.evaluation.classification import ClassificationReport
from minigrad.evaluation.confusion import ConfusionMatrix
from minigrad.evaluation.gallery import Gallery
from minigrad.evaluation.measured import Array, labels_of, names_of
from minigrad.evaluation.probabilities import softmax, surest_mistakes
from minigrad.evaluation.roc import RocCurves
from minigrad.evaluation.top_k import TopK


class Evaluation:
    """What a network said of N samples, and what they are.

    Args:
        outputs: a score for each class, (N, classes): logits, which the softmax makes probabilities of.
        targets: the classes that they are, numbers (N,).
        classes: the names of the classes, in the order of their numbers.
        probabilities: whether the outputs are probabilities already.

    Attributes:
        probabilities: (N, classes). predictions: the most probable classes, (N,). targets: (N,).

    Raises:
        ValueError: there are no samples, the shapes do not fit, a label is out of range, an output is not a
            number, or probabilities do not add up to 1.
    """

    def __init__(
        self,
        outputs: npt.ArrayLike,
        targets: npt.ArrayLike,
        classes: Sequence[str] | Sequence[int],
        *,
        probabilities: bool = False,
    ) -> None:
        classes = names_of("Evaluation", classes)
        scores = np.asarray(outputs)
        if scores.ndim != 2 or scores.shape[1] != len(classes) or len(classes) < 2:
            raise ValueError(
                f"Evaluation: expected outputs (N, {len(classes)}), a score for each of {len(classes)} "
                f"classes (two at least); got shape {scores.shape}."
            )
        labels = np.asarray(targets)
        if labels.ndim == 2:
            raise ValueError(
                f"Evaluation: expected class numbers (N,), got shape {labels.shape}. One-hot targets become "
                "class numbers with targets.argmax(1)."
            )
        self.targets = labels_of("Evaluation", labels, len(classes))
        if len(scores) != len(labels):
            raise ValueError(f"Evaluation: there are {len(scores)} outputs and {len(labels)} targets.")
        wrong = ~np.isfinite(scores).all(axis=1)
        if wrong.any():
            more = int(wrong.sum()) - 1
            raise ValueError(
                f"Evaluation: the outputs of sample {int(wrong.argmax())} are not all finite numbers"
                f"{f', nor those of {more:,} more' if more else ''}. Did training diverge? Try a lower "
                "learning rate."
            )
        self.probabilities = _checked(scores) if probabilities else softmax(scores)
        self.predictions: Array = scores.argmax(axis=1)
        self.classes = classes

    def __len__(self) -> int:
        return len(self.targets)

    def __repr__(self) -> str:
        return f"Evaluation({len(self):,} samples, {len(self.classes)} classes, accuracy {self.accuracy:.4f})"

    @property
    def accuracy(self) -> float:
        """The share of samples that were named rightly."""
        return float(np.mean(self.predictions == self.targets))

    def classification_report(self) -> ClassificationReport:
        """Precision, recall and F1 of each class, and their means."""
        return ClassificationReport(self.targets, self.predictions, self.classes)

    def confusion_matrix(self) -> ConfusionMatrix:
        """What was taken for what."""
        return ConfusionMatrix(self.targets, self.predictions, self.classes)

    def top_k(self, ks: int | Sequence[int] | None = None) -> TopK:
        """How often the right class is among the k most probable ones; by default for k = 1, 3 and 5."""
        if ks is None:
            ks = [k for k in (1, 3, 5) if k <= len(self.classes)]
        return TopK(self.probabilities, self.targets, ks)

    def roc(self) -> RocCurves:
        """How far each class can be told from the others, at every threshold."""
        return RocCurves(self.probabilities, self.targets, self.classes)

    def calibration(self, bins: int = 10) -> Calibration:
        """Whether it is right as often as it is sure."""
        right = self.predictions == self.targets
        return Calibration(self.probabilities.max(axis=1), right, bins)

    def mistakes(self, images: npt.ArrayLike, count: int = 16, top: int | None = None) -> Gallery:
        """The images of which it was surest and wrong.

        Args:
            images: all of them, in the order of the outputs: (N, H, W) or (N, H, W, 3).
            count: how many to show, at most.
            top: how many predictions to name for each; by default three, or two where there are two classes.
        """
        if count < 1:
            raise ValueError(f"mistakes: count must be at least 1, got {count!r}.")
        top = min(3, len(self.classes)) if top is None else top
        chosen = surest_mistakes(self.probabilities, self.predictions, self.targets, count)
        wrong = int((self.predictions != self.targets).sum())
        title = f"The {len(chosen)} mistakes it was surest of, out of {wrong:,}"
        return self._gallery(images, chosen, top, title if len(chosen) else "No mistakes")

    def gallery(self, images: npt.ArrayLike, indices: Sequence[int] | None = None, top: int = 1) -> Gallery:
        """The images at certain indices, by default the first fifteen, with what it said of them."""
        indices = range(min(15, len(self))) if indices is None else indices
        return self._gallery(images, np.asarray(indices, np.intp), top, f"{len(indices)} predictions")

    def _gallery(self, images: npt.ArrayLike, indices: Array, top: int, title: str) -> Gallery:
        pictures = np.asarray(images)
        if len(pictures) != len(self):
            raise ValueError(
                f"gallery: expected an image for each of the {len(self):,} samples, got {len(pictures):,}. "
                "Give all of them, in the order of the outputs."
            )
        if pictures.ndim != 3 and not (pictures.ndim == 4 and pictures.shape[3] == 3):
            first = pictures.ndim == 4 and pictures.shape[1] in (1, 3)
            hint = "images[:, 0]" if first and pictures.shape[1] == 1 else "images.transpose(0, 2, 3, 1)"
            raise ValueError(
                f"gallery: expected images (N, H, W) or (N, H, W, 3), got shape {pictures.shape}."
                + (f" Channels come last in pictures: {hint}, for arrays." if first else "")
            )
        return Gallery(pictures, indices, self.probabilities, self.targets, self.classes, top, title)


def _checked(p: Array) -> Array:
    if p.min() < 0 or not np.allclose(p.sum(axis=1), 1, atol=1e-4):
        raise ValueError(
            "Evaluation: probabilities are at least 0 and add up to 1 in each row. For logits, leave "
            "probabilities=True out."
        )
    return p.astype(np.float64)
