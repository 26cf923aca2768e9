"""How many there are of each: horizontal bars, each with its number."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from minigrad.viz.chart import Chart, chart, head
from minigrad.viz.theme import Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN = 30  # bars, at most


def bars(counts: Mapping[str, float], *, title: str = "", shown: int = SHOWN, shares: bool = False) -> Chart:
    """A bar for each name, from the top down, and beside it the number.

    Args:
        counts: numbers of at least 0, by name.
        title: over them.
        shown: how many bars at most; the rest is told as a number under them.
        shares: whether the numbers are shares of a whole, from 0 to 1, to be written in per cent.

    Raises:
        ValueError: there is no bar, or a number is negative.
    """
    if not counts or shown < 1:
        raise ValueError(f"bars: expected at least one number and one bar, got {len(counts)} and {shown}.")
    if min(counts.values()) < 0:
        raise ValueError(f"bars: expected numbers of at least 0, got {min(counts.values())}.")
    names = list(counts)[:shown]
    values = [counts[name] for name in names]
    rest = list(counts.values())[shown:]
    left_out = f"and {len(rest)} more, {_number(sum(rest), shares)} together" if rest else ""

    def panel(axes: "Axes", theme: Theme) -> None:
        places = range(len(names))
        axes.barh(places, values, color=theme.first, height=0.72)
        longest = max(values) or 1
        for place, value in zip(places, values, strict=True):
            axes.text(value + 0.015 * longest, place, _number(value, shares), va="center", fontsize=8)
        axes.set_yticks(places, names, fontsize=8.5)
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.set_xlim(0, 1.17 * longest)
        axes.set_xticks([])
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        if left_out:
            axes.set_xlabel(left_out, fontsize=8.5, color=theme.muted, loc="left")
        head(axes, title, 0, 1)

    said = ", ".join(f"{name} {_number(value, shares)}" for name, value in zip(names, values, strict=True))
    alt = f"{title or 'Bars'}: {said}{f', {left_out}' if left_out else ''}."
    return chart([panel], alt, [(0.42 + 0.2 * len(names)) / 4.8], [0])


def _number(value: float, share: bool) -> str:
    if share:
        return f"{100 * value:.1f} %"
    return f"{value:,.0f}" if value == int(value) else f"{value:,.3g}"
