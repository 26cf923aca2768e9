"""Exercises of lesson 4: softmax regression by hand."""

from typing import Any

import numpy as np

import minigrad as mg
from minigrad.course.grading import exercise
from minigrad.nn import functional as F


@exercise(
    title="The logarithm of a sum of exponentials",
    hints=(
        "exp(1000) is infinite. But log(exp(1000) + exp(1000)) is an ordinary number: which one?",
        "Take a factor out of the sum: exp(z) = exp(m) * exp(z - m). The logarithm of a product is a sum.",
        "With m = z.max(): m + np.log(np.exp(z - m).sum()).",
    ),
    reference=lambda z: np.asarray(mg.logsumexp(mg.tensor(z), 0)),
    draw=lambda rng: [
        (rng.normal(size=1),),
        (rng.normal(size=4),),
        (rng.normal(size=3) + 1000,),
        (rng.normal(size=3) - 1000,),
        (np.array([0.0, 3000.0, 2999.0]),),  # their mean is not near enough to the largest
        (rng.normal(size=9) * 5,),
    ],
    slips={
        "with large scores exp overflows, and with very negative ones log of 0 is taken: take out the "
        "largest.": (lambda z: np.log(np.exp(z).sum())),
        "what was taken out of the sum must be added again.": lambda z: np.log(np.exp(z - z.max()).sum()),
        "it takes the mean out; one score may still be far above it. Take out the largest.": lambda z: (
            z.mean() + np.log(np.exp(z - z.mean()).sum())
        ),
    },
)
def log_sum_exp(z: np.ndarray) -> float:
    """Compute log(exp(z[0]) + exp(z[1]) + ...), however large the scores are.

    It stands in every cross-entropy: the logarithm of softmax is z minus this number. z is a vector. Return
    a number.

    exp(0) + exp(0) is 2, and log(2) is 0.6931. With 1000 more, the result is 1000 more.

    >>> log_sum_exp(np.array([0.0, 0.0]))
    0.6931

    >>> log_sum_exp(np.array([1000.0, 1000.0]))
    1000.6931
    """
    m = z.max()
    return m + np.log(np.exp(z - m).sum())


@exercise(
    title="Cross-entropy of scores",
    hints=(
        "Of each row you need the logarithm of the probability of one class: its score, minus log of "
        "the sum of exp.",
        "Subtract the largest score of each row first (keepdims=True keeps the shape (N, 1)). "
        "Then log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True)).",
        "The right classes' entries are log_p[np.arange(len(z)), labels]. The loss is minus their mean.",
    ),
    reference=lambda z, labels: np.asarray(F.cross_entropy(mg.tensor(z), mg.tensor(labels))),
    draw=lambda rng: [
        (rng.normal(size=(n, c)) * scale, rng.integers(0, c, n))
        for n, c, scale in [(1, 2, 1), (2, 2, 1), (3, 4, 2), (4, 3, 900), (6, 5, 1)]
    ],
    survivors={"z -> labels (5)": "there are as many labels as rows of z"},
    slips={
        "it is the sum over the examples; the loss is their mean.": lambda z, labels: np.asarray(
            F.cross_entropy(mg.tensor(z), mg.tensor(labels), reduction="sum")
        ),
        "with large scores exp overflows: subtract the largest of each row first.": lambda z, labels: (
            -np.log(np.exp(z) / np.exp(z).sum(axis=1, keepdims=True))[np.arange(len(z)), labels].mean()
        ),
    },
)
def cross_entropy(z: np.ndarray, labels: np.ndarray) -> float:
    """Compute the loss of a batch from its scores.

    z has the scores of an example in each row, shape (N, C); labels has the number of its right class,
    shape (N,). The loss of an example is minus the logarithm of the probability that softmax gives to the
    right class. Return the mean over the examples. Scores may be as large as 1000.

    Two equal scores share the probability, and -log(1/2) is 0.6931:

    >>> cross_entropy(np.array([[3.0, 3.0]]), np.array([1]))
    0.6931

    >>> cross_entropy(np.array([[1000.0, 0.0], [0.0, 0.0]]), np.array([0, 1]))
    0.3466
    """
    z = z - z.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(z)), labels].mean()


@exercise(
    title="Backward through softmax",
    hints=(
        "Every probability depends on every score of its row. How does y[i] move when z[j] moves, for "
        "i = j, and else?",
        "y[i] * (1 - y[i]) for i = j, and -y[i] * y[j] else. So dz[j] = sum over i of dy[i] * that.",
        "Take y[j] out: dz[j] = y[j] * (dy[j] - sum over i of dy[i] * y[i]). The sum is over a row.",
    ),
    gradient_of=lambda z: mg.softmax(z, 1),
    returns=("dz",),
    draw=lambda rng: [(rng.normal(size=shape),) for shape in ((1, 2), (1, 3), (3, 2), (4, 5))],
)
def softmax_rule(dy: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Hand a gradient back through softmax, with its result.

    y has the probabilities of an example in each row, shape (N, C), made by softmax of scores z; dy is the
    gradient that arrives at them. Return dz, of the same shape.

    Of two equal classes, let only the first get a gradient. Its score gets 0.5 * 0.5 of it, and the other
    minus that:

    >>> softmax_rule(np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]]))
    array([[0.25, -0.25]])
    """
    return y * (dy - (dy * y).sum(axis=1, keepdims=True))


@exercise(
    title="Backward from the loss to the scores",
    hints=(
        "The lesson found that the gradient of a score is what the network said, minus what is right.",
        "What is right is 1 at the label and 0 elsewhere. And the loss is a mean: each example has a "
        "share of it.",
        "p = softmax(z) in each row; subtract 1 at p[np.arange(N), labels]; then dy * p / N.",
    ),
    gradient_of=lambda z, labels: F.cross_entropy(z, labels),
    returns=("dz",),
    draw=lambda rng: [
        (rng.normal(size=(n, c)) + far * np.resize([1, 1, -1, -1], (n, c)), rng.integers(0, c, n))
        for n, c, far in [(1, 2, 0), (2, 3, 0), (4, 2, 900), (4, 3, 900), (5, 4, 1)]  # rows far apart, or not
    ],
    survivors={
        "z -> labels (2)": "there are as many labels as rows of z",
        "z -> labels (4)": "there are as many labels as rows of z",
    },
)
def cross_entropy_rule(dy: float, z: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Hand a gradient back through softmax and cross-entropy in one.

    z has the scores of an example in each row, shape (N, C), and labels the numbers of the right classes.
    The loss is the mean over the examples of -log(probability of the right class), and dy, a number, is its
    gradient. Scores may be as far from 0 as 1000. Return the gradient of z.

    Two equal scores say 0.5 and 0.5, and right is 0 and 1:

    >>> cross_entropy_rule(1.0, np.array([[3.0, 3.0]]), np.array([1]))
    array([[0.5, -0.5]])

    >>> cross_entropy_rule(4.0, np.array([[3.0, 3.0], [0.0, 0.0]]), np.array([1, 0]))
    array([[1.0, -1.0], [-1.0, 1.0]])
    """
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(len(z)), labels] -= 1
    return dy * p / len(z)


