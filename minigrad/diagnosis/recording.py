"""What a function did, step by step, and the gradient it would have if a step's rule were another."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np

from minigrad.callsite import learner_line
from minigrad.diagnosis import known
from minigrad.engine.graph import Edge, Node
from minigrad.engine.modes import enable_grad, state
from minigrad.engine.walk import fit
from minigrad.tensor import Tensor

Array: TypeAlias = Any

Local: TypeAlias = "Callable[[Step, Array], Mapping[int, Array]]"
"""A rule to try in place of a step's own: of the step and the gradient that arrives there, the gradient of
each argument, by its number.
"""


class Step:
    """One recorded operation on the way from x to y.

    Attributes:
        place: its number, from 0, in the order of the forward pass.
        named: the operation's arguments by name, options too; empty for one with a ``*`` parameter.
        y: what it returned.
        ways: the numbers of the arguments that depend on x.
        line: the line of the learner's code that called it.
    """

    def __init__(self, place: int, node: Node, operands: list[Any], ways: tuple[int, ...], line: str) -> None:
        self.place = place
        self.node = node
        self.op = node.op
        self.values = operands[:-1]
        self.y = operands[-1]
        self.ways = ways
        self.line = line
        self.names = {"y": f"the result of {self.name}"}  # of its arguments and result, for a learner
        self.named: dict[str, Any] = (
            {} if self.op.variadic else dict(zip(self.op.parameters, self.values, strict=True))
        )

    @property
    def name(self) -> str:
        """The operation's name as a learner knows it."""
        return self.op.name

    def parameter(self, way: int) -> str:
        """The name of an argument."""
        return self.op.parameters[0] if self.op.variadic else self.op.parameters[way]

    def called(self, name: str) -> str:
        """An argument or the result, ``"y"``, as the learner knows it: by fn's own name, if it has one."""
        return self.names.get(name, f"{self.name}'s {name!r}")

    def unfitted(self, dy: Array) -> dict[int, Array]:
        """The gradients by its arguments as the rules return them: stretched where broadcasting stretched."""
        saved = self.node.values(create_graph=False)
        found = {}
        for served, joint, rule, pick in self.node.plan.steps:
            result = rule(dy, *saved) if pick is None else rule(dy, *pick(saved))
            for i, dx in zip(served, result if joint else (result,), strict=True):
                if dx is not None and i in self.ways:
                    found[i] = np.asarray(dx)
        return found

    def local(self, dy: Array) -> dict[int, Array]:
        """The gradients by its arguments."""
        return {i: fit(dx, self.node.edges[i]) for i, dx in self.unfitted(dy).items()}

    def rule(self, way: int, dy: Array, **changed: Any) -> Array:
        """What the rule for an argument returns if some of what it asks for is replaced."""
        name = self.parameter(way)
        known = {**self.named, "y": self.y, **changed}
        rule = next(rule for rule in self.op.rules if name in rule.arguments)
        asked = [
            known[need]
            if need in known
            else (True,) * len(rule.arguments)
            if need == "needed"
            else np.shape(known[need.removesuffix("_shape")])
            for need in rule.needs
        ]
        result = rule.function(dy, *asked)
        return np.asarray(result[rule.arguments.index(name)] if len(rule.arguments) > 1 else result)

    def again(self, **changed: Any) -> Array:
        """What the operation gives if some of its arguments are replaced."""
        return np.asarray(self.op.formula(**{**self.named, **changed}))

    def arrays(self) -> dict[str, Array]:
        """The floating arrays among its arguments, and y."""
        return {
            name: value
            for name, value in {**self.named, "y": self.y}.items()
            if isinstance(value, np.ndarray) and value.dtype.kind == "f"
        }


