"""``minigrad.viz.scrub``: forward and backward of one tensor as a page to step through."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from minigrad.files import page_text, write_whole
from minigrad.tensor import Tensor
from minigrad.viz.graphs.api import refuse_without_history, upstream_of
from minigrad.viz.graphs.history import nodes_behind, units_of
from minigrad.viz.graphs.labels import clean
from minigrad.viz.graphs.names import Surroundings
from minigrad.viz.graphs.picture import Graph
from minigrad.viz.scrubbing.record import REASON, Record

_HERE = Path(__file__).parent


def scrub(
    tensor: Tensor,
    path: str | os.PathLike[str],
    names: Mapping[str, Any] | None = None,
    *,
    gradient: Tensor | None = None,
    backward: bool = True,
    title: str | None = None,
    limit: int = 60,
    values: int = 256,
    precision: int = 4,
) -> Path:
    """Write a page that goes through forward and backward of ``tensor``, an operation at a time.

    It is one HTML file, for a browser without a network. A slider, buttons and the arrow keys step; each step
    of backward shows upstream x local = contribution, and where one is added to an earlier one. The numbers
    are those of the engine's rules, run on the side in its order: no ``grad`` and no graph is touched, and no
    hook is called, not even one that would change a gradient. A rule is asked several times, to find the
    local derivative, so a rule of your own must have no effects.

    Call it before ``backward()``, or after ``backward(retain_graph=True)``.

    Args:
        tensor: the result, a loss say. It has a history.
        path: of the page, "page.html". An earlier file is replaced.
        names: more names, {"z": z}, as in `graph`.
        gradient: what backward begins with, for a tensor of more than one element.
        backward: whether the page goes through backward, too, or forward alone.
        title: of the page; "Backward of L" or "Forward to L" if none is given.
        limit: the most operations that a page goes through.
        values: how many numbers an array, or a local derivative, may have to be shown with them; of a larger
            one the page says shape, least, mean and greatest.
        precision: digits after the point in the sentences; a cell shows all on demand.

    Returns the path.

    Raises:
        TypeError: ``tensor`` is no Tensor, or ``names`` no dict of names for tensors.
        ValueError: there are more operations than ``limit``, a number is out of range, or a ``gradient`` is
            given for a page that goes forward alone.
        RuntimeError: ``tensor`` has no history; a backward has freed the graph; ``gradient`` is missing; or
            Graphviz, which lays the graph out, is broken, or is missing and the graph is large.
        OSError: the file cannot be written.
    """
    refuse_without_history(tensor, "scrub")
    for name, number, least in (("limit", limit, 1), ("values", values, 1), ("precision", precision, 0)):
        if isinstance(number, bool) or not isinstance(number, int) or number < least:
            raise ValueError(f"scrub: {name} is a whole number of at least {least}, not {number!r}")
    if gradient is not None and not backward:
        raise ValueError(
            "scrub: backward=False goes forward alone, and has no use for gradient=; leave it out"
        )
    upstream = upstream_of(tensor, gradient, "scrub") if backward else None
    around = Surroundings(tensor, names, sys._getframe(1))
    operations = units_of(nodes_behind(tensor._node), around.held)
    if len(operations) > limit:
        raise ValueError(
            f"scrub: this graph has {len(operations):,} operations, and a page goes through {limit} at most, "
            "one by one. Step through a smaller example (one layer, a batch of two), or give a larger "
            "limit=. mg.viz.graph draws large graphs, with modules as boxes."
        )
    record = Record(operations, around, upstream, values, precision)
    result = record.description.boxes[record.description.result].name or "the result"
    data = {
        "steps": record.steps,
        "order": record.order,
        "gradients": record.gradients,
        "forward": len(operations),
        "precision": precision,
    }
    page = page_text(
        _HERE / "page.html",
        title=clean(
            title if title is not None else f"{'Backward of' if backward else 'Forward to'} {result}"
        ),
        alt=record.description.alt,
        picture=Graph(record.description, right=False, precision=precision).svg,
        data=data,
        reason=REASON,
        style=(_HERE / "scrub.css").read_text(encoding="utf-8"),
        theme=(_HERE / "theme.js").read_text(encoding="utf-8"),
        script=(_HERE / "scrub.js").read_text(encoding="utf-8"),
    )
    write_whole(Path(path), page.encode(), "scrub")
    return Path(path)
