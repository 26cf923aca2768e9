"""The picture of a graph where Graphviz is not, as in a browser: in rows, without frames around modules."""

import textwrap
from dataclasses import dataclass
from itertools import pairwise
from xml.etree import ElementTree

from minigrad.viz.graphs.colours import Colours
from minigrad.viz.graphs.description import Box, Description
from minigrad.viz.graphs.dot import MONO, SANS, look_of, variants
from minigrad.viz.graphs.labels import APART, clean, label, size
from minigrad.viz.graphs.rows import Point, in_rows

MOST = 300
"""Boxes: a larger graph is not legible in rows."""

NOTE = "Drawn in rows, as Graphviz is not installed."
_EDGE = 12.0  # points around the picture
_NOTES = 64  # characters in a line of the notes
_MARGIN = (8.0, 5.0)  # in a box, at the sides and above and below
_ADVANCE = {MONO: 0.602, SANS: 0.56}  # of a sign, in its size; in SANS about so
_LINE = 1.22  # of a line


@dataclass(frozen=True)
class Span:
    """Words of one look. ``size`` is in points."""

    text: str
    size: float
    colour: str
    bold: bool = False
    family: str = MONO

    @property
    def width(self) -> float:
        """In points."""
        return len(self.text) * _ADVANCE[self.family] * self.size


@dataclass(frozen=True)
class Line:
    """Spans beside each other. ``x`` is their beginning, or the middle if ``middle``; ``y`` the base line."""

    spans: list[Span]
    x: float = 0.0
    y: float = 0.0
    middle: bool = True

    @property
    def width(self) -> float:
        """That of its spans together, in points."""
        return sum(span.width for span in self.spans)

    @property
    def height(self) -> float:
        """That of its largest span, in points."""
        return _LINE * max(span.size for span in self.spans)


@dataclass(frozen=True)
class Outline:
    """The border and the ground of a box, and what stands in it."""

    key: str
    corner: Point
    size: Point
    look: dict[str, str]
    lines: list[Line]

    @property
    def borders(self) -> list[tuple[Point, Point]]:
        """Corner and size of its border; around several operations there are two, the outer first."""
        (x, y), (width, height) = self.corner, self.size
        outer = [((x - 3, y - 3), (width + 6, height + 6))] if "peripheries" in self.look else []
        return [*outer, (self.corner, self.size)]


@dataclass(frozen=True)
class Curve:
    """An arrow, through points; its head is at the end, or at the beginning if it goes ``back``."""

    points: list[Point]
    colour: str
    width: float
    back: bool
    right: bool

    @property
    def pieces(self) -> list[tuple[Point, Point, Point, Point]]:
        """Its cubic pieces: an end, two points that say whereto it goes, the other end."""
        found = []
        for (x0, y0), (x1, y1) in pairwise(self.points):
            if self.right:
                found.append(((x0, y0), ((x0 + x1) / 2, y0), ((x0 + x1) / 2, y1), (x1, y1)))
            else:
                found.append(((x0, y0), (x0, (y0 + y1) / 2), (x1, (y0 + y1) / 2), (x1, y1)))
        return found

    @property
    def head(self) -> list[Point]:
        """The three corners of its head."""
        x, y = self.points[0] if self.back else self.points[-1]
        long, wide = (6.0 if self.back else -6.0), 2.6
        return [(x, y), *(((x + long, y + s) if self.right else (x + s, y + long)) for s in (-wide, wide))]


@dataclass(frozen=True)
class Drawing:
    """All of a picture, in points from its upper left corner."""

    width: float
    height: float
    paper: str
    outlines: list[Outline]
    curves: list[Curve]
    lines: list[Line]  # outside of boxes


