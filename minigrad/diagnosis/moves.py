"""Slips of operations that move numbers: backward has to undo what forward did."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from minigrad.diagnosis.guess import Guess, replaced
from minigrad.diagnosis.recording import Array, Recording, Step

_LINEAR = {"cumsum", "roll", "permute", "flip"}


_NOT_UNDONE = {
    "indexing": (
        "the gradient is not put back to where the elements were taken from",
        "dx = np.zeros(x_shape), then dx[...] = dy at the places that fn takes; np.add.at if some come twice",
    ),
    "cat": (
        "the part that belongs to {x} is not cut out of dy",
        "of dy, take the slice that {x} is in y",
    ),
    "permute": ("what {op} moved is not moved back", "put the axes back to their places"),
    "roll": ("what {op} moved is not moved back", "shift back, by minus as much"),
    "flip": ("what {op} moved is not moved back", "turn dy round along the same axis"),
}
"""What is told where dy is handed on as it arrives, and what to do."""


def not_inverted(recording: Recording) -> Iterator[Guess]:
    """What was done to x is done to dy again, or not at all, where it has to be undone."""
    for step in recording.steps:
        yield from _not_undone(step, recording)
        if step.op.builtin == "indexing":
            yield from _misplaced(step)
        if step.op.builtin in _LINEAR:
            yield Guess(
                f"yours is what {step.name} itself makes of the gradient that arrives",
                replaced(step, _again),
                step=step,
                fix={
                    "cumsum": "x_i is in every y_j with j >= i: take the running sum from the far end",
                    "roll": "shift back, by minus as much",
                    "permute": "put the axes back: by the inverse of the order that the forward pass used",
                }.get(step.op.builtin),
            )


def _again(step: Step, dy: Array) -> dict[int, Array]:
    return {0: step.again(input=dy)}


def _not_undone(step: Step, recording: Recording) -> Iterator[Guess]:
    for way in step.ways if step.op.builtin in _NOT_UNDONE else ():
        name = recording.name if recording.is_x(step.node.edges[way]) else "its argument"
        title, fix = (text.format(op=step.name, x=name) for text in _NOT_UNDONE[step.op.builtin])
        yield Guess(
            f"yours is the gradient that arrives at the result of {step.name}, as it is",
            replaced(step, partial(_handed_on, way)),
            step=step,
            title=title,
            fix=fix,
        )


def _handed_on(way: int, step: Step, dy: Array) -> dict[int, Array]:
    return {**step.local(dy), way: dy}


def _misplaced(step: Step) -> Iterator[Guess]:
    """Put back, but beside the place it was taken from."""
    for axis, size in enumerate(step.values[0].shape):
        for shift in sorted({-2, -1, 1, 2} & set(range(1 - size, size)), key=abs):
            yield Guess(
                f"yours is the right gradient, moved by {shift} along axis {axis}",
                replaced(step, partial(_moved, axis, shift)),
                step=step,
                title="the gradient is put back at the wrong place",
                fix="use the same index in the rule as in fn",
            )


def _moved(axis: int, shift: int, step: Step, dy: Array) -> dict[int, Array]:
    return {0: np.roll(step.local(dy)[0], shift, axis)}
