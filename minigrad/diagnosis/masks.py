"""Slips of functions with cases: the gradient passes where it should stop, or the cases are mixed up."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from minigrad.diagnosis.guess import Guess, replaced
from minigrad.diagnosis.recording import Array, Recording, Step


def mask(recording: Recording) -> Iterator[Guess]:
    """Gradient passes where it should stop, or the mask is made of the wrong thing."""
    for step in recording.steps:
        if step.op.builtin in ("relu", "clamp", "hardtanh"):
            yield Guess(
                f"yours is 0 where {step.name} lets its input through, and not 0 where it does not",
                replaced(step, _complement),
                step=step,
                fix=f"the gradient passes where {step.name} lets its input pass: turn the comparison round",
            )
            yield Guess(
                f"yours applies {step.name} to the gradient that arrives",
                replaced(step, _on_gradient),
                step=step,
                title=f"the mask of {step.name} is made of the gradient, not of the input",
                fix=f"{_where_it_passes(step)}: the input decides where the gradient passes",
            )
        if step.op.builtin == "clamp" and None not in (step.named["low"], step.named["high"]):
            for name in ("low", "high"):
                yield Guess(
                    f"yours is 0 on one side only: there where {step.called('input')} is "
                    f"{'below' if name == 'low' else 'above'} {step.named[name]:g}",
                    replaced(step, partial(_with_one_bound, name)),
                    step=step,
                    title=f"one of the two bounds of {step.name} is forgotten",
                    fix="the gradient passes where min <= x <= max: compare with both",
                )
        if step.op.builtin == "where" and len(step.ways) == 2:
            yield Guess(
                "yours has the gradient of each case where the other one holds",
                replaced(step, _exchanged),
                step=step,
                title="the cases are exchanged",
                fix="compare in the rule as fn does, and use the gradient of each case in its own place",
            )
        if step.op.builtin == "where":
            for way in step.ways:
                yield Guess(
                    f"yours has the gradient of {step.called(step.parameter(way))} where the condition holds "
                    "and where it does not",
                    replaced(step, partial(_one_case, way)),
                    step=step,
                    title="the cases are not told apart: the gradient of one is used in the other, too",
                    fix="compare in the rule as fn does, and use the gradient of each case in its own place",
                )


def _where_it_passes(step: Step) -> str:
    if step.op.builtin == "relu":
        return "dy * (x > 0), not dy * (dy > 0)"
    low, high = (_bound(step, *names) for names in (("low", "min_val"), ("high", "max_val")))
    least, most = (f"{low} <= " if low else ""), (f" <= {high}" if high else "")
    return f"dy where {least}x{most}, and 0 elsewhere"


def _bound(step: Step, *names: str) -> str:
    """A bound of clamp or of hardtanh, as a learner writes it; nothing where there is none."""
    value = next((step.named[name] for name in names if name in step.named), None)
    return "" if value is None else f"{value:g}" if np.ndim(value) == 0 else "the bound"


def _one_case(way: int, step: Step, dy: Array) -> dict[int, Array]:
    return {way: dy}


def _complement(step: Step, dy: Array) -> dict[int, Array]:
    return {0: dy - step.local(dy)[0]}


def _on_gradient(step: Step, dy: Array) -> dict[int, Array]:
    return {0: step.again(**{step.parameter(0): dy})}


def _exchanged(step: Step, dy: Array) -> dict[int, Array]:
    condition = ~np.asarray(step.named["condition"])
    return {way: step.rule(way, dy, condition=condition) for way in step.ways}


def _with_one_bound(name: str, step: Step, dy: Array) -> dict[int, Array]:
    x, bound = step.named["input"], step.named[name]
    return {0: dy * (x >= bound if name == "low" else x <= bound)}
