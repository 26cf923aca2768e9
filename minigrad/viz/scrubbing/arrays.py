"""Arrays as they stand in the page: all numbers of a small one, a summary of a large one."""

import math
from typing import Any

import numpy as np

from minigrad.viz.numbers import on_the_cpu

Stored = dict[str, Any]
"""{"shape", "dtype", "numbers"}: in row-major order; or None for the numbers, and "summary"."""


def stored(array: Any, most: int) -> Stored:
    """An array of any device; with its numbers if it has at most ``most`` of them.

    A float32 is written with the digits that tell it from all others: read again as float32, it is the same.
    """
    array = np.asarray(on_the_cpu(array))
    kept = array.size <= most
    said: Stored = {"shape": list(array.shape), "dtype": str(array.dtype), "numbers": None}
    if kept:
        said["numbers"] = [_number(value) for value in array.reshape(-1)]
    else:
        said["summary"] = _summary(array)
    return said


def _number(value: Any) -> Any:
    """A number that JSON has; nan and the infinities, which it has not, as text."""
    if value.dtype.kind != "f":
        return value.item()
    number = float(str(value))
    return number if math.isfinite(number) else str(number)


def _summary(array: Any) -> dict[str, Any]:
    """The least, the greatest and the mean of the finite numbers, and how many are not finite."""
    values = array.astype(np.float64).reshape(-1)
    finite = values[np.isfinite(values)]
    said: dict[str, Any] = {"count": int(values.size), "not finite": int(values.size - finite.size)}
    if finite.size:
        said |= {"least": float(finite.min()), "mean": float(finite.mean()), "greatest": float(finite.max())}
    return said
