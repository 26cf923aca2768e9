"""The verdict on an answer."""

import inspect
import re
import secrets
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import minigrad as mg
from minigrad.course.grading.cases import SINGLE, Arguments, Case, Gradient, copied
from minigrad.course.grading.compare import difference, told
from minigrad.course.grading.definition import Exercise
from minigrad.course.grading.likeness import CLOSE, likeness
from minigrad.course.grading.process import Child, Failed
from minigrad.diagnosis import Diagnosis, explain_gradient

_DIAGNOSIS_SECONDS = 10.0

_NO_RESULT = ("raises", "returns_nothing")
"""Slips of an answer that gave nothing to look at."""

_NO_ARRAY = re.compile(
    "'float' object (has no attribute|is not (subscriptable|iterable)|does not)|type 'float' has no len"
)
"""What Python says where a number is used like an array."""


@dataclass(frozen=True)
class Verdict:
    """How it stands with an answer.

    Attributes:
        exercise: its name.
        state: ``"right"``, ``"wrong"`` (it returns something else, or fails), ``"not written"`` (the stub),
            or ``"broken"`` (it cannot be read or run at all).
        message: what was seen, the line of the answer that failed, indented, and the likely slip, each in one
            line, however long; empty if it is right.
        slip: the likely slip alone, if one is known.
        seed: of what was drawn; the same one draws the same again.
        tried: on how many calls.
        printed: what the answer printed.
    """

    exercise: str
    state: str
    message: str = ""
    slip: str = ""
    seed: int = 0
    tried: int = 0
    printed: str = ""

    @property
    def right(self) -> bool:
        """Whether the exercise is solved."""
        return self.state == "right"

    @property
    def score(self) -> int:
        """1 for a right answer, else 0: there is no half of an answer."""
        return int(self.right)


def grade(
    exercise: Exercise, source: str, *, seed: int | None = None, child: Child | None = None, path: str = ""
) -> Verdict:
    """Judge an answer.

    Args:
        exercise: which.
        source: the text of the learner's file.
        seed: of the inputs that are drawn; None draws one, too.
        child: the process to run it in, or None for one of its own.
        path: of the file, for messages.
    """
    seed = secrets.randbelow(10**6) if seed is None else seed
    if child is None:
        with Child() as own:
            return grade(exercise, source, seed=seed, child=own, path=path)
    failed = child.load(source, exercise.name, path or f"{exercise.name}.py")
    if failed is not None:
        state = "not written" if failed.kind == "NotImplementedError" else "broken"
        return Verdict(
            exercise.name, state, _failure(failed, None, child), seed=seed, printed=child.printed()
        )
    cases = exercise.cases(seed)
    for number, case in enumerate(cases, 1):
        problem = _problem(exercise, case, child)
        if problem is None:
            continue
        if isinstance(problem, Failed) and problem.kind == "NotImplementedError":
            return Verdict(
                exercise.name, "not written", "It is still to be written.", seed=seed, tried=number
            )
        printed = child.printed()
        if isinstance(problem, Failed):
            message, slip = _failure(problem, (exercise, case), child), ""
        else:
            slip = _slip(exercise, case, cases, child)
            message = _in_one_line(_sentence(f"{_situation(exercise, case)}{problem}"))
        if slip:
            message += "\n" + _in_one_line(f"Likely slip: {slip}")
        return Verdict(exercise.name, "wrong", message, slip, seed, number, printed)
    return Verdict(exercise.name, "right", seed=seed, tried=len(cases), printed=child.printed())


def passes(exercise: Exercise, source: str, cases: Sequence[Case], child: Child) -> bool:
    """Whether an answer is right in all the cases; nothing is said of where it is not."""
    if child.load(source, exercise.name) is not None:
        return False
    return all(_problem(exercise, case, child) is None for case in cases)


def _problem(exercise: Exercise, case: Case, child: Child) -> str | Failed | None:
    """What is wrong with the answer in this case, if anything."""
    outcome = child.call(*case.arguments)
    if isinstance(outcome, Failed):
        return outcome
    got, after = outcome
    for name, before, now in zip(exercise.takes, case.arguments, after, strict=False):
        if difference(now, before, 0.0, None, name) is not None:
            return (
                f"{name} holds other numbers afterwards than before: compute something new, and leave {name} "
                "as it is"
            )
    return difference(got, case.expected, case.close, case.digits, ", ".join(exercise.returns))


