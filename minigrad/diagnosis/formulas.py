"""Slips of the formula: taken at the wrong place, of another function, of another argument."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from minigrad.diagnosis import known
from minigrad.diagnosis.guess import Guess, replaced
from minigrad.diagnosis.recording import Array, Recording, Step


def _unary(step: Step) -> bool:
    return step.ways == (0,) and step.op.builtin in known.ELEMENTWISE


_FLAT = {"relu", "clamp", "hardtanh", "abs", "sign"}
"""Made of straight pieces: at y their derivative says nothing."""


# At the wrong place -----------------------------------------------------------------------------------------


def at_output(recording: Recording) -> Iterator[Guess]:
    """f'(y) in place of f'(x)."""
    for step in recording.steps:
        if step.op.builtin in _FLAT:
            continue
        if _unary(step):
            yield Guess(
                f"yours is the derivative of {step.name} at {step.called('y')}, not at {_input(step)}",
                replaced(step, _slope_at_output),
                step=step,
                fix=f"take the derivative of {step.name} at {_input(step)}",
            )
        for way in step.ways:
            for name, value in step.arrays().items():
                if name != "y" and value.shape == step.y.shape:
                    yield Guess(
                        f"yours has {step.called('y')} where {step.called(name)} belongs",
                        replaced(step, partial(_exchanged, way, name, "y")),
                        step=step,
                        fix=f"use {step.called(name)}, not {step.called('y')}",
                    )
    if recording.x.shape == recording.y.shape and len(recording.steps) > 1:
        yield Guess("yours is the derivative at y, not at x", _whole_at_output)


def _input(step: Step) -> str:
    return step.called(step.parameter(0))


def _slope_at_output(step: Step, dy: Array) -> dict[int, Array]:
    name = step.parameter(0)
    return {0: step.rule(0, dy, **{name: step.y, "y": step.again(**{name: step.y})})}


def _exchanged(way: int, name: str, by: str, step: Step, dy: Array) -> dict[int, Array]:
    return {**step.local(dy), way: step.rule(way, dy, **{name: step.arrays()[by]})}


def _whole_at_output(recording: Recording) -> Array:
    trial = recording.trial
    moved = trial.problem.record(
        {**trial.values, trial.problem.argument: recording.y}, trial.problem.argument
    )
    moved.dy = recording.dy
    return moved.gradient()


def at_input(recording: Recording) -> Iterator[Guess]:
    """A derivative that is written with y, like 1 - y ** 2 of tanh, taken with x in place of y."""
    for step in recording.steps:
        if _unary(step) or step.op.builtin in known.ALONG:
            yield Guess(
                f"yours has {_input(step)} where {step.called('y')} belongs",
                replaced(step, partial(_exchanged, 0, "y", step.parameter(0))),
                step=step,
                fix=f"use the result of {step.name} in this formula",
            )
        if step.op.builtin == "log_softmax":
            yield Guess(
                "yours has the scores where the probabilities belong",
                replaced(step, _scores),
                step=step,
                title="the scores in place of the probabilities: softmax is left out",
                fix="p = softmax(x); the gradient is dy - p * sum(dy)",
            )


def _scores(step: Step, dy: Array) -> dict[int, Array]:
    return {0: dy - step.named["input"] * dy.sum(step.named["dim"], keepdims=True)}


def value(recording: Recording) -> Iterator[Guess]:
    """f(x) in place of f'(x)."""
    for step in recording.steps:
        if _unary(step):
            yield Guess(
                f"yours multiplies by {step.name} itself, not by its derivative",
                replaced(step, _times_result),
                step=step,
                fix=f"multiply by the derivative of {step.name}",
            )
    yield Guess("yours is dy times y", lambda r: r.dy * r.y)
    yield Guess("yours is y itself", lambda r: r.y + 0.0)


def _times_result(step: Step, dy: Array) -> dict[int, Array]:
    return {0: dy * step.y}


_MIXING = {"softmax", "log_softmax", "layer_norm", "cumsum"}


def diagonal(recording: Recording) -> Iterator[Guess]:
    """Each y_i is taken to depend on its own x_i alone."""
    for step in recording.steps:
        if step.op.builtin in _MIXING and step.ways == (0,) and step.values[0].size <= 400:
            yield Guess(
                f"yours has d y_i / d x_i of {step.name} alone, without d y_j / d x_i for the other j",
                replaced(step, _diagonal),
                step=step,
                fix=f"every result of {step.name} depends on all x along its axis: sum over them",
            )


