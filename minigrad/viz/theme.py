"""Colours and type for pictures on a light and on a dark page.

The two lines of a chart differ in colour and in dash, so that they can be told apart without colours.
"""

from dataclasses import dataclass
from typing import Any

FONT = "DejaVu Sans"  # comes with matplotlib: the same picture on every machine


@dataclass(frozen=True)
class Theme:
    """Colours as matplotlib and CSS both write them.

    ``low`` to ``high`` is the scale of a heat map: ``low`` is nearly the paper, and ``high`` is what stands
    out from it.
    """

    paper: str
    ink: str
    muted: str
    line: str
    first: str
    second: str
    low: str
    high: str

    def settings(self) -> Any:
        """The theme as matplotlib's settings: a dict, whose type differs between its releases."""
        return {
            "figure.facecolor": self.paper,
            "savefig.facecolor": self.paper,
            "axes.facecolor": self.paper,
            "axes.edgecolor": self.line,
            "axes.labelcolor": self.ink,
            "axes.titlecolor": self.ink,
            "text.color": self.ink,
            "xtick.color": self.line,
            "ytick.color": self.line,
            "xtick.labelcolor": self.ink,
            "ytick.labelcolor": self.ink,
            "grid.color": self.line,
            "grid.linewidth": 0.6,
            "grid.alpha": 0.6,
            "legend.labelcolor": self.ink,
            "legend.frameon": False,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "font.family": FONT,
            "font.size": 10,
            "lines.linewidth": 1.8,
            "svg.hashsalt": "minigrad",  # the same file for the same picture
        }


LIGHT = Theme(
    paper="#ffffff",
    ink="#1c2127",
    muted="#57606a",
    line="#c3cad2",
    first="#0b62b0",
    second="#c2410c",
    low="#f4f7fb",
    high="#0b4a8a",
)
DARK = Theme(
    paper="#15181c",
    ink="#e6e9ed",
    muted="#a3adb8",
    line="#4a535e",
    first="#6cb4f5",
    second="#f59b5b",
    low="#1d2229",
    high="#8cc8ff",
)


def font_file() -> str:
    """The file of the font that pictures are lettered with, DejaVu Sans: Latin, Greek, Cyrillic and more."""
    from matplotlib.font_manager import findfont

    return str(findfont(FONT, fallback_to_default=False))
