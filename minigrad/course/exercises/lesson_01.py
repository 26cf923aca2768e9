"""Exercises of lesson 1: the perceptron, and what a good representation is worth."""

from typing import Any

import numpy as np

from minigrad.course.grading import exercise


def _says(X: Any, w: Any, b: Any) -> Any:
    return np.array([1 if sum(a * c for a, c in zip(row, w, strict=True)) + b > 0 else 0 for row in X])


def _grid(rng: np.random.Generator, *shape: int) -> Any:
    """Small whole numbers, so that a score of exactly 0 comes up, too."""
    return rng.integers(-2, 3, shape).astype(float)


@exercise(
    title="What a perceptron says",
    hints=(
        "The score of one point is w[0] * x[0] + w[1] * x[1] + ... + b. What does a matrix do with all "
        "rows at once?",
        "X @ w + b is an array of the scores, one for each row of X.",
        "A comparison makes True and False of it; (X @ w + b > 0).astype(int) makes 1 and 0 of these.",
    ),
    reference=_says,
    draw=lambda rng: [
        (_grid(rng, n, d), _grid(rng, d), float(rng.integers(-2, 3)))
        for n, d in [(1, 2), (4, 2), (12, 2), (8, 5)]
    ],
    slips={
        "a score of 0 is a no: the score must be greater than 0.": lambda X, w, b: (X @ w + b >= 0).astype(
            int
        ),
        "it returns the scores. The answer is 1 where a score is greater than 0, else 0.": lambda X, w, b: (
            X @ w + b
        ),
        "the bias is missing.": lambda X, w, b: (X @ w > 0).astype(int),
    },
)
def perceptron_says(X: np.ndarray, w: np.ndarray, b: float) -> np.ndarray:
    """Let a perceptron answer for many points at once.

    X has a point in each row, shape (N, D); w has D weights, and b is the bias. Return an array of N whole
    numbers: 1 for a point whose score is greater than 0, else 0.

    With weights 1 and 1 and the bias -1.5, the perceptron says "and": only 1 + 1 - 1.5 is greater than 0.

    >>> perceptron_says(np.array([[0.0, 1.0], [1.0, 1.0]]), np.array([1.0, 1.0]), -1.5)
    array([0, 1])

    A score of 0 is a no:

    >>> perceptron_says(np.array([[2.0, 1.0]]), np.array([1.0, -1.0]), -1.0)
    array([0])
    """
    return (X @ w + b > 0).astype(int)


def _step(w: Any, b: Any, x: Any, y: Any) -> Any:
    said = int(_says([x], w, b)[0])
    if said == y:
        return w, b
    return (w + x, b + 1) if y == 1 else (w - x, b - 1)


@exercise(
    title="One step of the perceptron's rule",
    hints=(
        "First find out what the perceptron says for x. There are three cases: right, 0 that should be 1, 1 "
        "that should be 0.",
        "y minus the answer is 0, 1 or -1 in the three cases. What is added to w in each of them?",
        "error = y - answer; then return w + error * x, b + error.",
    ),
    returns=("w", "b"),
    reference=_step,
    draw=lambda rng: [
        *(
            (np.array([1.0, -1.0]), b, np.array([2.0, 1.0]), y)
            for b in (-2.0, -1.0, 0.0)  # the scores -1, 0 and 1
            for y in (0, 1)
        ),
        *((_grid(rng, d), float(rng.integers(-2, 3)), _grid(rng, d), y) for d in (2, 5, 5) for y in (0, 1)),
    ],
    slips={
        "it goes the wrong way: a score that is too low must become higher.": lambda w, b, x, y: (
            2 * w - _step(w, b, x, y)[0],
            2 * b - _step(w, b, x, y)[1],
        ),
        "the bias stays as it was; it learns, too.": lambda w, b, x, y: (_step(w, b, x, y)[0], b),
    },
    survivors={"x @ w -> w @ x": "of two vectors it is the same number"},
)
def perceptron_step(w: np.ndarray, b: float, x: np.ndarray, y: int) -> tuple[np.ndarray, float]:
    """Learn from one example.

    x is a point, and y the right answer, 0 or 1. If the perceptron with weights w and bias b answers
    rightly, return w and b as they are. If it says 0 and should say 1, add x to w, and 1 to b; if it says 1
    and should say 0, subtract them. (It says 1 if the score is greater than 0.)

    The score of (1, 2) is -0.5, so it says 0:

    >>> perceptron_step(np.array([0.0, 0.0]), -0.5, np.array([1.0, 2.0]), 1)
    (array([1.0, 2.0]), 0.5)

    >>> perceptron_step(np.array([0.0, 0.0]), -0.5, np.array([1.0, 2.0]), 0)
    (array([0.0, 0.0]), -0.5)
    """
    error = y - int(x @ w + b > 0)
    return w + error * x, b + error


