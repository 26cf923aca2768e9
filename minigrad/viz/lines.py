"""Lines: quantities that depend on one other."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from minigrad.viz.chart import Chart, chart, head
from minigrad.viz.numbers import numbers
from minigrad.viz.theme import Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.4)), (0, (6, 2, 1, 2)))
Curve = tuple[npt.ArrayLike, npt.ArrayLike]


def lines(
    curves: Mapping[str, Curve],
    *,
    dots: Mapping[str, Curve] | None = None,
    title: str = "",
    x: str = "x",
    y: str = "",
    log: bool = False,
    limits: tuple[float, float] | None = None,
    x_limits: tuple[float, float] | None = None,
    legend_columns: int = 2,
) -> Chart:
    """Curves over one axis, told apart by colour and by dash.

    Args:
        curves: by name, its points: (x, y), each (N,). Up to four.
        dots: the same, drawn as points. Up to two.
        title: over the panel. x, y: what the axes show.
        log: y on a logarithmic scale.
        limits, x_limits: of the y axis and of the x axis; what lies outside is cut off.
        legend_columns: how many names stand side by side.

    Raises:
        TypeError: the curves have no names.
        ValueError: there is nothing to draw or too much, or x and y have different lengths.
    """
    for given in (curves, dots or {}):
        if not isinstance(given, Mapping):
            raise TypeError(
                f"lines: expected curves by name, such as {{'loss': (x, y)}}, got a {type(given).__name__}."
            )
    drawn = {name: _points(name, curve) for name, curve in curves.items()}
    dotted = {name: _points(name, curve) for name, curve in (dots or {}).items()}
    if not drawn and not dotted:
        raise ValueError("lines: there is nothing to draw.")
    if len(drawn) > len(DASHES) or len(dotted) > 2:
        raise ValueError(
            f"lines: {len(drawn)} curves and {len(dotted)} rows of dots cannot be told apart in one panel; "
            f"draw up to {len(DASHES)} and 2, and put panels side by side with beside()."
        )
    named = len(drawn) + len(dotted)
    rows = -(-named // legend_columns) if named > 1 else 0

    def panel(axes: "Axes", theme: Theme) -> None:
        from matplotlib.ticker import MaxNLocator

        colours = (theme.first, theme.second, theme.ink, theme.muted)
        for (name, (across, up)), colour, dash in zip(drawn.items(), colours, DASHES, strict=False):
            axes.plot(across, up, color=colour, linestyle=dash, label=name)
        for (name, (across, up)), colour, marker in zip(
            dotted.items(), (theme.ink, theme.second), "oD", strict=False
        ):
            axes.plot(across, up, marker, color=colour, ms=4.5, label=name, zorder=3)
        if all(across.dtype.kind in "iu" for across, _ in (*drawn.values(), *dotted.values())):
            axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins="auto"))  # there is no epoch 2.5
        if log:
            axes.set_yscale("log")
        if limits:
            axes.set_ylim(*limits)
        if x_limits:
            axes.set_xlim(*x_limits)
        axes.grid(axis="y")
        axes.set_xlabel(x)
        axes.set_ylabel(y)
        head(axes, title, rows, legend_columns)

    return chart([panel], _in_words(title, x, y, drawn, dotted), [0.62], [rows])


def _points(name: str, curve: Curve) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    if len(curve) != 2:
        raise ValueError(
            f"lines: expected for {name!r} x and y, as {{{name!r}: (range(len(y)), y)}}; got one row of "
            f"{len(curve)}."
        )
    across, up = (numbers(values) for values in curve)
    if across.ndim != 1 or across.shape != up.shape or not len(across):
        raise ValueError(
            f"lines: expected for {name!r} x and y of one length, at least 1; got shapes {across.shape} and "
            f"{up.shape}."
        )
    return across, up


def _in_words(
    title: str,
    x: str,
    y: str,
    drawn: Mapping[str, tuple[npt.NDArray[Any], npt.NDArray[Any]]],
    dotted: Mapping[str, tuple[npt.NDArray[Any], npt.NDArray[Any]]],
) -> str:
    sentences = [f"{title}: {y or 'values'} over {x}." if title else f"{y or 'Values'} over {x}."]
    for name, (across, up) in drawn.items():
        low, high = int(np.nanargmin(up)), int(np.nanargmax(up))
        said = f"{name} goes from {up[0]:.4g} at {across[0]:.4g} to {up[-1]:.4g} at {across[-1]:.4g}"
        inner = [
            f"{word} {up[i]:.4g} at {across[i]:.4g}"
            for word, i in (("lowest", low), ("highest", high))
            if up[i] not in (up[0], up[-1])
        ]
        sentences.append(f"{', '.join([said, *inner])}.")
    for name, (across, up) in dotted.items():
        many = "point" if len(across) == 1 else "points"
        sentences.append(f"{name}: {len(across)} {many} from ({across[0]:.4g}, {up[0]:.4g}) to "
                         f"({across[-1]:.4g}, {up[-1]:.4g})." if len(across) > 1 else
                         f"{name}: at ({across[0]:.4g}, {up[0]:.4g}).")  # fmt: skip
    return " ".join(sentences)
