"""From a recorded graph to the description of its picture."""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

import numpy as np

from minigrad.engine.graph import Edge, Node
from minigrad.nn import Parameter
from minigrad.viz.graphs import text
from minigrad.viz.graphs.collapse import collapse
from minigrad.viz.graphs.description import Arrow, Box, Cluster, Description, in_words
from minigrad.viz.graphs.history import Argument, Unit, arguments, is_number, vector_in
from minigrad.viz.graphs.modules import Span, spans_of
from minigrad.viz.graphs.names import Surroundings, place_of
from minigrad.viz.graphs.notes import CHANGED, notes_on, standing
from minigrad.viz.graphs.options import COMPUTED
from minigrad.viz.graphs.replay import Progress, expected, replay
from minigrad.viz.graphs.values import Values
from minigrad.viz.numbers import on_the_cpu

_MOST_LEAVES = 12  # of one operation that are drawn in a collapsed picture


def describe(
    operations: Sequence[Unit],
    around: Surroundings,
    *,
    upstream: Any = None,
    step: int | None = None,
    backward: bool = False,
    steady: bool = False,
    closed: bool | None = None,
    limit: int = 50,
    numbers: int = 9,
) -> Description:
    """What the picture of a graph says, whose ``operations`` are given, the result's last.

    ``upstream`` and ``step``: the gradient that backward starts with, and how many operations it has taken.
    ``backward``: with all gradients that it leaves, and without saying where it stands.
    ``steady``: each box has room for what it holds at any step.
    ``closed``: False draws every operation, True every module as one box; None collapses what is beyond
    ``limit`` operations. ``numbers``: how many an array may have to be drawn with them.
    """
    nodes = sorted((node for unit in operations for node in unit.nodes), key=lambda node: node.time)
    spans = spans_of(nodes, around)
    for unit in operations:
        unit.span = spans.get(unit.main)
    units = list(operations)
    if closed or (closed is None and len(units) > limit):
        units = collapse(units, spans, around.held, limit, bool(closed))
    progress = None if step is None else replay(operations, upstream, step)
    drawing = _Drawing(nodes, operations, units, spans, around, progress, numbers, closed is not False)
    if backward:
        drawing.gradients = replay(operations, upstream, len(operations)).gradients
    if steady:
        drawing.end = replay(operations, upstream, len(operations))
    return drawing.description(step)


