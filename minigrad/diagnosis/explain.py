"""explain_gradient: is a rule right and, if not, what was the slip?"""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from minigrad.diagnosis import cuts, known, notes, own, slips
from minigrad.diagnosis.problem import Problem, Trial, bind, differentiable, formula_of
from minigrad.diagnosis.report import Diagnosis, shown
from minigrad.diagnosis.search import Finding, search
from minigrad.diagnosis.slips import Slip
from minigrad.diagnosis.trials import Other, Trials, confirmed, has_kink, measures, refuse_random, slope


def explain_gradient(
    fn: Callable[..., Any],
    inputs: Any,
    rule: Callable[..., Any],
    *,
    wrt: str | tuple[str, ...] | None = None,
    as_op: bool = False,
    seed: int = 0,
) -> Diagnosis:
    """Whether ``rule`` is the gradient of ``fn`` and, if it is not, which known slip gives its numbers.

        >>> mg.explain_gradient(mg.tanh, mg.tensor([0.5, -1.0]), lambda dy, input: dy * (1 - input**2))
        The gradient of input is wrong: a derivative written with the output is taken at the input.
        ...

    ``fn`` is the right forward, made of minigrad's operations; ``inputs`` its arguments: one, a tuple of
    them, or a dict by name. ``rule`` is written as under ``@op``: its first parameter is ``dy``, the upstream
    gradient, the others name what it needs: arguments of fn, ``y`` for the output, ``<argument>_shape``. It
    is given arrays and returns the gradient of the argument ``wrt``, the first floating one unless named; for
    a tuple of names, a tuple of gradients.

    The gradient has the shape of the argument. With ``as_op=True`` it may still have the shape that
    broadcasting stretched the argument to, as in a rule under ``@op``, where the engine sums it.

    The rule is run at the given inputs and at random ones of the same shapes and range, in float64, with
    random upstream gradients from ``seed``. A rule that is right at all of them is right: it may have sizes
    written as numbers, and then a line says for which size it holds. A slip is named only if it gives the
    rule's numbers in all of them; other sizes tell apart slips that give the same numbers here, and show
    what a size of 1 hides. Where the function has a kink, every rule passes.
    """
    given, free = bind(fn, inputs)
    names = _wrt(given, wrt)
    found = []
    for place, name in enumerate(names):
        values = {**given, name: np.asarray(given[name], np.float64)}
        where = (place, len(names)) if isinstance(wrt, tuple) else None
        found.append(_explain(Problem(fn, values, free - {name}, rule, name, where, as_op), seed))
    first = next((diagnosis for diagnosis in found if not diagnosis.right), found[0])
    return replace(first, others=tuple(diagnosis for diagnosis in found if diagnosis is not first))


def _wrt(given: dict[str, Any], wrt: Any) -> list[str]:
    """The names of the arguments whose gradients the rule returns."""
    if wrt is None:
        floats = [
            name for name, value in given.items() if differentiable(value) and not isinstance(value, int)
        ]
        wrt = next(iter(floats or [name for name, value in given.items() if differentiable(value)]), None)
        if wrt is None:
            exchanged = any(callable(value) for value in given.values())
            raise TypeError(
                "explain_gradient: none of the inputs is an array of floating numbers"
                + (", and one is a function. The order is explain_gradient(fn, inputs, rule)" * exchanged)
            )
    names = [wrt] if isinstance(wrt, str) else list(wrt)
    for name in names:
        if name not in given:
            raise TypeError(f"explain_gradient: fn has no argument {name!r}; it has {', '.join(given)}")
        value = given[name]
        if not differentiable(value) and not (isinstance(value, np.ndarray) and value.dtype.kind in "iu"):
            raise TypeError(f"explain_gradient: there is no gradient of {name!r}, which is {value!r}")
        if np.size(value) == 0:
            raise ValueError(
                f"explain_gradient: {name} is empty, of shape {np.shape(value)}, and so is its gradient: "
                "there is nothing to compare. Give it at least one number"
            )
    return names


