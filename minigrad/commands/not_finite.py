"""Why there is a nan or an inf among a formula's numbers: the operation that made the first one."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from minigrad.viz.graphs.description import Box, Description

AT_ZERO = {
    "div": "Nothing can be divided by 0.",
    "log": "A logarithm is of numbers above 0.",
    "log2": "A logarithm is of numbers above 0.",
    "pow": "0 has no negative powers.",
}
"""Why an operation gives inf where it is given 0."""

UNDEFINED = {
    **AT_ZERO,
    "pow": "Negative numbers have whole powers only.",
    "sqrt": "A root is of numbers from 0 on.",
}
"""Why it gives nan."""

STEEP = ("pow", "sqrt")
"""Operations whose slope at 0 can be infinite."""

TOO_LARGE = "It is beyond 1.8e308, where numbers end."

NO_NUMBER = "inf - inf and 0 × inf are no numbers."


def first_not_finite(drawn: "Description", names: Mapping[str, str]) -> str | None:
    """Where the first nan or inf is, and why, in a line; None if every number that is known is finite.

    Args:
        drawn: the graph.
        names: what its boxes are called, by their keys.
    """
    for key, box in drawn.boxes.items():
        if (bad := _bad(box.value)) is not None:
            return f"The first {bad} is {names[key]}{_forward(drawn, box, bad)}"
    for key, box in reversed(drawn.boxes.items()):
        if (bad := _bad(box.gradient)) is not None:
            return f"The first {bad} is the gradient of {names[key]}{_backward(drawn, box, bad)}"
    return None


def _bad(array: Any) -> str | None:
    """The first number of an array that is not finite, in words."""
    if array is None:
        return None
    found = array[~np.isfinite(array)]
    return f"{found.flat[0]:g}" if found.size else None


def _forward(drawn: "Description", box: "Box", bad: str) -> str:
    if box.operation is None:
        return ", as it was given."
    operands = _operands(drawn, box, ~np.isfinite(box.value))
    if bad == "nan":
        why = UNDEFINED.get(box.operation, NO_NUMBER)
    else:
        why = AT_ZERO.get(box.operation, TOO_LARGE) if 0 in operands else TOO_LARGE
    return f"{_told(box, operands)}. {why}"


def _backward(drawn: "Description", box: "Box", bad: str) -> str:
    for user in drawn.boxes.values():
        if user.operation in STEEP and box in drawn.inputs(user):
            operands = _operands(drawn, user, np.broadcast_to(~np.isfinite(box.gradient), user.shape))
            if 0 in operands:
                return f"{_told(user, operands)}. Its slope there is infinite."
    return f". {NO_NUMBER if bad == 'nan' else TOO_LARGE}"


def _operands(drawn: "Description", box: "Box", where: Any) -> list[float | None]:
    """What an operation had in the first of the places, None for what is not known.

    Nothing if it does not go number by number.
    """
    sources = drawn.inputs(box)
    if any(np.broadcast_shapes(source.shape, box.shape) != box.shape for source in sources):
        return []
    return [
        None if source.value is None else float(np.broadcast_to(source.value, box.shape)[where].flat[0])
        for source in sources
    ]


def _told(box: "Box", operands: list[float | None]) -> str:
    """``: log of -1``, an operation and its operands."""
    numbers = ["?" if one is None else f"{one:g}" for one in operands]
    return f": {box.label} of {' and '.join(numbers)}" if numbers else f": {box.label}"
