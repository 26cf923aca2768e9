"""Grids of maps: filters and what they find, as colours."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from minigrad.viz.grid import draw_grid
from minigrad.viz.numbers import numbers
from minigrad.viz.picture import Picture
from minigrad.viz.theme import Theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def maps(
    values: npt.ArrayLike,
    labels: Sequence[str] | None = None,
    *,
    columns: int = 8,
    title: str = "",
    each: bool = True,
    alt: str | None = None,
) -> Picture:
    """Maps of numbers side by side: 0 has the colour of the paper, what is positive turns to blue, what is
    negative to orange.

    Args:
        values: (N, H, W): filters, or the channels of a layer for one image.
        labels: N short texts, one under each map.
        columns: maps in a row.
        title: over all of them.
        each: every map has its own scale, its strongest number the strongest colour; otherwise all share one.
        alt: what the picture shows, in words.

    Raises:
        ValueError: the shape is another, or the labels are too few or too many.
    """
    x = numbers(values)
    if x.ndim != 3 or not x.size:
        raise ValueError(f"maps: expected maps (N, H, W), N at least 1, got shape {x.shape}.")
    if labels is not None and len(labels) != len(x):
        raise ValueError(f"maps: expected a label per map, got {len(labels)} for {len(x)} maps.")
    if columns < 1:
        raise ValueError(f"maps: columns must be at least 1, got {columns}.")
    strongest = np.abs(x).max(axis=(1, 2) if each else None, keepdims=True).reshape(-1)
    limits = np.broadcast_to(np.where(strongest > 0, strongest, 1), len(x))

    def draw(theme: Theme) -> "Figure":
        from matplotlib.colors import LinearSegmentedColormap

        scale = LinearSegmentedColormap.from_list("signed", [theme.second, theme.paper, theme.first])
        both = zip(-limits, limits, strict=True)
        look: dict[str, Any] = {"columns": columns, "colours": scale, "size": 8}
        return draw_grid(x, both, labels, theme, title=title, framed=True, **look)

    if alt is None:
        negative = " or negative (orange)" if (x < 0).any() else ""
        alt = (
            f"{title or 'Maps'}: {len(x)} maps of {x.shape[1]} x {x.shape[2]}, positive (blue){negative}."
            + (f" They are labelled {', '.join(labels)}." if labels else "")
        )
    return Picture(draw, alt, format="png")