@exercise(
    title="Backward through a layer",
    hints=(
        "z[n, c] = sum over d of x[n, d] * W[c, d], plus b[c]. Which z does b[c] reach? And W[c, d]?",
        "b[c] reaches z[n, c] of every example n: add up. W[c, d] does, too, and each time x[n, d] is "
        "the factor.",
        "db = dz.sum(axis=0). dW has the shape (C, D): dz is (N, C) and x is (N, D), so it is dz.T @ "
        "x. And dx?",
    ),
    gradient_of=lambda x, W, b: x @ W.T + b,
    returns=("dx", "dW", "db"),
    draw=lambda rng: [
        (rng.normal(size=(n, d)), rng.normal(size=(c, d)), rng.normal(size=c))
        for n, d, c in [(1, 2, 1), (2, 2, 2), (3, 4, 2), (1, 3, 5), (6, 2, 3)]
    ],
)
def linear_rule(dy: np.ndarray, x: np.ndarray, W: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hand a gradient back through a layer, z = x @ W.T + b.

    x has an example in each row, shape (N, D); W has a row of weights for each class, shape (C, D); b has C
    biases. dy is the gradient of z, of shape (N, C). Return the gradients of x, of W and of b.

    One example (1, 2) and one class with the weights (3, 4). If 10 arrives:

    >>> linear_rule(np.array([[10.0]]), np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]]))
    (array([[30.0, 40.0]]), array([[10.0, 20.0]]), array([10.0]))
    """
    return dy @ W, dy.T @ x, dy.sum(axis=0)


def _descended(W: Any, b: Any, x: Any, labels: Any, alpha: float) -> Any:
    W, b = mg.tensor(W, requires_grad=True), mg.tensor(b, requires_grad=True)
    F.cross_entropy(mg.tensor(x) @ W.T + b, mg.tensor(labels)).backward()
    assert W.grad is not None and b.grad is not None
    return (W - alpha * W.grad).detach().numpy(), (b - alpha * b.grad).detach().numpy()


@exercise(
    title="A step of softmax regression",
    hints=(
        "Put the last two exercises together: from the loss to the scores, from the scores to W and b.",
        "The gradient of the scores is (p - right) / N, where right has a 1 at each label.",
        "dW = dz.T @ x and db = dz.sum(axis=0); then W - alpha * dW and b - alpha * db.",
    ),
    returns=("W", "b"),
    reference=_descended,
    draw=lambda rng: [
        (
            rng.normal(size=(c, d)),
            rng.normal(size=c),
            rng.normal(size=(n, d)) * far,
            rng.integers(0, c, n),
            0.5,
        )
        for n, d, c, far in [(1, 2, 2, 1), (3, 2, 2, 1), (8, 4, 3, 900), (5, 4, 3, 1)]
    ],
    survivors={
        "x -> labels (2)": "there are as many labels as rows of x",
        "x -> labels (4)": "there are as many labels as rows of x",
    },
    slips={
        "it goes up the gradient: new = old - alpha * gradient.": lambda W, b, x, labels, alpha: _descended(
            W, b, x, labels, -alpha
        ),
        "the loss is a mean: divide by the number of examples.": lambda W, b, x, labels, alpha: _descended(
            W, b, x, labels, alpha * len(x)
        ),
    },
)
def softmax_step(
    W: np.ndarray, b: np.ndarray, x: np.ndarray, labels: np.ndarray, alpha: float
) -> tuple[np.ndarray, np.ndarray]:
    """Make one step of gradient descent for softmax regression.

    The scores are z = x @ W.T + b, and the loss is the mean cross-entropy of the right classes, labels.
    Scores may be as far from 0 as 1000. Return the new W and the new b after a step with the learning rate
    alpha.

    All weights are 0, so both classes get 0.5; right is the first. The scores' gradients are -0.5 and 0.5.

    >>> softmax_step(np.zeros((2, 1)), np.zeros(2), np.array([[3.0]]), np.array([0]), 0.2)
    (array([[0.3], [-0.3]]), array([0.1, -0.1]))
    """
    z = x @ W.T + b
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(len(x)), labels] -= 1
    return W - alpha * p.T @ x / len(x), b - alpha * p.mean(axis=0)
