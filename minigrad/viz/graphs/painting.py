"""A plain drawing as SVG, and painted by matplotlib."""

import io
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from minigrad.viz.graphs.plain import Curve, Drawing, Line, Outline
from minigrad.viz.graphs.rows import Point

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DPI = 192  # of a PNG: sharp on a screen with two pixels per point


# As SVG -----------------------------------------------------------------------------------------------------


def as_svg(drawing: Drawing) -> bytes:
    """The drawing in the form of Graphviz' own: each box a group whose title is its key."""
    width, height = drawing.width, drawing.height
    root = ElementTree.Element(
        "{http://www.w3.org/2000/svg}svg",
        {"width": f"{width:.0f}pt", "height": f"{height:.0f}pt", "viewBox": f"0 0 {width:.1f} {height:.1f}"},
    )
    _polygon(root, [(0, 0), (width, 0), (width, height), (0, height)], {"fill": drawing.paper})
    for curve in drawing.curves:
        (start, *_), *_ = curve.pieces
        way = f"M{_at(start)}" + "".join(f"C{' '.join(map(_at, piece[1:]))}" for piece in curve.pieces)
        look = {"fill": "none", "stroke": curve.colour, "stroke-width": f"{curve.width:g}"}
        ElementTree.SubElement(root, "path", {"d": way, **look})
        _polygon(root, curve.head, {"fill": curve.colour, "stroke": curve.colour})
    for outline in drawing.outlines:
        group = ElementTree.SubElement(root, "g", {"class": "node"})
        ElementTree.SubElement(group, "title").text = outline.key
        look = {
            "fill": outline.look["fillcolor"],
            "stroke": outline.look["color"],
            "stroke-width": outline.look["penwidth"],
        }
        if "dashed" in outline.look["style"]:
            look["stroke-dasharray"] = "5,2"
        for corner, area in outline.borders:
            _border(group, corner, area, look, rounded="rounded" in outline.look["style"])
        for line in outline.lines:
            _words(group, line)
    for line in drawing.lines:
        _words(root, line)
    return ElementTree.tostring(root)


def _border(
    group: ElementTree.Element, corner: Point, size: Point, look: dict[str, str], *, rounded: bool
) -> None:
    (x, y), (w, h) = corner, size
    if not rounded:
        _polygon(group, [(x, y), (x + w, y), (x + w, y + h), (x, y + h)], look)
        return
    r = 8.0
    way = (
        f"M{_at((x + r, y))}h{w - 2 * r:.1f}q{r},0 {r},{r}v{h - 2 * r:.1f}q0,{r} -{r},{r}"
        f"h{2 * r - w:.1f}q-{r},0 -{r},-{r}v{2 * r - h:.1f}q0,-{r} {r},-{r}z"
    )
    ElementTree.SubElement(group, "path", {"d": way, **look})


def _polygon(parent: ElementTree.Element, points: list[Point], look: dict[str, str]) -> None:
    ElementTree.SubElement(parent, "polygon", {"points": " ".join(map(_at, points)), **look})


def _words(parent: ElementTree.Element, line: Line) -> None:
    where = {"x": f"{line.x:.1f}", "y": f"{line.y:.1f}", "text-anchor": "middle" if line.middle else "start"}
    text = ElementTree.SubElement(parent, "text", {**where, "font-family": line.spans[0].family})
    for span in line.spans:
        look = {"font-size": f"{span.size:g}", "fill": span.colour}
        if span.bold:
            look["font-weight"] = "bold"
        ElementTree.SubElement(text, "tspan", look).text = span.text


def _at(point: Point) -> str:
    return f"{point[0]:.1f},{point[1]:.1f}"


# As PNG and PDF ---------------------------------------------------------------------------------------------


def painted(drawing: Drawing, format: str) -> bytes:
    """The drawing as the bytes of a "png" or "pdf" file, by matplotlib."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(drawing.width / 72, drawing.height / 72), facecolor=drawing.paper)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, drawing.width), ylim=(drawing.height, 0))
    axes.axis("off")
    for curve in drawing.curves:
        _paint_curve(axes, curve)
    for outline in drawing.outlines:
        _paint_outline(axes, outline)
    for line in [*drawing.lines, *(line for outline in drawing.outlines for line in outline.lines)]:
        x = line.x - line.width / 2 if line.middle else line.x
        for span in line.spans:
            # A dollar sign would begin a formula.
            axes.text(
                x, line.y, span.text, family=span.family, size=span.size, color=span.colour,
                weight="bold" if span.bold else "normal", va="baseline", parse_math=False,
            )  # fmt: skip
            x += span.width
    buffer = io.BytesIO()
    figure.savefig(
        buffer, format=format, dpi=_DPI, metadata={"CreationDate": None} if format == "pdf" else None
    )
    return buffer.getvalue()


def _paint_curve(axes: "Axes", curve: Curve) -> None:
    from matplotlib.patches import PathPatch, Polygon
    from matplotlib.path import Path

    corners = [curve.points[0], *(point for piece in curve.pieces for point in piece[1:])]
    codes = [Path.MOVETO, *[Path.CURVE4] * (len(corners) - 1)]
    axes.add_patch(PathPatch(Path(corners, codes), fc="none", ec=curve.colour, lw=curve.width))
    axes.add_patch(Polygon(curve.head, fc=curve.colour, ec=curve.colour, lw=1))


def _paint_outline(axes: "Axes", outline: Outline) -> None:
    from matplotlib.patches import FancyBboxPatch

    style = outline.look["style"]
    for corner, area in outline.borders:
        form = "round,pad=0,rounding_size=5" if "rounded" in style else "square,pad=0"
        axes.add_patch(
            FancyBboxPatch(
                corner,
                *area,
                boxstyle=form,
                fc=outline.look["fillcolor"],
                ec=outline.look["color"],
                lw=float(outline.look["penwidth"]),
                ls=(0, (5, 2)) if "dashed" in style else "-",
            )
        )
