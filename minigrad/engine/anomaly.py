"""Anomaly mode: who made the first NaN or infinity?"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from minigrad.callsite import learner_line
from minigrad.devices import place
from minigrad.engine.graph import raw

if TYPE_CHECKING:
    from minigrad.engine.graph import Edge, Node

Test: TypeAlias = Callable[[Any], Any]
"""np.isnan or np.isinf: of an array, element by element."""


class AnomalyError(RuntimeError):
    """Under detect_anomaly, an operation made a NaN or an infinity that it was not given."""


def _any(test: Test, value: Any) -> bool:
    """Whether ``test`` is true of any number in a value, or in any of several."""
    value = raw(value)
    if isinstance(value, (tuple, list)):
        return any(_any(test, part) for part in value)
    array = np.asarray(value) if isinstance(value, (int, float)) else value
    kind = getattr(getattr(array, "dtype", None), "kind", "")
    return kind == "f" and bool(test(array).any())


def _new(result: Any, given: Any) -> Test | None:
    """The test for what ``result`` has and ``given`` does not account for; None if there is nothing.

    A NaN is accounted for by a NaN alone, an infinity by anything that is not finite.
    """
    if _any(np.isnan, result) and not _any(np.isnan, given):
        return np.isnan
    if _any(np.isinf, result) and not _any(np.isinf, given) and not _any(np.isnan, given):
        return np.isinf
    return None


def _found(value: Any, test: Test) -> str:
    array = place.to_host(place.as_array(raw(value)))
    where = tuple(int(i) for i in np.argwhere(test(array))[0])
    at = f" at index {where}" if where else ""
    count = int((~np.isfinite(array)).sum())
    return f"{array[where]}{at} ({count} of {array.size} numbers are not finite)"


def _show(operands: Iterable[Any]) -> str:
    lines = []
    for operand in operands:
        value = raw(operand)
        if getattr(getattr(value, "dtype", None), "kind", "") in ("f", "i", "u", "b"):
            numbers = place.to_host(place.as_array(value))
            text = np.array2string(numbers, precision=4, threshold=20, edgeitems=3)
            text = text.replace("\n", "\n      ")
            lines.append(f"    shape {tuple(value.shape)}: {text}")
        elif value is not None:
            lines.append(f"    {value!r}")
    return "\n".join(lines)


def _called_at(node: "Node | None") -> str:
    if node is None:
        return "\n"
    if node.line:
        return f" It was called at\n    {node.line}\n"
    return " Run the forward pass under detect_anomaly as well to see the line that called it.\n"


def check_forward(name: str, operands: tuple[Any, ...], y: Any) -> None:
    """Raise if an operation made a NaN or an infinity that its operands do not account for."""
    new = _new(y, operands)
    if new is not None:
        raise AnomalyError(
            f"{name} made {_found(y, new)} in the forward pass, at\n    {learner_line()}\n  "
            f"from\n{_show(operands)}"
        )


def check_backward(node: "Node", dy: Any, values: tuple[Any, ...], result: Any) -> None:
    """Raise if a rule made one that its upstream and the saved values do not account for."""
    gradients = result if isinstance(result, (tuple, list)) else (result,)
    for gradient in gradients:
        new = _new(gradient, (dy, *values))
        if new is not None:
            raise AnomalyError(
                f"the gradient of {node.op.name} made {_found(gradient, new)} in the backward pass."
                f"{_called_at(node)}  upstream gradient and saved values\n{_show((dy, *values))}"
            )


def check_sum(what: str, parts: tuple[Any, ...], total: Any, node: "Node | None" = None) -> None:
    """Raise if the engine made one when it added gradients up, the last of them from ``node``."""
    new = _new(total, parts)
    if new is not None:
        raise AnomalyError(
            f"{what} made {_found(total, new)} in the backward pass.{_called_at(node)}  from\n{_show(parts)}"
        )


def check_fit(returned: Any, fitted: Any, edge: "Edge", node: "Node | None") -> None:
    """Raise if the engine made one when it fitted what a rule of ``node`` returned to its argument."""
    whose = "an upstream gradient" if node is None else f"the gradient of {node.op.name}"
    what = f"fitting {whose} to its argument of shape {edge.shape}, {edge.dtype},"
    check_sum(what, (returned,), fitted, node)
