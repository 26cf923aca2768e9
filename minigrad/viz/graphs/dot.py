"""From the description to a source in the DOT language, by the graphviz package."""

import re
from collections import Counter
from dataclasses import dataclass, replace
from html import escape, unescape
from typing import TYPE_CHECKING, Any

from minigrad.viz.graphs import text
from minigrad.viz.graphs.colours import Colours
from minigrad.viz.graphs.description import Box, Cluster, Description

if TYPE_CHECKING:
    from graphviz import Digraph

SANS, MONO = "DejaVu Sans", "DejaVu Sans Mono"
"""They come with matplotlib, and are wide: what a browser takes in their place fits into the boxes, too."""

APART = "\u2060"
"""An invisible sign, to be put after a backslash: the engine would take ``\\N`` for the name of the box."""

_STATES = {"current": "just done", "partly": "in part done", "waiting": "waits"}
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_WIDE, _HIGH = 0.61, 1.22  # of a sign in MONO and of a line, in its size
_WIDEST = 28  # characters of a name; the middle of a longer one is left out


def source(drawn: Description, colours: Colours, *, right: bool = False, precision: int = 4) -> str:
    """The DOT source of a picture, from the top to the bottom or from the left to the ``right``."""
    try:
        from graphviz import Digraph
    except ImportError as error:
        raise RuntimeError(
            f"graph: the package graphviz is needed: `pip install graphviz` ({error})"
        ) from error

    dot = Digraph("graph")
    dot.attr(
        rankdir="LR" if right else "TB",
        bgcolor=colours.paper,
        fontname=SANS,
        fontsize="10",
        fontcolor=colours.muted,
        pad="0.15",
        nodesep="0.22",
        ranksep="0.32",
    )
    dot.attr("node", fontname=MONO, fontsize="11", fontcolor=colours.ink, margin="0.11,0.06", height="0.3")
    dot.attr("edge", fontname=SANS, fontsize="9", fontcolor=colours.muted, color=colours.arrow)
    dot.attr("edge", arrowsize="0.65")
    if len(drawn.boxes) > 400:  # straight lines and fewer rounds of improvement: seconds, not minutes
        dot.attr(splines="line", nslimit="1", nslimit1="1", mclimit="0.2")
    if drawn.notes:
        lines = [line for note in drawn.notes for line in _wrapped(note)]
        if any(box.room for box in drawn.boxes.values()):  # as high at every step
            lines += ["&nbsp;"] * (1 + len(drawn.notes) - len(lines))
        said = "".join(f'{line}<br align="left"/>' for line in lines)
        dot.attr(label=f"<{said}>", labelloc="b", labeljust="l")
    writer = _Writer(drawn, colours, precision)
    writer.fill(dot, None)
    tensors = {key for key, box in drawn.boxes.items() if box.kind in ("parameter", "constant")}
    for arrow in drawn.arrows:
        ends, look = (arrow.source, arrow.target), {"dir": "back" if arrow.carried else "forward"}
        if arrow.carried:
            look |= {"color": colours.gradient, "penwidth": "1.8"}
        if arrow.source not in tensors:
            look["weight"] = "5"  # the way from operation to operation is what is kept straight
        if arrow.label:
            look["label"] = f"<&nbsp;{_safe(arrow.label)}>"
        if writer.beside.get(arrow.source, (None, 0))[1] % 2:  # it stands to the right of its operation
            ends, look["dir"] = ends[::-1], "forward" if arrow.carried else "back"
        dot.edge(*ends, **look)
    return dot.source  # type: ignore[no-any-return]


def _beside(drawn: Description) -> dict[str, tuple[str, int]]:
    """The parameters that stand beside the operation that uses them, and not above it: (operation, number).

    So a network's layers stand below each other, and the frames of modules need no room at their sides.
    """
    uses = Counter(arrow.source for arrow in drawn.arrows)
    places: dict[str, tuple[str, int]] = {}
    taken: Counter[str] = Counter()
    # Parameters first: an input without a name may be in the frame, too, and is better off above.
    for arrow in sorted(drawn.arrows, key=lambda arrow: drawn.boxes[arrow.source].kind != "parameter"):
        box, user = drawn.boxes[arrow.source], drawn.boxes[arrow.target]
        own = box.kind in ("parameter", "constant") and uses[box.key] == 1
        if own and box.cluster is not None and box.cluster == user.cluster and taken[user.key] < 2:
            places[box.key] = (user.key, taken[user.key])
            taken[user.key] += 1
    return places


