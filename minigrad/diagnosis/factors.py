"""Slips of size: a wrong sign, a factor too many or missing, the 1/N of a mean."""

import math
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import partial
from itertools import combinations
from typing import NamedTuple

import numpy as np

from minigrad.diagnosis.counts import advice, averaged
from minigrad.diagnosis.guess import Guess, replaced
from minigrad.diagnosis.recording import Array, Recording, Step


class Factor(NamedTuple):
    """Yours is this factor times the right gradient.

    ``title`` names it; ``step`` is the operation that it belongs to, if there is one.
    """

    value: Callable[[Recording], float]
    title: str
    said: str
    step: Step | None = None
    fix: str | None = None


def _guesses(factor: Factor, recording: Recording) -> Iterator[Guess]:
    """That the factor is on the whole gradient, or on the share that comes over one of several paths."""
    yield Guess(
        f"yours is {factor.said} the right gradient",
        partial(_scaled, factor.value),
        step=factor.step,
        title=factor.title,
        fix=factor.fix,
    )
    if not recording.fans:
        return
    edges: list[tuple[int, tuple[int, ...]]] = [
        (place, (way,)) for users in recording.fans.values() for place, way in users
    ]
    edges += [(step.place, step.ways) for step in recording.steps[:-1] if len(step.ways) > 1]
    for place, ways in edges:
        route = recording.route(place, ways[0])
        yield Guess(
            f"in yours, the share that comes over {route} is {factor.said} what it should be",
            partial(_scaled_edges, factor.value, place, ways),
            step=recording.steps[place],
            title=f"{factor.title}, on one of several paths",
            fix=factor.fix,
        )


def _scaled(value: Callable[[Recording], float], recording: Recording) -> Array:
    return value(recording) * recording.truth


def _scaled_edges(
    value: Callable[[Recording], float], place: int, ways: tuple[int, ...], recording: Recording
) -> Array:
    factor = value(recording)

    def local(step: Step, dy: Array) -> dict[int, Array]:
        return {way: factor * dx if way in ways else dx for way, dx in step.local(dy).items()}

    return recording.gradient({place: local})


def _constant(value: float) -> Callable[[Recording], float]:
    return lambda recording: value


def sign(recording: Recording) -> Iterator[Guess]:
    """Minus for plus."""
    yield from _guesses(Factor(_constant(-1.0), "the sign is wrong", "-1 times"), recording)


# The 1/N of a mean ------------------------------------------------------------------------------------------


def _number(step: Step) -> float | None:
    """The number that a product or quotient has for one of its operands."""
    numbers = [v for i, v in enumerate(step.values) if i not in step.ways and isinstance(v, (int, float))]
    return float(numbers[0]) if len(numbers) == 1 and step.op.builtin in ("mul", "div") else None


def _averages(step: Step, recording: Recording) -> bool:
    """Whether it is a mean, or the division by N that makes one of a sum."""
    if step.op.builtin in ("mean", "var"):
        return True
    return not math.isnan(_divisor(step.place, recording))


def _divisor(place: int, recording: Recording) -> float:
    """What a mean divides by; nan if the step is none."""
    step = recording.steps[place]
    if step.op.builtin in ("mean", "var"):
        return float(averaged(step) - step.named.get("correction", 0))
    number = _number(step)
    if not number:
        return math.nan
    n = round(number if step.op.builtin == "div" else 1 / number, 6)
    sums = [other for other in recording.steps if other.op.builtin == "sum"]
    known = {size for other in sums for size in (*other.values[0].shape, averaged(other))}
    return n if n in known else math.nan


def divisors(recording: Recording) -> list[float]:
    """What the means of a function divide by."""
    found = (_divisor(step.place, recording) for step in recording.steps)
    return [n for n in found if not math.isnan(n)]


