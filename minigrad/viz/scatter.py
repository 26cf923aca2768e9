"""Points of two classes in a plane, and where a classifier draws its line between them."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from minigrad.viz.chart import Chart, chart, head
from minigrad.viz.numbers import numbers
from minigrad.viz.theme import Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GRID = 200  # points along an axis at which the classifier is asked


def scatter(
    points: npt.ArrayLike,
    classes: npt.ArrayLike,
    *,
    score: Callable[[Any], Any] | None = None,
    names: Sequence[str] = ("class 0", "class 1"),
    title: str = "",
    x: str = "x1",
    y: str = "x2",
) -> Chart:
    """Points of class 0 as circles, those of class 1 as squares.

    Args:
        points: (N, 2).
        classes: (N,), each 0 or 1.
        score: of an array of points (M, 2), their scores (M,): class 1 where it is greater than 0. Both sides
            are tinted, and the line between them is drawn.
        names: of the two classes.
        title: over the panel. x, y: what the axes show.

    Raises:
        ValueError: a shape is another, or there is a class that is neither 0 nor 1.
    """
    p, c = numbers(points), numbers(classes)
    if p.ndim != 2 or p.shape[1] != 2 or not len(p):
        raise ValueError(f"scatter: expected points of shape (N, 2), N at least 1, got {p.shape}.")
    if c.shape != p.shape[:1] or not np.isin(c, (0, 1)).all():
        raise ValueError(f"scatter: expected {len(p)} classes, each 0 or 1, got {c.tolist()}.")
    low, high = p.min(axis=0), p.max(axis=0)
    margin = 0.12 * np.maximum(high - low, 1e-6)
    low, high = low - margin, high + margin
    across, up = np.meshgrid(*(np.linspace(low[i], high[i], GRID) for i in range(2)))
    height = None
    if score is not None:
        height = np.asarray(score(np.column_stack([across.ravel(), up.ravel()])))
        if height.size != across.size:
            raise ValueError(
                f"scatter: score should return one number per point, {across.size} of them; it returned "
                f"shape {height.shape}."
            )
        height = height.reshape(across.shape)

    def panel(axes: "Axes", theme: Theme) -> None:
        if height is not None and height.min() <= 0 < height.max():
            axes.contourf(
                across, up, height > 0, [-0.5, 0.5, 1.5], colors=(theme.first, theme.second), alpha=0.13
            )
            axes.contour(across, up, height, [0], colors=theme.ink, linewidths=1.2, linestyles="-")
        for number, (colour, marker) in enumerate(((theme.first, "o"), (theme.second, "s"))):
            axes.scatter(
                p[c == number, 0],
                p[c == number, 1],
                s=26,
                marker=marker,
                color=colour,
                edgecolors=theme.paper,
                linewidths=0.6,
                label=names[number],
                zorder=3,
            )
        axes.set_xlim(low[0], high[0])
        axes.set_ylim(low[1], high[1])
        axes.set_box_aspect(1)
        axes.set_xlabel(x)
        axes.set_ylabel(y)
        head(axes, title, 1, 2)

    return chart([panel], _in_words(title, c, names, score and score(p)), [1.12], [1])


def _in_words(title: str, classes: npt.NDArray[Any], names: Sequence[str], scores: Any) -> str:
    counts = " and ".join(f"{(classes == k).sum()} of {names[k]}" for k in range(2))
    text = f"{title}: {counts}." if title else f"Points, {counts}."
    if scores is None:
        return text
    wrong = int(((np.asarray(scores).ravel() > 0) != classes).sum())
    return f"{text} The classifier's line leaves {wrong or 'none'} of the {len(classes)} on the wrong side."
