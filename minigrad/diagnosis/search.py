"""Which slips give exactly the learner's gradient, in every trial?"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np

from minigrad.diagnosis import known
from minigrad.diagnosis.guess import Guess
from minigrad.diagnosis.problem import Trial
from minigrad.diagnosis.recording import Array, Recording, Step
from minigrad.diagnosis.slips import SLIPS, Slip

MOST_STEPS = 150
"""Beyond, only the function as a whole is looked at: each step would be tried in many ways."""


def is_large(trial: Trial) -> bool:
    """Whether the function has too many steps to look at each."""
    return len(trial.recording.steps) > MOST_STEPS


class View(NamedTuple):
    """A run to look for slips in, and the way from a gradient there to the gradient of x.

    ``of`` runs it once for each trial: hundreds of guesses are tried on one.
    ``inside`` is the fused operation of which it is the inside, ``known`` the known function that stands for
    the learner's.
    """

    of: Callable[[Trial], Recording]
    whole: Callable[[Trial, Array], Array]
    inside: Step | None = None
    known: str | None = None


class Finding(NamedTuple):
    """A slip that gives the learner's numbers. ``factor``: it does so up to a second slip, this factor."""

    slip: Slip
    guess: Guess
    view: View
    factor: float | None = None


def search(
    trials: list[Trial],
    besides: Sequence[Sequence[Trial]] = ((),),
    *,
    exactly: bool = False,
    soft: Sequence[Trial] = (),
) -> list[Finding]:
    """The slips that fit all trials, each once, the more particular ones first.

    ``trials`` have the given sizes, and the first of them is one in which the rule is wrong. Of several slips
    that fit them, those are taken that fit the first of the lists ``besides``, too; if none does, the
    second, and so on. If no slip fits: one that does so up to a constant factor, unless ``exactly``.
    ``soft`` are trials without the zeros and ones of the others, of which many functions make the same.
    """
    if not trials or trials[0].fits:
        return []
    fitting = [
        (slip, view, guess)
        for slip, view, guess in _guesses(trials[0])
        if all(_fits(guess, view, trial) for trial in trials)
    ]
    fitting = _beyond_zeros_and_ones(fitting, soft)
    constants = [entry for entry in fitting if entry[2].loose and entry[0].name != "mean"]
    sharp = [entry for entry in fitting if not entry[2].loose]
    if exactly:
        return _telling(sharp, besides)
    counted = [entry for entry in fitting if entry not in constants]  # the N of a mean is another size, too
    if found := _telling(counted, besides[:1]):
        return found
    if not _telling(constants, besides[:1]):  # a number that holds for all sizes is no size
        sharp = counted
    # Of a size written as a number comes a factor, too: so only a simple one is taken for a second slip.
    scaled = _scaled(trials)
    only_sign = any(slip.name == "sign" for slip, _, _ in sharp)  # where N is 1, a 1/N is not missed
    means = [finding for finding in scaled if finding.slip.name == "mean" and not only_sign]
    found = (
        _up_to_a_factor(means, besides[0], _SIGN)
        or _telling(sharp, besides[1:])
        or _up_to_a_factor(scaled, besides[0], _SIMPLE)
        or _telling(constants, besides)
    )
    if found:
        return found
    for more in besides:
        if found := _up_to_a_factor(scaled, more, None):
            return found
    return []


def _beyond_zeros_and_ones(
    fitting: list[tuple[Slip, View, Guess]], soft: Sequence[Trial]
) -> list[tuple[Slip, View, Guess]]:
    """Those that fit not only because t * t is t for zeros and ones.

    A rule may rely on zeros and ones, so that none does; even then another function has to be more than that.
    """
    sure = [entry for entry in fitting if all(_fits(entry[2], entry[1], trial) for trial in soft)]
    return sure or [entry for entry in fitting if entry[0].name != "other_formula"]


_SIGN = (-1,)
_SIMPLE = (-1, 2, -2, 0.5, -0.5)


def _up_to_a_factor(
    scaled: list[Finding], more: Sequence[Trial], factors: tuple[float, ...] | None
) -> list[Finding]:
    """The first that has one of the factors and fits up to it; a missing 1/N has none but a sign."""
    for finding in scaled:
        known = _SIGN if finding.slip.name == "mean" else factors
        right = known is None or round(finding.factor or 0.0, 6) in known
        if right and all(_scales(finding, trial) for trial in more):
            return [finding]
    return []


def _telling(fitting: list[tuple[Slip, View, Guess]], besides: Sequence[Sequence[Trial]]) -> list[Finding]:
    """Those that fit the first of the lists that any of them fits; of each slip one."""
    for more in besides:
        found: dict[str, Finding] = {}
        for slip, view, guess in fitting:
            if slip.name not in found and all(_fits(guess, view, trial) for trial in more):
                found[slip.name] = Finding(slip, guess, view)
        if found:
            return list(found.values())
    return []