# What is said -----------------------------------------------------------------------------------------------


def _in_one_line(text: str) -> str:
    return " ".join(text.splitlines())


def _sentence(text: str) -> str:
    """With a full stop, if it has no other end."""
    return text if text.endswith(("?", ".", "!")) else f"{text}."


def _situation(exercise: Exercise, case: Case) -> str:
    """The inputs: "With dy = 0.5 and y of shape (3, 4): "."""
    if case.call is not None:
        return f"{case.call}: "
    told_all = []
    for name, value in zip(exercise.takes, case.arguments, strict=True):
        if isinstance(value, np.ndarray) and value.size > 6:
            kind = ", float32" if value.dtype == np.float32 else ""
            told_all.append(f"{name} of shape {value.shape}{kind}")
        else:
            told_all.append(f"{name} = {told(value, 6 if isinstance(value, np.ndarray) else 12)}")
    return f"With {' and '.join([', '.join(told_all[:-1]), told_all[-1]] if told_all[1:] else told_all)}: "


def _failure(failed: Failed, at: tuple[Exercise, Case] | None, child: Child) -> str:
    where = _situation(*at) if at is not None else ""
    line = f"\n    line {failed.line}: {failed.shown}" if failed.line else ""
    match failed.kind:
        case "time":
            said = f"it has not come to an end after {failed.text} seconds. Does a loop stop?"
        case "MemoryError":
            said = (
                f"it takes more memory than the {child.megabytes} MB that it may have. Does something grow?"
            )
        case "ended":
            said = "the process that ran it has ended in the middle: a crash, or a call that ends Python."
        case "SystemExit":
            said = "it ends the program (exit, quit or sys.exit). Return the result, and raise errors."
        case "EOFError" if failed.text.startswith("EOF when reading a line"):
            said = "it asks for input, and nobody is there to type it. All that it needs are its arguments."
        case "missing":
            said = f"{failed.text}. The name belongs to the exercise: let it be."
        case "result":
            said = f"{failed.text}. It should return numbers, arrays, or lists and tuples of them."
        case "AttributeError" | "TypeError" if at is not None and _is_about_a_number(failed.text, at[1]):
            said = f"{failed.kind}: {failed.text}. Here it gets a number: np.asarray makes an array of one."
        case "Refused":
            said = f"{failed.text}."
        case "RecursionError":
            said = "it calls itself too often: Python stops after a thousand calls within one another."
        case kind:
            said = f"{kind}: {failed.text}"
    return _in_one_line(f"{where}{said}") + line


def _is_about_a_number(text: str, case: Case) -> bool:
    """Whether an error says that a number, as it is given in this case, can do less than an array."""
    is_given = any(isinstance(one, float) for one in case.arguments)
    return is_given and _NO_ARRAY.search(text) is not None


# The likely slip --------------------------------------------------------------------------------------------


def _slip(exercise: Exercise, failing: Case, cases: Sequence[Case], child: Child) -> str:
    """The slip that gives what the answer gives, everywhere; empty if none is known."""
    got = _everywhere(cases, child)
    if got is not None:
        if _is_narrow(got, cases):
            return (
                "it is computed in float32, which has seven digits. What is given has sixteen: make no "
                "array of another dtype."
            )
        for said, wrong in exercise.slips.items():
            if _is(wrong, cases, got):
                return said
    gradient = exercise.gradient()
    if gradient is None:
        return "" if got is None else _alike(exercise, cases, got)
    # The largest inputs first: among few numbers, more slips happen to give the same ones.
    inputs = [case.inputs for case in (*reversed(cases), failing) if case.inputs is not None]
    found = _confirmed(gradient, inputs, _Remote(child, exercise))
    if found is None:
        return ""
    return (
        f"of the gradient of {found.argument}: {_sentence(found.title)} To mend it: "
        f"{_sentence(found.fix or '')}"
    )


def _everywhere(cases: Sequence[Case], child: Child) -> list[Any] | None:
    """What the answer returns in each case; None if it fails in one."""
    outcomes = []
    for case in cases:
        outcome = child.call(*case.arguments)
        if isinstance(outcome, Failed):
            return None
        outcomes.append(outcome[0])
    return outcomes


