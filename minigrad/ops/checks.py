"""What several operations ask of their arguments, and the likely fix where these are wrong."""

from typing import Any

import numpy as np

from minigrad.devices import capturing
from minigrad.dtypes import bool as BOOL
from minigrad.engine.op import Array
from minigrad.errors import DtypeError


def floating(name: str, input: Array, method: bool = False) -> None:
    """Raise unless x is floating, in the name of the function that was called, which may be a method."""
    if input.dtype.kind != "f":
        call = f".{name}()" if method else ""
        raise DtypeError(f"{name}: expected a floating tensor, got {input.dtype}: x.float(){call}")


def numbers_known() -> bool:
    """Whether an array's numbers may be looked at: while a step is captured they are not computed yet."""
    return not capturing.is_capturing()


def outside(numbers: Array, high: float) -> tuple[Any, Any] | None:
    """The smallest and the largest of the numbers, if one of them is not from 0 to ``high``.

    While they are not known, none is found outside.
    """
    if not numbers.size or not numbers_known():
        return None
    if type(numbers) is np.ndarray:  # the methods take twice as long
        least, most = np.minimum.reduce(numbers, axis=None), np.maximum.reduce(numbers, axis=None)
    else:
        least, most = numbers.min(), numbers.max()
    return None if 0 <= least <= most <= high else (least, most)  # a NaN is outside


def span(lowest: Any, highest: Any) -> str:
    """Numbers from the lowest to the highest, in words: "0 to 3", or "5" alone."""
    return f"{lowest}" if lowest == highest else f"{lowest} to {highest}"


def bools(name: str, what: str, mask: Any) -> None:
    """Raise unless the mask, or the condition, is a bool tensor."""
    dtype = getattr(mask, "dtype", None)
    if dtype is not BOOL and dtype != BOOL:  # the first is the faster question
        raise DtypeError(
            f"{name}: expected a bool tensor for the {what} (x > 0, say), got "
            f"{dtype or type(mask).__name__}. Of numbers, is {what} != 0 meant?"
        )


def to_count(lowest: int, highest: int, size: int, ends: bool = False) -> str:
    """The likely fix for places from ``lowest`` to ``highest`` where there are ``size``, counted from 0.

    ``ends``: from the end, too, as -1, -2, ...
    """
    if not size:
        return " It is empty."
    if lowest >= 1 and highest == size > 1 and lowest < highest:
        return " Counting begins at 0. Do these begin at 1? Then subtract 1."
    if lowest < 0 and not ends:
        return f" Places are counted from the front here: index % {size} turns -1 into {size - 1}."
    return f" Counting begins at 0, so the last one is {size - 1}{', or -1' if ends else ''}."


def to_scale(input: Any) -> str:
    """The likely fix for an input of bytes, beside its conversion: they are the colours of an image."""
    return " / 255, for colours from 0 to 1" if input.dtype == np.uint8 else ""
