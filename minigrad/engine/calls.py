"""Which call of a module made which nodes: noted for pictures and summaries."""

import weakref
from typing import Any, NamedTuple

from minigrad.engine.graph import is_tensor


class Call(NamedTuple):
    """One call of a module, noted at the node of its output: it made the nodes from ``start`` on below it.

    The reference is weak: a module may keep its output, whose node would keep the module.
    """

    module: "weakref.ref[Any]"
    kind: str  # the name of its class
    start: int


def note_call(module: Any, start: int, output: Any) -> None:
    """Note that ``module``, called at time ``start``, returned ``output``: a picture groups nodes by it."""
    if is_tensor(output):
        if output._node is not None and output._node.time > start:  # not handed through as it came
            output._node.calls += (Call(weakref.ref(module), type(module).__name__, start),)
    elif isinstance(output, (tuple, list)):
        for part in output:
            note_call(module, start, part)
    elif isinstance(output, dict):
        note_call(module, start, list(output.values()))
