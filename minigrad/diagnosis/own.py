"""Operations of the learner's own: does the rule of each give the slope of its formula?"""

from typing import Any

import numpy as np

from minigrad.diagnosis.recording import Step
from minigrad.diagnosis.trials import Trials, step_size


def refuse_wrong_rules(trials: Trials) -> None:
    """Raise if an operation in fn that is not minigrad's has a wrong rule: fn cannot be measured by it."""
    for trial in trials.near[:1]:
        for step in trial.recording.steps:
            if _is_own(step) and not _follows(step, trials.rng):
                raise ValueError(
                    "explain_gradient: a rule is measured by backward through fn, and one of the operations "
                    f"in fn is your own, with a wrong rule. The rule of {step.name}, operation "
                    f"{step.place + 1} of {len(trial.recording.steps)}, disagrees with finite differences of "
                    f"its formula. Mend it first: explain_gradient({step.name}, ...) says what is wrong"
                )


def _is_own(step: Step) -> bool:
    made_in = getattr(step.op.formula, "__module__", "") or ""
    return not made_in.startswith("minigrad.") and not step.op.variadic


def _follows(step: Step, rng: np.random.Generator) -> bool:
    """Whether the step's rules give the slope of its formula, along a random direction of all arguments."""
    dy = rng.uniform(0.5, 1.5, np.shape(step.y))
    claimed = step.local(dy)
    directions: dict[str, Any] = {
        step.parameter(way): rng.uniform(0.5, 1.5, np.shape(step.values[way])) for way in step.ways
    }
    size = min(step_size(step.values[way]) for way in step.ways)
    with np.errstate(all="ignore"):
        ahead, behind = (
            (dy * step.again(**{name: step.named[name] + h * d for name, d in directions.items()})).sum()
            for h in (size, -size)
        )
    terms = [claimed[way] * directions[step.parameter(way)] for way in step.ways]
    slope, expected = (ahead - behind) / (2 * size), sum(term.sum() for term in terms)
    bound = 1e-3 * sum(np.abs(term).sum() for term in terms) + 1e-9 * np.abs(dy * step.y).sum()
    return bool(abs(slope - expected) <= bound)