def _explain(problem: Problem, seed: int) -> Diagnosis:
    trials = Trials(problem, seed)
    if measures(trials) and not cuts.is_wholly_cut_off(trials):
        return _judged(trials)
    refuse_random(problem)
    formula = formula_of(problem.fn)
    if formula is not None:
        problem.fn = formula
        trials = Trials(problem, seed)
        if measures(trials):
            return _judged(trials)
    own.refuse_wrong_rules(trials)
    cut = cuts.find(trials)
    if cut is None:
        raise ValueError(
            "explain_gradient: backward through fn does not agree with finite differences, so the rule "
            "cannot be measured by it. Are the numbers of very different sizes? gradcheck tells more"
        )
    problem.cut = True
    verdict = cuts.verdict(cut, trials)
    return cuts.told(cut, _judged(trials)) if verdict is None else verdict


def _judged(trials: Trials) -> Diagnosis:
    """The verdict, measured by backward through fn."""
    problem = trials.problem
    given, near = trials.given, trials.near
    every = [*near, *([given] if given is not None else [])]
    failed = [trial for trial in every if trial.error is not None]
    if failed:
        return _raised(trials, failed[0])
    if any(trial.yours is None for trial in every):
        return _told(problem, slips.RETURNS_NOTHING, (_what_is_missing(problem),))
    at_given = None if given is None or given.fits else confirmed(given)
    wrong = [trial for trial in near if not trial.fits]
    sure = next((trial for trial in wrong if confirmed(trial) is not None), None)
    if sure is not None:
        return _wrong(trials, [sure, *(trial for trial in wrong if trial is not sure)])
    if given is not None and at_given is not None:
        return _wrong_at_given(trials, given)
    other = Other.of(trials)
    for verdict in (_hidden(trials, other), _in_place(every)):
        if verdict is not None:
            return verdict
    return _right(trials, other)


# The verdicts -----------------------------------------------------------------------------------------------


def _right(trials: Trials, other: Other) -> Diagnosis:
    problem, given = trials.problem, trials.given
    places = ["your inputs"] if given is not None else []
    places += [f"{len(trials.near)} random ones like them"] if trials.near else []
    title = f"it agrees with backward at {' and '.join(places)}"
    seen: tuple[str, ...] = ()
    if given is not None and given.yours is not None and has_kink(given):
        count = int((~given.agreement(given.yours, given.truth)).sum())
        seen = (
            f"at {count} of {given.truth.size} elements your inputs are at a kink of the function, as 0 "
            "is of |x|; any slope between those of the two sides will do, and yours is not the library's",
        )
    seen += tuple(notes.where_it_ends(trial) for trial in other.first_wrong())
    return Diagnosis(True, problem.argument, title, seen=seen, tried=_tried(trials.near))


def _in_place(every: list[Trial]) -> Diagnosis | None:
    changed = next((trial.changed for trial in every if trial.changed), None)
    if not changed:
        return None
    names = " and ".join(changed)
    return _told(
        every[0].problem,
        slips.IN_PLACE,
        (f"what it returns is right, but afterwards {names} held other numbers than before",),
    )


def _what_is_missing(problem: Problem) -> str:
    if problem.returns_several:
        return f"the gradient of {problem.argument} that it returned is None"
    return "it ran to its end without return"


def _told(problem: Problem, slip: Slip, seen: tuple[str, ...], numbers: tuple[str, ...] = ()) -> Diagnosis:
    return Diagnosis(
        False, problem.argument, slip.title, slip.name, (slip.name,), seen=seen, numbers=numbers, fix=slip.fix
    )


def _hidden(trials: Trials, other: Other) -> Diagnosis | None:
    """A slip that special numbers hide: a mean over 1 element, a factor that is 1, numbers of one sign."""
    for hiding, besides in (
        (other.wide, [[*other.sizes, *other.ones], []]),
        # A size or a number written as a number is no slip: what is wrong at other ones must then be so, too.
        ([] if any(not trial.fits for trial in other.sizes) else other.ones, [other.sizes, []]),
    ):
        wrong = [trial for trial in hiding if not trial.fits]
        every = [*wrong, *(trial for trial in hiding if trial.fits), *trials.near]
        if wrong and (found := search(every, besides, exactly=True)):
            note = f"at your inputs the slip does not show: it needs {notes.what_shows(wrong[0])}"
            return _found(trials.problem, found, wrong[0], every, (note,))
    return None


