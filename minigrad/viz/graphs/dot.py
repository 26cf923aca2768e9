"""From the description to a source in the DOT language, by the graphviz package."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from minigrad.viz.graphs.colours import Colours
from minigrad.viz.graphs.description import Arrow, Box, Cluster, Description
from minigrad.viz.graphs.labels import label, safe, short, size, wrapped
from minigrad.viz.graphs.references import NOTE, reference, references
from minigrad.viz.graphs.render import NoEngine

if TYPE_CHECKING:
    from graphviz import Digraph

SANS, MONO = "DejaVu Sans", "DejaVu Sans Mono"
"""They come with matplotlib, and are wide: what a browser takes in their place fits into the boxes, too."""


def source(drawn: Description, colours: Colours, *, right: bool = False, precision: int = 4) -> str:
    """The DOT source of a picture, from the top to the bottom or from the left to the ``right``."""
    try:
        from graphviz import Digraph
    except ImportError as error:
        raise NoEngine(f"graph: the package graphviz is needed: `pip install graphviz` ({error})") from error

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
        dot.attr(splines="line", nslimit="0.1", nslimit1="0.1", mclimit="0.02")
    writer = _Writer(drawn, colours, precision)
    notes = [*drawn.notes, *([NOTE] if writer.references.arrows else [])]
    if notes:
        lines = [line for note in notes for line in wrapped(note)]
        if any(box.room for box in drawn.boxes.values()):  # as high at every step
            lines += ["&nbsp;"] * (1 + len(notes) - len(lines))
        said = "".join(f'{line}<br align="left"/>' for line in lines)
        dot.attr(label=f"<{said}>", labelloc="b", labeljust="l")
    writer.fill(dot, None)
    for place, arrow in enumerate(drawn.arrows):
        writer.arrow(dot, place, arrow)
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
        self.references = references(self.drawn)
        self.cut: dict[str, list[int]] = {}  # by the key of a box, the places of the arrows not drawn into it
        for place in sorted(self.references.arrows):
            self.cut.setdefault(self.drawn.arrows[place].target, []).append(place)

    def fill(self, dot: "Digraph", around: str | None) -> None:
        """Write the boxes right inside a module, and the modules inside it, in frames."""
        for box in self.drawn.boxes.values():
            if self.frames[box.cluster] != around:
                continue
            only = self.labels[box.cluster] if box.cluster is not None and box.cluster != around else ""
            look = look_of(box, self.drawn, self.colours)
            if box.room:
                look |= size([self.label(variant, only) for variant in variants(box)])
            dot.node(box.key, f"<{self.label(box, only)}>", **look)
            for place in self.cut.get(box.key, ()):
                self._reference(dot, place)
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
        number = self.references.numbers.get(box.key, "")
        return label(box, module, number, self.drawn.dtype, self.colours, self.precision)

    def _reference(self, dot: "Digraph", place: int) -> None:
        """A small box that has the form and the name of the value that an arrow comes from."""
        box = self.drawn.boxes[self.drawn.arrows[place].source]
        look = look_of(replace(box, state=""), self.drawn, self.colours) | {"penwidth": "1", "fontsize": "10"}
        name = safe(short(self.references.names[box.key]))
        dot.node(reference(place, box.key), f"<{name}>", height="0.2", margin="0.06,0.02", **look)

    def arrow(self, dot: "Digraph", place: int, arrow: Arrow) -> None:
        """The arrow at a place, from the box of its value or from the small one that stands for it."""
        source, look = arrow.source, {"dir": "back" if arrow.carried else "forward"}
        if place in self.references.arrows:
            source = reference(place, arrow.source)
        if arrow.carried:
            look |= {"color": self.colours.gradient, "penwidth": "1.8"}
        if source == arrow.source and self.drawn.boxes[source].kind not in ("parameter", "constant"):
            # The way from operation to operation is what is kept straight.
            look["weight"] = "50" if place in self.references.trunk else "5"
        if arrow.label:
            look["label"] = f"<&nbsp;{safe(arrow.label)}>"
        ends = (source, arrow.target)
        if self.beside.get(source, (None, 0))[1] % 2:  # it stands to the right of its operation
            ends, look["dir"] = ends[::-1], "forward" if arrow.carried else "back"
        dot.edge(*ends, **look)


def variants(box: Box) -> list[Box]:
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


def _frame(dot: "Digraph", cluster: Cluster, colours: Colours) -> None:
    dot.attr(
        label=f"<<b>{safe(short(cluster.label))}</b>>",
        labeljust="l",
        labelloc="t",
        fontname=SANS,
        fontsize="10",
        fontcolor=colours.muted,
        style="rounded",
        color=colours.frame,
        margin="9",
    )


def look_of(box: Box, drawn: Description, colours: Colours) -> dict[str, str]:
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
