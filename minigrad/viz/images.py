"""Grids of small images, each with a line or two under it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from minigrad.viz.numbers import numbers
from minigrad.viz.picture import WIDTH, Picture
from minigrad.viz.theme import Theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def image_grid(
    images: npt.ArrayLike, labels: Sequence[str], columns: int = 4, alt: str | None = None
) -> Picture:
    """Images side by side, row after row, in reading order.

    Args:
        images: (N, H, W), grey, or (N, H, W, 3); bytes, or numbers from 0 to 1.
        labels: N texts, of one line or two.
        columns: images per row.
        alt: what the picture shows, in words; by default the labels one after another.

    Raises:
        ValueError: the shape is another, or the labels are too few or too many.
    """
    x = numbers(images)
    if not (x.ndim == 3 or (x.ndim == 4 and x.shape[3] == 3)) or len(x) == 0:
        raise ValueError(
            f"image_grid: expected images (N, H, W) or (N, H, W, 3), N at least 1, got shape {x.shape}."
        )
    if len(labels) != len(x):
        raise ValueError(f"image_grid: expected a label per image, got {len(labels)} for {len(x)} images.")
    if columns < 1:
        raise ValueError(f"image_grid: columns must be at least 1, got {columns}.")
    highest = 255 if x.dtype == np.uint8 else 1
    rows = -(-len(x) // columns)
    lines = max(label.count("\n") + 1 for label in labels)

    def draw(theme: Theme) -> "Figure":
        from matplotlib.figure import Figure

        cell = WIDTH / columns
        figure = Figure(figsize=(WIDTH, rows * (cell * 0.9 + 0.175 * lines)), layout="constrained")
        grid = figure.subplots(rows, columns, squeeze=False).ravel()
        for axes in grid:
            axes.axis("off")
        for axes, image, label in zip(grid, x, labels, strict=False):  # the last row may have empty places
            axes.imshow(image, cmap="gray", vmin=0, vmax=highest, interpolation="nearest")
            axes.set_title(label, y=0, va="top", pad=-3, fontsize=8.5, linespacing=1.15)
        return figure

    if alt is None:
        alt = f"{len(x)} images: {'; '.join(label.replace(chr(10), ', ') for label in labels)}."
    return Picture(draw, alt, format="png")
