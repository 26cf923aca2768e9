"""The values inside a graph, as far as they are still known.

A node does not keep its result. The learner may hold it; a rule may have asked for it; and what is known can
be computed with again.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigrad.devices import place
from minigrad.engine import writes
from minigrad.engine.graph import Edge, Node
from minigrad.viz.graphs.history import Argument, arguments, is_number
from minigrad.viz.graphs.names import Surroundings, place_of
from minigrad.viz.numbers import on_the_cpu

_LARGEST = 4096  # elements: a larger array is not computed with again, only to be drawn as a shape
_MOST_NODES = 200  # of a graph in which lost constants are looked for
_UNKNOWN = object()


class Values:
    """The value of each node's result, of each leaf, and of constants that no rule asked for."""

    def __init__(self, nodes: Sequence[Node], around: Surroundings) -> None:
        self._around = around
        self._results: dict[int, Any] = {}
        self._first_use: dict[int, int] = {}
        self._replaced: set[int] = set()
        self._recovered: dict[tuple[Node, int], Any] = {}
        for node in nodes:
            self._take_saved(node)
        with np.errstate(all="ignore"):
            for node in nodes:
                self._find(node)
            self._recover(nodes)

    def of(self, edge: Edge) -> Any:
        """The array that a node made, or that a leaf holds now; None if it is not known."""
        return self._results.get(id(edge)) if isinstance(edge, Node) else edge._data

    def overwritten(self, leaf: Any) -> bool:
        """Whether a leaf holds other numbers now than when the graph was recorded."""
        if id(leaf) in self._replaced:
            return True
        first = self._first_use.get(id(leaf))
        return first is not None and writes.since(first, leaf._data) is not None

    def constant(self, node: Node, argument: Argument) -> Any:
        """The value of an argument that has no edge, a number or an array; None if it is not known."""
        if argument.kept:
            return argument.saved
        key = (node, argument.place)
        if key not in self._recovered:
            with np.errstate(all="ignore"):
                self._recovered[key] = self._solve(node, argument)
        return self._recovered[key]

    def _take_saved(self, node: Node) -> None:
        for edge in node.edges:
            if edge is not None and type(edge) is not Node:
                self._first_use.setdefault(id(edge), node.time)
        if node.saved is None:
            return
        for origin, value in zip(node.plan.origins, node.saved, strict=True):
            if origin is None:
                continue
            edge = node if origin == -1 else node.edges[origin]
            if edge is None or not hasattr(value, "dtype") or value.dtype != edge.dtype:
                continue  # an option, or not in the dtype that it had before it was promoted
            if not isinstance(edge, Node):
                if value is not edge._data:
                    self._replaced.add(id(edge))
            elif writes.since(node.time, value) is None:
                self._results.setdefault(id(edge), value)

    def _find(self, node: Node) -> None:
        held = self._around.tensor(node)
        if held is not None and held._data.shape == node.shape:
            self._results[id(node)] = held._data
        if id(node) in self._results or math.prod(node.shape) > _LARGEST:
            return
        given = [self._given(node, argument) for argument in arguments(node)]
        y = None if any(value is _UNKNOWN for value in given) else self._compute(node, given)
        if y is not None:
            self._results[id(node)] = y

    def _given(self, node: Node, argument: Argument) -> Any:
        """What the operation was given as an argument, if that is known for certain."""
        value: Any = _UNKNOWN
        edge = argument.edge
        if argument.kept and writes.since(node.time, argument.saved) is None:
            value = argument.saved
        elif type(edge) is Node:
            value = self._results.get(id(edge), _UNKNOWN)
            held = self._around.tensor(edge)
            if held is not None and writes.since(node.time, held._data) is not None:
                value = _UNKNOWN
        elif edge is not None:
            value = _UNKNOWN if self.overwritten(edge) else edge._data
        elif (node, argument.place) in self._recovered:
            value = self._recovered[node, argument.place]
        elif argument.name == "dtype":
            value = node.dtype
        elif (node.op.builtin, argument.name) in {("reshape", "shape"), ("broadcast_to", "size")}:
            value = node.shape
        elif (node.op.builtin, argument.name) == ("max_pool2d", "found"):
            value = None
        return _UNKNOWN if getattr(value, "size", 0) > _LARGEST else value

    def _compute(self, node: Node, given: Sequence[Any]) -> Any:
        """The operation's formula once more; None unless the result looks as it did."""
        positional: list[Any] = []
        named: dict[str, Any] = {}
        for argument, value in zip(arguments(node), given, strict=True):
            if argument.keyword:
                named[argument.name] = value
            else:
                positional.append(value)
        try:
            y = place.as_array(node.op(*positional, **named))
        except (RuntimeError, TypeError, ValueError, IndexError):
            return None
        return y if y.shape == node.shape and y.dtype == node.dtype else None

    # Constants that nobody kept ---------------------------------------------------------------------------

    def _recover(self, nodes: Sequence[Node]) -> None:
        """Find out the 1 of x + 1 or 1 / x, which no rule asks for, and what a backward has freed.

        Nothing is believed that does not give, in the same arithmetic, the very same known result, and that
        something else gives, too. It is tried: what solves the equation, rounded to few digits; the tensors
        in the learner's hands; the numbers that people write.
        """
        if len(nodes) > _MOST_NODES:
            return
        for i, node in enumerate(nodes):
            for argument in arguments(node):
                lost = argument.edge is None and not argument.kept and argument.operand and argument.required
                if not lost or math.prod(node.shape) > _LARGEST:
                    continue
                found = self._solve(node, argument)
                if found is None:
                    found = self._only_one(nodes[i:], argument)
                if found is not None:
                    self._recovered[node, argument.place] = found
                    for later in nodes[i:]:
                        self._find(later)

    def _solve(self, node: Node, argument: Argument) -> Any:
        """The number of few digits that solves for the constant, where both result and operand are known."""
        solve = _SOLVED.get((node.op.builtin, argument.place))
        y = self._results.get(id(node))
        if solve is None or y is None or not y.size:
            return None
        known = self._given(node, list(arguments(node))[1 - argument.place])
        if known is _UNKNOWN:
            return None
        near = float(
            np.median(solve(on_the_cpu(y).astype(np.float64), np.asarray(on_the_cpu(known), np.float64)))
        )
        for digits in range(1, 8) if np.isfinite(near) else ():
            number = float(f"{near:.{digits}g}")
            if self._leads_to_known([node], argument.place, number):
                return int(number) if number.is_integer() else number
        return None

    def _only_one(self, nodes: Sequence[Node], argument: Argument) -> Any:
        """The one candidate for an argument of the first node from which the known results follow."""
        arrays = [
            t._data for t in self._around.constants if not t._requires_grad and t._data.size <= _LARGEST
        ]
        columns = [a.reshape(shape) for a in arrays if a.ndim == 1 for shape in ((-1, 1), (1, -1))]
        fits = [a for a in [*arrays, *columns] if self._leads_to_known(nodes, argument.place, a)]
        fits = fits or [n for n in _WRITTEN if self._leads_to_known(nodes, argument.place, n)]
        if not fits or not all(np.array_equal(fits[0], other) for other in fits):
            return None
        one = is_number(fits[0]) or len({place_of(array) for array in fits}) == 1
        return fits[0] if one else fits[0].copy()  # a copy: the numbers are sure, whose they are is not

    def _leads_to_known(self, nodes: Sequence[Node], place: int, candidate: Any) -> bool:
        """Whether the first known result that follows from a candidate is what is known of it."""
        supposed: dict[int, Any] = {}
        for node in nodes:
            if node is not nodes[0] and not any(id(edge) in supposed for edge in node.edges):
                continue
            given = [
                supposed[id(a.edge)] if id(a.edge) in supposed else self._given(node, a)
                for a in arguments(node)
            ]
            if node is nodes[0]:
                given[place] = candidate
            y = None if any(value is _UNKNOWN for value in given) else self._compute(node, given)
            if y is None:
                return False
            if id(node) in self._results:
                return np.array_equal(y, self._results[id(node)], equal_nan=True)
            supposed[id(node)] = y
        return False


# What the argument at a place was, from the result y and the other argument x.
_SOLVED: dict[tuple[str, int], Callable[[Any, Any], Any]] = {
    ("add", 0): lambda y, x: y - x,
    ("add", 1): lambda y, x: y - x,
    ("sub", 0): lambda y, x: y + x,
    ("sub", 1): lambda y, x: x - y,
    ("mul", 0): lambda y, x: y / x,
    ("mul", 1): lambda y, x: y / x,
    ("div", 0): lambda y, x: y * x,
}
_WRITTEN = [*range(11), 100, 0.5, 0.25, 0.1, 0.01, *range(-10, 0), -0.5]
