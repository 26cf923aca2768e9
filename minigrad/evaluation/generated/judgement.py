"""A generator judged: every figure measured several times on new samples, beside what photographs get."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from minigrad.evaluation.generated.distances import (
    frechet_distance,
    mean_distance,
    precision_and_recall,
    variety,
)
from minigrad.evaluation.generated.features import Features, features
from minigrad.evaluation.measured import Array, Measured, table
from minigrad.nn import Module
from minigrad.viz import Picture, class_dots

MEASURES = {
    "Fréchet distance": "how far generated images are from photographs as a whole; 0 is best",
    "precision": "the share of generated images that could be photographs",
    "recall": "the share of photographs that could be generated",
    "diversity": "how far apart two generated images are, over two photographs; 1 is best",
    "classes": "between how many classes they are spread",
    "nearest": "how far away the nearest training image is, over held-out photographs; near 0: copies",
}
"""What is measured, and what it says."""


def judge(
    sample: Callable[[int], Any],
    real: Any,
    model: Module,
    *,
    held_out: Any = None,
    count: int = 1000,
    repeats: int = 5,
    k: int = 3,
    layer: Module | None = None,
    seed: int = 0,
) -> "Judgement":
    """Judge a generator, in the features of a classifier.

    Args:
        sample: ``sample(count)`` -> images (count, C, H, W): ``gan.sample``.
        real: the images that it was trained on, (M, C, H, W), in the same range of numbers.
        model, layer: the classifier whose features are taken: see `features`.
        held_out: photographs that it was not trained on, (L, C, H, W): they are judged, too, as if they had
            been generated, and show what can be reached.
        count: how many images each time; of as many photographs, drawn at random.
        repeats: how often each figure is measured, each time on new samples. From these come the intervals.
        k: neighbours, for precision and recall.
        seed: of the choice of photographs.

    Raises:
        ValueError: there are fewer photographs than ``count``, or what `features` raises.
    """
    if repeats < 2:
        raise ValueError(f"judge: an interval needs repeats of 2 at least, got {repeats}.")
    for name, images in (("real", real), ("held_out", held_out)):
        if images is not None and len(images) < count:
            raise ValueError(
                f"judge: {name} has {len(images)} images, and count is {count}. Give count={len(images)}."
            )
    from sklearn.neighbors import NearestNeighbors

    rng = np.random.default_rng(seed)
    photographs = features(model, real, layer)
    others = None if held_out is None else features(model, held_out, layer)
    search = NearestNeighbors(n_neighbors=1).fit(photographs.values)

    def to_nearest(points: Array) -> float:
        return float(np.median(search.kneighbors(points)[0]))

    usual = None if others is None else to_nearest(others.values)

    def measured(made: Features, shown: Array) -> dict[str, float]:
        precision, recall = precision_and_recall(shown, made.values, k)
        found = {
            "Fréchet distance": frechet_distance(shown, made.values),
            "precision": precision,
            "recall": recall,
            "diversity": mean_distance(made.values) / mean_distance(shown),
            "classes": variety(made.scores),
        }
        return found if usual is None else found | {"nearest": to_nearest(made.values) / usual}

    generated, reference = [], []
    for _ in range(repeats):
        shown = photographs.values[rng.choice(len(photographs.values), count, replace=False)]
        generated.append(measured(features(model, sample(count), layer), shown))
        if others is not None:
            chosen = rng.choice(len(others.values), count, replace=False)
            reference.append(measured(Features(others.values[chosen], others.scores[chosen]), shown))
    return Judgement(generated, reference, count)


class Judgement(Measured):
    """The figures of a generator, with intervals, and those of photographs beside them. See `judge`.

    Attributes:
        generated, photographs: by measure, its value each time. ``photographs`` is empty without held-out
            ones. count: images each time.
    """

    def __init__(
        self, generated: list[dict[str, float]], photographs: list[dict[str, float]], count: int
    ) -> None:
        self.generated = {name: [each[name] for each in generated] for name in generated[0]}
        self.photographs = {name: [each[name] for each in photographs] for name in (photographs or [{}])[0]}
        self.count = count

    def interval(self, name: str, of: Mapping[str, list[float]] | None = None) -> tuple[float, float, float]:
        """The mean of a measure, and from where to where it lies with 95 % confidence (Student's t): over new
        samples of this generator, by this classifier. Each time is compared with photographs of the same set,
        so other photographs would move it somewhat more.
        """
        from scipy import stats

        values = np.array((self.generated if of is None else of)[name])
        mean, error = float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))
        half = float(stats.t.ppf(0.975, len(values) - 1)) * error
        return mean, mean - half, mean + half

    def rows(self) -> list[dict[str, Any]]:
        rows = []
        for name in self.generated:
            mean, low, high = self.interval(name)
            row: dict[str, Any] = {"measure": name, "generated": mean, "low": low, "high": high}
            if self.photographs:
                mean, low, high = self.interval(name, self.photographs)
                row |= {"photographs": mean, "photographs low": low, "photographs high": high}
            rows.append(row)
        return rows

    def to_dict(self) -> dict[str, Any]:
        repeats = len(next(iter(self.generated.values())))
        return {"images": self.count, "repeats": repeats, "measures": self.rows()}

    def __str__(self) -> str:
        body = []
        for row in self.rows():
            line = [row["measure"], _in_words(row["generated"], row["high"])]
            if self.photographs:
                line.append(_in_words(row["photographs"], row["photographs high"]))
            body.append(line)
        head = ["", "generated", *(["photographs"] if self.photographs else [])]
        said = [f"{name}: {MEASURES[name]}" for name in self.generated]
        over = "± 95 %, over new images of this one training; another training differs by more"
        return "\n".join([f"{self.count:,} images each time, {over}", table(head, body), *said])

    def plot(self) -> Picture:
        """Precision, recall and diversity, beside those of photographs."""
        names = ["precision", "recall", "diversity"]
        columns = {"generated": [self.interval(name)[0] for name in names]}
        if self.photographs:
            columns["photographs"] = [self.interval(name, self.photographs)[0] for name in names]
        return class_dots(names, columns)


def _in_words(mean: float, high: float) -> str:
    """ "0.867 ± 0.235"; without an interval where the same was measured each time."""
    return f"{mean:.3f} ± {high - mean:.3f}" if high - mean > 1e-9 else f"{mean:.3f}"
