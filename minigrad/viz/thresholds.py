"""What a classifier's probabilities are worth: ROC curves, and the reliability diagram."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from minigrad.viz.picture import WIDTH, Picture
from minigrad.viz.theme import Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Curve = tuple[npt.ArrayLike, npt.ArrayLike]


def roc_curves(curves: Mapping[str, Curve], areas: Mapping[str, float]) -> Picture:
    """True over false positive rates: all classes in grey, the two with the smallest areas in colour.

    Args:
        curves: by class, (false positive rates, true positive rates).
        areas: by class, the area under its curve.

    Raises:
        ValueError: there is nothing to draw.
    """
    if not curves:
        raise ValueError("roc_curves: there is nothing to draw.")
    worst = sorted(areas, key=areas.__getitem__)[:2]
    mean = float(np.mean(list(areas.values())))

    def draw(theme: Theme) -> "Figure":
        from matplotlib.figure import Figure

        figure = Figure(figsize=(WIDTH, WIDTH), layout="constrained")
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], ":", color=theme.muted, linewidth=1)
        for name, (false, true) in curves.items():
            if name not in worst:
                axes.plot(false, true, color=theme.muted, linewidth=0.9, alpha=0.6)
        for name, colour, dash in zip(worst, (theme.second, theme.first), ("--", "-"), strict=False):
            axes.plot(*curves[name], dash, color=colour, label=f"{name}, area {areas[name]:.3f}")
        axes.set_xlabel("share of the others taken for it")
        axes.set_ylabel("share of the class found")
        _unit_square(axes)
        axes.legend(loc="lower right", title=f"mean area {mean:.3f}; the worst:", title_fontsize=9)
        return figure

    said = ", ".join(f"{name} {areas[name]:.4f}" for name in worst)
    return Picture(
        draw, f"ROC curves of {len(curves)} classes: mean area {mean:.4f}; the smallest areas: {said}."
    )


def reliability(edges: npt.ArrayLike, accuracy: npt.ArrayLike, counts: npt.ArrayLike) -> Picture:
    """How often it is right, by how sure it is; below, how many samples there are.

    Args:
        edges: of the bins, (bins + 1,). accuracy: in each bin; not a number where there are no samples.
        counts: samples per bin.

    Raises:
        ValueError: the lengths do not fit.
    """
    e, right, n = np.asarray(edges), np.asarray(accuracy), np.asarray(counts)
    if len(e) != len(right) + 1 or len(right) != len(n):
        raise ValueError(
            f"reliability: expected an edge more than bins, got {len(e)} edges, {len(right)} accuracies and "
            f"{len(n)} counts."
        )
    some = n > 0

    def draw(theme: Theme) -> "Figure":
        from matplotlib.figure import Figure

        figure = Figure(figsize=(WIDTH, WIDTH + 0.9), layout="constrained")
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[4, 1])
        widths = np.diff(e)
        upper.bar(e[:-1][some], right[some], widths[some], align="edge", color=theme.first, alpha=0.75)
        upper.plot([0, 1], [0, 1], "--", color=theme.second, label="as sure as right")
        upper.set_ylabel("right")
        upper.legend(loc="upper left")
        _unit_square(upper)
        lower.bar(e[:-1], n, widths, align="edge", color=theme.muted)
        lower.set_ylabel("samples")
        lower.set_xlabel("how sure: the highest probability")
        return figure

    said = "; ".join(
        f"{low:.2f} to {high:.2f}: {share:.3f} of {count:,}"
        for low, high, share, count in zip(e, e[1:], right, n, strict=False)
        if count
    )
    return Picture(draw, f"How often it is right, by how sure it is. {said}.")


def _unit_square(axes: "Axes") -> None:
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(-0.01, 1.01)
    axes.grid()
