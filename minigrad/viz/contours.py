"""A surface seen from above, and the paths of those who walk down it."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from minigrad.viz.chart import Chart, chart, head
from minigrad.viz.theme import Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GRID = 200  # points along an axis at which the surface is computed


def contours(
    surface: Callable[[Any, Any], Any],
    paths: Mapping[str, npt.ArrayLike],
    *,
    across: tuple[float, float],
    up: tuple[float, float],
    minimum: tuple[float, float] | None = None,
    x: str = "x",
    y: str = "y",
    columns: int = 2,
) -> Chart:
    """Lines of equal height, the lower the closer together in value, with one panel for each path.

    Args:
        surface: its height at (x, y), for arrays.
        paths: by title, the places of a path one after another, (N, 2).
        across, up: from where to where the axes go.
        minimum: where the lowest place is, to be marked with a cross.
        x, y: what the axes show.
        columns: panels in a row.

    Raises:
        ValueError: there is no path, or one has another shape.
    """
    places = {name: np.asarray(path, dtype=float) for name, path in paths.items()}
    if not places:
        raise ValueError("contours: there is no path to draw.")
    for name, path in places.items():
        if path.ndim != 2 or path.shape[1] != 2 or not len(path):
            raise ValueError(
                f"contours: expected the path {name!r} to have shape (N, 2), N at least 1, got {path.shape}."
            )
    grid = np.meshgrid(np.linspace(*across, GRID), np.linspace(*up, GRID))
    height = np.asarray(surface(*grid), dtype=float)
    # Evenly spaced levels would leave the bottom of a valley empty: there, the surface is flat.
    levels = height.min() + (height.max() - height.min()) * np.linspace(0, 1, 14)[1:] ** 2.5

    def panel_of(name: str) -> Callable[["Axes", Theme], None]:
        def panel(axes: "Axes", theme: Theme) -> None:
            path = places[name]
            axes.contour(*grid, height, levels, colors=theme.muted, linewidths=0.7, alpha=0.75)
            marker = "o" if len(path) <= 120 else None
            axes.plot(*path.T, color=theme.second, linewidth=1.3, marker=marker, ms=2.6, zorder=3)
            axes.plot(*path[0], "o", color=theme.first, ms=6, zorder=4)
            if minimum is not None:
                axes.plot(*minimum, "+", color=theme.ink, ms=11, mew=2, zorder=4)
            axes.set_xlim(*across)
            axes.set_ylim(*up)
            axes.set_xlabel(x)
            axes.set_ylabel(y)
            head(axes, name, 0, 1)

        return panel

    said = [_in_words(name, path, surface) for name, path in places.items()]
    return chart(
        [panel_of(name) for name in places],
        f"A surface from above, with {len(said)} path{'s' if len(said) > 1 else ''}. {' '.join(said)}",
        [0.92] * len(places),
        [0] * len(places),
        columns,
    )


def _in_words(name: str, path: npt.NDArray[Any], surface: Callable[[Any, Any], Any]) -> str:
    (x0, y0), (x1, y1) = path[0], path[-1]
    steps = len(path) - 1
    return (
        f"{name}: {steps} step{'s' if steps != 1 else ''} from ({x0:.3g}, {y0:.3g}), height "
        f"{float(surface(x0, y0)):.3g}, to ({x1:.3g}, {y1:.3g}), height {float(surface(x1, y1)):.3g}."
    )
