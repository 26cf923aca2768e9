"""Backward, an operation at a time, on the side: no ``grad`` changes and the graph stays whole."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any, NamedTuple

from minigrad.engine.graph import Edge, Node
from minigrad.engine.modes import no_grad
from minigrad.engine.walk import fit
from minigrad.viz.graphs.history import Unit


class Arrival(NamedTuple):
    """What one rule has sent to one argument of its node.

    ``gradient`` fits the argument. ``total`` is what that result, or leaf, has then: the sum of ``arrived``
    of them.
    """

    node: Node
    place: int
    gradient: Any
    total: Any
    arrived: int


@dataclass
class Progress:
    """Where the walk back stands.

    Attributes:
        done: the nodes that were taken, in order; the last one is the current one.
        waiting: the nodes that gradients have arrived at and that were not taken yet.
        gradients: by the id of a node or leaf, the gradient that has arrived: all of it, or so far.
        arrived: by the id of a node or leaf, how many gradients that is the sum of.
        carried: the arguments (node, place) along which a gradient has gone.
        sums: by the id of a node or leaf, its gradient after each arrival.
        arrivals: all of them, in order, but for the upstream that the walk begins with.
    """

    done: list[Node] = field(default_factory=list)
    waiting: set[Node] = field(default_factory=set)
    gradients: dict[int, Any] = field(default_factory=dict)
    arrived: Counter[int] = field(default_factory=Counter)
    carried: set[tuple[Node, int]] = field(default_factory=set)
    sums: dict[int, list[Any]] = field(default_factory=dict)
    arrivals: list[Arrival] = field(default_factory=list)


def replay(operations: Sequence[Unit], upstream: Any, steps: int) -> Progress:
    """Take ``steps`` operations of the walk back, in the engine's order: the newest waiting first.

    An operation of several nodes is taken as a whole: nobody else uses what is between them.
    Hooks are not called: they may have effects, and ``retain_grad`` is one of them.
    """
    progress = Progress()
    queue: list[tuple[int, Node]] = []
    before_it = {unit.result: unit.nodes[-2::-1] for unit in operations}

    def send(edge: Edge, gradient: Any) -> Any:
        gradient = fit(gradient, edge)
        before = progress.gradients.get(id(edge))
        progress.gradients[id(edge)] = gradient if before is None else before + gradient
        progress.sums.setdefault(id(edge), []).append(progress.gradients[id(edge)])
        progress.arrived[id(edge)] += 1
        if before is None and type(edge) is Node:
            heappush(queue, (-edge.time, edge))
            progress.waiting.add(edge)
        return gradient

    def take(node: Node) -> None:
        progress.waiting.remove(node)
        progress.done.append(node)
        dy, values = progress.gradients[id(node)], _values(node)
        for served, joint, rule, pick in node.plan.steps:
            result = rule(dy, *values) if pick is None else rule(dy, *pick(values))
            for place, dx in zip(served, result if joint else (result,), strict=True):
                edge = node.edges[place]
                if dx is not None and edge is not None:
                    progress.carried.add((node, place))
                    sent, total = send(edge, dx), progress.gradients[id(edge)]
                    progress.arrivals.append(Arrival(node, place, sent, total, progress.arrived[id(edge)]))

    send(operations[-1].result, upstream)
    with no_grad():
        for _ in range(steps):
            while queue and queue[0][1] not in progress.waiting:
                heappop(queue)  # it was taken with its operation
            if not queue:
                break
            newest = queue[0][1]
            for node in (newest, *before_it[newest]):
                if node in progress.waiting:
                    take(node)
    return progress


def _values(node: Node) -> tuple[Any, ...]:
    if node.saved is None:
        raise RuntimeError(
            f"graph: a backward has freed what {node.op.name} had saved, and without it the rules cannot be "
            "run. Draw steps and gradients before backward(), or call backward(retain_graph=True)."
        )
    return node.values(create_graph=False)


def expected(nodes: list[Node]) -> Counter[int]:
    """By the id of a node or leaf: over how many ways a gradient comes to it in a whole backward."""
    return Counter(
        id(node.edges[place])
        for node in nodes
        for served, *_ in node.plan.steps
        for place in served
        if node.edges[place] is not None
    )