def _frames(drawn: Description) -> dict[str | None, str | None]:
    """For each module, the one that its boxes are drawn in: itself, unless that were a frame around one box.

    Such a box says in a line what it is the only operation of.
    """
    boxes = Counter(box.cluster for box in drawn.boxes.values())
    outer = {cluster.parent for cluster in drawn.clusters}
    frames: dict[str | None, str | None] = {None: None}
    for cluster in drawn.clusters:
        bare = boxes[cluster.key] == 1 and cluster.key not in outer
        frames[cluster.key] = cluster.parent if bare else cluster.key
    return frames


@dataclass
class _Writer:
    """Puts boxes and frames into the source."""

    drawn: Description
    colours: Colours
    precision: int

    def __post_init__(self) -> None:
        self.frames = _frames(self.drawn)
        self.beside = _beside(self.drawn)
        self.labels = {cluster.key: cluster.label for cluster in self.drawn.clusters}

    def fill(self, dot: "Digraph", around: str | None) -> None:
        """Write the boxes right inside a module, and the modules inside it, in frames."""
        for box in self.drawn.boxes.values():
            if self.frames[box.cluster] != around:
                continue
            only = self.labels[box.cluster] if box.cluster is not None and box.cluster != around else ""
            look = _look(box, self.drawn, self.colours)
            if box.room:
                look |= _size([self.label(variant, only) for variant in _variants(box)])
            dot.node(box.key, f"<{self.label(box, only)}>", **look)
            if box.key in self.beside and box.cluster == around:
                with dot.subgraph() as rank:
                    rank.attr(rank="same")
                    rank.node(box.key)
                    rank.node(self.beside[box.key][0])
        for cluster in self.drawn.clusters:
            if cluster.parent == around and self.frames[cluster.key] == cluster.key:
                with dot.subgraph(name=f"cluster_{cluster.key}") as inner:
                    _frame(inner, cluster, self.colours)
                    self.fill(inner, cluster.key)

    def label(self, box: Box, module: str) -> str:
        """The text of a box, whose only ``module`` is named in it if it has no frame."""
        return _label(box, module, self.drawn.dtype, self.colours, self.precision)


def _variants(box: Box) -> list[Box]:
    """The box as it is at the steps at which a gradient comes to it, and at which its operation is done."""
    ways = len(box.room)
    state = "" if box.kind in ("parameter", "constant") else "current"
    return [
        replace(
            box,
            has_gradient=True,
            gradient=gradient,
            partial=(arrived, ways) if arrived < ways else None,
            state=state,
        )
        for arrived, gradient in enumerate(box.room, 1)
    ]


def _size(labels: list[str]) -> dict[str, str]:
    """The least width and height, in inches, of a box that each of the labels fits in."""
    widest = highest = 0.0
    for label in labels:
        height = 0.0
        for row in label.split("</tr>"):
            found = re.search(r'point-size="(\d+)"', row)
            size = int(found[1]) if found else 11
            lines = [unescape(re.sub("<[^>]*>", "", line)) for line in re.split("<br[^>]*>", row)]
            lines = [line for line in lines if line]
            widest = max([widest, *(len(line) * _WIDE * size for line in lines)])
            height += len(lines) * _HIGH * size + 2 * bool(lines)  # the padding of a cell
        highest = max(highest, height)
    return {"width": f"{widest / 72 + 0.25:.2f}", "height": f"{highest / 72 + 0.16:.2f}"}


def _frame(dot: "Digraph", cluster: Cluster, colours: Colours) -> None:
    dot.attr(
        label=f"<<b>{_safe(_short(cluster.label))}</b>>",
        labeljust="l",
        labelloc="t",
        fontname=SANS,
        fontsize="10",
        fontcolor=colours.muted,
        style="rounded",
        color=colours.frame,
        margin="9",
    )


