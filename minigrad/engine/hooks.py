"""Hooks: functions that see a gradient when it arrives, or a leaf when its ``grad`` is complete. And
``retain_grad``, which keeps a gradient in ``grad``.
"""

import threading
import weakref
from collections.abc import Callable
from typing import Any

from minigrad.devices import place
from minigrad.engine import graph, writes
from minigrad.engine.graph import Node, is_tensor


class RemovableHandle:
    """What registering a hook returns: ``remove()`` takes the hook off, and so does the end of a ``with``."""

    def __init__(self, hooks: dict[int, Any]) -> None:
        self._hooks = hooks
        self.id = writes.tick()  # the hook's key: the clock gives no number twice, in any thread

    def remove(self) -> None:
        """Take the hook off. Doing it twice is no error."""
        self._hooks.pop(self.id, None)

    def __enter__(self) -> "RemovableHandle":
        return self

    def __exit__(self, *raised: object) -> None:
        self.remove()


def add_hook(owner: Any, hook: Callable[[Any], Any]) -> RemovableHandle:
    """Have ``hook`` see each gradient that arrives at a node or a leaf tensor."""
    if not callable(hook):
        raise TypeError(
            f"register_hook: expected a function of the gradient, hook(gradient), got {type(hook).__name__}"
        )
    if isinstance(owner, Node):
        hooks = owner.hooks = owner.hooks or {}
    else:
        hooks = owner._hooks = owner._hooks or {}
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    return handle


def run_hooks(hooks: dict[int, Callable[[Any], Any]], gradient: Any) -> Any:
    """Show a gradient to each hook; what a hook returns takes its place.

    A hook may keep what it is shown, and what it returns may be in use elsewhere. So it is shown a copy, and
    the backward pass goes on with another: gradients are accumulated in place.
    """
    shown = _copied(gradient)
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
    return shown.clone() if is_tensor(gradient) else shown._data.copy()


class _Ends(threading.local):
    """What is to be called when the backward pass under way ends, each thread for itself: the first of a pair
    if it comes to its end, the second if an exception cuts it off.
    """

    def __init__(self) -> None:
        self.waiting: list[tuple[Callable[[], object], Callable[[], object]]] = []


_ends = _Ends()

after_grad: set[int] = set()
"""The ids of the leaves with hooks that run when their ``grad`` is complete. As long as there is none, which
is the common case, a backward pass need not ask when it is complete.
"""


def add_after_grad(leaf: Any, hook: Callable[[Any], object]) -> RemovableHandle:
    """Have ``hook`` called with a leaf tensor each time a backward pass has added all of its gradient to its
    ``grad``: at once, while the pass goes on to older parts of the graph.
    """
    if not callable(hook):
        raise TypeError(
            "register_post_accumulate_grad_hook: expected a function of the tensor, hook(tensor), got "
            f"{type(hook).__name__}"
        )
    if id(leaf) not in after_grad:
        leaf._after_grad = {}
        after_grad.add(id(leaf))
        weakref.finalize(leaf, after_grad.discard, id(leaf)).atexit = False
    handle = RemovableHandle(leaf._after_grad)
    leaf._after_grad[handle.id] = hook
    return handle


def run_after_grad(leaf: Any) -> None:
    """Call the hooks of a leaf whose ``grad`` is complete."""
    for hook in tuple(leaf._after_grad.values()) if id(leaf) in after_grad else ():
        hook(leaf)


def call_at_end(finish: Callable[[], object], cut_off: Callable[[], object]) -> None:
    """From within a hook: call ``finish`` once every gradient of the backward pass under way is there, or
    ``cut_off`` if an exception ends the pass before.
    """
    _ends.waiting.append((finish, cut_off))


def run_ends() -> None:
    """The backward pass is over: call what waits for that. If that fails, the pass was cut off, for all that
    wait after it as well.
    """
    waiting, _ends.waiting = _ends.waiting, []
    for number, (finish, _) in enumerate(waiting):
        try:
            finish()
        except BaseException:
            for _, cut_off in waiting[number:]:
                cut_off()
            raise


def cut_off_ends() -> None:
    """The backward pass was cut off by an exception: tell who waits for its end."""
    waiting, _ends.waiting = _ends.waiting, []
    for _, cut_off in waiting:
        cut_off()


def keep_grad(reference: "weakref.ref[Any]", gradient: Any) -> None:
    """Add a gradient to the ``grad`` of a tensor inside the graph, unless the tensor is gone."""
    tensor = reference()
    if tensor is not None:
        own = _copied(gradient)
        tensor._grad = own if tensor._grad is None else tensor._grad + own


def _copied(gradient: Any) -> Any:
    return gradient.clone() if is_tensor(gradient) else graph.Tensor._wrap(place.as_array(gradient).copy())
