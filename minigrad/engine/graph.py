"""The graph that a forward pass leaves behind: a node for each recorded operation."""

import weakref
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

import numpy as np

from minigrad.engine import writes
from minigrad.engine.plan import Plan

if TYPE_CHECKING:
    from minigrad.engine.calls import Call
    from minigrad.engine.op import Op
    from minigrad.tensor import Tensor as TensorType

# minigrad.tensor imports the operations, which import the engine; it puts its class here when it is made.
Tensor: Any = None

Edge: TypeAlias = Any
"""Where a gradient goes: to the Node that made a tensor or, for a leaf, to the Tensor itself."""


def is_tensor(obj: object) -> "TypeGuard[TensorType]":
    """Whether the object is a Tensor."""
    return isinstance(obj, Tensor)


def raw(value: Any) -> Any:
    """The array of a Tensor; anything else as it is. For a decision that is itself not differentiated."""
    return value._data if isinstance(value, Tensor) else value


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
        "keep",
        "line",
        "op",
        "plan",
        "saved",
        "shape",
        "time",
    )

    def __init__(
        self,
        op: "Op[...]",
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
        self.keep: weakref.ref[Any] | None = None  # the tensor that this node made, if it retains its grad
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
                f"backward through {self.op.name} a second time: its saved values were freed by the first "
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
                        f"{self.op.name} saved {what} for its gradient, and it has been overwritten in "
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
        if edge.dtype is not value.dtype:  # a leaf, promoted on the way in
            # to() records the cast; the numbers are those of then: the leaf may have been overwritten since.
            promoted = edge.to(value.dtype)
            promoted._data = value
            return promoted
        if edge._data is not value:
            raise RuntimeError(
                f"{self.op.name} used a leaf tensor whose data was replaced since (t.data = ...): its "
                "second derivative would mix old and new values. Differentiate before replacing the data."
            )
        return edge