def _look(box: Box, drawn: Description, colours: Colours) -> dict[str, str]:
    """The form of a box says what it is, its border how far backward has come; colours repeat it."""
    style, fill, border, width = "rounded,filled", colours.operation, colours.operation_border, "1"
    if box.kind == "parameter":
        style, fill, border = "filled", colours.parameter, colours.parameter_border
    elif box.kind == "constant":
        style, fill, border = "filled", colours.paper, colours.muted
    elif box.kind != "operation":
        fill = colours.block
    if box.key == drawn.result:
        width = "2.5"
    if box.state == "current":
        fill, border, width = colours.current, colours.gradient, "3"
    elif box.state == "waiting":
        style, border, width = f"{style},dashed", colours.gradient, "1.5"
    elif box.state in ("done", "partly"):
        border, width = colours.gradient, "1.5"
    look = {"shape": "box", "style": style, "fillcolor": fill, "color": border, "penwidth": width}
    return look if box.kind in ("operation", "parameter", "constant") else look | {"peripheries": "2"}


def _label(box: Box, module: str, usual: Any, colours: Colours, precision: int) -> str:
    """The text of a box as a table: module, operation, name and shape, numbers, gradient."""
    rows = []
    if module:
        rows.append(f'<font color="{colours.muted}" point-size="10">{_safe(_short(module))}</font>')
    if box.label and box.kind != "constant":
        size = 14 if len(box.label) <= 3 else 12
        rows.append(f'<b><font point-size="{size}">{_safe(_short(box.label))}</font></b>')
    lines = text.numbers(box.value, precision) if box.value is not None else []
    in_line = len(lines) == 1 and len(lines[0]) <= 24 and len(box.shape) < 2  # which says the shape, too
    about = [
        box.label if box.kind == "constant" else "",
        "" if in_line else text.shape_of(box.shape),
        "" if box.dtype is None or box.dtype == usual else str(box.dtype),
    ]
    head = [f"<b>{_safe(_short(box.name))}</b>"] if box.name else []
    if any(about):
        head.append(f'<font color="{colours.muted}">{" ".join(filter(None, about))}</font>')
    if in_line:
        rows.append(" ".join([*head, *(["="] if box.name else []), _safe(lines[0])]))
    else:
        rows += [" ".join(head)] if head else []
        rows += [_block(lines)] if lines else []
    if box.has_gradient:
        rows += [f'<font color="{colours.gradient}">{row}</font>' for row in _gradient(box, precision)]
    rows += [f'<font color="{colours.muted}" point-size="10">{_safe(note)}</font>' for note in box.notes]
    if box.state in _STATES:
        rows.append(f'<font color="{colours.gradient}" point-size="10"><b>{_STATES[box.state]}</b></font>')
    cells = "".join(f"<tr><td>{row}</td></tr>" for row in rows or ["&nbsp;"])
    return f'<table border="0" cellborder="0" cellspacing="0" cellpadding="1">{cells}</table>'


def _gradient(box: Box, precision: int) -> list[str]:
    said = f"grad so far ({box.partial[0]} of {box.partial[1]})" if box.partial else "grad"
    if box.gradient is None:
        return [f"{said} {text.shape_of(box.shape)}"]
    lines = text.numbers(box.gradient, precision)
    if len(lines) == 1 and not box.partial:
        return [f"{said} {_safe(lines[0])}"]
    return [said, _block(lines)]


def _block(lines: list[str]) -> str:
    """Lines below each other, each beginning at the same place."""
    if len(lines) == 1:
        return _safe(lines[0])
    return "".join(f'{_safe(line)}<br align="left"/>' for line in lines)


def _safe(words: str) -> str:
    """Text as it may stand in a label: XML's own signs escaped, what XML cannot hold replaced."""
    escaped = escape(clean(words).replace("\\", f"\\{APART}"))
    return escaped.replace("  ", "&nbsp; ").replace("[ ", "[&nbsp;")


def clean(words: str) -> str:
    """Text in one line, with a mark in place of what XML cannot hold."""
    return _NOT_IN_XML.sub("\ufffd", words).replace("\n", " ")


def _short(name: str) -> str:
    return name if len(name) <= _WIDEST else f"{name[: _WIDEST - 10]}…{name[-9:]}"


def _wrapped(note: str, width: int = 64) -> list[str]:
    import textwrap

    return [_safe(line) for line in textwrap.wrap(note, width)]
