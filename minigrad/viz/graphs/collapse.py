"""Fewer things to draw: modules as one box each, chains as one box, at last stretches of the recording."""

from collections.abc import Collection, Sequence

from minigrad.engine.graph import Node
from minigrad.viz.graphs.history import Unit
from minigrad.viz.graphs.modules import Span

_FEW = 6  # units: fewer than that are a poor picture of a large network
_STRETCHES = 12  # say nothing of their own, but where in a long computation one is


def collapse(
    units: Sequence[Unit], spans: dict[Node, Span], named: Collection[int], most: int, layers: bool
) -> list[Unit]:
    """At most ``most`` units for ``units``; with ``layers``, each module without others in it as one.

    Modules are closed from the inside out: first those with no others in them, then, as few levels as will
    do, those that are deepest. If that is not enough, operations in a
    row, each of which uses the one before it alone, are drawn as one, and if that is not enough either,
    stretches of operations that were recorded one after another. Whichever way, what is drawn has no cycle:
    a module's operations and a stretch are intervals of time.
    """
    deepest = max((span.depth for span in spans.values()), default=0)
    levels: list[list[Unit]] = []
    for depth in range(deepest if layers else deepest + 1, -1, -1):
        levels.append(_close(units, spans, depth, deepest))
        if len(levels[-1]) <= most:
            break
    closed = levels[-1]
    if len(closed) <= most:
        if len(closed) < _FEW and len(levels) > 1:  # 500 equal blocks in one box say too little
            row = _chain(levels[-2], named, ends=True)
            if len(closed) < len(row) <= most:
                return row
        return closed
    for ends in (True, False):
        chained = _chain(closed, named, ends)
        if len(chained) <= most:
            return chained
    return _stretch(closed, min(most, _STRETCHES))


def _close(units: Sequence[Unit], spans: dict[Node, Span], depth: int, deepest: int) -> list[Unit]:
    """The units with every module that lies deeper than ``depth`` modules drawn as one.

    From the ``deepest`` depth on, those are closed, too, that have no others in them, wherever they lie.
    """
    around = {outer for span in spans.values() for outer in span.around()[:-1]}
    closed: dict[object, Unit] = {}
    for unit in units:
        span = spans.get(unit.main)
        if span is not None and span.depth > depth:
            outer = span.around()[depth]
        elif span is not None and depth <= deepest and span not in around:
            outer = span
        else:
            closed[unit] = unit
            continue
        if outer in closed:
            closed[outer].nodes += unit.nodes
        else:
            closed[outer] = Unit(list(unit.nodes), unit.main, "module", outer.parent, outer)
    for unit in closed.values():
        unit.nodes.sort(key=lambda node: node.time)
    return list(closed.values())


def _chain(units: Sequence[Unit], named: Collection[int], ends: bool) -> list[Unit]:
    """The units with each three or more of them in a row drawn as one, its ``ends`` apart if that is wanted.

    A result that has a name ends a row.
    """
    inputs, users = links(units)
    rows: list[list[Unit]] = []
    row_of: dict[Unit, list[Unit]] = {}
    for unit in units:
        before = inputs[unit][0] if len(inputs[unit]) == 1 else None
        if (
            before is not None
            and len(users[before]) == 1
            and before.span is unit.span
            and id(before.result) not in named
        ):
            row = row_of[before]
        else:
            rows.append(row := [])
        row.append(unit)
        row_of[unit] = row
    chained: list[Unit] = []
    for row in rows:
        first, last = (1, len(row) - 1) if ends else (0, len(row))
        if last - first < 3:
            chained += row
        else:
            chained += [*row[:first], _merge(row[first:last], "chain"), *row[last:]]
    return chained


def _stretch(units: Sequence[Unit], most: int) -> list[Unit]:
    """The units in at most ``most`` stretches of one length; one unit alone stays as it is."""
    count, each = len(units), -(-len(units) // most)
    inside = sorted(units, key=lambda unit: unit.result.time)
    pieces = [inside[i : i + each] for i in range(0, count, each)]
    return [_merge(piece, "stretch") if len(piece) > 1 else piece[0] for piece in pieces]


def _merge(units: Sequence[Unit], kind: str) -> Unit:
    nodes = sorted((node for unit in units for node in unit.nodes), key=lambda node: node.time)
    spans = {unit.span for unit in units}
    return Unit(nodes, units[-1].main, kind, spans.pop() if len(spans) == 1 else None)


def links(units: Sequence[Unit]) -> tuple[dict[Unit, list[Unit]], dict[Unit, list[Unit]]]:
    """For each unit, the units whose results it uses, and those that use its own, each once."""
    owner = {node: unit for unit in units for node in unit.nodes}
    pairs = dict.fromkeys(
        (owner[edge], unit)
        for node, unit in owner.items()
        for edge in node.edges
        if type(edge) is Node and owner[edge] is not unit
    )
    inputs: dict[Unit, list[Unit]] = {unit: [] for unit in units}
    users: dict[Unit, list[Unit]] = {unit: [] for unit in units}
    for source, unit in pairs:
        inputs[unit].append(source)
        users[source].append(unit)
    return inputs, users
