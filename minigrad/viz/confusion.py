"""The confusion matrix: what was taken for what."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from minigrad.viz.picture import WIDTH, Picture
from minigrad.viz.theme import Theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def confusion_matrix(counts: npt.ArrayLike, classes: Sequence[str]) -> Picture:
    """A table in colours: row i tells what the samples of class i were called.

    The colour is the share of the row on a scale that spreads small shares, for the mistakes are what one
    looks for; the number is the count.

    Args:
        counts: m[i, j], how many samples of class i were called class j; (classes, classes).
        classes: the names.

    Raises:
        ValueError: the matrix is not square, or the names are too few or too many.
    """
    m = np.asarray(counts)
    if m.shape != (len(classes), len(classes)):
        raise ValueError(
            f"confusion_matrix: expected counts of shape {(len(classes), len(classes))} for {len(classes)} "
            f"classes, got {m.shape}."
        )
    share = m / np.maximum(m.sum(axis=1, keepdims=True), 1)

    def draw(theme: Theme) -> "Figure":
        from matplotlib.colors import LinearSegmentedColormap, PowerNorm
        from matplotlib.figure import Figure

        figure = Figure(figsize=(WIDTH, WIDTH + 0.35), layout="constrained")
        axes = figure.subplots()
        scale = LinearSegmentedColormap.from_list("share", [theme.low, theme.high])
        axes.imshow(share, cmap=scale, norm=PowerNorm(0.5, 0, 1))
        for (i, j), count in np.ndenumerate(m):
            if count:
                color = theme.paper if share[i, j] > 0.3 else theme.ink
                axes.text(j, i, f"{count}", ha="center", va="center", color=color, fontsize=8)
        ticks = range(len(classes))
        axes.set_xticks(ticks, classes, rotation=50, ha="right", rotation_mode="anchor", fontsize=9)
        axes.set_yticks(ticks, classes, fontsize=9)
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
