"""What several operations ask of their arguments."""

from typing import Any

import numpy as np

from minigrad.devices import capturing
from minigrad.engine.op import Array
from minigrad.errors import DtypeError


def floating(name: str, input: Array, fix: str = "x.float()") -> None:
    """Raise, in the name of the function that was called, unless x is floating."""
    if input.dtype.kind != "f":
        raise DtypeError(f"{name}: expected a floating tensor, got {input.dtype}: {fix}")


def outside(numbers: Array, low: float, high: float) -> tuple[Any, Any] | None:
    """The smallest and the largest of the numbers, if one of them is not from ``low`` to ``high``.

    In a step that is being captured they are not known yet, and none is found outside.
    """
    if not numbers.size or capturing.is_capturing():
        return None
    least, most = numbers.min(), numbers.max()
    return None if low <= least <= most <= high else (least, most)  # a NaN is outside


def bools(name: str, what: str, mask: Any) -> None:
    """Raise unless the mask, or the condition, is a bool tensor."""
    if getattr(mask, "dtype", None) != np.bool_:
        kind = getattr(mask, "dtype", type(mask).__name__)
        raise DtypeError(
            f"{name}: expected a bool tensor for the {what} (x > 0, say), got {kind}. Of numbers, is "
            f"{what} != 0 meant?"
        )
