"""What stands between upstream and contribution: the local derivative of one operation."""

import inspect
import textwrap
from typing import Any, NamedTuple

import numpy as np

from minigrad.devices import place
from minigrad.engine.graph import Node
from minigrad.engine.modes import no_grad
from minigrad.engine.walk import fit
from minigrad.viz.graphs.history import Unit, arguments
from minigrad.viz.numbers import on_the_cpu

Way = tuple[Node, int]
"""Out of an operation, to the argument at a place of one of its nodes."""

_LONGEST = 30  # lines of a rule that are shown


class Local(NamedTuple):
    """The local derivative along one way.

    ``kind`` is "factor": upstream times ``array``, number by number, is the contribution, once it is summed
    over the axes along which the argument was stretched, if ``stretched``. Or "matrix": ``array`` has a row
    for each number of the result and a column for each of the argument, and upstream times it is the
    contribution. Or "rule": too large to be shown; ``array`` is None.
    """

    kind: str
    array: Any = None
    stretched: bool = False


def locals_of(unit: Unit, upstream: Any, most: int) -> dict[Way, Local]:
    """The local derivative along each way out of an operation; a matrix of at most ``most`` numbers.

    It is found by asking the rules again, with other upstreams: a rule is linear in it.
    """
    dy = place.as_array(upstream)
    with no_grad(), np.errstate(all="ignore"):
        ones = _pull(unit, np.ones_like(dy))
        # An upstream without pattern: what holds for it, holds for all.
        other = np.cos(np.arange(dy.size, like=dy) * 1.7 + 1).reshape(dy.shape).astype(dy.dtype)
        tried = _pull(unit, other)
        found = {}
        for (node, at), factor in ones.items():
            edge = node.edges[at]
            factor = place.as_array(factor)
            by_factor = factor.shape == dy.shape or dy.size == 1
            if by_factor and _same(
                fit((other if factor.shape == dy.shape else other.reshape(())) * factor, edge, node, at),
                fit(tried[node, at], edge, node, at),
            ):
                found[node, at] = Local("factor", factor, tuple(factor.shape) != tuple(edge.shape))
            elif dy.size * int(np.prod(edge.shape)) <= most:
                found[node, at] = Local("matrix")
            else:
                found[node, at] = Local("rule")
        if any(local.kind == "matrix" for local in found.values()):
            places = np.arange(dy.size, like=dy).reshape(dy.shape)
            rows = [_pull(unit, place.as_array((places == i).astype(dy.dtype))) for i in range(dy.size)]
            for (node, at), local in found.items():
                if local.kind == "matrix":
                    edge = node.edges[at]
                    parts = [on_the_cpu(fit(row[node, at], edge, node, at)).reshape(-1) for row in rows]
                    size = int(np.prod(edge.shape))
                    found[node, at] = Local("matrix", np.reshape(parts, (dy.size, size)))
    return found


def rule_of(way: Way) -> str | None:
    """The source of the rule for an argument; None if there is none to be read, or it is long."""
    node, at = way
    name = next(argument.name for argument in arguments(node) if argument.place == at)
    (function,) = [rule.function for rule in node.op.rules if name in rule.arguments]
    try:
        source = textwrap.dedent(inspect.getsource(function)).rstrip()
    except (OSError, TypeError):  # it was typed into a shell, or is no Python
        return None
    return source if source.count("\n") < _LONGEST else None


def _pull(unit: Unit, dy: Any) -> dict[Way, Any]:
    """What the rules of an operation's nodes return for an upstream, where it leaves the operation."""
    inside: dict[Node, Any] = {unit.result: dy}
    left: dict[Way, Any] = {}
    for node in reversed(unit.nodes):
        if node not in inside:
            continue
        values = node.values(create_graph=False)
        for served, joint, rule, pick in node.plan.steps:
            result = rule(inside[node], *(values if pick is None else pick(values)))
            for at, dx in zip(served, result if joint else (result,), strict=True):
                edge = node.edges[at]
                if dx is None or edge is None:
                    continue
                if type(edge) is Node and edge in unit.nodes:
                    inside[edge] = fit(dx, edge, node, at)  # it is used this once
                else:
                    left[node, at] = dx
    return left


def _same(x: Any, y: Any) -> bool:
    """Whether two arrays are equal but for rounding in their dtype."""
    close = 100 * float(np.finfo(y.dtype).eps)
    x, y = (on_the_cpu(place.as_array(array)).astype(np.float64) for array in (x, y))
    finite = np.abs(y[np.isfinite(y)])
    size = float(finite.max()) if finite.size else 0.0
    return bool(np.allclose(x, y, rtol=close, atol=close * size, equal_nan=True))
