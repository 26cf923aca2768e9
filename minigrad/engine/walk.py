"""The walk back over the graph: the chain rule, from the newest node to the leaves."""

import sys
import weakref
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from typing import Any

import numpy as np

from minigrad.engine.anomaly import check_backward, check_fit, check_sum
from minigrad.engine.graph import Edge, Node, is_tensor
from minigrad.engine.hooks import after_grad, keep_grad, run_hooks
from minigrad.engine.modes import enable_grad, no_grad, state
from minigrad.engine.plan import holds_array
from minigrad.engine.silence import in_silence
from minigrad.engine.sums import add_up
from minigrad.errors import DtypeError, ShapeError


def run_backward(
    roots: Sequence[tuple[Edge, Any]],
    *,
    retain_graph: bool,
    create_graph: bool,
    targets: set[Edge] | None = None,
    complete: Callable[[Any, Any], None] | None = None,
) -> dict[Edge, Any]:
    """Walk the graph from the roots, newest node first, and return the gradients that arrive at the leaves.

    With ``targets``, only those are computed and returned, and they may be nodes inside the graph, too.
    ``complete(leaf, gradient)`` is called, in place of returning the gradient, for a leaf with hooks for
    that, as soon as the oldest node that uses the leaf is done: nothing more can come then.
    Gradients are raw arrays, or Tensors under ``create_graph``. It is a loop, not a recursion, so a graph may
    be as deep as memory allows. A node is taken from the queue only when everything newer is done, and
    whoever uses a value is newer than the value: so its gradient is complete by then, over all paths.
    """
    grads: dict[Edge, Any] = {}
    arrived: dict[Edge, Any] = {}
    queue: list[tuple[int, Node]] = []
    useful = set() if targets is None else _leading_to(targets, [edge for edge, _ in roots])
    anomaly = state.anomaly
    ending = None if complete is None else _oldest_uses([edge for edge, _ in roots])

    def send(edge: Edge, gradient: Any, node: Any = None, place: int = 0) -> None:
        """Add one gradient to those that wait for ``edge``, which is what ``node`` has at ``place``."""
        try:
            fits = gradient.shape == edge.shape and gradient.dtype is edge.dtype
        except AttributeError:  # no array: fit says so
            fits = False
        if not fits:
            returned, gradient = gradient, fit(gradient, edge, node, place)
            if anomaly:
                check_fit(returned, gradient, edge, node)
        before = grads.get(edge)
        if before is not None:
            added = gradient
            gradient = before + added  # never in place: a rule may hand one array to two arguments
            if anomaly:
                what = "adding up the gradients that arrive over several paths"
                check_sum(what, (before, added), gradient, node)
        elif type(edge) is Node:
            heappush(queue, (-edge.time, edge))
        grads[edge] = gradient

    for edge, gradient in roots:
        if targets is None or edge in useful:
            send(edge, gradient)

    with enable_grad() if create_graph else no_grad():
        while queue:
            node = heappop(queue)[1]
            in_place = node.plan.in_place
            if in_place is not None and (anomaly or create_graph or not _nobody_elses(grads, node)):
                in_place = None
            dy = grads.pop(node)
            if node.hooks:
                dy = run_hooks(node.hooks, dy)
            if node.keep is not None:
                keep_grad(node.keep, dy)
            edges, steps = node.edges, node.plan.steps
            if targets is not None:
                if node in targets:
                    arrived[node], in_place = dy, None
                edges = [edge if edge in useful else None for edge in edges]
                steps = tuple([step for step in steps if any(edges[i] is not None for i in step.served)])
                if not steps:
                    continue  # nothing below is asked for, and what this node saved stays
            values: Any = node.values(create_graph)
            for served, joint, rule, pick in steps:
                given = values if pick is None else pick(values)
                try:
                    if in_place is None:
                        result = rule(dy, *given)
                    else:
                        in_place(dy, *given)
                        result = dy
                except RuntimeWarning as warning:
                    result = in_silence(warning, node.op.ours, rule, dy, *given)
                if anomaly:
                    check_backward(node, dy, values, result)
                if not joint:
                    send(edges[served[0]], result, node, served[0])
                    continue
                for i, dx in zip(served, result, strict=True):
                    if dx is not None and edges[i] is not None:
                        send(edges[i], dx, node, i)
            if not retain_graph:
                frees = node.plan.frees
                if holds_array(node.saved) if frees is None else frees:
                    node.saved = None
            dy = values = given = result = dx = None  # not kept alive through the next turn
            if ending is not None and node in ending and complete is not None:
                for leaf in ending[node]:
                    if leaf in grads:
                        gradient = grads.pop(leaf)
                        complete(leaf, run_hooks(leaf._hooks, gradient) if leaf._hooks else gradient)
        for leaf, gradient in grads.items():  # the queue is empty: what still waits is at the leaves
            arrived[leaf] = run_hooks(leaf._hooks, gradient) if leaf._hooks else gradient
    return arrived


WORTH_WRITING_OVER = 1 << 13
"""Elements of a gradient from which on it is asked who has it: fewer are as well made anew."""

# Where references are not counted, as in PyPy, any array may be someone's.
_references: Callable[[Any], int] = getattr(sys, "getrefcount", lambda value: 0)


