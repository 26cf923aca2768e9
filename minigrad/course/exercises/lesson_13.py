"""Exercises of lesson 13: two networks at odds, and clothes that nobody ever wore."""

from typing import Any

import numpy as np

import minigrad as mg
from minigrad.course.grading import exercise
from minigrad.nn import functional as F


@exercise(
    title="The rule of leaky ReLU",
    hints=(
        "The function has two straight pieces. What is the slope of each?",
        "1 where x is positive, and the small slope elsewhere.",
        "np.where(x > 0, dy, slope * dy).",
    ),
    gradient_of=lambda x, slope: F.leaky_relu(x, slope),
    returns=("dx",),
    draw=lambda rng: [
        (rng.normal(size=shape), float(rng.uniform(0.1, 0.4))) for shape in ((3,), (6,), (2, 5), (3, 4))
    ],
    survivors={"x > 0 -> x >= 0": "they differ where x is exactly 0, a kink"},
)
def leaky_relu_rule(dy: np.ndarray, x: np.ndarray, slope: float) -> np.ndarray:
    """Hand a gradient back through leaky ReLU, the unit of most discriminators.

    y is x where x is positive, and slope * x elsewhere: unlike ReLU, it lets a little through everywhere, so
    that the generator always learns something. slope is a number such as 0.2. Return dx. (0 itself is not
    tried.)

    >>> leaky_relu_rule(np.array([10.0, 10.0]), np.array([3.0, -3.0]), 0.2)
    array([10.0, 2.0])
    """
    return np.where(x > 0, dy, slope * dy)


def _discriminator_loss(real: Any, drawn: Any) -> Any:
    return (F.softplus(-real).mean() + F.softplus(drawn).mean()) / 2


@exercise(
    title="What the discriminator learns from",
    hints=(
        "D = sigmoid(score). The gradient of a score is what was said minus what is right, as in lesson 4. "
        "What is right for each?",
        "D - 1 for a real image and D for a drawn one. The loss is the mean of two means.",
        "(sigmoid(real) - 1) / (2 * len(real)), and sigmoid(drawn) / (2 * len(drawn)); dy is a factor "
        "of both.",
    ),
    gradient_of=_discriminator_loss,
    returns=("dreal", "ddrawn"),
    draw=lambda rng: [(rng.normal(size=n) * 2, rng.normal(size=m) * 2) for n, m in [(1, 1), (3, 3), (2, 5)]],
)
def discriminator_rule(dy: float, real: np.ndarray, drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Hand the gradient of the discriminator's loss back to its scores.

    real has the scores of N real images, drawn those of M drawn ones, and D = sigmoid(score) is the
    probability of being real. The loss is one half of: the mean of -log(D) over the real ones, plus the mean
    of -log(1 - D) over the drawn ones. dy is its gradient. Return those of real and of drawn.

    A score of 0 is D = 0.5. With one image of each kind:

    >>> discriminator_rule(1.0, np.array([0.0]), np.array([0.0]))
    (array([-0.25]), array([0.25]))
    """
    D_real, D_drawn = 1 / (1 + np.exp(-real)), 1 / (1 + np.exp(-drawn))
    return dy * (D_real - 1) / (2 * len(real)), dy * D_drawn / (2 * len(drawn))


def _slopes(score: float) -> tuple[float, float]:
    s = mg.tensor(float(score), dtype=mg.float64, requires_grad=True)
    losses = -F.softplus(s), F.softplus(-s)  # log(1 - D) and -log(D)
    game, other = (mg.autograd.grad(loss, s)[0].item() for loss in losses)
    return float(game), float(other)


@exercise(
    title="Two losses, two slopes",
    hints=(
        "D = sigmoid(score), and its slope is D * (1 - D). Use the chain rule, first for log(1 - D).",
        "The slope of log(1 - D) by D is -1 / (1 - D). Times D * (1 - D), much cancels. Now the same "
        "for -log(D).",
        "The first is -D and the second D - 1.",
    ),
    returns=("game", "other"),
    reference=_slopes,
    draw=lambda rng: [(float(v),) for v in (*rng.normal(size=4) * 2, -5.0, 4.0, -30.0)],
    close=1e-7,
    slips={
        "the two are exchanged.": lambda score: (
            1 / (1 + np.exp(-score)) - 1,
            -1 / (1 + np.exp(-score)),
        ),
        "these are slopes by D; go on to the score.": lambda score: (
            -1 - np.exp(score),
            -1 - np.exp(-score),
        ),
    },
)
def generator_slopes(score: float) -> tuple[float, float]:
    """Compare two losses that a generator can have, by what they give back.

    score is the discriminator's score of a drawn image, and D = sigmoid(score). The loss of the game is
    log(1 - D); the other one, that is used, is -log(D). Return the slopes of both by the score.

    At the score 0 both are -1/2. At -5 the discriminator is sure, and D is 0.0067: the first loss is nearly
    flat.

    >>> generator_slopes(0.0)
    (-0.5, -0.5)

    >>> generator_slopes(-5.0)
    (-0.0067, -0.9933)
    """
    D = 1 / (1 + np.exp(-score))
    return -D, D - 1


@exercise(
    title="Where chessboards come from",
    hints=(
        "Number i of the row reaches the pixels stride * i, stride * i + 1, ... How many, and which is "
        "the last?",
        "k pixels. The last number, count - 1, begins at stride * (count - 1), so the result has that "
        "plus k pixels.",
        "reached = [0] * (stride * (count - 1) + k); in two loops: reached[stride * i + a] += 1.",
    ),
    reference=lambda count, k, stride: [
        sum(1 for i in range(count) if 0 <= pixel - stride * i < k)
        for pixel in range((count - 1) * stride + k)
    ],
    draw=lambda rng: [
        (count, k, stride)
        for count, k, stride in [(2, 3, 2), (3, 4, 2), (4, 2, 1), (1, 5, 3), (5, 3, 3), (3, 2, 4), (6, 5, 2)]
    ],
    single=False,
)
def reached(count: int, k: int, stride: int) -> list[int]:
    """Count how often each pixel of a row is reached by a transposed convolution.

    There are count numbers. Each puts a kernel of k pixels down, the first one at pixel 0 and each further
    one stride pixels on. Return a list that says of every pixel of the result how many kernels lie on it.

    Three pixels, two apart, overlap at every second one; four do so equally everywhere but at the ends:

    >>> reached(3, 3, 2)
    [1, 1, 2, 1, 2, 1, 1]

    >>> reached(3, 4, 2)
    [1, 1, 2, 2, 2, 2, 1, 1]
    """
    counts = [0] * (stride * (count - 1) + k)
    for i in range(count):
        for a in range(k):
            counts[stride * i + a] += 1
    return counts