def _diagonal(step: Step, dy: Array) -> dict[int, Array]:
    slopes = np.empty(step.y.shape)
    for index in np.ndindex(step.y.shape):
        one = np.zeros(step.y.shape)
        one[index] = 1.0
        slopes[index] = step.rule(0, one)[index]
    return {0: dy * slopes}


# Of another argument ----------------------------------------------------------------------------------------


def wrong_argument(recording: Recording) -> Iterator[Guess]:
    """The gradient of another argument."""
    trial = recording.trial
    for name in trial.others if trial is not None else ():
        yield Guess(
            f"yours is the gradient of {name!r}",
            partial(_of_other, name),
            title=f"it is the gradient of {name!r}, not of {recording.name!r}",
        )


def wrong_operand(recording: Recording) -> Iterator[Guess]:
    """The derivative of a step by its other argument."""
    for step in recording.steps:
        names = [] if step.op.variadic else [name for rule in step.op.rules for name in rule.arguments]
        for way in step.ways:
            for name in names:
                if name != step.parameter(way):
                    yield Guess(
                        f"yours has, at {step.name}, the derivative by {name!r}; "
                        f"what depends on {recording.name} is {step.parameter(way)!r}",
                        replaced(step, partial(_by_other, way, name)),
                        step=step,
                        title=f"at {step.name} it is the derivative by the other argument",
                        fix=f"use the derivative of {step.name} by its {step.parameter(way)!r}",
                    )


def _of_other(name: str, recording: Recording) -> Array:
    gradient: Array = recording.trial.others[name]
    return gradient


def _by_other(way: int, name: str, step: Step, dy: Array) -> dict[int, Array]:
    return {**step.local(dy), way: step.rule(step.op.parameters.index(name), dy)}


# Of another function ----------------------------------------------------------------------------------------


def other_formula(recording: Recording) -> Iterator[Guess]:
    """Forward is one function, backward another that is known."""
    for step in recording.steps:
        if _unary(step):
            yield from _of_another_parameter(step)
            for name, function in known.UNARY.items():
                if name != step.op.builtin:
                    yield _of(step, name, partial(_slope_of, function))
            for name, rule in known.IN_Y.items():
                if name != step.op.builtin:
                    yield _of(step, name, partial(_slope_in_y, rule))
        elif step.op.builtin in known.BINARY:
            for name, binary in known.BINARY.items():
                if name != step.op.builtin:
                    yield _of(step, name, partial(_slopes_of, binary))
        elif step.op.builtin in known.REDUCTIONS:
            for name, reduction in known.REDUCTIONS.items():
                if name != step.op.builtin:
                    yield _of(step, name, partial(_reduction, reduction))
        elif step.op.builtin in known.ALONG:
            for name, along in known.ALONG.items():
                if name != step.op.builtin:
                    yield _of(step, name, partial(_slope_along, along))
                    yield _of(step, name, partial(_slope_along_in_y, name))
    if recording.trial is not None:
        yield from _whole(recording)


def _of(step: Step, name: str, local: Callable[[Step, Array], dict[int, Array]]) -> Guess:
    shown = known.SHOWN.get(name, name)
    return Guess(
        f"yours is the gradient of {shown}, and fn computes {step.name}",
        replaced(step, local),
        step=step,
        title=f"it is the gradient of {shown}, not of {step.name}",
        fix=f"take the derivative of {step.name}, or use {shown} in the forward pass as well",
    )


_OTHER_PARAMETERS: dict[str, tuple[str, tuple[float, ...]]] = {
    "leaky_relu": ("negative_slope", (0.01, 0.1, 0.2, 0.3, 0.25, 0.02)),
    "elu": ("alpha", (1.0, 0.1, 0.2, 0.5)),
    "softplus": ("beta", (1.0,)),
}
"""The parameter by which functions of one name differ, and values that are used: the default first."""


def _of_another_parameter(step: Step) -> Iterator[Guess]:
    """The same function with another parameter."""
    name, values = _OTHER_PARAMETERS.get(step.op.builtin, ("", ()))
    for value in values:
        here = step.named[name]
        if value != here:
            yield Guess(
                f"yours is the gradient of {step.name} with {name} = {value:g}; fn has {name} = {here:g}",
                replaced(step, partial(_with_parameter, name, value)),
                step=step,
                title=f"it is the gradient of {step.name} with another {name}",
                fix=f"use the same {name} in the rule as in fn, {here:g}",
            )


def _with_parameter(name: str, value: float, step: Step, dy: Array) -> dict[int, Array]:
    changed = {name: value}
    return {0: step.rule(0, dy, **changed, y=step.again(**changed))}


