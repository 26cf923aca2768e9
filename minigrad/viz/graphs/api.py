"""``minigrad.viz.graph``: the picture of how a tensor was computed."""

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from minigrad.errors import ShapeError
from minigrad.tensor import Tensor
from minigrad.viz.graphs.describe import describe
from minigrad.viz.graphs.history import nodes_behind, units_of
from minigrad.viz.graphs.names import Surroundings
from minigrad.viz.graphs.picture import Graph


def graph(
    tensor: Tensor,
    step: int | None = None,
    names: Mapping[str, Any] | None = None,
    *,
    backward: bool = False,
    gradient: Tensor | None = None,
    steady: bool = False,
    collapse: bool | str = "auto",
    limit: int = 50,
    values: int = 9,
    precision: int = 4,
    direction: str = "down",
) -> Graph:
    """Draw the operations that ``tensor`` was computed by.

    Operations are rounded, with their result in them; tensors that no operation made are boxes. A name is the
    learner's variable, found where ``graph`` is called, or the module's parameter. Values stand there where
    they are few and still known, gradients where ``grad`` holds them: unless told to, drawing computes none.

    Nothing changes: no ``grad``, no graph, no hook is called.

    Args:
        tensor: the result, a loss say. It has a history.
        step: draw where backward stands when it has taken this many operations, the newest first, with the
            gradients that have arrived until then in place of those in ``grad``. From 0 to ``Graph.steps``;
            -1 is the end. What the engine does inside of one operation, such as making a column of a vector,
            is no step of its own.
        names: more names, {"z": z}, for tensors, arrays, modules, and lists or dicts of them; they go before
            those that are found.
        backward: draw the gradient of every result and leaf, as one whole backward computes them, in place of
            those in ``grad``.
        gradient: what backward begins with, for a tensor of more than one element; only with ``step`` or
            ``backward``.
        steady: make each box large enough for any step, so that the pictures of all steps lie on one
            another; only with ``step``.
        collapse: "auto" draws modules, rows of operations and at last whole stretches as one box each when
            there are more than ``limit`` operations; True draws every module as one box; False draws all.
        limit: how many operations are drawn one by one.
        values: how many numbers a tensor may have to be drawn with them.
        precision: digits after the point.
        direction: "down", or "right".

    Raises:
        TypeError: ``tensor`` is no Tensor, or ``names`` no dict of names for tensors.
        ValueError: an option is not one of the above, or ``step`` is out of range.
        RuntimeError: ``tensor`` has no history; with ``step`` or ``backward``, a backward has freed the
            graph, or ``gradient`` is missing; when the picture is rendered, Graphviz is broken, or is missing
            and the graph is large.
    """
    refuse_without_history(tensor)
    _refuse_options(
        collapse, direction, {"limit": limit, "values": values, "precision": precision}, gradient, step,
        backward, steady,
    )  # fmt: skip
    walks = step is not None or backward
    around = Surroundings(tensor, names, sys._getframe(1))
    operations = units_of(nodes_behind(tensor._node), around.held)
    description = describe(
        operations,
        around,
        upstream=upstream_of(tensor, gradient) if walks else None,
        step=None if step is None else _checked(step, len(operations)),
        backward=backward,
        steady=steady,
        closed=None if collapse == "auto" else bool(collapse),
        limit=limit,
        numbers=values,
    )
    return Graph(description, right=direction == "right", precision=precision)


def refuse_without_history(tensor: Any, owner: str = "graph") -> None:
    """Raise, in the name of the function ``owner``, unless a tensor was computed and that was recorded."""
    if not isinstance(tensor, Tensor):
        raise TypeError(
            f"{owner}: expected a Tensor that was computed, such as the loss; got {type(tensor).__name__}"
        )
    if tensor._node is None:
        raise RuntimeError(
            f"{owner}: this tensor has no history, so there is nothing to draw. It was "
            + (
                "made by you and not computed: draw what you computed from it."
                if tensor._requires_grad
                else "computed from tensors none of which requires a gradient, under no_grad, or detached. "
                "Is requires_grad=True set on the parameters?"
            )
        )


def _refuse_options(
    collapse: Any,
    direction: str,
    numbers: dict[str, Any],
    gradient: Tensor | None,
    step: int | None,
    backward: bool,
    steady: bool,
) -> None:
    if collapse not in (True, False, "auto"):
        raise ValueError(f'graph: collapse is "auto", True or False, not {collapse!r}')
    if direction not in ("down", "right"):
        raise ValueError(f'graph: direction is "down" or "right", not {direction!r}')
    for name, number in numbers.items():
        if not isinstance(number, int) or number < (name == "limit"):
            raise ValueError(
                f"graph: {name} is a whole number of at least {int(name == 'limit')}, not {number!r}"
            )
    if step is not None and backward:
        raise ValueError(
            "graph: backward=True draws all gradients, step= those that have arrived until then; give one of "
            "them"
        )
    if gradient is not None and step is None and not backward:
        raise ValueError(
            "graph: gradient= is what backward begins with; it goes together with step= or backward=True"
        )
    if steady and step is None:
        raise ValueError(
            "graph: steady=True is for the pictures of several steps; it goes together with step="
        )


def _checked(step: int, last: int) -> int:
    if isinstance(step, bool) or not isinstance(step, (int, np.integer)) or not -1 <= step <= last:
        raise ValueError(
            f"graph: step is how many operations backward has taken, from 0 to {last} for this graph, or -1 "
            f"for the end; got {step!r}"
        )
    return last if step == -1 else int(step)


def upstream_of(tensor: Tensor, gradient: Tensor | None, owner: str = "graph") -> Any:
    """The array that backward begins with: ones for one number, else what the caller gives."""
    if gradient is None:
        if tensor.numel() != 1:
            raise RuntimeError(
                f"{owner}: backward from a tensor of shape {tensor.shape} needs an upstream gradient of that "
                "shape. Draw a loss, one number, or pass gradient=."
            )
        return np.ones_like(tensor._data)
    if not isinstance(gradient, Tensor):
        raise TypeError(f"{owner}: gradient is a Tensor, got {type(gradient).__name__}")
    if gradient.shape != tensor.shape:
        raise ShapeError(
            f"{owner}: gradient has shape {gradient.shape}, the tensor {tensor.shape}; give it the same"
        )
    return gradient._data