class _Drawing:
    """One description in the making."""

    def __init__(
        self,
        nodes: list[Node],
        operations: Sequence[Unit],
        units: list[Unit],
        spans: dict[Node, Span],
        around: Surroundings,
        progress: Progress | None,
        numbers: int,
        may_hide: bool,
    ) -> None:
        self.nodes, self.operations, self.units = nodes, operations, units
        self.spans, self.around = spans, around
        self.progress, self.numbers, self.may_hide = progress, numbers, may_hide
        self.values = Values(nodes, around)
        self.order = {node: i for i, unit in enumerate(operations) for node in unit.nodes}
        self.mains = {unit.main for unit in operations}
        self.owner = {node: unit for unit in units for node in unit.nodes}
        self.key = {unit: f"op{self.order[unit.main]}" for unit in units}
        self.expected = expected(nodes) if progress else Counter()
        self.taken = set(progress.done) if progress else set()
        self.constants: dict[Any, str] = {}  # by place in memory, the keys of their boxes
        self.gradients = progress.gradients if progress else None  # by id; None: those in grad are drawn
        self.end: Progress | None = None
        self.boxes: dict[str, Box] = {}
        self.arrows: list[Arrow] = []
        self.leaves: dict[int, tuple[Any, str, list[Unit]]] = {}  # by id: each, its key, and who uses it
        self.inputs: set[int] = set()  # the ids of the leaves that were given to a module and are not its own
        roots = {span.around()[0].module for span in spans.values()}
        self.several_models = (
            sum(root is not None and any(True for _ in root.parameters()) for root in roots) > 1
        )
        self.first: dict[Span, Node] = {}  # the first operation of each call
        for node in nodes:
            around_node = spans[node].around() if node in spans else []
            for span in around_node:
                self.first.setdefault(span, node)
            for edge in node.edges:
                if edge is not None and type(edge) is not Node:
                    users = self.leaves.setdefault(id(edge), (edge, f"leaf{len(self.leaves)}", []))[2]
                    if self.owner[node] not in users[-1:]:
                        users.append(self.owner[node])
                    if around_node and not any(span.owns(edge) for span in around_node):
                        self.inputs.add(id(edge))

    def description(self, step: int | None) -> Description:
        """The whole drawing; with ``step``, as it stands after so many steps of the backward pass."""
        for unit in self.units:
            inputs = self._inputs(unit)
            self.boxes[self.key[unit]] = self._unit(unit)
            self.arrows += inputs
        result = self.key[self.owner[self.nodes[-1]]]
        drawn = Description(
            self.boxes,
            self.arrows,
            self._clusters(),
            result,
            len(self.operations),
            self._dtype() or np.dtype("float32"),
            step,
            self._notes(step),
        )
        drawn.alt = in_words(drawn)
        drawn.keys = {id(node): self.key[unit] for node, unit in self.owner.items()}
        drawn.keys |= {id(leaf): key for leaf, key, _ in self.leaves.values() if key in self.boxes}
        return drawn

    # Boxes ----------------------------------------------------------------------------------------------

    def _unit(self, unit: Unit) -> Box:
        node = unit.result
        box = Box(self.key[unit], unit.kind, name=self.around.of(node), shape=node.shape, dtype=node.dtype)
        box.cluster = _cluster_key(unit.span)
        self._fill(box, node, self.values.of(node))
        box.state, box.taken = self._state(unit)
        if unit.kind == "operation":
            given = list(arguments(unit.main))
            constants = {a.place: self._number(unit, a) for a in given}
            box.operation = unit.main.op.name
            box.label = text.operation(unit.main, given, constants)
            return box
        box.notes += self._contents(unit)
        if unit.kind == "module":
            box.label = unit.inside.label
        elif unit.kind == "chain":
            box.label = f"{len(self._operations_in(unit)):,} operations in a row"
        else:
            first, last = self.order[unit.nodes[0]], self.order[unit.nodes[-1]]
            box.label = f"operations {first + 1:,} to {last + 1:,}"
        return box

    def _operations_in(self, unit: Unit) -> list[Node]:
        """The nodes that the operations in a unit are named after: what belongs to them is not counted."""
        return [node for node in unit.nodes if node in self.mains]

    def _fill(self, box: Box, edge: Edge, value: Any) -> None:
        """Put the numbers and the gradient of a result, or of a leaf, into its box: copies."""
        if value is not None and text.small(value.shape, self.numbers):
            box.value = np.array(on_the_cpu(value))
        gradient = self._gradient(edge)
        if gradient is not None:
            box.partial = self._partial(edge)
            box.has_gradient = True
            if text.small(gradient.shape, self.numbers):
                box.gradient = np.array(on_the_cpu(gradient))
        if self.end is not None:
            shown = text.small(edge.shape, self.numbers)
            box.room = [
                np.array(on_the_cpu(sum_)) if shown else None for sum_ in self.end.sums.get(id(edge), ())
            ]

    def _gradient(self, edge: Any) -> Any:
        """The gradient to be drawn of a result, or of a leaf; None if there is none."""
        if self.gradients is not None:
            return self.gradients.get(id(edge))
        tensor = self.around.tensor(edge) if type(edge) is Node else edge
        return None if tensor is None or tensor._grad is None else tensor._grad._data

    def _partial(self, edge: Any) -> tuple[int, int] | None:
        """Over how many ways its gradient has come, and over how many it will; None if it has it all."""
        if self.progress is None or edge in self.taken or not self.progress.waiting:
            return None
        arrived, all_ = self.progress.arrived[id(edge)], self.expected[id(edge)]
        return (arrived, all_) if arrived < all_ else None

    def _state(self, unit: Unit) -> tuple[str, tuple[int, int] | None]:
        """How far backward has come in a unit, and with how many of its operations if it is in the midst."""
        if self.progress is None:
            return "", None
        done, inside = self.progress.done, self._operations_in(unit)
        taken, all_ = sum(node in self.taken for node in inside), len(inside)
        midst = (taken, all_) if 0 < taken < all_ and unit.kind != "operation" else None
        if done and self.owner[done[-1]] is unit:
            return "current", midst
        if taken:
            return "done" if taken == all_ else "partly", midst
        return "waiting" if any(node in self.progress.waiting for node in unit.nodes) else "", None

    def _contents(self, unit: Unit) -> list[str]:
        """What several operations drawn as one are: the modules called and the other operations, counted."""
        depth = len(unit.span.around()) if unit.span else 0
        depth += unit.kind == "module"
        calls: dict[Span, None] = {}
        counts: Counter[str] = Counter()
        inside = self._operations_in(unit)
        for node in inside:
            span = self.spans.get(node)
            if span is not None and span.depth > depth:
                calls[span.around()[depth]] = None
            else:
                counts[text.sign_of(node)] += 1
        counts.update(span.kind for span in calls)
        lines = []
        if unit.kind != "module":
            once = max(counts.values()) == 1
            common = [name if once else f"{count:,} of {name}" for name, count in counts.most_common(4)]
            lines.append(", ".join(common) + (", …" if len(counts) > 4 else ""))
        elif len(inside) > 1:
            lines.append(f"{len(inside):,} operations")
        hidden = [leaf for leaf, _, _ in self.leaves.values() if self._hidden_in(leaf) is unit]
        if hidden:
            what = "parameter" if all(isinstance(leaf, Parameter) for leaf in hidden) else "leaf tensor"
            many = "s" if len(hidden) > 1 else ""
            lines.append(f"{len(hidden):,} {what}{many}, {sum(leaf.numel() for leaf in hidden):,} numbers")
        return lines

    # Arrows, and the tensors that they begin at -----------------------------------------------------------

    def _inputs(self, unit: Unit) -> list[Arrow]:
        """The arrows into a unit; the leaves and constants at their other ends are put among the boxes."""
        arrows: dict[Any, Arrow] = {}  # by argument; of several operations as one, by where they come from
        for node in unit.nodes:
            for given in arguments(node):
                if type(given.edge) is Node and self.owner[given.edge] is unit:
                    continue
                source = self._source(unit, node, given)
                if source is None:
                    continue
                carried = self.progress is not None and (node, given.place) in self.progress.carried
                if unit.kind == "operation":
                    drawn = _argument(unit, node, given)
                    role = self._role(unit, drawn, self.boxes.get(source))
                    arrows[drawn.place] = Arrow(source, self.key[unit], role, carried)
                else:
                    arrows.setdefault(source, Arrow(source, self.key[unit])).carried |= carried
        if unit.kind == "operation":
            arrows = dict(sorted(arrows.items()))
        return self._not_too_many(unit, list(arrows.values()))

    def _source(self, unit: Unit, node: Node, given: Argument) -> str | None:
        """The key of the box that an argument comes from; None if it is not drawn."""
        edge = given.edge
        if type(edge) is Node:
            return self.key[self.owner[edge]]
        if edge is not None:
            return self._leaf(edge)
        if unit.kind == "operation":
            return self._constant(unit, node, given)
        named = hasattr(given.saved, "shape") and self.around.of_array(given.saved) is not None
        return self._constant(unit, node, given) if named and unit.kind == "module" else None

    def _hidden_in(self, leaf: Any) -> Unit | None:
        """The several operations drawn as one that a leaf is counted in; None if it is drawn itself."""
        users = self.leaves[id(leaf)][2]
        alone = len(users) == 1 and users[0].kind != "operation" and id(leaf) not in self.inputs
        return users[0] if alone else None

    def _leaf(self, leaf: Any) -> str | None:
        _, key, users = self.leaves[id(leaf)]
        if self._hidden_in(leaf) is not None:
            return None
        if key not in self.boxes:
            common = _common([user.span for user in users])
            name, path = self._name_in(common, lambda span: span.name_of(leaf))
            box = Box(key, "parameter", name=name or self.around.of(leaf), path=path)
            box.shape, box.dtype = leaf.shape, leaf.dtype
            if box.name is None:
                box.label = "parameter" if isinstance(leaf, Parameter) else ""
                box.name = self._in_modules(leaf)
            inside = name or (box.name is None and id(leaf) not in self.inputs)
            box.cluster = _cluster_key(common) if inside else None
            self._fill(box, leaf, leaf._data)
            if self.values.overwritten(leaf):
                box.notes.append(CHANGED)
            self.boxes[key] = box
        return key

    def _name_in(
        self, inner: Span | None, name_in: Callable[[Span], str | None]
    ) -> tuple[str | None, str | None]:
        """What a tensor is called in the innermost call that knows it, and in the outermost one."""
        spans = inner.around() if inner is not None else []
        named = [(span, name) for span in spans if (name := name_in(span))]
        if not named:
            return None, None
        outer, path = named[0]
        return named[-1][1], f"{outer.path}.{path}" if self.several_models and outer.path else path

    def _in_modules(self, leaf: Any) -> str | None:
        """The name of a parameter that was used outside of its module: "model.0.weight"."""
        for owner, module in self.around.modules.values():
            for name, parameter in module.named_parameters():
                if parameter is leaf:
                    return f"{owner}.{name}"
        return None

    def _constant(self, unit: Unit, node: Node, given: Argument) -> str | None:
        """A box for an argument without a gradient, unless it is a number in the label, or an option."""
        value = self.values.constant(node, given)
        if self._number(unit, given) is not None:
            return None
        if not hasattr(value, "shape"):
            missing = given.operand and not given.kept and given.required
            if not missing:
                return None
            key = f"lost{self.order[node]}_{given.place}"
            why = "freed by backward" if node.saved is None else "value not kept"
            self.boxes[key] = Box(key, "constant", label="constant", notes=[why])
            self.boxes[key].cluster = _cluster_key(self._made_in(node, given))
            return key
        if given.name == "index" or (node.op.builtin, given.name) in COMPUTED:
            return None
        key = self.constants.setdefault(place_of(value), f"constant{len(self.constants)}")
        if key not in self.boxes:
            column = unit.kind == "operation" and node is unit.main and vector_in(unit, given.place)
            name, shown = self.around.of_array(value) or (None, value.reshape(-1) if column else value)
            path, span = None, None
            if name is None:
                name, path = self._name_in(unit.span, lambda span: span.name_of_array(value))
                span = unit.span if name else self._made_in(node, given)
            box = Box(key, "constant", name=name, path=path, shape=shown.shape, dtype=shown.dtype)
            box.label = "" if name else "constant"
            box.cluster = _cluster_key(span)
            if text.small(shown.shape, self.numbers):
                box.value = np.array(on_the_cpu(shown))
            self.boxes[key] = box
        return key

    def _made_in(self, node: Node, given: Argument) -> Span | None:
        """The innermost call that an unnamed constant can have been made in.

        It is the input of each call that begins with this operation, if nothing else was given to that call.
        """
        span = self.spans.get(node)
        if given.place > 0 or any(self._comes_in(edge) for edge in node.edges):
            return span
        while span is not None and self.first[span] is node:
            span = span.parent
        return span

    def _comes_in(self, edge: Edge) -> bool:
        return type(edge) is Node or id(edge) in self.inputs

    def _number(self, unit: Unit, given: Argument) -> Any:
        """The number that is part of an operation's label, "× 2", and gets no box of its own; else None."""
        if given.edge is not None or not given.operand:
            return None
        value = self.values.constant(unit.main, given)
        if getattr(value, "shape", None) == () and self.around.of_array(value) is None:
            return value.item()
        return value if is_number(value) else None

    def _role(self, unit: Unit, given: Argument, source: Box | None) -> str:
        """Which argument an arrow leads to, where that is not plain."""
        tensors = (a for a in arguments(unit.main) if a.operand and self._number(unit, a) is None)
        several = len(list(islice(tensors, 2))) == 2  # no more: a thousand tensors may be joined
        if not several and unit.main.op.builtin != "where":
            return ""
        roles = text.ROLES.get(unit.main.op.builtin)
        if roles is not None:
            return roles[given.place]
        if unit.main.op.variadic:
            return str(given.place)
        name = source.name.rpartition(".")[2] if source is not None and source.name else None
        return "" if given.name in ("input", name) else given.name

    def _not_too_many(self, unit: Unit, arrows: list[Arrow]) -> list[Arrow]:
        """The arrows into a unit; where very many leaves are joined, most of them as one box."""
        if not self.may_hide or len(arrows) <= _MOST_LEAVES:
            return arrows
        used = {arrow.source for arrow in self.arrows}
        own = [arrow for arrow in arrows if arrow.source.startswith("leaf") and arrow.source not in used]
        if len(own) <= _MOST_LEAVES:
            return arrows
        hidden = {arrow.source for arrow in own[_MOST_LEAVES:]}
        for key in hidden:
            del self.boxes[key]
        more = Box(f"more_{self.key[unit]}", "parameter", label=f"and {len(hidden):,} more")
        more.cluster = _cluster_key(unit.span)
        self.boxes[more.key] = more
        carried = any(arrow.carried for arrow in arrows if arrow.source in hidden)
        kept = [arrow for arrow in arrows if arrow.source not in hidden]
        return [*kept, Arrow(more.key, self.key[unit], "", carried)]

    # Around them ------------------------------------------------------------------------------------------

    def _clusters(self) -> list[Cluster]:
        spans = {span: None for unit in self.units if unit.span for span in unit.span.around()}
        return [
            Cluster(_cluster_key(span) or "", span.label, _cluster_key(span.parent))
            for span in sorted(spans, key=lambda span: span.number)
        ]

    def _notes(self, step: int | None) -> list[str]:
        count, done = len(self.operations), self.progress.done if self.progress is not None else []
        notes = notes_on(self.units, count, self.boxes.values(), self._dtype())
        if self.progress is not None:
            last = self.boxes[self.key[self.owner[done[-1]]]] if done else None
            notes.append(standing(step or 0, count, self.progress, last))
        return notes

    def _dtype(self) -> Any:
        """The dtype of all floating tensors, if they have one; it is then said once."""
        dtypes = {box.dtype for box in self.boxes.values() if box.dtype is not None and box.dtype.kind == "f"}
        return dtypes.pop() if len(dtypes) == 1 else None


def _argument(unit: Unit, node: Node, given: Argument) -> Argument:
    """Which argument of a unit's operation another node's is: a product may have steps that are not drawn."""
    if node is unit.main:
        return given
    outer = [argument for argument in arguments(unit.main) if argument.edge is node]
    return outer[0] if outer else given


def _cluster_key(span: Span | None) -> str | None:
    return f"module{span.number}" if span is not None else None


def _common(spans: Sequence[Span | None]) -> Span | None:
    """The innermost call that lies around all the given ones."""
    first, *others = [span.around() if span is not None else [] for span in spans]
    shared = [span for span in first if all(span in other for other in others)]
    return shared[-1] if shared else None
