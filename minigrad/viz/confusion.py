"""The confusion matrix: what was taken for what."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from minigrad.viz.numbers import numbers
from minigrad.viz.picture import WIDTH, Picture
from minigrad.viz.theme import Theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure


WRITTEN = 20  # classes, at most, for numbers to be written into the cells


def confusion_matrix(
    counts: npt.ArrayLike, classes: Sequence[str], values: Literal["counts", "rates"] = "counts"
) -> Picture:
    """A table in colours: row i tells what the samples of class i were called.

    The colour is the share of the row on a scale that spreads small shares, for the mistakes are what one
    looks for; the number is the count, or the share in per cent. With more than 20 classes there is no room
    for numbers, and so many names are written as can be read: of a hundred, every fifth.

    Args:
        counts: m[i, j], how many samples of class i were called class j; (classes, classes).
        classes: the names.
        values: which numbers are written, "counts" or "rates".

    Raises:
        ValueError: the matrix is not square, the names are too few or too many, or ``values`` is another.
    """
    m = numbers(counts)
    if m.shape != (len(classes), len(classes)):
        raise ValueError(
            f"confusion_matrix: expected counts of shape {(len(classes), len(classes))} for {len(classes)} "
            f"classes, got {m.shape}."
        )
    if values not in ("counts", "rates"):
        raise ValueError(f'confusion_matrix: values must be "counts" or "rates", got {values!r}.')
    share = m / np.maximum(m.sum(axis=1, keepdims=True), 1)

    def draw(theme: Theme) -> "Figure":
        from matplotlib.colors import LinearSegmentedColormap, PowerNorm
        from matplotlib.figure import Figure

        figure = Figure(figsize=(WIDTH, WIDTH + 0.35), layout="constrained")
        axes = figure.subplots()
        scale = LinearSegmentedColormap.from_list("share", [theme.low, theme.high])
        axes.imshow(share, cmap=scale, norm=PowerNorm(0.5, 0, 1))
        few = len(classes) <= WRITTEN
        for (i, j), count in np.ndenumerate(m) if few else ():
            if count:
                color = theme.paper if share[i, j] > 0.3 else theme.ink
                text = f"{count}" if values == "counts" else f"{100 * share[i, j]:.1f}"
                axes.text(j, i, text, ha="center", va="center", color=color, fontsize=8)
        ticks = range(0, len(classes), 1 if few else max(5, -(-len(classes) // WRITTEN)))
        names, size = [classes[i] for i in ticks], 9 if few else 6
        axes.set_xticks(ticks, names, rotation=50, ha="right", rotation_mode="anchor", fontsize=size)
        axes.set_yticks(ticks, names, fontsize=size)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set_xlabel("predicted class")
        axes.set_ylabel("true class")
        return figure

    return Picture(draw, _in_words(m, classes))


def _in_words(m: npt.NDArray[Any], classes: Sequence[str]) -> str:
    right, total = int(np.trace(m)), int(m.sum())
    text = f"Confusion matrix of {total:,} samples, of which {right:,} lie on the diagonal."
    wrong = m - np.diag(np.diag(m))
    worst = [divmod(int(k), len(classes)) for k in np.argsort(-wrong, axis=None, kind="stable")[:3]]
    mistakes = [f"{classes[i]} taken for {classes[j]}, {wrong[i, j]} times" for i, j in worst if wrong[i, j]]
    return f"{text} The most frequent mistakes: {'; '.join(mistakes)}." if mistakes else text
