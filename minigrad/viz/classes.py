"""Figures of the classes side by side: dots on one line for each class."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from minigrad.viz.picture import WIDTH, Picture
from minigrad.viz.theme import Theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARKERS = "osD"
SHOWN = 25  # classes, at most


def class_dots(classes: Sequence[str], columns: Mapping[str, Sequence[float]]) -> Picture:
    """A line for each class from 0 to 1, and on it a dot for each figure.

    Args:
        classes: the names, from the top down. Of more than 25 the first ones are drawn.
        columns: by name, one number per class; up to three.

    Raises:
        ValueError: there is nothing to draw, or a column has another length.
    """
    if not classes or not 1 <= len(columns) <= len(MARKERS):
        raise ValueError(
            f"class_dots: expected classes and one to three columns, got {len(classes)} and {len(columns)}."
        )
    for name, values in columns.items():
        if len(values) != len(classes):
            raise ValueError(f"class_dots: {name} has {len(values)} numbers for {len(classes)} classes.")
    count = min(len(classes), SHOWN)

    def draw(theme: Theme) -> "Figure":
        from matplotlib.figure import Figure

        figure = Figure(figsize=(WIDTH, 0.8 + 0.24 * count), layout="constrained")
        axes = figure.subplots()
        for (name, values), marker, colour in zip(
            columns.items(), MARKERS, (theme.first, theme.second, theme.ink), strict=False
        ):
            axes.plot(values[:count], range(count), marker, color=colour, ms=4.5, label=name)
        axes.set_yticks(range(count), classes[:count], fontsize=9)
        axes.invert_yaxis()
        axes.grid(axis="both")
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set_xlim(right=1.01)
        figure.legend(loc="outside upper center", ncols=len(columns))
        return figure

    left_out = f" The {count} first of {len(classes)} classes." if count < len(classes) else ""
    said = "; ".join(
        f"{classes[i]} " + ", ".join(f"{name} {values[i]:.3f}" for name, values in columns.items())
        for i in range(count)
    )
    return Picture(draw, f"{said}.{left_out}")
