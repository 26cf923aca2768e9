"""The training scrubber: pictures of a network as it learns, on a page with a slider."""

import base64
import os
from pathlib import Path
from typing import NamedTuple

from minigrad.files import page_text, write_whole
from minigrad.viz.graphs.labels import clean
from minigrad.viz.picture import Picture
from minigrad.viz.theme import DARK, LIGHT

_HERE = Path(__file__).parent
_TYPES = {"svg": "image/svg+xml", "png": "image/png"}


class Frame(NamedTuple):
    """One picture, for light and for dark pages, as addresses that hold the picture itself."""

    label: str
    alt: str
    light: str
    dark: str


class TrainingScrubber:
    """Pictures that are taken while a network learns, and a page to go through them.

        scrubber = mg.viz.TrainingScrubber("The line finds its place")
        for step in range(101):
            ...
            if step % 10 == 0:
                picture = mg.viz.scatter(points, classes, score=score)
                scrubber.add(f"step {step}, loss {loss.item():.3f}", picture)
        scrubber.save("training.html")

    Args:
        title: of the page.
        limit: the most pictures that it takes.
    """

    def __init__(self, title: str = "Training", *, limit: int = 100) -> None:
        if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
            raise ValueError(f"TrainingScrubber: limit is a whole number of at least 1, not {limit!r}")
        self.title = title
        self.frames: list[Frame] = []
        self._limit = limit

    def add(self, label: str, picture: Picture) -> None:
        """Take a picture: it is drawn now, as the network is now. ``label`` says when it was, and how good.

        Raises:
            TypeError: ``picture`` is none of those that `minigrad.viz` draws.
            ValueError: there are ``limit`` already.
        """
        if not isinstance(picture, Picture):
            raise TypeError(
                "TrainingScrubber.add: expected a picture, such as mg.viz.scatter(...) or mg.viz.maps(...), "
                f"got {type(picture).__name__}"
            )
        if len(self.frames) >= self._limit:
            raise ValueError(
                f"TrainingScrubber.add: there are {self._limit} pictures already. Take one every so many "
                "steps, or give a larger limit=."
            )
        kind = picture.format if picture.format in _TYPES else "png"
        light, dark = (
            f"data:{_TYPES[kind]};base64,{base64.b64encode(picture.render(theme, kind)).decode()}"
            for theme in (LIGHT, DARK)
        )
        self.frames.append(Frame(clean(label), clean(picture.alt), light, dark))

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page, one file for a browser without a network, and return its path.

        Raises:
            ValueError: no picture was taken.
            OSError: the file cannot be written.
        """
        if not self.frames:
            raise ValueError("TrainingScrubber.save: there is no picture. Take some: add(label, picture)")
        page = page_text(
            _HERE / "training.html",
            title=clean(self.title),
            frames=self.frames,
            style=(_HERE / "scrub.css").read_text(encoding="utf-8"),
            theme=(_HERE / "theme.js").read_text(encoding="utf-8"),
            script=(_HERE / "training.js").read_text(encoding="utf-8"),
        )
        write_whole(Path(path), page.encode(), "TrainingScrubber.save")
        return Path(path)