def _gradient(function: Callable[..., Any], x: Array, dy: Array) -> Array:
    run = Recording(function, x)
    if run.y.shape != dy.shape:
        raise ValueError("another shape")
    run.dy = dy
    return run.gradient()


def _slope_of(function: Callable[..., Any], step: Step, dy: Array) -> dict[int, Array]:
    return {0: _gradient(function, step.values[0], dy)}


def _slope_in_y(rule: Callable[..., Any], step: Step, dy: Array) -> dict[int, Array]:
    return {0: rule(dy, step.y)}


def _slopes_of(function: Callable[..., Any], step: Step, dy: Array) -> dict[int, Array]:
    a, b = step.values
    found = {}
    for way in step.ways:
        here = (lambda t: function(t, b)) if way == 0 else (lambda t: function(a, t))
        found[way] = _gradient(here, step.values[way], dy)
    return found


def _reduction(function: Callable[..., Any], step: Step, dy: Array) -> dict[int, Array]:
    dim, keepdim = step.named["dim"], step.named["keepdim"]
    return {0: _gradient(lambda x: function(x, dim, keepdim), step.values[0], dy)}


def _slope_along(function: Callable[..., Any], step: Step, dy: Array) -> dict[int, Array]:
    return {0: _gradient(lambda x: function(x, step.named["dim"]), step.values[0], dy)}


def _slope_along_in_y(name: str, step: Step, dy: Array) -> dict[int, Array]:
    rule = known.ALONG[name].rules[0].function
    return {0: rule(dy, step.y, step.named["dim"])}


def other_loss(recording: Recording) -> Iterator[Guess]:
    """The function as a whole taken for a loss that is known."""
    curved = {name: loss for name, loss in known.LOSSES.items() if not name.startswith(("kl", "nll"))}
    for name, (function, names) in _of_two(recording, curved).items():
        if names[0] == recording.name:  # of what is a line in x, too much has the gradient
            yield _as_other(name, function, names)


def _whole(recording: Recording) -> Iterator[Guess]:
    """The function as a whole taken for one that is known."""
    functions: dict[str, tuple[Callable[..., Any], tuple[str, ...]]] = {}
    if recording.x.shape == recording.y.shape:
        functions |= {name: (f, (recording.name,)) for name, f in known.UNARY.items()}
    if recording.x.ndim and recording.y.ndim == 0:
        functions |= {
            f"the {name} of {recording.name}": (partial(f, dim=None), (recording.name,))
            for name, f in known.REDUCTIONS.items()
        }
    functions |= _of_two(recording, known.PAIRS)
    for name, (function, names) in functions.items():
        yield _as_other(name, function, names)
    if recording.x.shape == recording.y.shape:
        for name, rule in known.IN_Y.items():
            yield Guess(
                f"yours is the gradient of {known.SHOWN.get(name, name)}, written with y",
                partial(_as_if_in_y, rule),
                title=f"it is the gradient of another function, {known.SHOWN.get(name, name)}",
                fix="take the derivative of what fn computes",
            )


def _of_two(
    recording: Recording, functions: dict[str, Callable[..., Any]]
) -> dict[str, tuple[Callable[..., Any], tuple[str, ...]]]:
    """Functions of x and another array, in both orders."""
    found: dict[str, tuple[Callable[..., Any], tuple[str, ...]]] = {}
    for other, value in recording.trial.values.items():
        if other == recording.name or not isinstance(value, np.ndarray):
            continue
        same = np.shape(value) == recording.x.shape
        for names in ((recording.name, other), (other, recording.name)):
            found |= {
                f"{known.SHOWN.get(name, name)} of {names[0]} and {names[1]}": (function, names)
                for name, function in functions.items()
                if same or name not in known.NEED_ONE_SHAPE
            }
    return found


def _as_other(name: str, function: Callable[..., Any], names: tuple[str, ...]) -> Guess:
    shown = known.SHOWN.get(name, name)
    return Guess(
        f"yours is the gradient of {shown}",
        partial(_as_if, function, names),
        title=f"it is the gradient of another function, {shown}",
        fix=f"take the derivative of what fn computes, or use {shown} in the forward pass as well",
    )


def _as_if(function: Callable[..., Any], names: tuple[str, ...], recording: Recording) -> Array:
    values = recording.trial.values
    return _gradient(
        lambda leaf: function(*(leaf if name == recording.name else values[name] for name in names)),
        recording.x,
        recording.dy,
    )


def _as_if_in_y(rule: Callable[..., Any], recording: Recording) -> Array:
    found: Array = rule(recording.dy, recording.y)
    return found
