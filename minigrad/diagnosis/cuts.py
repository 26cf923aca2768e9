"""Functions that are cut off from their input: the result depends on it in ways that are not recorded.

Backward and finite differences then disagree, and no operation's rule is to blame. The gradient of such a
function is that of what is recorded. It may be meant so: a stop-gradient, a straight-through estimator.
"""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from minigrad.diagnosis.problem import Trial
from minigrad.diagnosis.recording import Step
from minigrad.diagnosis.report import Diagnosis, shown
from minigrad.diagnosis.slips import CUT_OFF
from minigrad.diagnosis.trials import Trials, follows, slope, step_size

_CAUSES = "detach(), no_grad, .numpy() or .item()"


class Cut(NamedTuple):
    """What is cut off from the argument ``name``: one operand of ``step``; or, without a step, all of y."""

    name: str
    step: Step | None = None
    operand: str = "y"

    @property
    def lost(self) -> str:
        """What does not flow."""
        if self.step is None:
            return f"nothing flows back from y to {self.name}"
        return f"a path from {self.name} to y is cut"

    @property
    def seen(self) -> str:
        """How it is known, and what may have done it."""
        return (
            f"{self.operand} changes with {self.name}, and nothing flows back from there: "
            f"is there {_CAUSES} in fn?"
        )

    @property
    def where(self) -> str | None:
        """The operation at which it was seen."""
        return None if self.step is None else f"{self.step.name}\n{self.step.line}"


def find(trials: Trials) -> Cut | None:
    """What is cut off, if anything is: what changes with x, and has no recorded way to it."""
    found = (_changing(trial) for trial in trials.near)
    return next((cut for cut in found if cut is not None), None)


def is_wholly_cut_off(trials: Trials) -> bool:
    """Whether nothing of y is recorded, and yet it changes with x."""
    return any(not trial.recording.steps and _changing(trial) is not None for trial in trials.near)


def _changing(trial: Trial) -> Cut | None:
    here, name = trial.recording, trial.problem.argument
    moved = here.x + step_size(here.x) * np.resize([1.0, -0.7, 0.4], here.x.shape)
    there = trial.problem.record({**trial.values, name: moved}, name)
    if here.signature != there.signature:
        return None
    if not here.steps and not here.is_x(here.root):
        return Cut(name) if _differ(here.y, there.y) else None
    for step, other in zip(here.steps, there.steps, strict=True):
        for place, (value, after) in enumerate(zip(step.values, other.values, strict=True)):
            if place not in step.ways and _differ(value, after):
                return Cut(name, step, f"{step.name}'s {step.parameter(place)!r}")
    return None


def _differ(a: Any, b: Any) -> bool:
    return isinstance(a, (float, np.ndarray)) and not np.array_equal(a, b)


def verdict(cut: Cut, trials: Trials) -> Diagnosis | None:
    """What is said of a rule that the cut explains: it is the gradient of all of fn, or all is cut off."""
    every = [*trials.near, *([trials.given] if trials.given is not None else [])]
    if all(trial.fits for trial in every) or any(trial.yours is None for trial in every):
        return None
    if all(follows(trial, trial.yours, trials.rng) for trial in trials.near for _ in range(2)):
        told = "finite differences see all of fn, and yours agrees with them: it is not to blame"
    elif cut.step is None:
        told = "yours agrees with neither what is recorded, which is 0, nor finite differences"
    else:
        return None
    return Diagnosis(
        False,
        cut.name,
        cut.lost,
        CUT_OFF.name,
        (CUT_OFF.name,),
        seen=(told, cut.seen),
        numbers=_numbers(every[-1]),
        where=cut.where,
        fix=CUT_OFF.fix,
    )


def told(cut: Cut, diagnosis: Diagnosis) -> Diagnosis:
    """The same diagnosis, with word of the cut: what is right here is so of fn as recorded."""
    if not diagnosis.right:
        measure = f"right here is the gradient of fn as recorded, where {cut.lost}"
        return replace(diagnosis, seen=(*diagnosis.seen, measure, cut.seen))
    title = f"it is the gradient of fn as recorded, where {cut.lost}"
    return replace(diagnosis, title=title, seen=(cut.seen, *diagnosis.seen), where=cut.where)


def _numbers(trial: Trial) -> tuple[str, ...]:
    """One element of the learner's gradient, of the recorded one, and of finite differences."""
    yours, truth = trial.yours, trial.truth
    if yours is None or yours.shape != truth.shape:
        return ()
    differing = np.argwhere(~trial.agreement(yours, truth))
    index = tuple(int(i) for i in differing[0]) if len(differing) else (0,) * truth.ndim
    at = f"at {index}: " if index else ""
    numbers = f"yours {shown(yours[index])}   as recorded {shown(truth[index])}"
    if trial.recording.y.dtype == np.float64:  # else rounding is as large as the difference
        measured = slope(trial, index, float(yours[index])).value
        numbers += f"   by finite differences {shown(measured)}"
    return (f"{at}{numbers}{' (at random inputs)' if trial.drawn else ''}",)