def draw(drawn: Description, colours: Colours, *, right: bool, precision: int) -> Drawing:
    """Lay a picture out."""
    modules = {cluster.key: cluster.label for cluster in drawn.clusters}

    def written(box: Box) -> str:
        return label(box, modules.get(box.cluster or "", ""), "", drawn.dtype, colours, precision)

    rows = {key: _rows(written(box), colours.ink) for key, box in drawn.boxes.items()}
    sizes = {key: _size(rows[key]) for key in drawn.boxes}
    for key, box in drawn.boxes.items():
        if box.room:  # as large at every step
            least = size([written(variant) for variant in variants(box)])
            across, down = (72 * float(least[name]) for name in ("width", "height"))
            sizes[key] = (max(sizes[key][0], across), max(sizes[key][1], down))
    layout = in_rows(sizes, [(arrow.source, arrow.target) for arrow in drawn.arrows], right=right)
    outlines, curves, lines = [], [], []
    for key, box in drawn.boxes.items():
        (x, y), (width, height) = layout.middles[key], sizes[key]
        corner = (x - width / 2 + _EDGE, y - height / 2 + _EDGE)
        outlines.append(
            Outline(
                key,
                corner,
                (width, height),
                look_of(box, drawn, colours),
                _set(rows[key], corner, (width, height)),
            )
        )
    for arrow, way in zip(drawn.arrows, layout.ways, strict=True):
        points = [(x + _EDGE, y + _EDGE) for x, y in way]
        colour, thick = (colours.gradient, 1.8) if arrow.carried else (colours.arrow, 1.0)
        curves.append(Curve(points, colour, thick, arrow.carried, right))
        if arrow.label:
            words = Span(arrow.label, 9, colours.muted, family=SANS)
            lines.append(Line([words], *_beside(points, words.width, right=right), middle=False))
    width, height = layout.width + 2 * _EDGE, layout.height + 2 * _EDGE
    notes = [line for said in [*drawn.notes, NOTE] for line in textwrap.wrap(clean(said), _NOTES)]
    if any(box.room for box in drawn.boxes.values()):  # as large at every step
        notes += [""] * (len(drawn.notes) + 2 - len(notes))
        width = max(width, Span("x" * _NOTES, 10, "", family=SANS).width + 2 * _EDGE)
    for note in notes:
        line = Line([Span(note, 10, colours.muted, family=SANS)], _EDGE, height + 8, middle=False)
        lines.append(line)
        width, height = max(width, line.width + 2 * _EDGE), height + line.height
    return Drawing(width, height + _EDGE, colours.paper, outlines, curves, lines)


def _beside(way: list[Point], width: float, *, right: bool) -> Point:
    """Where the words at an arrow's end begin: on the side that it does not come from."""
    (x0, y0), (x, y) = way[-2:]
    if right:
        return x - width - 9, y + (11 if y0 <= y else -4)
    return (x - width - 5 if x0 > x else x + 5), y - 8


# What stands in a box ---------------------------------------------------------------------------------------

Row = tuple[list[Line], bool]
"""Lines of a row of a label's table, and whether they begin at the same place."""


def _rows(table: str, ink: str) -> list[Row]:
    """A label, which is a table in Graphviz' language, in its rows."""
    root = ElementTree.fromstring(table.replace("&nbsp;", "\xa0").replace(APART, ""))
    return [_row(cell, ink) for cell in root.iter("td")]


def _row(cell: ElementTree.Element, ink: str) -> Row:
    lines: list[list[Span]] = [[]]
    broken = False

    def read(element: ElementTree.Element, size: float, colour: str, bold: bool) -> None:
        nonlocal broken
        if element.tag == "br":
            lines.append([])
            broken = True
        size, colour = float(element.get("point-size", size)), element.get("color", colour)
        bold = bold or element.tag == "b"
        if element.text:
            lines[-1].append(Span(element.text, size, colour, bold))
        for part in element:
            read(part, size, colour, bold)
            if part.tail:
                lines[-1].append(Span(part.tail, size, colour, bold))

    read(cell, 11, ink, bold=False)
    return [Line(spans) for spans in lines if spans], broken


def _size(rows: list[Row]) -> Point:
    width = max((line.width for lines, _ in rows for line in lines), default=0.0)
    height = sum(line.height for lines, _ in rows for line in lines) + 2 * len(rows)
    return max(width + 2 * _MARGIN[0], 22.0), max(height + 2 * _MARGIN[1], 22.0)


def _set(rows: list[Row], corner: Point, size: Point) -> list[Line]:
    """The lines at their places in a box."""
    middle = corner[0] + size[0] / 2
    y = corner[1] + (size[1] - _size(rows)[1]) / 2 + _MARGIN[1]
    found = []
    for lines, broken in rows:
        begin = middle - max((line.width for line in lines), default=0.0) / 2
        y += 1
        for line in lines:
            base = y + 0.82 * line.height
            found.append(Line(line.spans, begin if broken else middle, base, middle=not broken))
            y += line.height
        y += 1
    return found