def _learned(X: Any, y: Any, passes: int) -> Any:
    w, b = np.zeros(X.shape[1]), -0.5
    mistakes: list[int] = []
    while passes > 0 and (not mistakes or mistakes[-1]):
        passes -= 1
        mistakes.append(0)
        for row, right in zip(X, y, strict=True):
            now = _step(w, b, row, right)
            mistakes[-1] += int(now[1] != b)
            w, b = now
    return w, b, mistakes


def _points(rng: np.random.Generator, n: int, d: int) -> tuple[Any, Any]:
    """Points that a line tells apart."""
    X, w = rng.normal(size=(n, d)), rng.normal(size=d)
    return X, (X @ w > 0).astype(int)


@exercise(
    title="A perceptron that learns",
    hints=(
        "Two loops: over the passes, and inside over the points. Count the mistakes of a pass as you go.",
        "For each point: error = y - answer; w = w + error * x; b = b + error. A mistake is an error "
        "that is not 0.",
        "At the end of a pass append the count to the list, and leave the loop with break if it is 0.",
    ),
    returns=("w", "b", "mistakes"),
    reference=_learned,
    draw=lambda rng: [
        (*_points(rng, 6, 2), 5),
        (*_points(rng, 20, 3), 50),
        (_grid(rng, 12, 2), rng.integers(0, 2, 12), 4),
        (_grid(rng, 12, 3) / 2, rng.integers(0, 2, 12), 6),
    ],
    survivors={"point @ w -> w @ point": "of two vectors it is the same number"},
    single=False,
)
def perceptron_learn(X: np.ndarray, y: np.ndarray, passes: int) -> tuple[np.ndarray, float, list[int]]:
    """Teach a perceptron with examples: the whole of Rosenblatt's program.

    X has a point in each row, and y the right answers, 0 or 1. Begin with weights of 0 and the bias -0.5.
    Go through the points in their order; whenever an answer is wrong, change weights and bias by the
    perceptron's rule at once. Do so again, at most as many times as passes says, and stop after a pass
    without a mistake. Return the weights, the bias, and a list of how many mistakes there were in each
    pass.

    One point, (1, 0), whose answer is yes: a mistake in the first pass and none in the second.

    >>> perceptron_learn(np.array([[1.0, 0.0]]), np.array([1]), 9)
    (array([1.0, 0.0]), 0.5, [1, 0])
    """
    w, b = np.zeros(X.shape[1]), -0.5
    mistakes = []
    for _ in range(passes):
        wrong = 0
        for point, right in zip(X, y, strict=True):
            error = right - int(point @ w + b > 0)
            w, b = w + error * point, b + error
            wrong += abs(error)
        mistakes.append(int(wrong))
        if wrong == 0:
            break
    return w, b, mistakes


def _two_layers(X: Any, W1: Any, b1: Any, w2: Any, b2: Any) -> Any:
    hidden = np.stack([_says(X, W1[:, unit], b1[unit]) for unit in range(W1.shape[1])], axis=1)
    return _says(hidden, w2, b2)


