"""Draw the rooms of the core: how many lines each has, and how many imports lead from one to another.

    python tools/draw_rooms.py d6c0794 HEAD

Each revision is taken from git. The pictures, docs/pictures/rooms_d6c0794.svg and rooms.svg for HEAD, are in
docs/architecture.md. An import is counted as in tools/measure_core.py. What any room may import, devices,
dtypes, errors and the like, is left out. Arrows that should not be are red.
"""

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

from graphviz import Digraph

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from minigrad.viz.graphs.colours import Colours  # noqa: E402 (from this checkout)
from minigrad.viz.graphs.dot import MONO, SANS  # noqa: E402
from minigrad.viz.graphs.render import render  # noqa: E402
from minigrad.viz.theme import LIGHT  # noqa: E402
from tools.measure_core import imports, lines, taken_out  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"
ROWS = (("nn", "optim"), ("creation", "tensor"), ("ops",), ("engine", "kernels"))
PARTS = {
    "tensor": ("tensor", "methods", "numpy_protocol", "printing", "elsewhere"),
    "kernels": ("kernels/__init__", "kernels/reference", "kernels/precision", "kernels/threads"),
}
"""Rooms that are drawn as one; of the kernels' the plain ones, which a learner reads."""

COLOURS = Colours.of(LIGHT)


def box_of(room: str) -> str | None:
    """The box that a room is drawn in; None for a room that is not drawn."""
    return next((box for row in ROWS for box in row if room == box or room in PARTS.get(box, ())), None)


def arrows(package: Path) -> Counter[tuple[str, str]]:
    """How many imports lead from one box to another."""
    pairs = [(box_of(who), box_of(whom)) for who, whom in imports(package)]
    return Counter((a, b) for a, b in pairs if a and b and a != b)


def wanted(who: str, whom: str) -> bool:
    """Whether ``who`` should import ``whom``: of kernels/ know operations, and steps of optimisers."""
    return whom != "kernels" or who in ("ops", "optim")


def size(package: Path, box: str) -> int:
    """The lines of a box."""
    paths = [package / part for part in PARTS.get(box, (box,))]
    files = [path if path.is_dir() else path.with_suffix(".py") for path in paths]
    return sum(lines(file) for file in files if file.exists())


def source(package: Path) -> str:
    """The picture in Graphviz' language."""
    dot = Digraph("rooms")
    dot.attr(bgcolor=COLOURS.paper, nodesep="0.8", ranksep="0.5")
    dot.attr("node", shape="box", style="rounded,filled", fontname=MONO, fontsize="13")
    dot.attr("node", fillcolor=COLOURS.operation, color=COLOURS.operation_border, fontcolor=COLOURS.ink)
    dot.attr("edge", fontname=SANS, fontsize="11", arrowsize="0.7")
    for row in ROWS:
        with dot.subgraph() as rank:
            rank.attr(rank="same")
            for box in row:
                rank.node(box, f"{box}\n{size(package, box):,}")
    for (who, whom), count in sorted(arrows(package).items()):
        line, text = COLOURS.arrow, COLOURS.muted
        if not wanted(who, whom):
            line = text = COLOURS.gradient
        width = f"{0.6 + count / 12:.2f}"
        dot.edge(who, whom, label=f" {count}", color=line, fontcolor=text, penwidth=width)
    return str(dot.source)


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw the rooms of the core and the imports between them.")
    parser.add_argument("revisions", nargs="+", metavar="REVISION", help="of git: d6c0794, HEAD")
    PICTURES.mkdir(exist_ok=True)
    for revision in parser.parse_args().revisions:
        with tempfile.TemporaryDirectory() as folder:
            taken_out(revision, Path(folder))
            picture = render(source(Path(folder) / "minigrad"), "svg")
        name = "rooms" if revision == "HEAD" else f"rooms_{revision}"
        (PICTURES / f"{name}.svg").write_bytes(picture)


if __name__ == "__main__":
    main()
