"""The picture of a graph: rendered when asked for, for light and dark pages."""

import functools
import hashlib
import os
import struct
import zlib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from minigrad.files import write_whole
from minigrad.viz.graphs import painting, plain, text
from minigrad.viz.graphs.colours import Colours, dark_style
from minigrad.viz.graphs.description import Box, Description
from minigrad.viz.graphs.dot import MONO, SANS, source
from minigrad.viz.graphs.labels import APART, clean
from minigrad.viz.graphs.render import NoEngine, render
from minigrad.viz.theme import LIGHT, Theme

FORMATS = ("svg", "png", "pdf")
_SVG = "http://www.w3.org/2000/svg"


class Graph:
    """The picture of a computation graph, as ``minigrad.viz.graph`` returns it. A notebook shows it.

    Attributes:
        description: what the picture says, as data. steps: how many operations a whole
        backward takes.
        alt: what it shows, in words. format: "svg".
    """

    format = "svg"

    def __init__(self, description: Description, *, right: bool, precision: int) -> None:
        self.description = description
        self._right, self._precision = right, precision

    def __repr__(self) -> str:
        return f"<Graph: {self.alt}>"

    @property
    def alt(self) -> str:
        """What the picture shows, in words, for those who do not see it."""
        return self.description.alt

    @property
    def steps(self) -> int:
        """How many operations backward takes: ``step`` goes from 0 to this."""
        return self.description.operations

    @property
    def dot(self) -> str:
        """The source in Graphviz' language, in the colours of a light page."""
        return self._source(LIGHT)

    @functools.cached_property
    def svg(self) -> str:
        """The picture as SVG, whose colours follow the reader's light or dark setting."""
        return self._finished(self._drawn(LIGHT, "svg"), both=True)

    def render(self, theme: Theme | None = None, format: str | None = None) -> bytes:
        """The picture as the bytes of a file: "svg", "png" or "pdf".

        With a ``theme`` its colours are for a light or a dark page; without one an SVG is for both.
        """
        format = format or self.format
        if format not in FORMATS:
            raise ValueError(
                f"graph: a picture is {', '.join(FORMATS[:-1])} or {FORMATS[-1]}, not {format!r}"
            )
        if format == "svg" and theme is None:
            return self.svg.encode()
        picture = self._drawn(theme or LIGHT, format)
        if format == "png":
            return described(picture, self.alt)
        return self._finished(picture, both=False).encode() if format == "svg" else picture

    def save(self, path: str | os.PathLike[str], theme: Theme | None = None) -> None:
        """Write the picture to a file: ``save("graph.svg")``, ".png" or ".pdf"."""
        path = Path(path)
        suffix = path.suffix.lower().removeprefix(".")
        if suffix not in FORMATS:
            raise ValueError(
                f"Graph.save: the name of the file ends in .svg, .png or .pdf, which says what to write; got "
                f"{path.name!r}"
            )
        write_whole(path, self.render(theme, suffix), "Graph.save", sync=False)

    def _repr_svg_(self) -> str:
        """What a notebook shows."""
        return self.svg

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"image/svg+xml": self.svg, "text/plain": repr(self)}

    def _drawn(self, theme: Theme, format: str) -> bytes:
        """The picture by Graphviz; a small one where that is not installed, in rows."""
        # No box of thousands is legible in a PNG of any size, and to paint 100 million pixels takes longer
        # than to lay the boxes out.
        largest = 30 if len(self.description.boxes) > 1000 else 60
        try:
            return render(self._source(theme), format, largest)
        except NoEngine:
            if len(self.description.boxes) > plain.MOST:
                raise
        drawing = plain.draw(
            self.description, Colours.of(theme), right=self._right, precision=self._precision
        )
        return painting.as_svg(drawing) if format == "svg" else painting.painted(drawing, format)

    def _source(self, theme: Theme) -> str:
        return source(self.description, Colours.of(theme), right=self._right, precision=self._precision)

    def _finished(self, picture: bytes, both: bool) -> str:
        """The engine's SVG with words for those who do not see it, and with colours for a dark page."""
        root = ElementTree.fromstring(picture)
        mark = hashlib.sha256(picture).hexdigest()[:8]  # for ids: a page may have many pictures
        tips = {key: _tip(box, self._precision) for key, box in self.description.boxes.items()}
        for element in root.iter():
            element.tag = element.tag.removeprefix(f"{{{_SVG}}}")
            element.attrib.pop("id", None)
            element.text = element.text and element.text.replace(APART, "")
            if "font-family" in element.attrib:
                element.set("font-family", _FAMILIES.get(element.get("font-family", ""), _FAMILIES[SANS]))
        for group in root.iter("g"):
            title = group.find("title")
            key = (title.text or "").partition("@")[0] if title is not None else ""  # a reference says, too
            if title is not None and key in tips:
                title.text = tips[key]
                group.set("data-box", key)  # by which a page finds it
            elif title is not None:
                group.remove(title)  # the name of an edge or a frame in the source
        width, height = (float(root.get(name, "0").removesuffix("pt")) for name in ("width", "height"))
        root.attrib |= {
            "xmlns": _SVG,
            "class": "minigrad-graph",
            "width": f"{width * 4 / 3:.0f}",  # from points to the pixels of CSS
            "height": f"{height * 4 / 3:.0f}",
            "style": "max-width:100%;height:auto",
            "role": "img",
            "aria-labelledby": f"graph-{mark}-title graph-{mark}-desc",
        }
        result = self.description.boxes[self.description.result].name or "a result"
        said = {"title": f"Computation graph of {result}", "desc": self.alt}
        for place, (tag, words) in enumerate(said.items()):
            element = ElementTree.Element(tag, {"id": f"graph-{mark}-{tag}"})
            element.text = clean(words)
            root.insert(place, element)
        if both:
            style = ElementTree.Element("style")
            style.text = dark_style(item for part in root.iter() for item in part.attrib.items())
            root.insert(2, style)
        return ElementTree.tostring(root, encoding="unicode")


def described(png: bytes, words: str) -> bytes:
    """A PNG that says in words what it shows: a chunk of text, called Description, after its head."""
    content = b"iTXt" + b"Description\0\0\0\0\0" + words.encode()
    chunk = struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))
    head = 8 + 25  # bytes: what every PNG begins with, and the chunk that says its size
    return png[:head] + chunk + png[head:]


# The fonts that were measured first, then what other systems have in their place.
_FAMILIES = {
    SANS: f"{SANS},Verdana,system-ui,sans-serif",
    MONO: f"{MONO},Menlo,ui-monospace,Consolas,monospace",
}


def _tip(box: Box, precision: int) -> str:
    """What a browser shows when the pointer rests on a box."""
    about = f"{box.operation or box.label or box.kind}: {box.name or 'result'} {text.shape_of(box.shape)}"
    value = f" = {' '.join(text.numbers(box.value, precision))}" if box.value is not None else ""
    return clean(f"{about.strip()} {box.dtype}{value}")
