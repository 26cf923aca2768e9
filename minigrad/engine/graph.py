"""The graph that a forward pass leaves behind, and the walk back over it."""

import weakref
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from minigrad.engine import writes
from minigrad.engine.anomaly import check_backward, check_sum
from minigrad.engine.modes import enable_grad, no_grad, state
from minigrad.engine.plan import Plan, holds_array
from minigrad.engine.sums import add_up
from minigrad.errors import DtypeError, ShapeError

if TYPE_CHECKING:
    from minigrad.engine.op import Op

# minigrad.tensor imports the operations, which import the engine; it puts its class here when it is made.
Tensor: Any = None

Edge: TypeAlias = Any
"""Where a gradient goes: to the Node that made a tensor or, for a leaf, to the Tensor itself."""


class Call(NamedTuple):
    """One call of a module, noted at the node of its output: it made the nodes from ``start`` on below it.

    The reference is weak: a module may keep its output, whose node would keep the module.
    """

    module: "weakref.ref[Any]"
    kind: str  # the name of its class
    start: int


def note_call(module: Any, start: int, output: Any) -> None:
    """Note that ``module``, called at time ``start``, returned ``output``: a picture groups nodes by it."""
    if isinstance(output, Tensor):
        if output._node is not None and output._node.time > start:  # not handed through as it came
            output._node.calls += (Call(weakref.ref(module), type(module).__name__, start),)
    elif isinstance(output, (tuple, list)):
        for part in output:
            note_call(module, start, part)
    elif isinstance(output, dict):
        note_call(module, start, list(output.values()))


class Node:
    """One recorded operation.

    It holds edges to the nodes of its inputs and the values its rules asked for, but not its output tensor,
    so there is no cycle and a graph is freed by reference counting as soon as the last tensor that can reach
    it is gone. ``time`` orders the graph: an input's node is always older than the node that uses it.
    """

    __slots__ = (
        "__weakref__",
        "calls",
        "dtype",
        "edges",
        "hooks",
        "line",
        "op",
        "plan",
        "saved",
        "shape",
        "time",
    )

    def __init__(
        self,
        op: "Op",
        plan: Plan,
        edges: Sequence[Edge],
        saved: tuple[Any, ...],
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
    ) -> None:
        self.time = writes.tick()
        self.op = op
        self.plan = plan
        self.edges = edges
        self.saved: tuple[Any, ...] | None = saved
        self.shape = shape
        self.dtype = dtype
        self.hooks: dict[int, Callable[[Any], Any]] | None = None
        self.line: str | None = None  # the learner's line, known under detect_anomaly
        self.calls: tuple[Call, ...] = ()  # the modules that returned this node's output, the inner one first

    def __repr__(self) -> str:
        return f"<{self.op.name}>"

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """PyTorch's view of the edges: (node or leaf, 0) for each argument that needs a gradient."""
        return tuple((edge, 0) for edge in self.edges if edge is not None)

    def values(self, create_graph: bool) -> tuple[Any, ...]:
        """The saved values, checked not to have been overwritten; as Tensors if the graph is to be grown."""
        saved = self.saved
        if saved is None:
            raise RuntimeError(
                f"backward through {self.op.called} a second time: its saved values were freed by the first "
                "backward. Pass retain_graph=True to the first backward, or run the forward pass again (a "
                "common slip: the loss of an earlier step is still part of this one; detach() what you "
                "carry over)."
            )
        if writes.latest() > self.time:
            for value in saved:
                write = writes.since(self.time, value)
                if write is not None:
                    what = f"a value of shape {tuple(value.shape)}" if hasattr(value, "shape") else "an index"
                    raise RuntimeError(
                        f"{self.op.called} saved {what} for its gradient, and it has been overwritten in "
                        f"place since, at\n    {write.place}\n"
                        "Write the result to a new tensor (y = y + 1 instead of y += 1), clone() before "
                        "the write, or call backward before it."
                    )
        return tuple(map(self._as_tensor, self.plan.origins, saved)) if create_graph else saved

    def _as_tensor(self, origin: int | None, value: Any) -> Any:
        if origin is None:
            return value
        edge = self if origin == -1 else self.edges[origin]
        if edge is None:
            return value  # an option, or an argument that needs no gradient: a constant
        if isinstance(edge, Node):
            return Tensor._wrap(value, edge)
        if edge.dtype is not value.dtype:  # it was promoted on the way in
            promoted = edge.to(value.dtype)
            promoted._data = value  # as it was then, should the leaf have been overwritten since
            return promoted
        if edge._data is not value:
            raise RuntimeError(
                f"{self.op.called} used a leaf tensor whose data was replaced since (t.data = ...): its "
                "second derivative would mix old and new values. Differentiate before replacing the data."
            )
        return edge


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
        dx = dx.to(edge.dtype) if isinstance(dx, Tensor) else dx.astype(edge.dtype)
    return dx


