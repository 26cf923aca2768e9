"""Charts: pictures made of panels, which can be put side by side."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from minigrad.viz.picture import WIDTH, Picture
from minigrad.viz.theme import Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    Panel = Callable[[Axes, Theme], None]

ROW = 14.5  # points that a row of a legend takes


@dataclass(frozen=True)
class Chart(Picture):
    """A picture made of panels that ``beside`` can take over.

    Attributes:
        panels: each draws on matplotlib's axes in a theme's colours.
        heights: of the panels, as parts of their width.
        legends: how many rows of a legend stand over each panel.
    """

    panels: tuple["Panel", ...] = field(default=())
    heights: tuple[float, ...] = field(default=())
    legends: tuple[int, ...] = field(default=())


def chart(
    panels: Sequence["Panel"],
    alt: str,
    heights: Sequence[float],
    legends: Sequence[int],
    columns: int = 1,
) -> Chart:
    """A chart of these panels in reading order, as wide as all pictures are."""
    columns = min(columns, len(panels))
    rows = [range(first, min(first + columns, len(panels))) for first in range(0, len(panels), columns)]
    inches = [max(heights[i] * WIDTH / columns + legends[i] * ROW / 72 for i in row) for row in rows]

    def draw(theme: Theme) -> "Figure":
        from matplotlib.figure import Figure

        figure = Figure(figsize=(WIDTH, sum(inches)), layout="constrained")
        grid = figure.subplots(len(rows), columns, squeeze=False, height_ratios=inches).ravel()
        for axes in grid[len(panels) :]:
            axes.axis("off")
        for axes, panel in zip(grid, panels, strict=False):
            panel(axes, theme)
        return figure

    return Chart(draw, alt, panels=tuple(panels), heights=tuple(heights), legends=tuple(legends))


def beside(*charts: Picture, columns: int = 2) -> Chart:
    """Put charts side by side, row after row.

    Args:
        charts: what ``lines``, ``scatter`` and ``contours`` return.
        columns: how many stand in a row. One puts them one below the other.

    Raises:
        ValueError: there is none, or columns is less than 1.
        TypeError: one is a picture of another kind.
    """
    if not charts or columns < 1:
        raise ValueError(
            f"beside: expected at least one chart and one column, got {len(charts)} and {columns}."
        )
    taken: list[Chart] = []
    for one in charts:
        if not isinstance(one, Chart):
            raise TypeError(
                f"beside: expected charts from lines, scatter or contours, got {type(one).__name__}; save "
                "that one to a file of its own."
            )
        taken.append(one)
    return chart(
        [panel for one in taken for panel in one.panels],
        " ".join(one.alt for one in taken),
        [height for one in taken for height in one.heights],
        [rows for one in taken for rows in one.legends],
        columns,
    )


def head(axes: "Axes", title: str, legend_rows: int, legend_columns: int) -> None:
    """The panel's title and, below it, the legend: over the axes, where it hides nothing."""
    axes.set_title(title, loc="left", fontsize=10, pad=5 + legend_rows * ROW)
    if legend_rows:
        axes.legend(
            loc="lower left",
            bbox_to_anchor=(0, 1),
            ncols=legend_columns,
            fontsize=8.5,
            borderpad=0,
            borderaxespad=0.4,
            handlelength=2.2,
            handletextpad=0.5,
            columnspacing=1.2,
            labelspacing=0.35,
        )
