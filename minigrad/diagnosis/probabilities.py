"""Slips between scores and the probabilities that sigmoid and softmax make of them."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from minigrad.diagnosis.guess import Guess, replaced
from minigrad.diagnosis.recording import Array, Recording, Step


def by_scores(recording: Recording) -> Iterator[Guess]:
    """The gradient by what a sigmoid or a softmax made the probabilities x of."""
    names = {step.op.builtin for step in recording.steps}
    p = recording.name
    if not names & {"log", "binary_cross_entropy"}:
        return
    yield Guess(
        f"yours is the right gradient times {p} (1 - {p})",
        lambda r: r.truth * r.x * (1 - r.x),
        title=f"it is the gradient by the logit, before the sigmoid, not by the probability {p}",
        fix=f"for the gradient by {p}, divide by {p} (1 - {p}): d ln {p} / d {p} is 1 / {p}, and p - t comes "
        f"out only with the sigmoid's derivative: the factor 1 / (p (1 - p)) is missing",
    )
    for dim in range(recording.x.ndim):
        yield Guess(
            f"yours is the right gradient, taken on through a softmax over axis {dim}",
            partial(_through_softmax, dim),
            title=f"it is the gradient by the scores, before the softmax, not by the probabilities {p}",
            fix=f"for the gradient by {p}: d ln {p} / d {p} is 1 / {p}; p - t comes out only with the "
            "softmax's derivative",
        )


OF_SIGMOIDS = ("softplus", "binary_cross_entropy_with_logits")
"""Operations in which a logarithm of a sigmoid is, or may be."""


def by_probabilities(recording: Recording) -> Iterator[Guess]:
    """The gradient by the probabilities that are made of the scores; or the sigmoid's derivative twice."""
    for step in recording.steps:
        if step.op.builtin == "log_softmax":
            yield Guess(
                "yours is what arrives at the logarithm, divided by the probabilities",
                replaced(step, _over_probabilities),
                step=step,
                title="it is the gradient by the probabilities, after the softmax, not by the scores",
                fix="go on through the softmax; with a cross-entropy p - t comes out, p the probabilities",
            )
    if any(step.op.builtin in OF_SIGMOIDS for step in recording.steps):
        yield Guess(
            "yours is the right gradient times p (1 - p), p = sigmoid(x)",
            lambda r: r.truth * np.exp(-np.logaddexp(0, r.x) - np.logaddexp(0, -r.x)),
            title="the sigmoid's derivative p (1 - p) is there once too often",
            fix="of a cross-entropy of sigmoid(x) the gradient by x is p - t: p (1 - p) has cancelled in it",
        )


def _over_probabilities(step: Step, dy: Array) -> dict[int, Array]:
    return {0: dy / np.exp(step.y)}


def _through_softmax(dim: int, recording: Recording) -> Array:
    mixed = (recording.truth * recording.x).sum(dim, keepdims=True)
    return recording.x * (recording.truth - mixed)
