"""Which calls of modules the operations were made in."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from minigrad.engine.graph import Node
from minigrad.nn import Module, Parameter
from minigrad.viz.graphs.names import Surroundings, place_of


@dataclass(eq=False)
class Span:
    """One call of a module: it made the nodes after the time ``start`` up to the time ``end``."""

    module: Module | None  # None if it is gone
    kind: str
    start: int
    end: int
    parent: "Span | None" = None
    path: str = ""
    depth: int = 1
    number: int = 0  # in the order of the calls
    _own: dict[int, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The module's path in the one around it, and its class: "0: Linear"."""
        return f"{self.path}: {self.kind}" if self.path else self.kind

    def around(self) -> "list[Span]":
        """This call and those around it, the outermost first."""
        spans: list[Span] = []
        span: Span | None = self
        while span is not None:
            spans.append(span)
            span = span.parent
        return spans[::-1]

    def name_of(self, leaf: Any) -> str | None:
        """What a parameter is called in this module, None if it is none of its own."""
        if not self._own and self.module is not None:
            self._own.update((id(p), name) for name, p in self.module.named_parameters())
        return self._own.get(id(leaf))

    def owns(self, leaf: Any) -> bool:
        """Whether a leaf is a parameter of this module, as far as can be told: an input is none."""
        return isinstance(leaf, Parameter) if self.module is None else self.name_of(leaf) is not None

    def name_of_array(self, array: Any) -> str | None:
        """What the buffer, or frozen parameter, in this memory is called in this module."""
        if self.module is None:
            return None
        place = place_of(array)
        for name, tensor in (*self.module.named_buffers(), *self.module.named_parameters()):
            if place_of(tensor._data) == place:
                return name
        return None


def spans_of(nodes: Sequence[Node], around: Surroundings) -> dict[Node, Span]:
    """For each node that was made in calls of modules: the innermost of them.

    A call is noted at the nodes of what it returned. All that it did took place between its start and them,
    and so calls are nested as intervals of time are.
    """
    spans: dict[int, Span] = {}
    for node in nodes:
        for call in node.calls:
            span = spans.setdefault(call.start, Span(call.module(), call.kind, call.start, node.time))
            span.end = max(span.end, node.time)
    found: dict[Node, Span] = {}
    coming = sorted(spans.values(), key=lambda span: -span.start)
    paths = _Paths(around)
    open_: list[Span] = []
    for node in nodes:
        while coming and coming[-1].start < node.time:
            span = coming.pop()
            while open_ and open_[-1].end < span.end:
                open_.pop()
            span.parent = open_[-1] if open_ else None
            span.depth = len(open_) + 1
            span.path = paths.of(span)
            span.number = len(spans) - len(coming)
            open_.append(span)
        while open_ and open_[-1].end < node.time:
            open_.pop()
        if open_:
            found[node] = open_[-1]
    return found


class _Paths:
    """The dotted names of modules: in the module around them or, on the outside, from the learner's name."""

    def __init__(self, around: Surroundings) -> None:
        self._inside: dict[int, dict[int, str]] = {}
        self._outside: dict[int, str] = {id(module): name for name, module in around.modules.values()}
        for name, module in around.modules.values():
            for path, inner in module.named_modules():
                self._outside.setdefault(id(inner), f"{name}.{path}" if path else name)

    def of(self, span: Span) -> str:
        """The name of the module of a call, as the module around it has it."""
        outer = span.parent.module if span.parent is not None else None
        if outer is None:
            return self._outside.get(id(span.module), "")
        if id(outer) not in self._inside:
            self._inside[id(outer)] = {id(module): path for path, module in outer.named_modules()}
        return self._inside[id(outer)].get(id(span.module), "")
