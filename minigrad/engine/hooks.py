"""Hooks: functions that see a gradient when it arrives, and the one that keeps it in ``grad``."""

import weakref
from collections.abc import Callable
from typing import Any

from minigrad.devices import place
from minigrad.engine import graph, writes
from minigrad.engine.graph import Edge, Node, is_tensor

KEEP = 0
"""The place of retain_grad's hook among those of a node; the others have ticks, from 1 on."""


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
    if KEEP in hooks:
        hooks[KEEP] = hooks.pop(KEEP)  # to the end: what is kept is what the hooks made
    return handle


def retain_grad(tensor: Any) -> None:
    """Have the gradient that arrives at a tensor inside the graph kept in its ``grad``."""
    reference = weakref.ref(tensor)  # the graph must not keep its outputs alive

    def keep(gradient: Any) -> None:
        owner = reference()
        if owner is not None:
            owner._grad = gradient.clone() if owner._grad is None else owner._grad + gradient

    node = tensor._node
    node.hooks = node.hooks or {}  # the same dict, if there is one: handles know it
    node.hooks.pop(KEEP, None)
    node.hooks[KEEP] = keep


def retains_grad(edge: Edge) -> bool:
    """Whether ``retain_grad`` was called on a tensor inside the graph."""
    return type(edge) is Node and edge.hooks is not None and KEEP in edge.hooks


def run_hooks(hooks: dict[int, Callable[[Any], Any]], gradient: Any) -> Any:
    """Show a gradient to each hook; what a hook returns takes its place.

    A hook may keep what it is shown, and what it returns may be in use elsewhere. So it is shown a copy, and
    the backward pass goes on with another: gradients are accumulated in place.
    """
    recorded = is_tensor(gradient)
    shown = gradient.clone() if recorded else graph.Tensor._wrap(place.as_array(gradient).copy())
    for hook in tuple(hooks.values()):
        changed = hook(shown)
        if changed is not None:
            kept = is_tensor(changed) and changed.shape == shown.shape
            if not (kept and changed.dtype == shown.dtype):
                raise RuntimeError(
                    f"a hook on a tensor returns None or a Tensor of the gradient's shape {shown.shape} and "
                    f"dtype {shown.dtype}; this one returned {changed!r}"
                )
            shown = changed
    return shown.clone() if recorded else shown._data.copy()