def _wrong_at_given(trials: Trials, given: Trial) -> Diagnosis:
    """Right nearly everywhere, but not at the inputs given."""
    if given.yours is not None and not np.isfinite(given.yours).all():
        return _not_finite(given)
    found = search([given, *trials.near])
    if found:
        return _found(trials.problem, found, given, [given, *trials.near], ())
    return _unknown(
        given, trials.near, ("at random inputs like yours it is right: what is special about yours?",)
    )


def _wrong(trials: Trials, wrong: list[Trial]) -> Diagnosis:
    given = trials.given
    trials.more(4)
    same = [wrong[0], *(trial for trial in trials.near if trial is not wrong[0])]
    other = Other.of(trials)
    sizes = [*other.sizes, *other.ones]
    seen: tuple[str, ...] = ()
    if given is not None and given.fits:
        seen = ("at the inputs you gave it happens to be right; at others like them it is not",)
    shown_at = given if given is not None and not given.fits and confirmed(given) is not None else wrong[0]
    # Other sizes and numbers tell apart what looks alike here; but the rule may be written for these alone.
    only_here = given is not None and given.fits  # then a factor says nothing: some number is copied
    if found := search(
        same, [[*sizes, *other.wide], other.wide, sizes, []], exactly=only_here, soft=trials.soft()
    ):
        return _found(trials.problem, found, shown_at, same, seen)
    if wrong[0].has_wrong_shape and (found := search(square := trials.square())):
        return _found(trials.problem, found, shown_at, square, ("its shape is wrong, too",))
    for trial in wrong:
        if not np.isfinite(np.asarray(trial.yours, float)).all():
            return _not_finite(trial)
    if given is not None and given.fits:
        return _told(trials.problem, slips.ONLY_HERE, (), _numbers(wrong[0]))
    return _unknown(shown_at, trials.near, seen)


def _raised(trials: Trials, failed: Trial) -> Diagnosis:
    error = failed.error
    text = f"{type(error).__name__}: {error}"
    shapes = [f"dy {failed.recording.dy.shape}", f"y {failed.recording.y.shape}"]
    shapes += [
        f"{name} {value.shape}" for name, value in failed.values.items() if isinstance(value, np.ndarray)
    ]
    numbers = (text.split("\n")[0], f"shapes: {', '.join(shapes)}")
    if found := search(square := trials.square()):
        note = "with these shapes the rule stops with an error; with square ones it runs, and the slip shows"
        return replace(_found(trials.problem, found, square[0], square, (note,)), numbers=numbers)
    return _told(trials.problem, slips.RAISES, (), numbers)


def _not_finite(trial: Trial) -> Diagnosis:
    yours = trial.yours
    assert yours is not None
    index = tuple(int(i) for i in np.argwhere(~np.isfinite(yours))[0])
    seen = [f"{int((~np.isfinite(yours)).sum())} of {yours.size} elements are nan or infinite"]
    x = trial.values[trial.problem.argument]
    if yours.shape == x.shape:
        at = f"at {index}, " if index else ""
        right = f"yours is {shown(yours[index])}, right is {shown(trial.truth[index])}"
        seen.append(f"{at}where {trial.problem.argument} is {shown(x[index])}, {right}")
    return _told(trial.problem, slips.NOT_FINITE, tuple(seen))


def _found(
    problem: Problem, found: list[Finding], trial: Trial, every: list[Trial], also: tuple[str, ...]
) -> Diagnosis:
    first = found[0]
    title = first.guess.title or first.slip.title
    seen = [first.guess.said]
    names = [finding.slip.name for finding in found]
    if first.factor is not None:
        title += (
            "; and the sign is wrong besides"
            if round(first.factor, 6) == -1
            else f"; and there is a factor {shown(first.factor)} besides"
        )
        seen[0] = f"up to the factor {shown(first.factor)}, {first.guess.said}"
        names.append("factor")
    # What could be said of one step as well, is said by the first already, in better words.
    others = [
        other.guess.title or other.slip.title
        for other in found[1:]
        if other.slip.name in first.slip.beside and other.guess.step is None
    ]
    if others:
        seen.append(f"the same numbers come from another slip: {'; or: '.join(others)}")
    return Diagnosis(
        False,
        problem.argument,
        title,
        first.slip.name,
        tuple(names),
        (*seen, *also),
        _numbers(trial),
        _where(first, trial),
        first.guess.fix or first.slip.fix,
        _tried(every) + ": this slip gives your numbers in all of them",
    )