def _total(dx: Any, axes: tuple[int, ...], keepdims: bool = False) -> Any:
    return dx.sum(axes, keepdims) if isinstance(dx, Tensor) else add_up(dx, axes, keepdims=keepdims)


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


def run_backward(
    roots: Sequence[tuple[Edge, Any]],
    *,
    retain_graph: bool,
    create_graph: bool,
    targets: set[Edge] | None = None,
) -> dict[Edge, Any]:
    """Walk the graph from the roots, newest node first, and return the gradients that arrive at the leaves.

    With ``targets``, only those are computed and returned, and they may be nodes inside the graph, too.
    Gradients are raw arrays, or Tensors under ``create_graph``. It is a loop, not a recursion, so a graph may
    be as deep as memory allows. A node is taken from the queue only when everything newer is done, and
    whoever uses a value is newer than the value: so its gradient is complete by then, over all paths.
    """
    grads: dict[Edge, Any] = {}
    arrived: dict[Edge, Any] = {}
    queue: list[tuple[int, Node]] = []
    useful = None if targets is None else _leading_to(targets, [edge for edge, _ in roots])
    anomaly = state.anomaly

    def send(edge: Edge, gradient: Any, node: Any = None, place: int = 0) -> None:
        """Add one gradient to those that wait for ``edge``, which is what ``node`` has at ``place``."""
        try:
            fits = gradient.shape == edge.shape and gradient.dtype is edge.dtype
        except AttributeError:  # no array: fit says so
            fits = False
        if not fits:
            returned, gradient = gradient, fit(gradient, edge, node, place)
            if anomaly and node is not None:
                what = f"fitting the gradient of {node.op.name} to its argument of shape {edge.shape}"
                check_sum(f"{what}, {edge.dtype},", (returned,), gradient, node)
        before = grads.get(edge)
        if before is not None:
            grads[edge] = before + gradient  # never in place: a rule may hand one array to two arguments
            if anomaly:
                what = "adding up the gradients that arrive over several paths"
                check_sum(what, (before, gradient), grads[edge], node)
        else:
            grads[edge] = gradient
            if type(edge) is Node:
                heappush(queue, (-edge.time, edge))

    for edge, gradient in roots:
        if useful is None or edge in useful:
            send(edge, gradient)

    with enable_grad() if create_graph else no_grad():
        while queue:
            node = heappop(queue)[1]
            dy = grads.pop(node)
            if node.hooks:
                dy = run_hooks(node.hooks, dy)
            if targets is not None and node in targets:
                arrived[node] = dy
                if useful is not None and useful.isdisjoint(node.edges):
                    continue  # nothing below is asked for, and what this node saved stays
            values: Any = node.values(create_graph)
            edges = node.edges
            for served, joint, rule, pick in node.plan.steps:
                if useful is not None and not any(edges[i] in useful for i in served):
                    continue
                given = values if pick is None else pick(values)
                try:
                    result = rule(dy, *given)
                except RuntimeWarning:  # of an infinity or a NaN: see this package's __init__.py
                    if not node.op.ours:
                        raise
                    with np.errstate(all="ignore"):
                        result = rule(dy, *given)
                if anomaly:
                    check_backward(node, dy, values, result)
                if not joint:
                    send(edges[served[0]], result, node, served[0])
                    continue
                for i, dx in zip(served, result, strict=True):
                    if dx is not None and edges[i] is not None and (useful is None or edges[i] in useful):
                        send(edges[i], dx, node, i)
            if not retain_graph:
                frees = node.plan.frees
                if holds_array(node.saved) if frees is None else frees:
                    node.saved = None
            values = given = result = dx = None  # not kept alive through the next turn
        for leaf, gradient in grads.items():
            arrived[leaf] = run_hooks(leaf._hooks, gradient) if leaf._hooks else gradient
    return arrived


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


