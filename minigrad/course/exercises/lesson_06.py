"""Exercises of lesson 6: going down the gradient."""

import math
from typing import Any

import numpy as np

from minigrad.course.grading import exercise


def _momentum(x: Any, v: Any, g: Any, alpha: float, mu: float) -> Any:
    velocity = [mu * old + new for old, new in zip(np.ravel(v).tolist(), np.ravel(g).tolist(), strict=True)]
    place = [old - alpha * now for old, now in zip(np.ravel(x).tolist(), velocity, strict=True)]
    return np.reshape(place, np.shape(x)), np.reshape(velocity, np.shape(x))


@exercise(
    title="A step with momentum",
    hints=(
        "The velocity remembers. First let it grow older by one step, then walk with it.",
        "The new velocity is mu times the old one, plus the gradient. The place moves by alpha times "
        "the new one.",
        "v = mu * v + g, then return x - alpha * v, v.",
    ),
    returns=("x", "v"),
    reference=_momentum,
    draw=lambda rng: [
        (
            *(rng.normal(size=shape) for _ in range(3)),
            float(rng.uniform(0.05, 0.5)),
            float(rng.uniform(0.5, 0.95)),
        )
        for shape in ((1,), (3,), (2, 4))
    ],
    slips={
        "it walks with the old velocity: make the new one first.": lambda x, v, g, alpha, mu: (
            x - alpha * v,
            mu * v + g,
        ),
        "alpha belongs to the step, not to the velocity.": lambda x, v, g, alpha, mu: (
            x - (mu * v + alpha * g),
            mu * v + alpha * g,
        ),
    },
)
def momentum_step(
    x: np.ndarray, v: np.ndarray, g: np.ndarray, alpha: float, mu: float
) -> tuple[np.ndarray, np.ndarray]:
    """Make one step of gradient descent with momentum.

    x is the place, v the velocity and g the gradient at x, arrays of one shape. The new velocity is mu * v +
    g, and the new place is x - alpha * (new velocity). Return both.

    The gradient is 1, and the velocity was 2; half of it is left.

    >>> momentum_step(np.array([5.0]), np.array([2.0]), np.array([1.0]), 0.1, 0.5)
    (array([4.8]), array([2.0]))
    """
    v = mu * v + g
    return x - alpha * v, v


def _adam(
    x: Any, m: Any, v: Any, g: Any, t: int, alpha: float, beta1: float, beta2: float, eps: float
) -> Any:
    """One number at a time, with the two corrections drawn together into the learning rate."""
    out = []
    for place, first, second, new in zip(*(np.ravel(one).tolist() for one in (x, m, v, g)), strict=True):
        first += (1 - beta1) * (new - first)
        second += (1 - beta2) * (new * new - second)
        root = math.sqrt(1 - beta2**t)
        rate = alpha * root / (1 - beta1**t)
        out.append((place - rate * first / (math.sqrt(second) + eps * root), first, second))
    return tuple(np.reshape(one, np.shape(x)) for one in zip(*out, strict=True))