def _where(found: Finding, trial: Trial) -> str | None:
    step, view = found.guess.step, found.view
    if view.known is not None:
        return f"fn as a whole, which is {known.SHOWN.get(view.known, view.known)}"
    if view.inside is not None:
        inner = "" if step is None else f", at its {step.name}"
        step = view.inside
        place = f"inside of {step.name}, which is {known.SPELLED_OUT[step.op.builtin]}{inner}"
    elif step is None:
        return None
    else:
        place = step.name
    count = len(trial.recording.steps)
    of = f", operation {step.place + 1} of {count}" if count > 1 else ""
    return f"{place}{of}\n{step.line}"


def _unknown(trial: Trial, near: list[Trial], also: tuple[str, ...]) -> Diagnosis:
    yours, truth = trial.yours, trial.truth
    assert yours is not None
    seen = list(also)
    if yours.shape == truth.shape:
        agree = trial.agreement(yours, truth)
        if 0 < agree.sum() < agree.size:
            seen.append(
                f"{int(agree.sum())} of {agree.size} elements are right: what is different about the others?"
            )
    else:
        return replace(_told(trial.problem, slips.SHAPE, tuple(seen), _numbers(trial)), tried=_tried(near))
    if not _proportional(trial):
        seen.append(
            "doubling dy does not double your gradient, as it must: a gradient is dy times something that "
            "does not depend on dy"
        )
    title = "it does not agree with backward, and no slip that is known gives these numbers"
    return Diagnosis(
        False,
        trial.problem.argument,
        title,
        seen=tuple(seen),
        numbers=_numbers(trial),
        fix="make it smaller: try the rule on one or two numbers, and derive it once more by hand",
        tried=_tried(near),
    )


def _proportional(trial: Trial) -> bool:
    """Whether twice the upstream gradient gives twice the gradient."""
    doubled = trial.problem.asked(trial.recording, trial.values, 2 * trial.recording.dy)
    yours = trial.yours
    return doubled is None or yours is None or trial.same(doubled, 2 * yours)


# The numbers ------------------------------------------------------------------------------------------------


def _numbers(trial: Trial) -> tuple[str, ...]:
    """The learner's gradient, the right one and finite differences, where they differ most."""
    yours, truth = trial.yours, trial.truth
    if yours is None:
        return ()
    drawn = " (at random inputs)" if trial.drawn else ""
    if yours.shape != truth.shape:
        return (f"yours has shape {yours.shape}, {trial.problem.argument} has shape {truth.shape}{drawn}",)
    differing = ~trial.agreement(yours, truth)
    index = confirmed(trial) if not trial.drawn else None
    if index is None or not math.isfinite(float(yours[index])):
        error = np.where(differing, np.abs(yours - truth), -1.0)
        place = np.unravel_index(int(np.argmax(np.where(np.isnan(error), np.inf, error))), truth.shape)
        index = tuple(int(i) for i in place)
    at = f"at {index}: " if index else ""
    differences = "" if trial.problem.cut else _measured(trial, index)
    lines = [f"{at}yours {shown(yours[index])}   right {shown(truth[index])}{differences}{drawn}"]
    if truth.size > 1:
        lines.append(f"{int(differing.sum())} of {truth.size} elements differ")
    return tuple(lines)


def _measured(trial: Trial, index: tuple[int, ...]) -> str:
    measured = slope(trial, index, float(trial.truth[index]))
    return "" if measured.kink else f"   by finite differences {shown(measured.value)}"


def _tried(trials: list[Trial]) -> str:
    shapes = {trial.recording.x.shape for trial in trials}
    sizes = " of several sizes" if len(shapes) > 1 else ""
    return f"{len(trials)} random inputs{sizes}, each with a random upstream gradient"