class HookHandle:
    """What ``register_hook`` returns: ``remove()`` takes the hook off again."""

    def __init__(self, hooks: dict[int, Any]) -> None:
        self._hooks = hooks
        self.id = writes.tick()

    def remove(self) -> None:
        """Take the hook off. Doing it twice is no error."""
        self._hooks.pop(self.id, None)


def add_hook(owner: Any, hook: Callable[[Any], Any]) -> HookHandle:
    """Have ``hook`` see each gradient that arrives at a node or a leaf tensor."""
    if not callable(hook):
        raise TypeError(
            f"register_hook: expected a function of the gradient, hook(gradient), got {type(hook).__name__}"
        )
    if isinstance(owner, Node):
        hooks = owner.hooks = owner.hooks or {}
    else:
        hooks = owner._hooks = owner._hooks or {}
    handle = HookHandle(hooks)
    hooks[handle.id] = hook
    if _KEEP in hooks:
        hooks[_KEEP] = hooks.pop(_KEEP)  # to the end: what is kept is what the hooks made
    return handle


_KEEP = 0  # the place of retain_grad's hook among those of a node; the others have ticks, from 1 on


def retain_grad(tensor: Any) -> None:
    """Have the gradient that arrives at a tensor inside the graph kept in its ``grad``."""
    reference = weakref.ref(tensor)  # the graph must not keep its outputs alive

    def keep(gradient: Any) -> None:
        owner = reference()
        if owner is not None:
            owner._grad = gradient.clone() if owner._grad is None else owner._grad + gradient

    node = tensor._node
    node.hooks = node.hooks or {}  # the same dict, if there is one: handles know it
    node.hooks.pop(_KEEP, None)
    node.hooks[_KEEP] = keep


def retains_grad(edge: Edge) -> bool:
    """Whether ``retain_grad`` was called on a tensor inside the graph."""
    return type(edge) is Node and edge.hooks is not None and _KEEP in edge.hooks


def give_history(tensor: Any, node: Node | None) -> None:
    """Make ``node`` the one that made ``tensor``, after a write in place; retain_grad's hook moves along."""
    hooks = tensor._node.hooks if tensor._node is not None else None
    tensor._node, tensor._requires_grad = node, node is not None
    if hooks and _KEEP in hooks and node is not None:
        node.hooks = {_KEEP: hooks.pop(_KEEP)}


def run_hooks(hooks: dict[int, Callable[[Any], Any]], gradient: Any) -> Any:
    """Show a gradient to each hook; what a hook returns takes its place.

    A hook may keep what it is shown, and what it returns may be in use elsewhere. So it is shown a copy, and
    the backward pass goes on with another: gradients are accumulated in place.
    """
    recorded = isinstance(gradient, Tensor)
    shown = gradient.clone() if recorded else Tensor._wrap(gradient.copy())
    for hook in tuple(hooks.values()):
        changed = hook(shown)
        if changed is not None:
            kept = isinstance(changed, Tensor) and changed.shape == shown.shape
            if not (kept and changed.dtype == shown.dtype):
                raise RuntimeError(
                    f"a hook on a tensor returns None or a Tensor of the gradient's shape {shown.shape} and "
                    f"dtype {shown.dtype}; this one returned {changed!r}"
                )
            shown = changed
    return shown.clone() if recorded else shown._data.copy()
