"""Derivatives as they are often remembered wrongly."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import numpy as np

from minigrad.diagnosis.guess import Guess, replaced
from minigrad.diagnosis.recording import Array, Recording, Step


class Memory(NamedTuple):
    """What a rule has where something else belongs: ``gradient`` makes the wrong gradient of step and dy."""

    wrong: str
    right: str
    gradient: Callable[[Step, Array], Array]


def _x(step: Step) -> Array:
    return step.values[0]


def _sum(step: Step, array: Array) -> Array:
    return array.sum(step.named["dim"], keepdims=True)


def _mean(step: Step, array: Array) -> Array:
    return array.mean(step.named["dim"], keepdims=True)


def _spread(step: Step) -> Array:
    """The standard deviation by which a normalisation divides."""
    return np.sqrt(_x(step).var(step.named["dim"], keepdims=True) + step.named["eps"])


def _with_sums(step: Step, dy: Array) -> Array:
    return (dy - _sum(step, dy) - step.y * _sum(step, dy * step.y)) / _spread(step)


def _variance_uncentred(step: Step, dy: Array) -> Array:
    x, dim = _x(step), step.named["dim"]
    dy = dy if step.named["keepdim"] or dim is None else np.expand_dims(dy, dim)
    return dy * 2 * x / (x.size // step.y.size - step.named["correction"])


_MEMORIES = {
    "tanh": [
        Memory("1 - y", "1 - y ** 2", lambda step, dy: dy * (1 - step.y)),
        Memory("1 + y ** 2", "1 - y ** 2", lambda step, dy: dy * (1 + step.y**2)),
    ],
    "sigmoid": [
        Memory("y * (1 + y)", "y * (1 - y)", lambda step, dy: dy * step.y * (1 + step.y)),
        Memory("y * (1 - y ** 2)", "y * (1 - y)", lambda step, dy: dy * step.y * (1 - step.y**2)),
    ],
    "exp": [
        Memory("x * exp(x - 1)", "exp(x)", lambda step, dy: dy * _x(step) * np.exp(_x(step) - 1)),
    ],
    "softmax": [
        Memory("sum(dy)", "sum(dy * y)", lambda step, dy: step.y * (dy - _sum(step, dy))),
        Memory("mean(dy * y)", "sum(dy * y)", lambda step, dy: step.y * (dy - _mean(step, dy * step.y))),
    ],
    "log_softmax": [
        Memory(
            "p - 1 for every class",
            "p - t, with 1 at the right class alone",
            lambda step, dy: (1 - np.exp(step.y)) * _sum(step, dy),
        ),
        Memory("y", "exp(y)", lambda step, dy: dy - step.y * _sum(step, dy)),
        Memory("softmax(x)", "softmax(x) * sum(dy)", lambda step, dy: dy - np.exp(step.y)),
    ],
    "layer_norm": [
        Memory("the sums of dy and of dy * y", "their means", _with_sums),
        Memory("the variance", "its square root", lambda step, dy: step.local(dy)[0] / _spread(step)),
    ],
    "var": [Memory("x", "x - mean(x)", _variance_uncentred)],
}
"""By the name of the operation; ``x`` is its argument, ``y`` its result, ``dy`` what arrives at it."""


def misremembered(recording: Recording) -> Iterator[Guess]:
    """The derivative of a step is one of those that are often remembered wrongly."""
    for step in recording.steps:
        for memory in _MEMORIES.get(step.op.builtin, ()):
            of = "" if len(recording.steps) == 1 else f" of {step.name}"
            yield Guess(
                f"yours has {memory.wrong} where the derivative{of} has {memory.right}",
                replaced(step, partial(_local, memory.gradient)),
                step=step,
                title=f"{memory.wrong} in place of {memory.right}",
                fix=f"in the derivative of {step.name}: {memory.right}",
            )


def _local(gradient: Callable[[Step, Array], Array], step: Step, dy: Array) -> dict[int, Array]:
    return {0: gradient(step, dy)}
