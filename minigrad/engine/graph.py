"""The graph that a forward pass leaves behind, and the walk back over it."""

import heapq
import weakref
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from minigrad.engine import writes
from minigrad.engine.anomaly import check_backward
from minigrad.engine.modes import enable_grad, no_grad, state

if TYPE_CHECKING:
    from minigrad.engine.op import Op

# minigrad.tensor imports the operations, which import the engine; it puts its class here when it is made.
Tensor: Any = None

Edge: TypeAlias = Any
"""Where a gradient goes: to the Node that made a tensor or, for a leaf, to the Tensor itself."""


class Step(NamedTuple):
    """One call of a rule in backward: which edges it serves, and which of the saved values it asks for."""

    edges: int | tuple[int, ...]
    rule: Callable[..., Any]
    pick: Callable[[tuple[Any, ...]], tuple[Any, ...]]


class Plan(NamedTuple):
    """What an operation saves and how it runs backward, for one choice of arguments that need gradients."""

    save: Callable[[tuple[Any, ...]], tuple[Any, ...]]
    # For each saved value: which argument it was, -1 for the output, None for a shape.
    origins: tuple[int | None, ...]
    steps: tuple[Step, ...]
    holds_arrays: bool


class Node:
    """One recorded operation.

    It holds edges to the nodes of its inputs and the values its rules asked for, but not its output tensor,
    so there is no cycle and a graph is freed by reference counting as soon as the last tensor that can reach
    it is gone. ``time`` orders the graph: an input's node is always older than the node that uses it.
    """

    __slots__ = ("__weakref__", "dtype", "edges", "hooks", "line", "op", "plan", "saved", "shape", "time")

    def __init__(
        self,
        op: "Op",
        plan: Plan,
        edges: Sequence[Edge],
        saved: tuple[Any, ...],
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
    ) -> None:
        self.op = op
        self.plan = plan
        self.edges = edges
        self.saved: tuple[Any, ...] | None = saved
        self.shape = shape
        self.dtype = dtype
        self.time = writes.tick()
        self.hooks: dict[int, Callable[[Any], Any]] | None = None
        self.line: str | None = None  # the learner's line, known under detect_anomaly

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
                f"backward through {self.op.name} a second time: its saved values were freed by the first "
                "backward. Pass retain_graph=True to the first backward, or run the forward pass again (a "
                "common slip: the loss of an earlier step is still part of this one; detach() what you "
                "carry over)."
            )
        if writes.latest() > self.time:
            for value in saved:
                write = writes.since(self.time, value)
                if write is not None:
                    raise RuntimeError(
                        f"{self.op.name} saved a value of shape {tuple(value.shape)} for its gradient, and "
                        f"that value has been overwritten in place since, at\n    {write.line}\n"
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
        if edge.dtype is not value.dtype:
            return edge.to(value.dtype)  # it was promoted on the way in
        if edge._data is not value:
            raise RuntimeError(
                f"{self.op.name} used a leaf tensor whose data was replaced since (t.data = ...): its second "
                "derivative would mix old and new values. Differentiate before replacing the data."
            )
        return edge


def fit(dx: Any, edge: Edge) -> Any:
    """The one repair of broadcasting: sum ``dx`` over the axes along which an argument was stretched.

    If y = x + b stretched b from shape (3,) to (2, 3), each b_j was used twice, and by the chain rule for
    several paths its gradient is the sum over both uses. The dtype of a mixed operation goes back to the
    argument's, too.
    """
    shape = edge.shape
    if dx.shape != shape:
        extra = dx.ndim - len(shape)
        stretched = tuple(i + extra for i, size in enumerate(shape) if size == 1 and dx.shape[i + extra] != 1)
        axes = tuple(range(extra)) + stretched
        dx = np.sum(dx, axis=axes, keepdims=True) if axes else dx
        dx = np.reshape(dx, shape)
    if dx.dtype is not edge.dtype:
        dx = dx.astype(edge.dtype)
    return dx


def _nodes_towards(root: Edge, targets: set[Edge]) -> set[Edge]:
    """The nodes on a path from ``root`` to a target; only their gradients are worth computing."""
    seen: set[Any] = {root}
    stack = [root]
    while stack:
        edge = stack.pop()
        for below in edge.edges if isinstance(edge, Node) else ():
            if below is not None and below not in seen:
                seen.add(below)
                stack.append(below)
    useful = targets & seen
    for node in sorted((edge for edge in seen if isinstance(edge, Node)), key=lambda node: node.time):
        if any(edge in useful for edge in node.edges if edge is not None):
            useful.add(node)
    return useful


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
    grads: dict[Any, Any] = {}
    arrived: dict[Any, Any] = {}
    queue: list[tuple[int, Node]] = []
    useful: set[Any] | None = None
    if targets is not None:
        useful = set().union(*(_nodes_towards(edge, targets) for edge, _ in roots))

    def deliver(edge: Any, gradient: Any) -> None:
        if edge in grads:
            grads[edge] = grads[edge] + gradient  # never in place: a rule may hand one array to two arguments
        else:
            grads[edge] = gradient
            if isinstance(edge, Node):
                heapq.heappush(queue, (-edge.time, edge))

    for edge, gradient in roots:
        if useful is None or edge in useful:
            deliver(edge, gradient)

    with enable_grad() if create_graph else no_grad():
        while queue:
            node = heapq.heappop(queue)[1]
            dy = grads.pop(node)
            if node.hooks:
                dy = run_hooks(node.hooks, dy)
            if targets is not None and node in targets:
                arrived[node] = dy
            values = node.values(create_graph)
            edges = node.edges
            for served, rule, pick in node.plan.steps:
                if useful is not None and not _serves(served, edges, useful):
                    continue
                result = rule(dy, *pick(values))
                if state.anomaly:
                    check_backward(node, dy, values, result)
                if type(served) is int:
                    edge = edges[served]
                    if result is dy and not isinstance(edge, Node):
                        # A leaf's gradient has memory of its own.
                        result = dy.clone() if create_graph else dy.copy()
                    deliver(edge, fit(result, edge))
                else:
                    for i in served:
                        if result[i] is not None and (useful is None or edges[i] in useful):
                            deliver(edges[i], fit(result[i], edges[i]))
            if not retain_graph and node.plan.holds_arrays:
                node.saved = None
            values = None
    for leaf, gradient in grads.items():
        hooks = leaf._hooks
        arrived[leaf] = run_hooks(hooks, gradient) if hooks else gradient
    return arrived


def _serves(served: Any, edges: Any, useful: set[Any]) -> bool:
    return any(edges[i] in useful for i in ((served,) if type(served) is int else served))


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
    if isinstance(owner, Node):
        hooks = owner.hooks = owner.hooks or {}
    else:
        hooks = owner._hooks = owner._hooks or {}
    handle = HookHandle(hooks)
    hooks[handle.id] = hook
    return handle


def retain_grad(tensor: Any) -> None:
    """Have the gradient that arrives at a tensor inside the graph kept in its ``grad``."""
    reference = weakref.ref(tensor)  # the graph must not keep its outputs alive

    def keep(gradient: Any) -> None:
        owner = reference()
        if owner is not None:
            owner._grad = gradient.clone() if owner._grad is None else owner._grad + gradient

    add_hook(tensor._node, keep)


def run_hooks(hooks: dict[int, Callable[[Any], Any]], gradient: Any) -> Any:
    """Show a gradient to each hook; what a hook returns takes its place."""
    for hook in tuple(hooks.values()):
        shown = gradient if isinstance(gradient, Tensor) else Tensor._wrap(gradient)
        changed = hook(shown)
        if changed is not None:
            if not isinstance(changed, Tensor) or changed.shape != shown.shape:
                raise RuntimeError(
                    f"a hook on a tensor returns None or a Tensor of the gradient's shape {shown.shape}; "
                    f"this one returned {changed!r}"
                )
            gradient = changed if isinstance(gradient, Tensor) else changed._data
    return gradient
