"""The steps of a page, as plain data: what each computes, and from what."""

from collections.abc import Iterable, Sequence
from typing import Any

from minigrad.engine.graph import Edge, Node
from minigrad.viz.graphs import text
from minigrad.viz.graphs.describe import describe
from minigrad.viz.graphs.description import Box, Description
from minigrad.viz.graphs.history import Argument, Unit, arguments, is_number
from minigrad.viz.graphs.labels import clean
from minigrad.viz.graphs.names import Surroundings
from minigrad.viz.graphs.notes import CHANGED
from minigrad.viz.graphs.replay import Arrival, Progress, expected, replay
from minigrad.viz.graphs.values import Values
from minigrad.viz.scrubbing.arrays import stored
from minigrad.viz.scrubbing.local import locals_of, rule_of

Step = dict[str, Any]

_SPELLED = 4  # numbers of a vector that are written in a sentence

REASON = (
    "The engine numbers operations as they run, so a value is always older than what is computed from it. "
    "Backward takes the newest operation that waits: all that used its result are newer and have been taken, "
    "so its gradient is complete, over all ways, before it is handed on."
)


class Record:
    """Everything that a page shows of the graph behind a tensor.

    Args:
        upstream: what backward begins with; None for the forward pass alone.
        most: how many numbers an array may have to be kept with them.

    Attributes:
        description: the picture, without gradients.
        steps: the start, each operation forward, the beginning of backward, each operation backward.
        order: of backward: for each operation its box, its name, and why it is its turn.
        gradients: what backward leaves at the leaves, by name.
    """

    def __init__(
        self, operations: Sequence[Unit], around: Surroundings, upstream: Any, most: int, precision: int
    ) -> None:
        self._operations, self._around, self._most, self._precision = operations, around, most, precision
        nodes = sorted((node for unit in operations for node in unit.nodes), key=lambda node: node.time)
        self.description: Description = describe(operations, around, closed=False)
        for box in self.description.boxes.values():  # those of an earlier backward are not of this one
            box.gradient, box.has_gradient = None, False
        self._values = Values(nodes, around)
        self._unit = {node: unit for unit in operations for node in unit.nodes}
        self._ways = expected(nodes)
        self._walk = Progress() if upstream is None else replay(operations, upstream, len(operations))
        self._taken = list(dict.fromkeys(self._unit[node] for node in self._walk.done))
        self._users = self._uses()
        self.order = [self._turn(unit) for unit in self._taken]
        self.steps = [
            self._start(),
            *(self._forward(i, unit) for i, unit in enumerate(operations, 1)),
            *([] if upstream is None else [self._beginning(upstream)]),
            *(self._backward(i, unit) for i, unit in enumerate(self._taken, 1)),
        ]
        self.gradients = [
            self._shown(self._said(edge), self._walk.gradients[id(edge)], self._box(edge).key)
            for edge in self._leaves()
            if id(edge) in self._walk.gradients
        ]

    # Names -------------------------------------------------------------------------------------------------

    def _box(self, edge: Edge) -> Box:
        return self.description.boxes[self.description.keys[id(edge)]]

    def _said(self, edge: Edge) -> str:
        """What a result or a leaf is called; without a name, by its number in the order of computation."""
        box = self._box(edge)
        if box.path or box.name:
            return clean(box.path or box.name or "")
        if isinstance(edge, Node):
            return clean(f"result {self._operations.index(self._unit[edge]) + 1} ({box.label})")
        return clean(f"{box.label or 'tensor'} {list(map(id, self._leaves())).index(id(edge)) + 1}")

    def _leaves(self) -> list[Any]:
        edges = {id(e): e for unit in self._operations for node in unit.nodes for e in node.edges}
        return [edge for edge in edges.values() if edge is not None and type(edge) is not Node]

    def _shown(self, caption: str, array: Any, box: str | None = None) -> dict[str, Any]:
        return {
            "caption": caption,
            "box": box,
            "array": None if array is None else stored(array, self._most),
        }

    def _number(self, array: Any) -> str:
        """One number, or a short vector, as it is written; of a larger array its shape."""
        if array.size == 1:
            return text.number(array.reshape(-1)[0].item(), self._precision)
        if array.ndim == 1 and 0 < array.size <= _SPELLED:
            return text.numbers(array, self._precision, width=1000)[0]
        return f"an array of shape {tuple(array.shape)}"

    # The order ---------------------------------------------------------------------------------------------

    def _uses(self) -> dict[Unit, list[Unit]]:
        """By operation: those that use its result."""
        users: dict[Unit, list[Unit]] = {unit: [] for unit in self._operations}
        for node, user in self._unit.items():
            for edge in node.edges:
                made_by = self._unit[edge] if type(edge) is Node else user
                if made_by is not user and user not in users[made_by]:
                    users[made_by].append(user)
        return users

    def _turn(self, unit: Unit) -> dict[str, Any]:
        users = [self._said(user.result) for user in self._users[unit]]
        why = f"used by {_listed(users)}, done before" if users else "backward begins here"
        box = self._box(unit.result)
        return {"box": box.key, "name": self._said(unit.result), "label": clean(box.label), "why": why}

    # Steps -------------------------------------------------------------------------------------------------

    def _start(self) -> Step:
        leaves = self._leaves()
        return {
            "phase": "start",
            "box": None,
            "title": "Before the first operation",
            "text": f"The leaves, tensors with a gradient that no operation made: "
            f"{_listed(map(self._said, leaves))}. Constants come in where they are used.",
            "inputs": [self._input(self._said(leaf), leaf) for leaf in leaves],
        }

    def _input(self, name: str, leaf: Any) -> dict[str, Any]:
        box = self._box(leaf)
        note = f" ({CHANGED})" if CHANGED in box.notes else ""
        return self._shown(f"{name}{note}", self._values.of(leaf), box.key)

    def _forward(self, i: int, unit: Unit) -> Step:
        box, inputs = self._box(unit.result), list(self._inputs(unit))
        y = self._values.of(unit.result)
        said, names = self._said(unit.result), [item["caption"] for item in inputs]
        value = "its numbers are not kept" if y is None else f"it is {self._number(y)}"
        return {
            "phase": "forward",
            "box": box.key,
            "title": f"Forward, {i} of {len(self._operations)}: {clean(box.label)}",
            "text": f"{said} is computed from {_listed(names) or 'numbers'} by {clean(box.label)}; {value}.",
            "inputs": inputs,
            "result": self._shown(said, y, box.key),
        }

    def _inputs(self, unit: Unit) -> Iterable[dict[str, Any]]:
        for argument in arguments(unit.main):
            edge = argument.edge
            while type(edge) is Node and edge in unit.nodes:  # a column that was made of a vector
                edge = edge.edges[0]
            if type(edge) is Node:
                yield self._shown(self._said(edge), self._values.of(edge), self._box(edge).key)
            elif edge is not None:
                yield self._input(self._said(edge), edge)
            elif argument.operand:
                yield from self._constant(unit, argument)

    def _constant(self, unit: Unit, argument: Argument) -> Iterable[dict[str, Any]]:
        value = self._values.constant(unit.main, argument)
        named = None if value is None else self._around.of_array(value)
        if value is None and not argument.required:
            return
        if value is not None and named is None and (is_number(value) or getattr(value, "shape", ()) == ()):
            return  # it is part of the operation's label
        name, array = named or ("constant", value)
        yield self._shown(clean(name), array)

    def _beginning(self, upstream: Any) -> Step:
        edge = self._operations[-1].result
        said = self._said(edge)
        told = f"The gradient of {said} by itself is 1" if upstream.size == 1 and upstream.item() == 1 else (
            f"The gradient that was given for {said} is {self._number(upstream)}"
        )  # fmt: skip
        return {
            "phase": "backward",
            "box": self._box(edge).key,
            "title": "Backward begins",
            "text": f"{told}: it is the first upstream.",
            "inputs": [],
            "result": self._shown(f"gradient of {said}", upstream, self._box(edge).key),
        }

    def _backward(self, i: int, unit: Unit) -> Step:
        box, upstream = self._box(unit.result), self._walk.gradients[id(unit.result)]
        said, result = self._said(unit.result), self._said(self._operations[-1].result)
        found = locals_of(unit, upstream, self._most)
        ways = [
            self._way(unit, arrival, found[arrival.node, arrival.place])
            for arrival in self._walk.arrivals
            if arrival.node in unit.nodes and (arrival.node, arrival.place) in found
        ]
        sentences = [f"Upstream, the gradient of {result} by {said}, is {self._number(upstream)}."]
        sentences += [way["text"] for way in ways]
        return {
            "phase": "backward",
            "box": box.key,
            "title": f"Backward, {i} of {len(self._taken)}: {clean(box.label)}, which made {said}",
            "text": " ".join(sentences),
            "why": self.order[i - 1]["why"],
            "waiting": [self._said(other.result) for other in self._waiting(i)],
            "upstream": self._shown(f"upstream: gradient of {said}", upstream, box.key),
            "ways": ways,
        }

    def _waiting(self, i: int) -> list[Unit]:
        """The operations that have a gradient and have not been taken after i were."""
        done, later = self._taken[:i], self._taken[i:]
        return [unit for unit in later if any(user in done for user in self._users[unit])]

    def _way(self, unit: Unit, arrival: Arrival, local: Any) -> dict[str, Any]:
        node, at, gradient, total, arrived = arrival
        edge = node.edges[at]
        name, of = self._said(edge), self._ways[id(edge)]
        before = None if arrived == 1 else self._before(edge, arrived)
        product = f"To {name}: {self._product(unit, gradient, local)}"
        if before is None:
            told = f"{product}."
        else:
            told = (
                f"{product}, added to {self._number(before)} that came before: {self._number(total)}."
                if gradient.size <= _SPELLED and gradient.ndim < 2
                else f"{product}, added to what came before."
            )
        if of > 1:
            rest = "it is complete" if arrived == of else "the rest is still to come"
            told += f" That is {arrived} of {of} contributions; {rest}."
        caption = f"local: derivative of {self._said(unit.result)} by {name}"
        rule = rule_of((node, at)) if node is unit.main else rule_of(_outer(unit, node))
        return {
            "box": self._box(edge).key,
            "name": name,
            "text": told,
            "kind": local.kind,
            "stretched": local.stretched,
            "local": self._shown(caption, local.array),
            "rule": rule,
            "contribution": self._shown(f"contribution to {name}", gradient),
            "before": None if before is None else self._shown("what came before", before),
            "after": self._shown(f"gradient of {name}" + ("" if arrived == of else " so far"), total),
            "arrived": arrived,
            "of": of,
        }

    def _before(self, edge: Edge, arrived: int) -> Any:
        return self._walk.sums[id(edge)][arrived - 2]

    def _product(self, unit: Unit, gradient: Any, local: Any) -> str:
        """Upstream x local = contribution, in numbers where they are single ones."""
        upstream = self._walk.gradients[id(unit.result)]
        if local.kind == "factor" and not local.stretched and upstream.ndim < 2 and gradient.size <= _SPELLED:
            factors = f"{self._number(upstream)} × {self._number(local.array)}"
            return f"{factors} = {self._number(gradient)}"
        return f"the contribution is {self._number(gradient)}"


def _outer(unit: Unit, inner: Node) -> tuple[Node, int]:
    """The place of the operation's main node that a node of its unit made the argument for."""
    places = [at for at, edge in enumerate(unit.main.edges) if edge is inner]
    return (unit.main, places[0]) if places else (inner, 0)


def _listed(names: Iterable[str]) -> str:
    """Names in a sentence: "a, b and c"."""
    *first, last = list(names) or [""]
    return f"{', '.join(first)} and {last}" if first else last