def mean(recording: Recording) -> Iterator[Guess]:
    """The 1/N of a mean is missing, or N is not what it should be."""
    for step in recording.steps:
        if not _averages(step, recording):
            continue
        n, place = _divisor(step.place, recording), step.place
        fix = advice(step, n, recording)
        missing = Factor(
            partial(_divisor, place), "the 1/N of the mean is missing", f"N = {n:g} times", step, fix
        )
        if step.op.builtin == "var":
            missing = missing._replace(title=f"the 1/{n:g} of the variance is missing", said=f"{n:g} times")
        yield from _guesses(missing, recording)
        if step.op.builtin == "mean":
            for axis, size in enumerate(step.values[0].shape):
                for value, d in ((_over_axis, size), (_over_others, n / size)):
                    title = f"the mean is divided by {d:g}, not by N = {n:g}"
                    wrong = Factor(partial(value, place, axis), title, f"{n / d:g} times", step, fix)
                    yield from _guesses(wrong, recording)
            if recording.x.size > n:
                title = f"the mean is divided by {recording.x.size}, not by N = {n:g}"
                said = f"{n:g}/{recording.x.size} times"
                yield from _guesses(Factor(partial(_over_all, place), title, said, step, fix), recording)
        if step.op.builtin == "var":
            correction, count = step.named["correction"], averaged(step)
            other = 0 if correction else 1
            title = f"the variance is divided by {count - other}, not by {n:g}"
            fix = f"{fix}; var divides by N - 1, with correction=0 by N"
            wrong = Factor(partial(_freedom, place, other), title, f"{n:g}/{count - other} times", step, fix)
            yield from _guesses(wrong, recording)


def _over_axis(place: int, axis: int, recording: Recording) -> float:
    step = recording.steps[place]
    return averaged(step) / float(step.values[0].shape[axis])


def _over_others(place: int, axis: int, recording: Recording) -> float:
    return float(recording.steps[place].values[0].shape[axis])


def _over_all(place: int, recording: Recording) -> float:
    return averaged(recording.steps[place]) / float(recording.x.size)


def _freedom(place: int, other: int, recording: Recording) -> float:
    count = averaged(recording.steps[place])
    return _divisor(place, recording) / (count - other) if count > other else math.nan


def other_count(recording: Recording) -> Iterator[Guess]:
    """The N of a mean is another size: of an input, or one less.

    As the N of a mean explains many fractions, these guesses are loose: they are taken at their word where
    they hold at other sizes, too, or where nothing else does.
    """
    for step in reversed(recording.steps):  # nearest to the result, where a loss is averaged
        n = _divisor(step.place, recording)
        if math.isnan(n):
            continue
        counts = dict(_sizes(recording))
        counts["N - 1"] = partial(_one_less, step.place)
        for written, count in counts.items():
            d = count(recording)
            if d < 2 or d == n:  # without a divisor it is missing, which has its own name
                continue
            said = f"{_fraction(n / d)} times the right gradient, and {d:g} is {written}"
            by = f"N - 1 = {d:g}" if d == n - 1 and written.endswith("- 1") else f"{d:g}"
            yield Guess(
                f"yours is {said}",
                partial(_divided_by, step.place, count),
                step=step,
                title=f"the mean is divided by {by}, not by N = {n:g}",
                fix=advice(step, n, recording),
                loose=True,
            )


def _sizes(recording: Recording) -> Iterator[tuple[str, Callable[[Recording], float]]]:
    """The sizes of the inputs and their products, as they are written; then one less than those."""
    values = recording.trial.values
    names = sorted((n for n, v in values.items() if isinstance(v, np.ndarray)), key=recording.name.__ne__)
    for less in (0, 1):
        for name in names:
            ndim = values[name].ndim
            for count in range(1, ndim + 1):
                for axes in combinations(range(ndim), count):
                    whole = f"{name}.size"
                    some = " * ".join(f"{name}.shape[{axis}]" for axis in axes)
                    written = (whole if count == ndim else some) + " - 1" * less
                    yield written, partial(_product_of_sizes, name, axes, less)


def _product_of_sizes(name: str, axes: tuple[int, ...], less: int, recording: Recording) -> float:
    shape = recording.trial.values[name].shape
    return float(math.prod(shape[axis] for axis in axes) - less)


