"""The public entrances to the walk back: ``backward`` and ``grad``."""

import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from minigrad.callsite import warn
from minigrad.devices import place
from minigrad.engine import graph, hooks, writes
from minigrad.engine.anomaly import check_sum
from minigrad.engine.arguments import Tensor, what_came
from minigrad.engine.graph import Node, is_tensor
from minigrad.engine.modes import state
from minigrad.engine.walk import run_backward
from minigrad.errors import DeviceError, ShapeError
from minigrad.forks import in_child

_lock = threading.Lock()
"""Two backward passes, each in its thread, may add to the grad of one leaf."""


@in_child
def _unlock() -> None:
    """Whichever thread was adding has stayed with the parent."""
    global _lock
    _lock = threading.Lock()


def _listed(value: Any) -> list[Any]:
    return [value] if hasattr(value, "shape") or not hasattr(value, "__iter__") else list(value)


def _tensors(name: str, what: str, value: Any) -> list[Any]:
    """The tensors in ``value``, one or several, checked to be such."""
    listed = _listed(value)
    for i, x in enumerate(listed):
        if not is_tensor(x):
            raise TypeError(
                f"{name}: {what} {i}: {what_came(x) or f'expected a tensor, got {type(x).__name__}'}"
            )
    return listed


def _roots(
    name: str, outputs: list[Any], upstream: Sequence[Any] | None, create_graph: bool
) -> list[tuple[Any, Any]]:
    """Each output's place in the graph, with the gradient that starts there."""
    given = [None] * len(outputs) if upstream is None else list(upstream)
    if len(given) != len(outputs):
        many = f"{len(outputs)} output{'s need' if len(outputs) > 1 else ' needs'}"
        raise ValueError(
            f"{name}: {many} as many upstream gradients, got {len(given)}. Is it one gradient of several "
            "numbers? Make a tensor of it: mg.tensor([...])."
        )
    roots = []
    for y, dy in zip(outputs, given, strict=True):
        if not y._requires_grad:
            raise RuntimeError(
                f"{name}: this tensor does not require grad and no operation that made it was recorded. Is "
                "requires_grad=True set on what the gradient is for? Was this made under no_grad, or from "
                "something that has no history: detach(), numpy(), item(), mg.tensor(...) of tensors (stack "
                "keeps history), argmax, a comparison, integers, an operation of your own without a rule?"
            )
        if dy is None:
            if y.numel() != 1:
                raise RuntimeError(
                    f"{name}: the gradient of a tensor of shape {y.shape} needs an upstream gradient of "
                    "that shape: which combination of its elements is meant? Reduce it to one number first "
                    "(loss.sum(), loss.mean()), or pass gradient=."
                )
            dy = graph.Tensor._wrap(np.ones_like(y._data))
        else:
            dy = _upstream(name, y, dy)
        roots.append((y._node or y, dy if create_graph else dy._data))
    return roots


def _upstream(name: str, y: Any, dy: Any) -> Any:
    """The upstream gradient ``dy`` that was given for ``y``, checked, in its dtype."""
    if not is_tensor(dy):
        raise TypeError(f"{name}: an upstream gradient is a Tensor, got {type(dy).__name__}")
    if dy.shape != y.shape:
        raise ShapeError(
            f"{name}: the upstream gradient has shape {dy.shape}, the tensor {y.shape}; give it the same"
        )
    if dy.dtype != y.dtype:
        dy = dy.to(y.dtype)
    if dy.device != y.device:
        raise DeviceError(
            f"{name}: the upstream gradient is on {dy.device}, the tensor on {y.device}; bring it there "
            f'with .to("{y.device}")'
        )
    return dy


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Add to the ``grad`` of each leaf the gradient of the tensors by it.

    ``grad_tensors`` is the upstream gradient, needed for tensors of more than one element: the gradient of
    sum(tensor * grad_tensor). ``retain_graph`` keeps what the operations saved, for another backward;
    ``create_graph`` records this one, so that its result can be differentiated. With ``inputs`` only those
    are given gradients.
    """
    if create_graph:
        warn(
            "backward(create_graph=True) leaves a cycle: a leaf holds its grad, whose history holds the "
            "leaf, and both stay in memory until Python looks for cycles. autograd.grad(..., "
            "create_graph=True) leaves none; else set x.grad = None when you are done."
        )
    outputs = _tensors("backward", "output", tensors)
    upstream = None if grad_tensors is None else _listed(grad_tensors)
    roots = _roots("backward", outputs, upstream, create_graph)
    targets = None
    if inputs is not None:
        wanted = _tensors("backward", "input", inputs)
        if not wanted:
            raise ValueError("backward: inputs is empty")
        targets = {x._node or x for x in wanted}
    early = hooks.after_grad and not create_graph
    try:
        gradients = run_backward(
            roots,
            retain_graph=create_graph if retain_graph is None else retain_graph,
            create_graph=create_graph,
            targets=targets,
            complete=_complete if early else None,
        )
        receivers = (
            {edge: edge for edge in gradients} if inputs is None else {x._node or x: x for x in wanted}
        )
        # A rule may hand one array to two arguments (those of add do), and two leaves must not share a grad.
        uses = Counter(id(gradient) for gradient in (*gradients.values(), *(dy for _, dy in roots)))
        for edge, tensor in receivers.items():
            retained = type(edge) is Node and edge.keep is not None  # then its grad has it already
            if edge in gradients and not retained:
                _accumulate(tensor, gradients[edge], shared=uses[id(gradients[edge])] > 1)
                if hooks.after_grad:
                    hooks.run_after_grad(tensor)
    except BaseException:
        hooks.cut_off_ends()
        raise
    hooks.run_ends()


def _complete(leaf: Any, gradient: Any) -> None:
    """Accumulate the whole gradient of a leaf while the walk goes on, and run the leaf's hooks for that."""
    _accumulate(leaf, gradient, shared=True)  # something that is yet to be walked through may share it
    hooks.run_after_grad(leaf)