@exercise(
    title="Two layers of perceptrons",
    hints=(
        "The first layer makes new points of the old ones: of each, what its perceptrons say. What are "
        "their shapes?",
        "H = (X @ W1 + b1 > 0) has a row for each point and a column for each perceptron of the first layer.",
        "The last one looks at H as the first ones look at X: (H @ w2 + b2 > 0).astype(int).",
    ),
    reference=_two_layers,
    draw=lambda rng: [
        (_grid(rng, n, d), _grid(rng, d, h), _grid(rng, h) / 2, _grid(rng, h), float(rng.integers(-2, 3)) / 2)
        for n, d, h in [(4, 2, 2), (6, 2, 3), (40, 3, 4), (40, 2, 3), (40, 2, 5)]
    ],
    slips={
        "the first layer hands on its scores. Two such layers are one: make a yes or no of them first.": (
            lambda X, W1, b1, w2, b2: ((X @ W1 + b1) @ w2 + b2 > 0).astype(int)
        ),
    },
)
def two_layers(X: np.ndarray, W1: np.ndarray, b1: np.ndarray, w2: np.ndarray, b2: float) -> np.ndarray:
    """Let a perceptron look at what other perceptrons say.

    X has a point in each row, shape (N, D). The first layer is H perceptrons: their weights are the columns
    of W1, of shape (D, H), their biases are b1. The last one has the weights w2 and the bias b2, and looks
    at what they say, 0 or 1 each. Return what it says for each point, N whole numbers.

    Here the first says "or" and the second "and", and the last is yes when "or" is and "and" is not:
    exclusive or.

    >>> two_layers(np.array([[0.0, 1.0], [1.0, 1.0]]), np.array([[1.0, 1.0], [1.0, 1.0]]),
    ...            np.array([-0.5, -1.5]), np.array([1.0, -2.0]), -0.5)
    array([1, 0])
    """
    H = (X @ W1 + b1 > 0).astype(int)
    return (H @ w2 + b2 > 0).astype(int)


def _softmax(z: Any) -> Any:
    return np.array([1 / sum(np.exp(min(other - one, 700.0)) for other in z) for one in z])


@exercise(
    title="Softmax that does not overflow",
    hints=(
        "exp(1000) is too large for a computer's number, and infinity divided by infinity is no number. But "
        "what happens to the shares if all scores are lowered by the same number?",
        "Nothing: exp(z - c) is exp(z) / exp(c), and the factor is above and below the line. So choose "
        "a good c.",
        "Subtract the largest score: e = np.exp(z - z.max()), and return e / e.sum().",
    ),
    reference=_softmax,
    draw=lambda rng: [
        (rng.normal(size=2),),
        (rng.normal(size=5),),
        (np.array([1000.0, 1001.0, 998.0]) + rng.normal(size=3),),
        (np.array([-1000.0, -1001.0]) + rng.normal(size=2),),
        (np.array([0.0, -3000.0, 5.0]),),
        (rng.normal(size=7) * 3,),
    ],
    slips={
        "with large scores exp overflows: subtract the largest one first.": lambda z: (
            np.exp(z) / np.exp(z).sum()
        ),
        "it subtracts the mean; one score may still be far above it. Subtract the largest.": (
            lambda z: np.exp(z - z.mean()) / np.exp(z - z.mean()).sum()
        ),
    },
)
def softmax(z: np.ndarray) -> np.ndarray:
    """Make probabilities of scores, however large these are.

    Softmax divides exp of each score by the sum of them all. z is a vector of scores. Return their
    probabilities.

    exp(0) is 1 and exp(0.6931) is 2, so the shares are 1 in 3 and 2 in 3. The same with 1000 more:

    >>> softmax(np.array([0.0, 0.6931]))
    array([0.333, 0.667])

    >>> softmax(np.array([1000.0, 1000.6931]))
    array([0.333, 0.667])
    """
    e = np.exp(z - z.max())
    return e / e.sum()