def _is_narrow(got: Sequence[Any], cases: Sequence[Case]) -> bool:
    """Whether it is right as far as float32 goes, and was given nothing in float32."""
    wide = [(one, case) for one, case in zip(got, cases, strict=True) if case.close < SINGLE]
    return any(_has_float32(one) for one, _ in wide) and all(
        difference(one, case.expected, SINGLE, case.digits, "") is None for one, case in wide
    )


def _has_float32(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(_has_float32, value))
    return isinstance(value, np.ndarray) and value.dtype == np.float32


def _alike(exercise: Exercise, cases: Sequence[Case], got: list[Any]) -> str:
    """What `likeness` says of the result, or of the first of several that is wrong."""
    pairs = [
        (one, case)
        for one, case in zip(got, cases, strict=True)
        if case.digits is None and case.close < SINGLE  # numbers that have all their digits
    ]
    calls = [
        (one, case.expected, dict(zip(exercise.takes, case.arguments, strict=True))) for one, case in pairs
    ]
    slip = likeness(calls)
    count = len(exercise.returns)
    if slip or count == 1 or not all(isinstance(one, tuple) and len(one) == count for one in got):
        return slip
    for place, name in enumerate(exercise.returns):
        wrong = [difference(one[place], right[place], CLOSE, None, "") for one, right, _ in calls]
        if any(wrong):
            slip = likeness([(one[place], right[place], arguments) for one, right, arguments in calls])
            return f"of {name}: {slip}" if slip else ""
    return ""


def _confirmed(gradient: Gradient, inputs: Sequence[dict[str, Any]], rule: "_Remote") -> Diagnosis | None:
    """The likeliest slip that `explain_gradient` names, if it names it with another integer, too.

    Only where the integers are others does n - 1 in place of n differ from 3 in place of 4.

    Args:
        inputs: of the formula, one after the other; the last ones serve if the answer fails with the first.
    """
    guesses: list[Diagnosis] = []
    for given in (inputs[0], inputs[-1]):
        guesses = _guesses(gradient, given, rule)
        if not guesses or guesses[0].slip not in _NO_RESULT:
            break
    if not guesses or guesses[0].slip in _NO_RESULT:
        return None
    other = next((one for one in inputs if _integers(one) != _integers(given)), None)
    if other is not None and guesses[0].title not in [one.title for one in _guesses(gradient, other, rule)]:
        return None
    return guesses[0]


def _integers(inputs: dict[str, Any]) -> dict[str, int]:
    return {name: value for name, value in inputs.items() if isinstance(value, int)}


def _guesses(gradient: Gradient, inputs: dict[str, Any], rule: "_Remote") -> list[Diagnosis]:
    """The slips that `explain_gradient` names, the likeliest first; none if it takes too long."""
    wanted = gradient.wanted if gradient.wanted[1:] else gradient.wanted[0]
    try:
        # Warnings are of formulas that are tried beside this one.
        with warnings.catch_warnings(action="ignore"), mg.backend("reference"):
            diagnosis = explain_gradient(gradient.formula, inputs, rule, wrt=wanted)
    except (TypeError, ValueError, RuntimeError, TimeoutError):
        # The formula cannot be measured, or the answer is too slow for so many calls: then nothing is said.
        return []
    found = [one for one in (diagnosis, *diagnosis.others) if not one.right and one.slip is not None]
    return [] if rule.late else found


def _is(wrong: Callable[..., Any], cases: Sequence[Case], got: list[Any]) -> bool:
    """Whether what the answer returned is what this wrong one does, in all cases."""
    for case, one in zip(cases, got, strict=True):
        with np.errstate(all="ignore"), mg.backend("reference"):
            theirs = wrong(*copied(case.arguments))
        if difference(one, theirs, max(case.close, 1e-6), None, "") is not None:
            return False
    return True


class _Remote:
    """The learner's rule, to be called here and run in the child."""

    def __init__(self, child: Child, exercise: Exercise) -> None:
        self._child = child
        self._until = time.monotonic() + _DIAGNOSIS_SECONDS
        self.late = False
        self.__signature__ = inspect.Signature(
            [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in exercise.takes]
        )
        self._takes = exercise.takes

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        given: Arguments = (*arguments, *(named[name] for name in self._takes[len(arguments) :]))
        if self.late or time.monotonic() > self._until:
            self.late = True
            raise TimeoutError
        outcome = self._child.call(*given)
        if isinstance(outcome, Failed):
            raise RuntimeError(outcome.text)
        return outcome[0]
