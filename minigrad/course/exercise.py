"""Checks of a learner's answer by what it does.

They compare a gradient with slopes that are measured: an input is moved a little to both sides, and the
result read. So a check needs no solution to compare with, and gives none away.

    def rule(dz, a, b):
        raise NotImplementedError

    print(solved(rule, lambda rule: check_rule(rule, lambda a, b: a * b, 3.0, -2.0)))
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_STEP = 1e-5


class NotYet(AssertionError):
    """An answer is not right yet. The message says where it was seen."""


def solved(answer: Callable[..., Any], check: Callable[[Callable[..., Any]], None]) -> str:
    """A line that says how it stands with an exercise.

    Args:
        answer: the learner's function. One that raises NotImplementedError has not been written yet.
        check: is given the answer, and raises NotYet if it is not right.
    """
    name = f"{answer.__name__}()" if hasattr(answer, "__name__") else "the answer"
    try:
        check(answer)
    except NotImplementedError:
        return f"Exercise: {name} is still to be written. Write it{_place(answer)}, and run the lesson again."
    except NotYet as error:
        return f"Exercise: {name} is not right yet. {error}"
    return f"Exercise: {name} is right. Solved!"


def check_rule(
    rule: Callable[..., Any], formula: Callable[..., Any], *inputs: npt.ArrayLike, seed: int = 0
) -> None:
    """Check a local rule, ``rule(dz, *inputs)``, of the operation z = ``formula(*inputs)``.

    The gradient dz that arrives is random: one of 1 would hide a rule that forgets it.

    Args:
        rule: returns the gradient of each input, in their order; the one itself if there is one input.
        formula: the operation, on arrays.
        inputs: where to check.
        seed: of dz.

    Raises:
        NotYet: they disagree with the measured slopes.
    """
    arrays = _arrays(inputs)
    shape = np.shape(formula(*arrays))
    random = np.random.default_rng(seed)
    dz = random.uniform(0.5, 1.5, shape) * random.choice([-1.0, 1.0], shape)
    got = rule(_plain(dz), *map(_plain, arrays))
    slopes = _slopes(lambda *moved: float(np.sum(dz * formula(*moved))), arrays)
    _compare(got, slopes, f"The gradient by input {{}} disagrees with the slope, where dz is {_told(dz)} and "
             f"the inputs are {', '.join(map(_told, arrays))}")  # fmt: skip


def check_step(
    step: Callable[..., Any],
    loss: Callable[..., Any],
    parameters: Sequence[npt.ArrayLike],
    data: Sequence[npt.ArrayLike],
    alpha: float,
) -> None:
    """Check one step of gradient descent: new = old - alpha * gradient of the loss, for every parameter.

    Args:
        step: called as ``step(*parameters, *data, alpha)``; returns the new parameters in the same order.
        loss: ``loss(*parameters, *data)``, a number.
        parameters: what the step changes.
        data: what it leaves as it is.
        alpha: the learning rate.

    Raises:
        NotYet: a parameter went elsewhere, or an array that was given has been changed in place.
    """
    before, fixed = _arrays(parameters), _arrays(data)
    given = [array.copy() for array in (*before, *fixed)]
    got = step(*given, alpha)
    for number, (now, array) in enumerate(zip(given, (*before, *fixed), strict=True), 1):
        if not np.array_equal(now, array):
            raise NotYet(f"It has changed argument {number} in place; compute new arrays and return them.")
    slopes = _slopes(lambda *moved: float(loss(*moved, *fixed)), before)
    wanted = [old - alpha * slope for old, slope in zip(before, slopes, strict=True)]
    _compare(got, wanted, f"With alpha = {alpha}, new parameter {{}} is not where the slope leads", alpha)


def _place(answer: Callable[..., Any]) -> str:
    """In which file it stands, if in one: a cell of a notebook is none."""
    code = getattr(answer, "__code__", None)
    return f" in {Path(code.co_filename).name}" if code and Path(code.co_filename).is_file() else ""


def _arrays(values: Sequence[npt.ArrayLike]) -> list[Array]:
    return [np.array(value, dtype=np.float64) for value in values]


def _plain(array: Array) -> Any:
    return float(array) if array.ndim == 0 else array.copy()


def _slopes(function: Callable[..., float], inputs: Sequence[Array]) -> list[Array]:
    """The slope of the function by every element of every input, measured."""
    slopes = []
    for array in inputs:
        slope = np.empty_like(array)
        for place in np.ndindex(array.shape):
            kept = array[place]
            array[place] = kept + _STEP
            above = function(*inputs)
            array[place] = kept - _STEP
            below = function(*inputs)
            array[place] = kept
            slope[place] = (above - below) / (2 * _STEP)
        slopes.append(slope)
    return slopes


def _compare(got: Any, wanted: list[Array], problem: str, scale: float = 1.0) -> None:
    if len(wanted) == 1 and not isinstance(got, (tuple, list)):
        got = [got]
    if not isinstance(got, (tuple, list)) or len(got) != len(wanted):
        many = len(got) if isinstance(got, (tuple, list)) else "no tuple"
        raise NotYet(f"It should return {len(wanted)} results, as in return a, b; it returned {many}.")
    for number, (one, right) in enumerate(zip(got, wanted, strict=True), 1):
        array = np.asarray(one)
        if array.dtype.kind not in "fi":
            raise NotYet(f"Result {number} should be made of numbers; it is {one!r}.")
        if array.shape != right.shape:
            raise NotYet(f"Result {number} should have shape {right.shape}, and has {array.shape}.")
        if not np.allclose(array, right, rtol=1e-5, atol=1e-6 * scale):
            raise NotYet(
                f"{problem.format(number)}: {_told(right)} was measured, and it returned {_told(array)}."
            )


def _told(array: npt.ArrayLike) -> str:
    return np.array2string(np.asarray(array, dtype=np.float64), precision=4, separator=", ").replace("\n", "")