def _one_less(place: int, recording: Recording) -> float:
    return _divisor(place, recording) - 1


def _divided_by(place: int, count: Callable[[Recording], float], recording: Recording) -> Array:
    return _divisor(place, recording) / count(recording) * recording.truth


# Other factors ----------------------------------------------------------------------------------------------

_PLAIN = {2: "2", 0.5: "1/2", 3: "3", 1 / 3: "1/3", 4: "4", 0.25: "1/4", -2: "-2", -0.5: "-1/2"}


def plain(recording: Recording) -> Iterator[Guess]:
    """A number is missing, or is there twice: one of the function's own, or 2, 3, 4."""
    for step in recording.steps:
        yield from _numbers_of(step, recording)
    for value, text in _PLAIN.items():
        size = abs(value)
        missing = f"{round(1 / size)}" if size < 1 else f"{round(size)}"
        title = f"a factor {missing} is missing" if size < 1 else f"there is a factor {missing} too many"
        title += ", and the sign is wrong" if value < 0 else ""
        yield from _guesses(Factor(_constant(value), title, f"{text} times"), recording)
    for step in recording.steps:
        if step.op.builtin in ("sum", "mean"):
            yield from _guesses(
                Factor(
                    partial(_one_over_count, step.place),
                    "there is a 1/N too many",
                    f"1/N = 1/{averaged(step)} times",
                    step,
                    "a sum has no 1/N in its gradient, and a mean has it once",
                ),
                recording,
            )


def any_constant(recording: Recording) -> Iterator[Guess]:
    """Some constant."""
    yours, truth = recording.trial.yours, recording.truth
    if yours is None or yours.shape != truth.shape:
        return
    c = float((yours * truth).sum() / ((truth * truth).sum() or 1.0))
    if c and math.isfinite(c):
        yield Guess(
            f"yours is {_fraction(c)} times the right gradient, at every element and in every trial",
            partial(_scaled, _constant(c)),
            title=f"a number in it is wrong: yours is {_fraction(c)} times what is right",
            loose=True,
        )


def _fraction(c: float) -> str:
    """A number, as a fraction of small numbers if it is one."""
    near = Fraction(c).limit_denominator(12)
    return str(near) if near and math.isclose(c, near, rel_tol=1e-6) else f"{c:.6g}"


def _one_over_count(place: int, recording: Recording) -> float:
    return 1 / averaged(recording.steps[place])


def _one_over_exponent(place: int, recording: Recording) -> float:
    return 1 / float(recording.steps[place].named["exponent"])


def _numbers_of(step: Step, recording: Recording) -> Iterator[Guess]:
    """The number in 3 * x or x / 3, the exponent of x ** 3, the slope of leaky_relu."""
    number = _number(step)
    if step.op.builtin == "pow" and isinstance(step.named["exponent"], (int, float)):
        exponent = step.named["exponent"]
        yield from _guesses(
            Factor(
                partial(_one_over_exponent, step.place),
                f"the factor {exponent:g}, the exponent, is missing",
                f"1/{exponent:g} times",
                step,
                "the derivative of x ** n is n * x ** (n - 1): the exponent comes down as a factor",
            ),
            recording,
        )
        yield Guess(
            f"yours has x ** {exponent:g} where the derivative has x ** {exponent - 1:g}",
            replaced(step, _power_kept),
            step=step,
            title="the exponent is not lowered",
            fix="the derivative of x ** n is n * x ** (n - 1)",
        )
        yield Guess(
            f"yours has x ** {exponent + 1:g} where the derivative has x ** {exponent - 1:g}",
            replaced(step, _power_raised),
            step=step,
            title="the exponent goes up by 1, not down",
            fix="the derivative of x ** n is n * x ** (n - 1)",
        )
    elif number not in (None, 0.0, 1.0, -1.0):
        for power, title in ((-1, "is missing"), (1, "is there twice")):
            power = -power if step.op.builtin == "div" else power
            text = _shown(number, recording)
            text = text if step.op.builtin == "mul" else f"1/{text}"
            value = partial(_to_power, step.place, power)
            yield from _guesses(
                Factor(
                    value, f"the factor {text} of {step.name} {title}", f"{value(recording):.6g} times", step
                ),
                recording,
            )


