"""A matrix as a table of cells: every number, and which of them belong together."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from minigrad.viz.chart import Chart, chart, head
from minigrad.viz.numbers import numbers
from minigrad.viz.theme import Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Place = tuple[int, int]
Block = tuple[int, int, int, int]


def cells(
    matrix: npt.ArrayLike,
    *,
    title: str = "",
    marked: Sequence[Block | Place] = (),
    across: int | None = None,
) -> Chart:
    """The numbers of a small matrix in their places; the farther from 0, the more colour.

    Args:
        matrix: (rows, columns).
        title: over it.
        marked: what gets a frame: places (row, column), or blocks (row, column, rows, columns), from 0.
        across: how many cells the panel is wide and high, at least the matrix: panels with the same number
            have cells of the same size beside each other.

    Raises:
        ValueError: it is no matrix, a mark lies outside of it, or it does not fit into the panel.
    """
    m = numbers(matrix)
    if m.ndim != 2 or not m.size:
        raise ValueError(f"cells: expected a matrix with rows and columns, got shape {m.shape}.")
    blocks: list[Block] = [(mark[0], mark[1], 1, 1) if len(mark) == 2 else mark for mark in marked]
    for row, column, rows, columns in blocks:
        if min(row, column) < 0 or row + rows > m.shape[0] or column + columns > m.shape[1]:
            raise ValueError(
                f"cells: the mark {(row, column, rows, columns)} (row, column, rows, columns) lies outside "
                f"of a matrix of shape {m.shape}."
            )
    side = across or max(m.shape)
    if side < max(m.shape):
        raise ValueError(f"cells: {side} cells across are too few for a matrix of shape {m.shape}.")
    strongest = np.abs(m).max() or 1

    def panel(axes: "Axes", theme: Theme) -> None:
        from matplotlib.colors import LinearSegmentedColormap
        from matplotlib.patches import Rectangle

        scale = LinearSegmentedColormap.from_list("signed", [theme.second, theme.low, theme.high])
        limit = 1.8 * strongest  # half the scale: the numbers stay readable on it
        axes.imshow(m, cmap=scale, vmin=-limit, vmax=limit)
        for (i, j), number in np.ndenumerate(m):  # + 0.0 makes 0 of -0
            axes.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, fill=False, ec=theme.line, lw=0.5))
            axes.text(j, i, f"{number + 0.0:.4g}", ha="center", va="center", fontsize=9)
        for row, column, rows, columns in blocks:
            axes.add_patch(
                Rectangle((column - 0.5, row - 0.5), columns, rows, fill=False, ec=theme.ink, lw=2.2)
            )
        axes.set_xlim(-0.56, side - 0.44)
        axes.set_ylim(side - 0.44, -0.56)
        axes.axis("off")
        head(axes, title, 0, 1)

    return chart([panel], _in_words(m, title, blocks), [1.12], [0])


def _in_words(m: npt.NDArray[np.generic], title: str, blocks: Sequence[Block]) -> str:
    rows = "; ".join(", ".join(f"{number + 0.0:.4g}" for number in row) for row in m)
    said = f"{title or 'A matrix'}, {m.shape[0]} x {m.shape[1]}: {rows}."
    if not blocks:
        return said
    marks = [
        f"{rows} x {columns} from row {row}, column {column}"
        if (rows, columns) != (1, 1)
        else f"row {row}, column {column}"
        for row, column, rows, columns in blocks
    ]
    return f"{said} Framed, counted from 0: {'; '.join(marks)}."
