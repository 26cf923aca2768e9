"""Picture: something that can be drawn in light and in dark, and that says in words what it shows."""

import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from minigrad.files import write_whole
from minigrad.viz.theme import LIGHT, Theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH = 4.8  # inches: small, so that the type stays readable where a phone shrinks the picture


@dataclass(frozen=True)
class Picture:
    """A picture that is drawn when it is asked for.

    Attributes:
        draw: makes the matplotlib figure in a theme's colours.
        alt: what it shows, in words, for those who do not see it.
        format: "svg" for drawings, "png" where images are the most of it.
    """

    draw: Callable[[Theme], "Figure"]
    alt: str
    format: str = "svg"

    def figure(self, theme: Theme = LIGHT) -> "Figure":
        """The matplotlib figure, to change it or to put it elsewhere."""
        from matplotlib import rc_context

        with rc_context(theme.settings()):
            return self.draw(theme)

    def render(self, theme: Theme = LIGHT, format: str | None = None) -> bytes:
        """The picture as the bytes of a file: "svg", "png", "pdf" or what else matplotlib writes.

        A PNG and an SVG also say in words what they show: they hold ``alt`` as their description.
        """
        from matplotlib import rc_context

        format = format or self.format
        # No date, so that the same picture is the same file.
        said = {
            "svg": {"Date": None, "Description": self.alt},
            "png": {"Description": self.alt},
            "pdf": {"CreationDate": None},
        }
        buffer = io.BytesIO()
        with rc_context(theme.settings()):
            self.draw(theme).savefig(buffer, format=format, dpi=200, metadata=said.get(format))
        return buffer.getvalue()

    def save(self, path: str | os.PathLike[str], theme: Theme = LIGHT) -> None:
        """Write the picture to a file, in the format that the name ends in.

        Raises FileNotFoundError if there is no such folder, OSError if it cannot be written.
        """
        path = Path(path)
        write_whole(path, self.render(theme, path.suffix.removeprefix(".") or None), sync=False)

    def _repr_png_(self) -> bytes:
        """What a notebook shows."""
        return self.render(format="png")