def _shown(number: float | None, recording: Recording) -> str:
    """A number of the function: by its name, if it is an argument."""
    names = [name for name, v in recording.trial.values.items() if isinstance(v, float) and v == number]
    return names[0] if names else f"{number:g}"


def _to_power(place: int, power: int, recording: Recording) -> float:
    number = _number(recording.steps[place])
    return math.nan if not number else float(number**power)


def _power_raised(step: Step, dy: Array) -> dict[int, Array]:
    return {way: dx * step.named["input"] ** 2 if way == 0 else dx for way, dx in step.local(dy).items()}


def _power_kept(step: Step, dy: Array) -> dict[int, Array]:
    return {way: dx * step.named["input"] if way == 0 else dx for way, dx in step.local(dy).items()}


# A value in place of a number: y, 1 - y, an operand.


class Change(NamedTuple):
    """What became of a factor: in the title, in what is seen, and by what the gradient is wrong."""

    title: str
    seen: str
    wrong_by: Callable[[Array], Array]


_ONCE = (
    Change("the factor {} is missing", "divided by {}", lambda v: 1 / v),
    Change("the factor {} is there once too often", "times {}", lambda v: v),
)
_SQUARED = (
    Change(
        "the factor {0} ** 2 is missing: is it 1 / {0} in place of {0}?",
        "divided by {} ** 2",
        lambda v: 1 / (v * v),
    ),
    Change(
        "the factor {0} ** 2 is too many: is it {0} in place of 1 / {0}?", "times {} ** 2", lambda v: v * v
    ),
)


def by_argument(recording: Recording) -> Iterator[Guess]:
    """An argument of the function is missing as a factor, or there twice; or y is, or 1 - y."""
    return _by_arguments(recording, _ONCE)


def by_value(recording: Recording) -> Iterator[Guess]:
    """What a step computes with is missing as a factor, or there twice."""
    return _by_values(recording, _ONCE)


def by_square(recording: Recording) -> Iterator[Guess]:
    """The square of a value is missing, or is too many."""
    yield from _by_arguments(recording, _SQUARED)
    yield from _by_values(recording, _SQUARED)


def _by_arguments(recording: Recording, changes: Sequence[Change]) -> Iterator[Guess]:
    for name in [*filter(recording.trial.is_float, recording.trial.values), "y", "1 - y"]:
        shown = "(1 - y)" if name == "1 - y" else name
        for change in changes:
            yield Guess(
                f"yours is the right gradient {change.seen.format(shown)}",
                partial(_times_whole, name, change.wrong_by),
                title=change.title.format(shown),
            )


def _by_values(recording: Recording, changes: Sequence[Change]) -> Iterator[Guess]:
    for step in recording.steps:
        for name in [*step.arrays(), "1 - y"]:
            shown = f"(1 - {step.called('y')})" if name == "1 - y" else f"({step.called(name)})"
            for change in changes:
                for way in step.ways:
                    yield Guess(
                        f"yours is the right gradient {change.seen.format(shown)}",
                        replaced(step, partial(_times, name, change.wrong_by, way)),
                        step=step,
                        title=change.title.format(shown),
                    )


def _times_whole(name: str, change: Callable[[Array], Array], recording: Recording) -> Array:
    y = recording.y
    value = y if name == "y" else 1 - y if name == "1 - y" else recording.trial.values[name]
    return recording.truth * change(value)


def _times(name: str, change: Callable[[Array], Array], way: int, step: Step, dy: Array) -> dict[int, Array]:
    value = 1 - step.y if name == "1 - y" else step.arrays()[name]
    local = step.unfitted(dy)
    return {**local, way: local[way] * change(value)}