class Recording:
    """One run of a function at ``x``; ``dy``, the upstream gradient, is set afterwards."""

    dy: Array
    trial: Any = None  # the problem.Trial that this is part of

    def __init__(self, function: Callable[[Tensor], Any], x: Array, name: str = "x") -> None:
        leaf = Tensor(np.array(x), requires_grad=True)
        seen: dict[Node, tuple[list[Any], str]] = {}

        def witness(node: Node, operands: list[Any]) -> Node | None:
            composed = known.COMPOSED.get(node.op.builtin)
            if composed is not None:
                edge = node.edges[0]
                input = Tensor._wrap(operands[0], edge) if isinstance(edge, Node) else edge
                steps: Node | None = composed(input, *operands[1:-1])._node
                return steps
            kept = [value.copy() if isinstance(value, np.ndarray) else value for value in operands]
            seen[node] = kept, learner_line()
            return None

        before, state.witness = state.witness, witness
        try:
            with enable_grad(), np.errstate(all="ignore"):
                y = function(leaf)
        finally:
            state.witness = before
        if not isinstance(y, Tensor):
            raise TypeError(
                f"explain_gradient: fn must return one Tensor, and returned {kind(y)}. Is it made of "
                "minigrad's operations (mg.exp, not math.exp)? Of several results, return one."
            )
        self.name = name
        self.x = leaf._data
        self.y = y._data
        self._leaf: Edge = leaf
        self.root: Edge = y._node or y  # where dy arrives
        leading = self._leading(seen)
        ordered = sorted(leading, key=lambda node: node.time)
        self.steps = [
            Step(
                place,
                node,
                seen[node][0],
                tuple(i for i, e in enumerate(node.edges) if e is leaf or e in leading),
                seen[node][1],
            )
            for place, node in enumerate(ordered)
        ]

    def name_values(self, values: Mapping[str, Any]) -> None:
        """Have the steps call what they compute with by the names it has in fn."""
        results: dict[Edge, str] = {}
        for step in self.steps:
            for way, name in enumerate(step.op.parameters if not step.op.variadic else ()):
                edge, value = step.node.edges[way], step.values[way]
                known = [n for n, v in values.items() if isinstance(v, np.ndarray) and _same(v, value)]
                if edge in results:
                    step.names[name] = results[edge]
                elif known:
                    step.names[name] = known[0]
            step.names["y"] = results[step.node] = _expression(step) or f"the result of {step.name}"
            if step.node is self.root:
                step.names["y"] = "y"

    def _leading(self, seen: Mapping[Node, Any]) -> set[Node]:
        """The nodes on the ways from x to y."""
        below: set[Edge] = set()
        stack = [self.root]
        while stack:
            edge = stack.pop()
            if edge in below or edge not in seen:
                continue
            below.add(edge)
            stack += [e for e in edge.edges if e is not None]
        leading: set[Node] = set()
        for node in sorted(below, key=lambda node: node.time):
            if any(e is self._leaf or e in leading for e in node.edges if e is not None):
                leading.add(node)
        return leading

    @property
    def signature(self) -> tuple[Any, ...]:
        """Which operations ran, in which order, on what: two runs with one signature can be compared."""
        places = {step.node: step.place for step in self.steps}
        return tuple(
            (step.op.name, tuple((i, places.get(step.node.edges[i], -1)) for i in step.ways))
            for step in self.steps
        )

    def walk(self, seeds: Mapping[Edge, Array] | None = None) -> dict[Edge, Array]:
        """The gradient that arrives at each step and at x.

        It starts with dy at y, or with ``seeds`` wherever these say.
        """
        arriving = dict(seeds) if seeds is not None else {self.root: self.dy}
        with np.errstate(all="ignore"):
            for step in reversed(self.steps):
                self._pass(step, arriving)
        return arriving

    def _pass(self, step: Step, arriving: dict[Edge, Array], rule: Local = Step.local) -> None:
        """Take what has arrived at a step on to its arguments, by its own rule or another."""
        dy = arriving.get(step.node)
        if dy is None:
            return
        for way, dx in rule(step, dy).items():
            edge = step.node.edges[way]
            dx = _settle(np.asarray(dx), edge)
            arriving[edge] = arriving[edge] + dx if edge in arriving else dx

    @cached_property
    def _before(self) -> list[dict[Edge, Array]]:
        """What is under way when the walk comes to each step: the same for all rules that are tried there."""
        found, arriving = [], {self.root: self.dy}
        for step in reversed(self.steps):
            found.append(dict(arriving))
            self._pass(step, arriving)
            arriving.pop(step.node, None)
        return found[::-1]

    def gradient(
        self, instead: Mapping[int, Local] | None = None, seeds: Mapping[Edge, Array] | None = None
    ) -> Array:
        """The gradient of x, with other rules at some places, or from other seeds than dy at y."""
        if instead:
            first = max(instead)
            with np.errstate(all="ignore"):
                arriving = dict(self._before[first])
                for step in self.steps[first::-1]:
                    self._pass(step, arriving, instead.get(step.place, Step.local))
        else:
            arriving = self.walk(seeds)
        return arriving.get(self._leaf, np.zeros_like(self.x))

    @cached_property
    def arrived(self) -> dict[Edge, Array]:
        """The right gradient at every step, and at x."""
        return self.walk()

    @cached_property
    def truth(self) -> Array:
        """The right gradient of x."""
        return self.arrived.get(self._leaf, np.zeros_like(self.x))

    @cached_property
    def noise(self) -> float:
        """How large rounding alone may make a gradient that is 0: sums of this size cancel on the way."""
        at_steps = [
            _largest(self.arrived[step.node]) * _largest(step.y)
            for step in self.steps
            if step.node in self.arrived
        ]
        return 1e-12 * max(at_steps, default=_largest(self.dy)) / (_largest(self.x) or 1.0)

    # Paths --------------------------------------------------------------------------------------------------

    @cached_property
    def fans(self) -> dict[Edge, list[tuple[int, int]]]:
        """x and the results of steps that are used more than once: by which step, as which argument."""
        uses: dict[Edge, list[tuple[int, int]]] = {}
        for step in self.steps:
            for way in step.ways:
                uses.setdefault(step.node.edges[way], []).append((step.place, way))
        return {edge: users for edge, users in uses.items() if len(users) > 1}

    def is_x(self, edge: Edge) -> bool:
        """Whether this is x itself, not the result of a step."""
        return edge is self._leaf

    def paths(self, limit: int = 24) -> Iterator[tuple[tuple[int, int], ...]]:
        """The ways from y down to x, each as (place of a step, number of its argument); the first few."""
        places = {step.node: step for step in self.steps}
        stack: list[tuple[Edge, tuple[tuple[int, int], ...]]] = [(self.root, ())]
        while stack and limit:
            edge, path = stack.pop()
            if edge is self._leaf:
                limit -= 1
                yield path
                continue
            step = places[edge]
            stack += [(step.node.edges[way], (*path, (step.place, way))) for way in reversed(step.ways)]

    def route(self, place: int, way: int) -> str:
        """A way from x into a step, in words: ``x -> sin -> mul``."""
        step = self.steps[place]
        twins = sum(step.node.edges[w] is step.node.edges[way] for w in step.ways) > 1
        last = f"{self.label(step)} (as its {step.parameter(way)!r})" if twins else self.label(step)
        return " -> ".join(_abridged([*self._routes[step.node.edges[way]], last]))

    @cached_property
    def _routes(self) -> dict[Edge, list[str]]:
        """The labels from x to every step, by the first of its arguments that depend on x."""
        routes: dict[Edge, list[str]] = {self._leaf: [self.name]}
        for step in self.steps:
            before = routes[step.node.edges[step.ways[0]]]
            routes[step.node] = _abridged([*before, self.label(step)])
        return routes

    def label(self, step: Step) -> str:
        """The name of a step, with its number if there are others of that name."""
        alone = self._named[step.name] == 1
        return step.name if alone else f"{step.name} (operation {step.place + 1})"

    @cached_property
    def _named(self) -> Counter[str]:
        return Counter(step.name for step in self.steps)


