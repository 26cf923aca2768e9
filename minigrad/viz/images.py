"""Grids of small images, each with a few words under it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from minigrad.viz.grid import draw_grid
from minigrad.viz.numbers import numbers
from minigrad.viz.picture import Picture
from minigrad.viz.theme import Theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def image_grid(
    images: npt.ArrayLike, labels: Sequence[str], columns: int = 4, alt: str | None = None
) -> Picture:
    """Images side by side, row after row, in reading order.

    Args:
        images: (N, H, W), grey, or (N, H, W, 3); bytes, or numbers from 0 to 1.
        labels: N texts. A line that is wider than its image goes on in the next.
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

    def draw(theme: Theme) -> "Figure":
        limits = [(0, highest)] * len(x)
        return draw_grid(x, limits, labels, theme, columns=columns, colours="gray", size=8.5)

    if alt is None:
        alt = f"{len(x)} images: {'; '.join(label.replace(chr(10), ', ') for label in labels)}."
    return Picture(draw, alt, format="png")
