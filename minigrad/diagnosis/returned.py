"""What a rule returned: one gradient, as an array, or in lists as loops make them."""

from typing import Any

import numpy as np

from minigrad.diagnosis.recording import Array


def is_one(result: tuple[Any, ...] | list[Any], shape: tuple[int, ...]) -> bool:
    """Whether a tuple or list is one gradient, and not several: it has the shape, or holds numbers alone."""
    if isinstance(result, list) and _holds_numbers(result):
        return True
    try:
        return bool(np.shape(_unwrapped(result)) == shape)
    except ValueError:
        return False


def _holds_numbers(result: list[Any]) -> bool:
    """Whether there are only numbers in it, and in the lists in it."""
    return all(_holds_numbers(value) if isinstance(value, list) else np.ndim(value) == 0 for value in result)


def as_array(result: Any) -> Array:
    """The gradient in float64.

    Raises:
        TypeError: it is not made of real numbers, or of rows of different lengths.
    """
    kind = type(result).__name__
    try:
        array = np.asarray(_unwrapped(result))
    except ValueError:
        raise TypeError(
            f"explain_gradient: the rule returned a {kind} whose rows have different lengths; a gradient has "
            "the shape of its argument"
        ) from None
    if array.dtype.kind == "c":
        raise TypeError("explain_gradient: the rule returned complex numbers; a gradient is real here")
    if array.dtype.kind not in "fiub":
        what = repr(result) if isinstance(result, str) else f"a {kind}"
        raise TypeError(f"explain_gradient: the rule returned {what}, which is no array of numbers")
    return array.astype(np.float64)


def _unwrapped(result: Any) -> Any:
    """Arrays in place of the tensors in it."""
    if isinstance(result, (tuple, list)):
        return [_unwrapped(value) for value in result]
    return getattr(result, "_data", result)
