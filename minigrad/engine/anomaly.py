"""Anomaly mode: who made the first NaN or infinity?"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad.engine.source import learner_line

if TYPE_CHECKING:
    from minigrad.engine.graph import Node


class AnomalyError(RuntimeError):
    """Under detect_anomaly, an operation made a NaN or an infinity from finite numbers."""


def _raw(value: Any) -> Any:
    return getattr(value, "_data", value)


def _finite(value: Any) -> bool:
    value = _raw(value)
    if isinstance(value, (tuple, list)):
        return all(map(_finite, value))
    if value is None or isinstance(value, (str, bool, slice)) or value is Ellipsis:
        return True
    array = np.asarray(value) if isinstance(value, (int, float)) else value
    kind = getattr(getattr(array, "dtype", None), "kind", "")
    return kind != "f" or bool(np.isfinite(array).all())


def _found(value: Any) -> str:
    array = np.asarray(_raw(value))
    bad = ~np.isfinite(array)
    where = tuple(int(i) for i in np.argwhere(bad)[0])
    at = f" at index {where}" if where else ""
    return f"{array[bad][0]}{at} ({int(bad.sum())} of {array.size} numbers are not finite)"


def _show(operands: Iterable[Any]) -> str:
    lines = []
    for operand in operands:
        value = _raw(operand)
        if getattr(getattr(value, "dtype", None), "kind", "") in ("f", "i", "u", "b"):
            text = np.array2string(np.asarray(value), precision=4, threshold=20, edgeitems=3).replace(
                "\n", "\n      "
            )
            lines.append(f"    shape {tuple(value.shape)}: {text}")
        elif value is not None:
            lines.append(f"    {value!r}")
    return "\n".join(lines)


def check_forward(name: str, operands: tuple[Any, ...], y: Any) -> None:
    """Raise if the operation made something not finite of finite operands."""
    if not _finite(y) and all(map(_finite, operands)):
        raise AnomalyError(
            f"{name} made {_found(y)} in the forward pass, at\n    {learner_line()}\n  "
            f"from\n{_show(operands)}"
        )


def check_backward(node: "Node", dy: Any, values: tuple[Any, ...], result: Any) -> None:
    """Raise if a rule made a gradient that is not finite of a finite upstream."""
    gradients = result if isinstance(result, (tuple, list)) else (result,)
    for gradient in gradients:
        if gradient is not None and not _finite(gradient) and _finite((dy, *values)):
            at = (
                f" It was called at\n    {node.line}\n"
                if node.line
                else (" Run the forward pass under detect_anomaly as well to see the line that called it.\n")
            )
            raise AnomalyError(
                f"the gradient of {node.op.called} made {_found(gradient)} in the backward pass.{at}"
                f"  upstream gradient and saved values\n{_show((dy, *values))}"
            )