def _count_in_a_dictionary() -> int:
    """The references of a value that only a dictionary has: the dictionary's, and the question's own."""
    held = {0: np.empty(1)}
    return _references(held[0])


_ALONE = _count_in_a_dictionary()


def _nobody_elses(grads: dict[Edge, Any], node: Node) -> bool:
    """Whether the gradient that waits for ``node`` is a large array of which nobody but ``grads`` has a
    reference, counted or weak, nor of its memory. A variable would be one: so there is none at first. (What
    ``.grad`` and hooks get are copies.)
    """
    if grads[node].size < WORTH_WRITING_OVER or _references(grads[node]) != _ALONE:
        return False
    dy = grads[node]
    if type(dy) is not np.ndarray or not (dy.flags.writeable and dy.flags.c_contiguous):
        return False
    if weakref.getweakrefcount(dy):
        return False
    if dy.base is None:
        return bool(dy.flags.owndata)
    if type(dy.base) is not np.ndarray or _references(dy.base) != _ALONE:
        return False
    return bool(dy.base.flags.owndata) and not weakref.getweakrefcount(dy.base)


def _oldest_uses(roots: list[Edge]) -> dict[Node, list[Any]]:
    """For each leaf with hooks that run when its grad is complete: the oldest node that uses it."""
    oldest: dict[Any, Node] = {}
    seen: set[Edge] = set(roots)
    stack = list(roots)
    while stack:
        node = stack.pop()
        for below in node.edges if type(node) is Node else ():
            if type(below) is Node:
                if below not in seen:
                    seen.add(below)
                    stack.append(below)
            elif id(below) in after_grad and node.time <= oldest.get(below, node).time:
                oldest[below] = node
    ending: dict[Node, list[Any]] = {}
    for leaf, node in oldest.items():
        ending.setdefault(node, []).append(leaf)
    return ending


def _leading_to(targets: set[Edge], roots: list[Edge]) -> set[Edge]:
    """The targets and the nodes between the roots and them: only their gradients are worth computing."""
    seen: set[Edge] = set(roots)
    stack = list(roots)
    while stack:
        edge = stack.pop()
        for below in edge.edges if type(edge) is Node else ():
            if below is not None and below not in seen:
                seen.add(below)
                stack.append(below)
    useful = targets & seen
    # Oldest first, so that what a node leads to is known before the node is looked at.
    for node in sorted((edge for edge in seen if type(edge) is Node), key=lambda node: node.time):
        if any(edge in useful for edge in node.edges if edge is not None):
            useful.add(node)
    return useful


def fit(dx: Any, edge: Edge, node: Node | None = None, place: int = 0) -> Any:
    """The one repair of broadcasting: sum ``dx`` over the axes along which an argument was stretched.

    If y = x + b stretched b from shape (3,) to (2, 3), each b_j was used twice, and by the chain rule for
    several paths its gradient is the sum over both uses. The dtype of a mixed operation goes back to the
    argument's, too. What does not fit then comes from a wrong rule: that of ``node`` for its argument at
    ``place``.
    """
    shape, returned = edge.shape, dx
    if not hasattr(dx, "dtype") or dx.dtype.kind != "f":
        raise _misfit(returned, edge, node, place)
    if dx.shape != shape:
        extra = dx.ndim - len(shape)
        if extra > 0:
            dx = _total(dx, tuple(range(extra)))
        elif extra < 0:  # y[0] = b takes a b of shape (1, 3) for a row of shape (3,)
            dx = dx.reshape((1,) * -extra + dx.shape)
        axes = tuple([i for i, size in enumerate(shape) if size == 1 and dx.shape[i] != 1])
        if axes:
            dx = _total(dx, axes, keepdims=True)
        if dx.shape != shape:
            raise _misfit(returned, edge, node, place)
    if dx.dtype is not edge.dtype:
        dx = dx.to(edge.dtype) if is_tensor(dx) else dx.astype(edge.dtype)
    return dx


def _total(dx: Any, axes: tuple[int, ...], keepdims: bool = False) -> Any:
    return dx.sum(axes, keepdims) if is_tensor(dx) else add_up(dx, axes, keepdims=keepdims)


def _misfit(returned: Any, edge: Edge, node: Node | None, place: int) -> Exception:
    """The error for a rule that returned what cannot be the gradient of the argument at ``place``."""
    wrong = "a rule returned"
    if node is not None:
        names = node.op.parameters
        extra = len(node.edges) - len(names)  # a variadic formula's first parameter takes this many more
        name = f"{names[0]}[{place}]" if node.op.variadic and place <= extra else names[place - extra]
        wrong = f"the rule for the gradient of {node.op.name} by its argument {name!r} returned"
    if not hasattr(returned, "dtype"):
        return TypeError(
            f"{wrong} {type(returned).__name__}; expected an array of the argument's shape, {edge.shape}"
        )
    if returned.dtype.kind != "f":
        return DtypeError(f"{wrong} dtype {returned.dtype}; expected a floating one: {edge.dtype}")
    return ShapeError(
        f"{wrong} shape {tuple(returned.shape)}; the argument has shape {edge.shape}. Expected that, "
        "or the one that it was broadcast to"
    )