def _accumulate(leaf: Any, gradient: Any, shared: bool) -> None:
    """Add a gradient to ``leaf.grad``, in memory that belongs to it alone."""
    with _lock:
        if is_tensor(gradient):
            shared = shared or gradient._data.base is not None
            own = gradient.clone() if shared else gradient
            leaf._grad = own if leaf._grad is None else leaf._grad + gradient
        elif leaf._grad is None:
            gradient = place.as_array(gradient)
            own = gradient.copy() if shared or gradient.base is not None else gradient
            leaf._grad = graph.Tensor._wrap(own)
        elif leaf._grad._node is not None or not place.writeable(leaf._grad._data):
            leaf._grad = leaf._grad.detach() + graph.Tensor._wrap(gradient)
        else:
            if state.anomaly:
                total = leaf._grad._data + gradient
                check_sum("adding to the grad of a leaf", (leaf._grad._data, gradient), total)
            leaf._grad._data += gradient
            writes.mark(leaf._grad._data)


def zero_grads(parameters: Iterable[Any], set_to_none: bool) -> None:
    """Forget the gradients, or fill them with zeros: the ``zero_grad`` of modules and of optimisers."""
    for p in parameters:
        if set_to_none:
            p.grad = None
        elif p.grad is not None:
            p.grad.requires_grad_(False) if p.grad.is_leaf else p.grad.detach_()
            p.grad.zero_()


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Tensor, ...]:
    """The gradients of the outputs by the inputs, returned, with nothing added to any ``grad``.

    ``grad_outputs`` is the upstream gradient of each output that has more than one element. ``create_graph``
    records the computation, so that the result can be differentiated again. An input that the outputs do not
    depend on is an error, unless ``allow_unused`` (then its gradient is None) or ``materialize_grads`` (then
    it is 0).
    """
    if not only_inputs:
        raise NotImplementedError("grad: only_inputs=False is not supported; use backward")
    if is_grads_batched:
        raise NotImplementedError(
            "grad: is_grads_batched=True is not supported; call grad for each upstream gradient"
        )
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "grad: materialize_grads=True fills in for unused inputs, allow_unused=False forbids them"
        )
    wanted = _tensors("grad", "input", inputs)
    for i, x in enumerate(wanted):
        if not x._requires_grad:
            raise RuntimeError(f"grad: input {i} does not require grad, so nothing about it was recorded")
    upstream = None if grad_outputs is None else _listed(grad_outputs)
    roots = _roots("grad", _tensors("grad", "output", outputs), upstream, create_graph)
    gradients = run_backward(
        roots,
        retain_graph=create_graph if retain_graph is None else retain_graph,
        create_graph=create_graph,
        targets={x._node or x for x in wanted},
    )
    found: list[Any] = []  # None of what may be unused, which those know who allow it
    for i, x in enumerate(wanted):
        gradient = gradients.get(x._node or x)
        if gradient is None and materialize_grads:
            gradient = np.zeros_like(x._data)
        elif gradient is None and not allow_unused:
            raise RuntimeError(
                f"grad: the outputs do not depend on input {i}. If that is meant, pass allow_unused=True "
                "(its gradient is then None) or materialize_grads=True (then 0)."
            )
        if gradient is not None and not is_tensor(gradient):
            gradient = graph.Tensor._wrap(place.as_array(gradient))
        found.append(gradient)
    return tuple(found)
