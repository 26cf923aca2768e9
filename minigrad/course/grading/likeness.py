"""A wrong result, compared with the right one: is it this, with one thing done to it?

    >>> likeness([(-1.0, 1.0, {}), (-3.0, 3.0, {})])
    'the sign is wrong.'

It knows nothing of the exercise. What it says is so in all calls, so that it is no chance.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from minigrad.course.grading.compare import difference

Call = tuple[Any, Any, Mapping[str, Any]]
"""What came out, what should have, and the arguments by name."""

CLOSE = 1e-6


def likeness(calls: Sequence[Call]) -> str:
    """What was likely done to a result, in a sentence; empty if nothing is known that fits in all calls."""
    for said, back in _ways(calls):
        if all(_same(back, got, right) for got, right, _ in calls):
            return said
    return _scaled(calls)


def _ways(calls: Sequence[Call]) -> Iterator[tuple[str, Callable[[Any], Any]]]:
    """Slips, and how each is undone."""
    first = calls[0][1]
    if isinstance(first, tuple):
        for turn in range(1, len(first)):
            yield "the results are right, but in another order.", _turned(turn)
        return
    yield "yes and no are exchanged.", lambda got: [not one for one in got] if isinstance(got, list) else ~got
    yield "the order is turned round: the last one comes first.", lambda got: got[::-1]
    yield "rows and columns are exchanged: it is transposed.", lambda got: got.T
    yield "there is an axis of length 1 too many.", lambda got: np.squeeze(got)
    yield "the sign is wrong.", lambda got: -got
    yield "it is one too few.", lambda got: got + 1
    yield "it is one too many.", lambda got: got - 1
    yield "the root is missing: it is the square.", lambda got: np.sqrt(got)
    yield "there is a root too many.", lambda got: got**2


def _turned(turn: int) -> Callable[[Any], Any]:
    return lambda got: (*got[turn:], *got[:turn])


def _same(back: Callable[[Any], Any], got: Any, right: Any) -> bool:
    try:
        with np.errstate(all="ignore"):
            return difference(back(got), right, CLOSE, None, "") is None
    except (TypeError, ValueError, AttributeError, IndexError, OverflowError):  # this cannot be done to it
        return False


def _scaled(calls: Sequence[Call]) -> str:
    """Whether it is too large by a factor: the same one everywhere, or a length of an argument."""
    ratios = [_ratio(got, right) for got, right, _ in calls]
    known = [(one, call[2]) for one, call in zip(ratios, calls, strict=True) if one != 0]
    if None in ratios or len(known) < 2:
        return ""
    found = [one for one, _ in known if one is not None]
    if np.ptp(found) < CLOSE * abs(found[0]):
        named = {
            math.log(2): "The natural logarithm in place of that to base 2?",
            1 / math.log(2): "The logarithm to base 2 in place of the natural one?",
            math.log(10): "The natural logarithm in place of that to base 10?",
        }
        why = next((f" {text}" for value, text in named.items() if abs(value - found[0]) < CLOSE), "")
        return f"every number is {found[0]:.4g} times what it should be.{why}"
    for name, value in known[0][1].items():
        for axis in range(np.ndim(value) if isinstance(value, np.ndarray) else 1):
            lengths = [_length(arguments[name], axis) for _, arguments in known]
            for power, said in ((1, "a sum in place of a mean"), (-1, "a mean in place of a sum")):
                if all(
                    n is not None and abs(r - n**power) < CLOSE * r
                    for n, r in zip(lengths, found, strict=True)
                ):
                    return (
                        f"it is {said}, or the length of {name} is forgotten: {_factor(name, axis, power)}."
                    )
    return ""


def _factor(name: str, axis: int, power: int) -> str:
    length = f"len({name})" if axis == 0 else f"{name}.shape[{axis}]"
    return f"it is {length} times too {'large' if power == 1 else 'small'}"


def _length(value: Any, axis: int) -> int | None:
    if isinstance(value, np.ndarray):
        return int(value.shape[axis]) if axis < value.ndim else None
    return len(value) if isinstance(value, list) else None


def _ratio(got: Any, right: Any) -> float | None:
    """By what the right numbers are multiplied; 0 if both are 0, and None if it is not one number."""
    try:
        one, other = np.asarray(got, np.float64), np.asarray(right, np.float64)
    except (TypeError, ValueError, OverflowError):
        return None
    if one.shape != other.shape or not (np.isfinite(one).all() and np.isfinite(other).all()):
        return None
    size = float(np.abs(other).max(initial=0.0))
    if size == 0:
        return 0.0 if not one.any() else None
    at = np.unravel_index(int(np.abs(other).argmax()), other.shape)
    ratio = float(one[at] / other[at])
    return ratio if ratio != 0 and np.abs(one - ratio * other).max() <= CLOSE * size * abs(ratio) else None
