"""The operations that a tensor came from, oldest first, and what each was given."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from minigrad.engine.graph import Edge, Node
from minigrad.engine.op import Op


def nodes_behind(root: Node) -> list[Node]:
    """The root and every node it was computed from, oldest first. A loop: a graph may be deep."""
    seen = {root}
    stack = [root]
    while stack:
        for edge in stack.pop().edges:
            if type(edge) is Node and edge not in seen:
                seen.add(edge)
                stack.append(edge)
    return sorted(seen, key=lambda node: node.time)


class Argument(NamedTuple):
    """One argument of a recorded operation.

    ``edge`` is where its gradient goes, None if it needs none. ``saved`` is its value, if the node kept it.
    An ``operand`` is what the operation has a rule for; the others are options, indices, conditions.
    """

    place: int
    name: str
    edge: Edge
    kept: bool
    saved: Any
    operand: bool
    default: Any
    required: bool
    keyword: bool


def arguments(node: Node) -> Iterator[Argument]:
    """The arguments of a node in the order of its operation's formula."""
    parameters = _parameters(node.op)
    kept = {}
    if node.saved is not None:
        pairs = zip(node.plan.origins, node.saved, strict=True)
        kept = {origin: value for origin, value in pairs if origin is not None}
    extra = len(node.edges) - len(parameters)  # of a variadic operation: all but one of its first parameter's
    for place, edge in enumerate(node.edges):
        name, *rest = parameters[max(place - extra, 0)]
        yield Argument(place, name, edge, place in kept, kept.get(place), *rest)


@cache
def _parameters(op: Op[...]) -> list[tuple[str, bool, Any, bool, bool]]:
    """For each parameter of an operation name, operand, default, required and keyword of an `Argument`."""
    operands = {name for rule in op.rules for name in rule.arguments}
    return [
        (
            parameter.name,
            parameter.name in operands,
            parameter.default,
            parameter.default is parameter.empty and parameter.name != "bias",  # which may be None
            parameter.kind is parameter.KEYWORD_ONLY,
        )
        for parameter in op.__signature__.parameters.values()
    ]


@dataclass(eq=False)
class Unit:
    """What is drawn as one thing: an operation, or several of them.

    Attributes:
        nodes: oldest first. main: the one that it is named after. The last one made its result.
        kind: "operation", or how several were put together: "module", "chain", "stretch".
        span: the innermost call of a module that it lies in, and that is drawn around it.
        inside: of a "module", the call that it stands for.
    """

    nodes: list[Node]
    main: Node
    kind: str = "operation"
    span: Any = None
    inside: Any = None

    @property
    def result(self) -> Node:
        """The node that made the result."""
        return self.nodes[-1]


def units_of(nodes: Sequence[Node], named: Iterable[int]) -> list[Unit]:
    """One unit for each node, but for vectors in a product: ``W @ x`` is one operation to who wrote it.

    The engine makes a column of the vector x, multiplies matrices and drops the column's axis again. These
    steps are drawn as the one product, unless the learner holds (``named``, by id) what is between them.
    These units are what is counted, too: a step of the picture's backward takes one of them as a whole.
    """
    users: dict[Node, list[Node]] = {}
    for node in nodes:
        for edge in node.edges:
            if type(edge) is Node:
                users.setdefault(edge, []).append(node)
    held = set(named)
    units: dict[Node, Unit] = {}
    for node in nodes:
        units[node] = Unit([node], node)
        if node.op.builtin != "reshape" or type(below := node.edges[0]) is not Node:
            continue
        product = units[below]
        if (
            product.main.op.builtin == "matmul"
            and node.time == product.result.time + 1
            and len(users[below]) == 1
            and id(below) not in held
            and len(node.shape) < len(below.shape)
            and _without_ones(node.shape) == _without_ones(below.shape)
        ):
            if len(product.nodes) == 1:
                columns = _made_columns(product.main, held, users)
                product.nodes[:0] = columns
                units.update(dict.fromkeys(columns, product))
            product.nodes.append(node)
            units[node] = product
    return list(dict.fromkeys(units[node] for node in nodes))


def _made_columns(product: Node, held: set[int], users: dict[Node, list[Node]]) -> list[Node]:
    """The nodes right before a product that made its vectors columns and rows, oldest first."""
    made = {
        edge.time: edge
        for edge in product.edges
        if type(edge) is Node and id(edge) not in held and _made_column(edge, product, users)
    }
    first = product.time
    while first - 1 in made:  # with another operation in between, it was the learner who made the column
        first -= 1
    return [made[time] for time in range(first, product.time)]


def vector_in(unit: Unit, place: int) -> bool:
    """Whether what stands at a place of a product was a vector, of which the product made a column or row.

    Of an operand without a gradient no node tells it; the axes that were dropped from the result do.
    """
    if unit.main.op.builtin != "matmul" or unit.result is unit.main:
        return False
    if unit.main.edges[place] is not None:
        return unit.main.edges[place] in unit.nodes
    other_is_vector = unit.main.edges[1 - place] in unit.nodes
    return len(unit.main.shape) - len(unit.result.shape) > other_is_vector


def _made_column(node: Node, product: Node, users: dict[Node, list[Node]]) -> bool:
    """Whether the node only made a vector the column, or the row, that ``product`` takes."""
    source = node.edges[0]
    return (
        node.op.builtin == "reshape"
        and product.time - node.time <= 2
        and len(users[node]) == 1
        and source is not None
        and len(source.shape) == 1
        and len(node.shape) == 2
        and _without_ones(node.shape) == _without_ones(source.shape)
    )


def _without_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(size for size in shape if size != 1)


def is_number(value: Any) -> bool:
    """Whether the value is one number, and not a tensor or an array with a shape."""
    return isinstance(value, (bool, int, float, np.generic))
