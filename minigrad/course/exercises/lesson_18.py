"""Exercises of lesson 18: twice the size, with what was never in the picture."""

import math
from typing import Any

import numpy as np

import minigrad as mg
from minigrad.course.grading import exercise
from minigrad.nn import functional as F


def _halved(x: Any) -> Any:
    return np.asarray(F.avg_pool2d(mg.tensor(x), 2))


@exercise(
    title="The small image",
    hints=(
        "Four pixels become one. x[:, :, 0::2, 0::2] has the left upper one of each four; where are "
        "the others?",
        "x[:, :, 0::2, 1::2], x[:, :, 1::2, 0::2] and x[:, :, 1::2, 1::2]. All have the shape of the result.",
        "Add the four, and divide by 4. Or with one reshape: x.reshape(N, C, H // 2, 2, W // 2, "
        "2).mean(axis=(3, 5)).",
    ),
    reference=_halved,
    draw=lambda rng: [
        (rng.normal(size=shape),) for shape in ((1, 1, 2, 2), (1, 2, 4, 2), (2, 3, 4, 6), (3, 1, 6, 4))
    ],
    slips={
        "it keeps one pixel of four; take their mean.": lambda x: x[:, :, ::2, ::2],
        "it is the sum of four pixels; take their mean.": lambda x: 4 * _halved(x),
    },
)
def halved(x: np.ndarray) -> np.ndarray:
    """Make images half as large: of each 2 x 2 pixels their mean.

    x has the shape (N, C, H, W), with an even H and W. Return an array of shape (N, C, H / 2, W / 2).

    >>> halved(np.array([[[[1.0, 3.0, 10.0, 10.0], [5.0, 7.0, 10.0, 50.0]]]]))
    array([[[[4.0, 20.0]]]])
    """
    N, C, H, W = x.shape
    return x.reshape(N, C, H // 2, 2, W // 2, 2).mean(axis=(3, 5))


def _unshuffled(x: Any, r: int) -> Any:
    n, c, h, w = x.shape
    y = np.empty((n, c * r * r, h // r, w // r))
    for channel in range(c):
        for a in range(r):
            for b in range(r):
                y[:, r * r * channel + r * a + b] = x[:, channel, a::r, b::r]
    return y


@exercise(
    title="The shuffle undone",
    hints=(
        "The shuffle takes r * r maps and gives one, r times as large. Going back, pixel (a, b) of each r x "
        "r goes into which map?",
        "Into map r * r * c + r * a + b. Take x[:, c, a::r, b::r] for each c, a and b; or do all at once: "
        "first reshape to (N, C, H, r, W, r).",
        "After x.reshape(N, C, H // r, r, W // r, r) the axes are n, c, i, a, j, b. They have to stand as n, "
        "c, a, b, i, j: .transpose(0, 1, 3, 5, 2, 4). Then reshape to (N, C * r * r, H // r, W // r).",
    ),
    reference=_unshuffled,
    draw=lambda rng: [
        (rng.normal(size=shape), r)
        for shape, r in [((1, 1, 2, 2), 2), ((2, 2, 4, 2), 2), ((1, 2, 3, 6), 3), ((2, 3, 4, 6), 2)]
    ],
    slips={
        "a and b are exchanged: rows first.": lambda x, r: np.swapaxes(
            _unshuffled(np.swapaxes(x, 2, 3), r), 2, 3
        ),
        "a reshape alone does not bring neighbours into different maps.": lambda x, r: x.reshape(
            x.shape[0], x.shape[1] * r * r, x.shape[2] // r, x.shape[3] // r
        ),
    },
)
def unshuffle(x: np.ndarray, r: int) -> np.ndarray:
    """Take an image apart into maps: the pixel shuffle, backwards, which is also its rule for gradients.

    The shuffle makes y[n, c, r i + a, r j + b] = x[n, r r c + r a + b, i, j]. Undo it: x has the shape (N,
    C, H, W), where H and W are multiples of r. Return the maps that it was made of, shape (N, C * r * r, H /
    r, W / r).

    >>> unshuffle(np.array([[[[1.0, 2.0], [3.0, 4.0]]]]), 2)
    array([[[[1.0]], [[2.0]], [[3.0]], [[4.0]]]])
    """
    N, C, H, W = x.shape
    parts = x.reshape(N, C, H // r, r, W // r, r).transpose(0, 1, 3, 5, 2, 4)
    return parts.reshape(N, C * r * r, H // r, W // r)


def _ratio(made: Any, true: Any, top: float) -> float:
    squares = [(a - b) ** 2 for a, b in zip(made.ravel().tolist(), true.ravel().tolist(), strict=True)]
    return 20 * math.log10(top) - 10 * math.log10(math.fsum(squares) / len(squares))


@exercise(
    title="How good, in decibels",
    hints=(
        "First the mean of the squared differences, over all pixels.",
        "Then compare it with the square of the largest value a pixel can have: top ** 2 / mean.",
        "10 * np.log10(top ** 2 / mean).",
    ),
    reference=_ratio,
    draw=lambda rng: [
        (rng.uniform(0, top, shape), rng.uniform(0, top, shape), top)
        for shape, top in [((2,), 1.0), ((3, 4), 2.0), ((2, 3, 3), 255.0), ((5,), 0.5)]
    ],
    slips={
        "the mean square is compared with top; compare it with the square of top.": lambda made, true, top: (
            _ratio(made, true, top) - 10 * math.log10(top)
        ),
        "the differences are averaged with their signs, and cancel: square them "
        "first.": lambda made, true, top: 10 * math.log10(top**2 / (made - true).mean() ** 2),
    },
    survivors={"made - true -> true - made": "the square is the same"},
)
def signal_to_noise(made: np.ndarray, true: np.ndarray, top: float) -> float:
    """Measure how near an enlarged image comes to the true one: the peak signal-to-noise ratio.

    made and true are arrays of one shape, with pixels from 0 to top. With the mean of their squared
    differences it is 10 * log10(top ** 2 / mean), in decibels; the more, the better. Return this number.

    Every pixel is off by 0.1, so the mean square is 0.01, and 1 is 100 times as much:

    >>> signal_to_noise(np.array([0.5, 0.7]), np.array([0.6, 0.6]), 1.0)
    20.0
    """
    mean = ((made - true) ** 2).mean()
    return 10 * np.log10(top**2 / mean)


def _blocks(x: Any, w: Any) -> Any:
    for k in range(w.shape[0]):
        x = x + w[k] * mg.tanh(x)
    return x


@exercise(
    title="A way round, in a row",
    hints=(
        "Go forward first and keep the input of each block. Then go through the blocks from the last "
        "to the first.",
        "A block's result is x + w * tanh(x). Its gradient reaches x on two ways, and w on one: dw = "
        "sum of dy * tanh(x).",
        "Backward at block k with its input x: dw[k] = (dy * np.tanh(x)).sum(); then dy = dy + dy * w[k] * "
        "(1 - np.tanh(x) ** 2). After the first block dy is dx.",
    ),
    gradient_of=_blocks,
    returns=("dx", "dw"),
    draw=lambda rng: [(rng.normal(size=d), rng.normal(size=k)) for d, k in [(1, 1), (2, 2), (4, 3), (3, 6)]],
    slips={
        "the way round is left out: dy itself goes back, too.": lambda dy, x, w: _narrow(dy, x, w),
    },
    survivors={
        "np.zeros_like -> np.ones_like": "every entry is written afterwards",
    },
)
def residual_rule(dy: np.ndarray, x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Hand a gradient back through a row of residual blocks.

    x is a vector. Each block makes x + w[k] * tanh(x) of it, with its weight w[k], and hands it to the next,
    for k = 0, 1, 2 and so on. dy is the gradient of the last one's result. Return those of x and of w.
    (tanh(x) has the slope 1 - tanh(x) ** 2.)

    At x = 0 nothing comes of tanh, and its slope is 1. Two blocks with the weights 2 and 3: dx is (1 + 2) *
    (1 + 3).

    >>> residual_rule(np.array([1.0]), np.array([0.0]), np.array([2.0, 3.0]))
    (array([12.0]), array([0.0, 0.0]))
    """
    inputs = []
    for weight in w:
        inputs.append(x)
        x = x + weight * np.tanh(x)
    dw = np.zeros_like(w)
    for k in reversed(range(len(w))):
        t = np.tanh(inputs[k])
        dw[k] = (dy * t).sum()
        dy = dy + dy * w[k] * (1 - t**2)
    return dy, dw


def _narrow(dy: Any, x: Any, w: Any) -> Any:
    inputs = []
    for weight in w:
        inputs.append(x)
        x = x + weight * np.tanh(x)
    dw = np.zeros_like(w)
    for k in reversed(range(len(w))):
        t = np.tanh(inputs[k])
        dw[k] = (dy * t).sum()
        dy = dy * w[k] * (1 - t**2)
    return dy, dw
