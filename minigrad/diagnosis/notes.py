"""What to say of the inputs at which a slip shows, and of those for which a rule holds."""

import numpy as np

from minigrad.diagnosis.factors import divisors
from minigrad.diagnosis.problem import Trial
from minigrad.diagnosis.report import shown
from minigrad.diagnosis.trials import confirmed


def what_shows(trial: Trial) -> str:
    """What is different about inputs at which a slip shows."""
    name = trial.problem.argument
    if _has_another_size(trial):
        return f"another size, say {name} of shape {np.shape(trial.values[name])}"
    if numbers := _changed(trial):
        return f"other numbers, say {_listed(trial, numbers)}"
    return _numbers(trial)


def where_it_ends(trial: Trial) -> str:
    """For what a rule that is right holds, and what comes of it elsewhere."""
    name, x = trial.problem.argument, trial.values[trial.problem.argument]
    if _has_another_size(trial):
        factor = _constant(trial)
        gives = "it does not" if factor is None else f"it gives {shown(factor)} times the right gradient"
        return (
            f"it holds for this size; at another size, say {name} of shape {x.shape}, {gives}{_advice(trial)}"
        )
    if numbers := _changed(trial):
        given = " and ".join(f"{n} = {shown(trial.problem.given[n])}" for n in numbers)
        there = f"at another, say {_listed(trial, numbers)}, it does not"
        return f"it holds for {given}; {there}: if such a number stands in your rule, write its name"
    return f"it holds for numbers like yours; for others it does not: there are {_numbers(trial)}"


def _has_another_size(trial: Trial) -> bool:
    given = trial.problem.given
    return any(np.shape(value) != np.shape(given[name]) for name, value in trial.values.items())


def _changed(trial: Trial) -> list[str]:
    """The Python numbers that are others than the given ones."""
    given = trial.problem.given
    return [n for n, v in given.items() if isinstance(v, float) and v != trial.values[n]]


def _listed(trial: Trial, names: list[str]) -> str:
    return " and ".join(f"{name} = {shown(trial.values[name])}" for name in names)


def _numbers(trial: Trial) -> str:
    """Numbers at which the rule is wrong: an element of the arguments that have the shape of x."""
    name, given = trial.problem.argument, trial.problem.given
    index = confirmed(trial) or ()
    x = trial.values[name]
    if len(index) != x.ndim:
        return "other numbers"
    value = x[index]
    alike = [n for n in trial.values if trial.is_float(n) and trial.values[n].shape == x.shape]
    at = " and ".join(f"{n} = {shown(trial.values[n][index])}" for n in alike)
    other_sign = (given[name] >= 0).all() if value < 0 else (given[name] <= 0).all()
    return f"numbers of another sign, say {at}" if other_sign else f"other numbers, say {at}"


def _constant(trial: Trial) -> float | None:
    """By what factor the rule is wrong, if it is one."""
    yours, truth = trial.yours, trial.truth
    if yours is None or yours.shape != truth.shape:
        return None
    with np.errstate(all="ignore"):
        factor = float((yours * truth).sum() / ((truth * truth).sum() or 1.0))
        fits = np.isfinite(factor) and trial.same(yours, factor * truth)
    return factor if factor and fits else None


def _advice(trial: Trial) -> str:
    """How to write the N of a mean that stands in the rule as a number."""
    here = trial.problem.trial(trial.problem.given, False, np.random.default_rng(0))
    factor = _constant(trial)
    if here is None or factor is None:
        return ""
    for n, other in zip(divisors(here.recording), divisors(trial.recording), strict=False):
        if np.isclose(factor * n, other):
            return f": if {n:g} is your N, write {_written(int(n), int(other), trial)}"
    return ""


def _written(n: int, other: int, trial: Trial) -> str:
    """N, by the shapes of the arguments."""
    given = trial.problem.given
    names = [trial.problem.argument, *(name for name in given if name != trial.problem.argument)]
    arrays = [name for name in names if isinstance(given[name], np.ndarray)]
    for name in arrays:
        if (given[name].size, trial.values[name].size) == (n, other):
            return f"{name}.size"
        if (given[name].size, trial.values[name].size) == (n + 1, other + 1):
            return f"{name}.size - 1"
        for axis, sizes in enumerate(zip(given[name].shape, trial.values[name].shape, strict=True)):
            if sizes == (n, other):
                return f"{name}.shape[{axis}]"
    return "it with the shapes"