@exercise(
    title="A step of Adam",
    hints=(
        "Two means are kept, of gradients and of their squares. Each is beta times the old mean and 1 - beta "
        "times what is new.",
        "Both began at 0 and are too small at first. Divide by 1 - beta ** t for the step, but keep "
        "them undivided.",
        "m = beta1 * m + (1 - beta1) * g; v = beta2 * v + (1 - beta2) * g ** 2; then the step is alpha * (m "
        "/ (1 - beta1 ** t)) / (np.sqrt(v / (1 - beta2 ** t)) + eps).",
    ),
    returns=("x", "m", "v"),
    reference=_adam,
    draw=lambda rng: [
        (
            *(
                rng.normal(size=shape),
                rng.normal(size=shape),
                rng.uniform(0.1, 2, shape),
                rng.normal(size=shape),
            ),
            *(t, 0.1, float(rng.uniform(0.5, 0.9)), float(rng.uniform(0.9, 0.99)), 0.01),
        )
        for t, shape in [(1, (1,)), (2, (3,)), (7, (2, 3)), (100, (4,))]
    ],
    slips={
        "the means began at 0, and are too small at first: divide by 1 - beta ** t.": (
            lambda x, m, v, g, t, alpha, beta1, beta2, eps: (
                x - alpha * (beta1 * m + (1 - beta1) * g) / (np.sqrt(beta2 * v + (1 - beta2) * g**2) + eps),
                beta1 * m + (1 - beta1) * g,
                beta2 * v + (1 - beta2) * g**2,
            )
        ),
        "eps is added to the root, not under it.": lambda x, m, v, g, t, alpha, beta1, beta2, eps: (
            x
            - alpha
            * ((beta1 * m + (1 - beta1) * g) / (1 - beta1**t))
            / np.sqrt((beta2 * v + (1 - beta2) * g**2) / (1 - beta2**t) + eps),
            beta1 * m + (1 - beta1) * g,
            beta2 * v + (1 - beta2) * g**2,
        ),
    },
)
def adam_step(
    x: np.ndarray,
    m: np.ndarray,
    v: np.ndarray,
    g: np.ndarray,
    t: int,
    alpha: float,
    beta1: float,
    beta2: float,
    eps: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make step number t of Adam; the first is number 1.

    x is the place, m the mean of the gradients so far, v the mean of their squares, and g the gradient at x.
    With m = beta1 * m + (1 - beta1) * g and v = beta2 * v + (1 - beta2) * g**2, the step is

        x - alpha * mhat / (sqrt(vhat) + eps),  mhat = m / (1 - beta1**t),  vhat = v / (1 - beta2**t)

    Return the new x, m and v.

    In the first step mhat is g and vhat is g**2: the step is alpha, whatever the gradient's size is.

    >>> adam_step(np.array([1.0]), np.array([0.0]), np.array([0.0]), np.array([4.0]), 1, 0.1, 0.9, 0.99, 0.0)
    (array([0.9]), array([0.4]), array([0.16]))
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    mhat = m / (1 - beta1**t)
    vhat = v / (1 - beta2**t)
    return x - alpha * mhat / (np.sqrt(vhat) + eps), m, v


def _rms(x: Any, s: Any, g: Any, alpha: float, rho: float, eps: float) -> Any:
    out = []
    for place, mean, new in zip(*(np.ravel(one).tolist() for one in (x, s, g)), strict=True):
        mean += (1 - rho) * (new * new - mean)
        out.append((place - alpha * new / (math.sqrt(mean) + eps), mean))
    return tuple(np.reshape(one, np.shape(x)) for one in zip(*out, strict=True))


@exercise(
    title="A step of RMSprop",
    hints=(
        "Where gradients are large, steps become short: by what is each gradient divided?",
        "Keep a mean of the squares: rho times the old mean, and 1 - rho times the new square.",
        "s = rho * s + (1 - rho) * g ** 2; return x - alpha * g / (np.sqrt(s) + eps), s.",
    ),
    returns=("x", "s"),
    reference=_rms,
    draw=lambda rng: [
        (rng.normal(size=shape), rng.uniform(0.1, 2, shape), rng.normal(size=shape), 0.1, 0.8, 0.01)
        for shape in ((1,), (3,), (2, 4))
    ],
    slips={
        "it divides by the mean of the squares; take the root.": lambda x, s, g, alpha, rho, eps: (
            x - alpha * g / (rho * s + (1 - rho) * g**2 + eps),
            rho * s + (1 - rho) * g**2,
        ),
    },
)
def rmsprop_step(
    x: np.ndarray, s: np.ndarray, g: np.ndarray, alpha: float, rho: float, eps: float
) -> tuple[np.ndarray, np.ndarray]:
    """Make one step of RMSprop, in which each number has a learning rate of its own.

    x is the place, g the gradient at x, and s the mean of the squares of past gradients. The new mean is rho
    * s + (1 - rho) * g**2, and each number moves by alpha times its gradient, divided by the root of its new
    mean plus eps. Return the new x and the new s.

    The squares were 8 in the mean and now comes 10**2: 0.5 * 8 + 0.5 * 100 = 54, and its root is 7.348.

    >>> rmsprop_step(np.array([0.0]), np.array([8.0]), np.array([10.0]), 1.0, 0.5, 0.0)
    (array([-1.361]), array([54.0]))
    """
    s = rho * s + (1 - rho) * g**2
    return x - alpha * g / (np.sqrt(s) + eps), s


def _clipped(gradients: Any, most: float) -> Any:
    length = math.sqrt(math.fsum(float(number) ** 2 for one in gradients for number in np.ravel(one)))
    return [one * (most / length) if length > most else one + 0 for one in gradients]


@exercise(
    title="Gradients that are not too long",
    hints=(
        "All gradients together are one long vector. What is its length?",
        "The root of the sum of all squares, over all arrays. If it is at most what is allowed, "
        "nothing happens.",
        "length = np.sqrt(sum((g ** 2).sum() for g in gradients)); a list of g * (most / length), if "
        "length > most.",
    ),
    reference=_clipped,
    draw=lambda rng: [
        ([rng.normal(size=shape) for shape in shapes], most)
        for shapes, most in [
            (((3,),), 0.5),
            (((2, 3), (2,)), 1.0),
            (((2, 3), (2,), (1, 4)), 100.0),
            (((4,), (2, 2)), 0.25),
            (((2,), (3, 2)), 1.5),
        ]
    ],
    slips={
        "each array is shortened by itself. All together are one gradient, whose direction must stay.": (
            lambda gradients, most: [_clipped([one], most)[0] for one in gradients]
        ),
        "they are lengthened, too, if they are short; only shorten.": lambda gradients, most: [
            one * most / np.sqrt(sum((g**2).sum() for g in gradients)) for one in gradients
        ],
    },
    survivors={
        "length > most -> length >= most": "where they are equal the factor is 1",
    },
)
def clip_gradients(gradients: list[np.ndarray], most: float) -> list[np.ndarray]:
    """Shorten the gradients of all parameters together, if they are too long.

    gradients has an array for each parameter. Taken together they are one vector, whose length is the root
    of the sum of the squares of all numbers. If the length is more than most, multiply all of them by the
    same factor, so that the length is most; else leave them as they are. Return a list of arrays.

    The length of (3, 4) is 5; to make it 1, everything is divided by 5:

    >>> clip_gradients([np.array([3.0]), np.array([[4.0]])], 1.0)
    [array([0.6]), array([[0.8]])]
    """
    length = np.sqrt(sum((g**2).sum() for g in gradients))
    if length > most:
        return [g * most / length for g in gradients]
    return list(gradients)


def _scheduled(step: int, steps: int, warmup: int, top: float) -> float:
    if step < warmup:
        return top / warmup * (step + 1)
    share = (step - warmup) / (steps - warmup)
    return top * math.cos(share * math.pi / 2) ** 2  # (1 + cos 2a) / 2 = cos(a) ** 2


@exercise(
    title="Up a ramp, and down a wave",
    hints=(
        "Two cases: before step number warmup, and from there on. Write the first one as a share of top.",
        "In the first, the share is (step + 1) / warmup: in step 0 already something. In the second it "
        "depends on how much of the rest is done: (step - warmup) / (steps - warmup).",
        "The wave is top * (1 + np.cos(np.pi * done)) / 2: cos(0) = 1 at its begin, cos(pi) = -1 at its end.",
    ),
    reference=_scheduled,
    draw=lambda rng: [
        *((step, 10, 4, 0.5) for step in range(10)),
        *((step, 7, 0, 2.0) for step in (0, 3, 6)),
        (99, 100, 1, 0.1),
    ],
    single=False,
    slips={
        "step 0 has the rate 0, and nothing is learned in it: count it as the "
        "first.": lambda step, steps, warmup, top: (
            top * step / warmup if step < warmup else _scheduled(step, steps, warmup, top)
        ),
        "the wave begins after the ramp, and has steps - warmup steps.": lambda step, steps, warmup, top: (
            _scheduled(step, steps, warmup, top)
            if step < warmup
            else top * (1 + math.cos(math.pi * step / steps)) / 2
        ),
    },
    survivors={
        "step - warmup -> warmup - step": "the cosine is the same on both sides of 0",
        "steps - warmup -> warmup - steps": "the cosine is the same on both sides of 0",
    },
)
def learning_rate(step: int, steps: int, warmup: int, top: float) -> float:
    """Find the learning rate of a step, with a ramp to begin with and half a cosine wave afterwards.

    Steps are numbered from 0 to steps - 1. In the first ones, as many as warmup says, the rate climbs in
    equal steps: it is top / warmup in step 0, and top in step warmup - 1. From step warmup on it falls as
    top * (1 + cos(pi * done)) / 2, where done is the share of the remaining steps that have been made: 0 in
    step warmup.

    >>> learning_rate(0, 10, 4, 0.8)
    0.2

    In step 7 of 10, half of the six steps after the ramp are made, and cos(pi / 2) is 0:

    >>> learning_rate(7, 10, 4, 0.8)
    0.4
    """
    if step < warmup:
        return top * (step + 1) / warmup
    done = (step - warmup) / (steps - warmup)
    return top * (1 + np.cos(np.pi * done)) / 2


@exercise(
    title="Mini-batches",
    hints=(
        "range(0, len(order), size) has the places at which batches begin.",
        "order[begin : begin + size] is a batch. A slice that goes beyond the end just ends there.",
        "Go through these places, and append each slice to a list, unless it is too short and is to be "
        "left out.",
    ),
    reference=lambda order, size, drop_last: [
        [order[at] for at in range(len(order)) if at // size == batch]
        for batch in range(len(order) // size + (0 if drop_last or len(order) % size == 0 else 1))
    ],
    draw=lambda rng: [
        ([int(k) for k in rng.permutation(count)], size, drop)
        for count, size in [(1, 1), (4, 2), (7, 3), (5, 8), (9, 3), (10, 4)]
        for drop in (False, True)
    ],
    single=False,
    slips={
        "the last batch is missing, though it was to be kept.": lambda order, size, drop_last: [
            order[at : at + size] for at in range(0, len(order) - len(order) % size, size)
        ],
        "the last batch is there, though it was to be left out.": lambda order, size, drop_last: [
            order[at : at + size] for at in range(0, len(order), size)
        ],
    },
)
def batches(order: list[int], size: int, drop_last: bool) -> list[list[int]]:
    """Cut the examples of an epoch into mini-batches.

    order has the numbers of all examples, shuffled. Return a list of batches, each a list of the next
    numbers, as many as size says. At the end fewer may be left: they make a smaller batch, or are left out
    if drop_last is true.

    >>> batches([4, 0, 3, 1, 2], 2, False)
    [[4, 0], [3, 1], [2]]

    >>> batches([4, 0, 3, 1, 2], 2, True)
    [[4, 0], [3, 1]]
    """
    made = []
    for begin in range(0, len(order), size):
        batch = order[begin : begin + size]
        if len(batch) == size or not drop_last:
            made.append(batch)
    return made