_UNARY = {"abs", "cos", "exp", "log", "relu", "sigmoid", "sin", "sqrt", "tanh"}
_SIGNS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "matmul": "@"}


def _expression(step: Step) -> str | None:
    """The result as the learner writes it, if that is short: ``x - t``, ``tanh(x @ w)``."""
    sign = _SIGNS.get(step.op.builtin)
    if len(step.values) == 1 and step.op.builtin in _UNARY:
        inner = step.names.get(step.op.parameters[0], "the")
        return None if inner.startswith("the") else f"{step.name}({inner})"
    if sign is None or len(step.values) != 2:
        return None
    called = [
        step.names.get(name, f"{value:g}" if isinstance(value, (int, float)) else "")
        for name, value in zip(step.op.parameters, step.values, strict=True)
    ]
    simple = all(text and (text.isidentifier() or text.replace(".", "").isdigit()) for text in called)
    return f"{called[0]} {sign} {called[1]}" if simple else None


def _abridged(labels: list[str]) -> list[str]:
    """Of a long way its beginning and its end."""
    return labels if len(labels) <= 9 else [*labels[:4], "...", *labels[-4:]]


def _same(a: Array, b: Any) -> bool:
    """Whether they hold the same numbers: a vector may have become a column or a row."""
    if not isinstance(b, np.ndarray) or (a.shape != b.shape and (a.ndim != 1 or a.size != b.size)):
        return False
    return bool(np.array_equal(a.ravel(), b.ravel()))


def kind(value: Any) -> str:
    """What it is, in words."""
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of {len(value)}"
    return f"a {type(value).__name__}"


def _largest(array: Array) -> float:
    return float(np.abs(array).max()) if np.size(array) else 0.0


def stretches(small: tuple[int, ...], large: tuple[int, ...]) -> bool:
    """Whether broadcasting stretches an array of the one shape to the other."""
    if len(small) > len(large):
        return False
    return all(a in (1, b) for a, b in zip(reversed(small), reversed(large), strict=False))


def _settle(dx: Array, edge: Edge) -> Array:
    """Sum what broadcasting stretched. A shape that does not fit stays: a slip may be what made it."""
    if dx.shape != edge.shape and not stretches(edge.shape, dx.shape):
        return dx
    return fit(dx, edge)