def _scaled(trials: list[Trial]) -> list[Finding]:
    """What fits the trials up to a constant factor."""
    found = []
    for slip, view, guess in _guesses(trials[0]):
        factor = None if slip.name in ("factor", "sign") else _factor(guess, view, trials)
        if factor is not None:
            found.append(Finding(slip, guess, view, factor))
    return found


def _scales(finding: Finding, trial: Trial) -> bool:
    predicted = _predicted(finding.guess, finding.view, trial)
    return (
        predicted is not None
        and trial.yours is not None
        and trial.same(trial.yours, finding.factor * predicted)
    )


def _guesses(first: Trial) -> Iterator[tuple[Slip, View, Guess]]:
    views = list(_views(first))
    for slip in SLIPS:
        for view in views:
            if slip.find is not None and slip.inside == (view.inside is not None):
                for guess in slip.find(view.of(first)):
                    if guess.step is None or not is_large(first):
                        yield slip, view, guess


def _predicted(guess: Guess, view: View, trial: Trial) -> Array | None:
    """What the slip gives; None where it cannot be made."""
    assert guess.predict is not None
    try:
        with np.errstate(all="ignore"):
            return np.asarray(view.whole(trial, np.asarray(guess.predict(view.of(trial)))))
    except Exception:  # noqa: BLE001 (shapes that do not fit, a step that this run does not have, ...)
        return None


def _fits(guess: Guess, view: View, trial: Trial) -> bool:
    yours = trial.yours
    if yours is None or not np.isfinite(yours).any():
        return False
    if guess.repair is None:
        predicted = _predicted(guess, view, trial)
        return predicted is not None and trial.same(yours, predicted)
    try:
        return trial.fits or trial.same(guess.repair(yours, view.of(trial)), trial.truth)
    except ValueError:
        return False


def _factor(guess: Guess, view: View, trials: list[Trial]) -> float | None:
    """The factor by which the learner's gradient differs from what the slip gives, if it is one constant."""
    factor = None
    for trial in trials:
        predicted = None if guess.predict is None else _predicted(guess, view, trial)
        if predicted is None or trial.yours is None or predicted.shape != trial.yours.shape:
            return None
        size = float((predicted * predicted).sum())
        if not 0 < size < np.inf:
            return None
        factor = float((predicted * trial.yours).sum()) / size if factor is None else factor
        if not factor or not np.isfinite(factor) or not trial.same(trial.yours, factor * predicted):
            return None
    return factor


# Where to look ----------------------------------------------------------------------------------------------


def _views(first: Trial) -> Iterator[View]:
    """The function itself; a known one that equals it; and the insides of its fused operations."""
    recording = first.recording
    yield View(lambda trial: trial.recording, lambda trial, dx: dx)
    if is_large(first):
        return
    steps = recording.steps
    if [step.op.ours for step in steps] != [True] and recording.x.shape == recording.y.shape:
        for name, function in _same_functions(recording):
            yield View(cache(partial(_stand_in, function)), lambda trial, dx: dx, known=name)
    for step in steps:
        if step.op.builtin in known.UNFOLDED:
            for way in step.ways:
                yield View(
                    cache(partial(_unfolded, step.place, way)),
                    partial(_back_out, step.place, way),
                    inside=step,
                )


def _same_functions(recording: Recording) -> Iterator[tuple[str, Callable[..., Any]]]:
    dims = range(recording.x.ndim)
    candidates = [*known.UNARY.items()]
    candidates += [(name, partial(f, dim=dim)) for name, f in known.ALONG.items() for dim in dims]
    candidates += [
        ("standardize", partial(known.STANDARDIZE, dim=(dim,), eps=eps))
        for dim in dims
        for eps in (1e-5, 1e-8, 0.0)
    ]
    for name, function in candidates:
        with np.errstate(all="ignore"):
            try:
                y = function(recording.x)
            except Exception:  # noqa: BLE001 (not a function of such an x)
                continue
        if y.shape == recording.y.shape and np.allclose(y, recording.y, rtol=1e-9, atol=1e-12):
            yield name, function


def _stand_in(function: Callable[..., Any], trial: Trial) -> Recording:
    run = Recording(function, trial.recording.x, trial.recording.name)
    run.dy, run.trial = trial.recording.dy, trial
    run.name_values(trial.values)
    return run


def _unfolded(place: int, way: int, trial: Trial) -> Recording:
    step = trial.recording.steps[place]
    named = dict(step.named)
    name = step.parameter(way)
    run = Recording(
        lambda leaf: known.UNFOLDED[step.op.builtin](**{**named, name: leaf}), named[name], step.called(name)
    )
    run.dy = trial.recording.arrived[step.node]
    run.trial = trial
    return run


def _back_out(place: int, way: int, trial: Trial, dx: Array) -> Array:
    def local(step: Step, dy: Array) -> dict[int, Array]:
        return {**step.local(dy), way: dx}

    return trial.recording.gradient({place: local})
