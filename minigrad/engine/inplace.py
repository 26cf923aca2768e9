"""In-place operations: the same mathematics, written into memory that already holds something.

``x.mul_(2)`` computes ``x * 2`` as a recorded operation, copies the result into x's memory and gives x the
history of the result. Views complicate it: x may share its memory with a base that it was cut from, and with
other views. Then the base gets the history "the old base, with this region replaced", and every live view is
cut anew from it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.devices import place
from minigrad.dtypes import KINDS
from minigrad.engine import writes
from minigrad.engine.graph import Node
from minigrad.engine.modes import state
from minigrad.engine.op import Array, op
from minigrad.engine.views import UNRECORDED, Path, follow, views_of
from minigrad.errors import DeviceError, ShapeError


@op
def replace_region(input: Array, value: Array, path: Path) -> Array:
    """x with the region that ``path`` cuts out of it replaced by ``value``"""
    y = np.copy(input, order="C")  # an array, also of the scalar that NumPy makes of no dimensions
    positions = np.arange(y.size, like=y).reshape(y.shape)  # in row-major order
    y.reshape(-1)[follow(positions, path)] = value
    return y


@replace_region.grad("input")
def _(dy: Array, path: Path) -> Array:
    return replace_region(dy, 0, path)


@replace_region.grad("value")
def _(dy: Array, path: Path) -> Array:
    return follow(dy, path)


def _keep_old(node: Any, memory: Array) -> None:
    """Give the node a copy in place of the memory that its own result is about to overwrite."""
    if node is not None and any(value is memory for value in node.saved):
        old = memory.copy()
        node.saved = tuple(old if value is memory else value for value in node.saved)


def check_writeable(name: str, memory: Array) -> None:
    """Raise if the memory of a tensor is not to be written."""
    if not place.writeable(memory):
        raise RuntimeError(
            f"{name}: this tensor's memory cannot be written (expanded, or read-only): clone() it first"
        )


def needs_grad(tensor: Any) -> bool:
    """Whether a tensor, or the one that it was cut from, requires a gradient."""
    base = None if tensor._cut is None else tensor._cut.base
    return tensor._requires_grad or (base is not None and base._requires_grad)


def overwrite(target: Any, kernel: Callable[..., Any], name: str) -> bool:
    """Have ``kernel(x)`` write its result over a tensor's memory, where nothing is to be recorded.

    Returns whether it did: else `assign` has to. It saves memory as large as the tensor's, and a copy.
    """
    memory = target._data
    if memory.dtype.kind != "f" or state.anomaly or (state.recording and needs_grad(target)):
        return False
    check_writeable(name, memory)
    kernel(memory)
    writes.mark(memory)
    return True


def count_up(counter: Any, name: str) -> None:
    """Add 1 to a counter, a tensor of no dimension, without an operation.

    NumPy's + takes 25 microseconds in the middle of a network, where its code is in no cache.
    """
    memory = counter._data
    check_writeable(name, memory)
    memory[...] = (memory.item() if isinstance(memory, np.ndarray) else memory) + 1
    writes.mark(memory)


def assign(target: Any, result: Any, name: str) -> Any:
    """Put ``result`` into ``target``'s memory and give target its history; returns target."""
    value, memory = result._data, target._data
    if value.shape != memory.shape:
        raise ShapeError(
            f"{name}: the result has shape {value.shape}, which does not fit in place into {memory.shape}"
        )
    if KINDS[value.dtype.kind] > KINDS[memory.dtype.kind]:
        raise RuntimeError(
            f"{name}: the result has dtype {value.dtype}, which does not fit in place into {memory.dtype}. "
            f"Write it to a new tensor, or convert this one first: x.to(mg.{value.dtype})."
        )
    if type(value) is not type(memory):
        raise DeviceError(
            f"{name}: the tensor is on {target.device}, what is to be written on {result.device}; bring it "
            f'there with .to("{target.device}")'
        )
    check_writeable(name, memory)
    needs = needs_grad(target)
    recorded = state.recording and (needs or result._requires_grad)
    if recorded and target._cut is UNRECORDED:
        raise RuntimeError(
            f"{name}: this tensor is a view made under no_grad: the tensor that it was cut from would not "
            "learn of the write, and its gradient would be wrong. Make the view outside no_grad, or clone() "
            "it."
        )
    base = target if target._cut is None else target._cut.base
    if recorded and needs and base._node is None:
        raise RuntimeError(
            f"{name}: {'a leaf tensor' if base is target else 'a view of a leaf tensor'} that requires grad "
            "cannot be written in place: its gradient belongs to the value it had. To update a parameter, "
            "write it under `with mg.no_grad():`; to compute with it, use the operation that makes a new "
            "tensor."
        )
    if recorded:
        _keep_old(result._node, memory)
        whole = result if base is target else replace_region(base, result, target._cut.path)
    memory[...] = value
    writes.mark(memory)
    if recorded:
        _give_history(base, whole._node)
        for view in views_of(base):
            _give_history(view, follow(base, view._cut.path)._node)
    return target


def _give_history(tensor: Any, node: Node) -> None:
    """Make ``node`` the one that made ``tensor``, after a write in place; retain_grad goes on for it."""
    before = tensor._node
    tensor._node, tensor._requires_grad = node, True
    if before is not None and before.keep is not None:
        before.keep, node.keep = None, before.keep
