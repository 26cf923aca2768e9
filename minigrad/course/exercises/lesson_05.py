"""Exercises of lesson 5: entropy, and why the loss is a cross-entropy."""

import math
from typing import Any

import numpy as np

import minigrad as mg
from minigrad.course.grading import exercise
from minigrad.nn import functional as F


def _shares(rng: np.random.Generator, count: int, zeros: int = 0) -> Any:
    p = rng.uniform(0.1, 1, count)
    p[rng.permutation(count)[:zeros]] = 0
    return p / p.sum()


@exercise(
    title="Entropy in bits",
    hints=(
        "Each outcome brings log2(1 / p) bits, and comes as often as p says.",
        "An outcome with p = 0 never comes, and adds nothing. But log2(1 / 0) is infinite, and 0 * infinity "
        "is no number: leave these outcomes out.",
        "p = p[p > 0], and then -(p * np.log2(p)).sum().",
    ),
    reference=lambda p: sum(float(one) * math.log2(1 / float(one)) for one in p if one > 0),
    draw=lambda rng: [
        (_shares(rng, 2),),
        (_shares(rng, 5),),
        (_shares(rng, 4, zeros=2),),
        (np.array([0.0, 1.0, 0.0]),),
        (_shares(rng, 8, zeros=1),),
    ],
    slips={
        "it is in natural units. Bits take the logarithm to the base 2.": lambda p: (
            -(p[p > 0] * np.log(p[p > 0])).sum()
        ),
        "outcomes with the probability 0 make it no number: leave them out.": lambda p: (
            -(p * np.log2(p)).sum()
        ),
    },
)
def entropy(p: np.ndarray) -> float:
    """Compute how many bits an outcome brings on average.

    p has the probabilities of all outcomes; they add up to 1, and some may be 0. The entropy is the sum of
    p * log2(1 / p), where an outcome that never comes adds nothing.

    Half of the time 1 bit, and twice a quarter of the time 2 bits:

    >>> entropy(np.array([0.5, 0.25, 0.25]))
    1.5

    >>> entropy(np.array([1.0, 0.0]))
    0.0
    """
    p = p[p > 0]
    return -(p * np.log2(p)).sum()


def _divergence(p: Any, q: Any) -> float:
    total = 0.0
    for one, guess in zip(p, q, strict=True):
        if one > 0:
            total += math.inf if guess == 0 else one * (math.log2(one) - math.log2(guess))
    return total


@exercise(
    title="The price of a wrong guess",
    hints=(
        "Only outcomes that come count: those with p > 0.",
        "Of these, each pays log2(1 / q) bits where log2(1 / p) would do. The difference is log2(p / q).",
        "keep = p > 0; then (p[keep] * np.log2(p[keep] / q[keep])).sum(). Dividing by 0 gives the infinity "
        "that is asked for; NumPy warns of it, and that may be left so.",
    ),
    reference=_divergence,
    draw=lambda rng: [
        (_shares(rng, 2), _shares(rng, 2)),
        (_shares(rng, 5), _shares(rng, 5)),
        (_shares(rng, 4, zeros=2), _shares(rng, 4)),
        (np.array([0.5, 0.5]), np.array([1.0, 0.0])),
        (np.array([0.5, 0.5, 0.0]), np.array([0.25, 0.75, 0.0])),
        (_shares(rng, 6, zeros=1), _shares(rng, 6)),
    ],
    slips={
        "guess and truth are exchanged: the outcomes come as often as p says.": lambda p, q: _divergence(
            q, p
        ),
    },
)
def divergence(p: np.ndarray, q: np.ndarray) -> float:
    """Compute the Kullback-Leibler divergence of p and q, in bits.

    It is what the guess q costs more than the truth p: the sum of p * log2(p / q). What never comes, p = 0,
    adds nothing, whatever q says. What comes and was held for impossible, q = 0, costs infinitely much.

    The guess 1/4 for heads of a fair coin: half of the time it costs 1 bit more, log2(2), and half of the
    time it saves log2(1.5) = 0.585 bits.

    >>> divergence(np.array([0.5, 0.5]), np.array([0.25, 0.75]))
    0.2075

    >>> divergence(np.array([0.0, 1.0]), np.array([0.5, 0.5]))
    1.0
    """
    keep = p > 0
    return (p[keep] * np.log2(p[keep] / q[keep])).sum()


def _readable(words: Any) -> bool:
    seen: set[str] = set()
    for word in sorted(words, key=len):
        if any(word[:length] in seen for length in range(len(word) + 1)):
            return False
        seen.add(word)
    return True


@exercise(
    title="Can it be read without gaps?",
    hints=(
        "A message is clear if no word is the beginning of another. So compare every word with every other.",
        "word.startswith(other) says whether it is. A word must not be compared with itself, but with "
        "its double.",
        "Two loops over range(len(words)), for i and for j; return False if i != j and "
        "words[i].startswith(words[j]). At the end return True.",
    ),
    reference=_readable,
    draw=lambda rng: [
        (words,)
        for words in (
            ["0"],
            ["0", "1"],
            ["0", "01"],
            ["01", "0"],
            ["00", "01", "10", "11"],
            ["1", "01", "001", "000"],
            ["10", "0", "10"],
            ["110", "0", "111", "1"],
            ["010", "10", "011", "00", "11"],
            [format(int(number), "04b") for number in rng.permutation(16)[:6]],
        )
    ],
    single=False,
)
def can_be_read(words: list[str]) -> bool:
    """Say whether a code can be read without gaps between its words.

    It can, in the simple way of the lesson, if no word is the beginning of another one. Two equal words
    cannot be told apart, either. Return True or False.

    >>> can_be_read(["0", "10", "110", "111"])
    True

    After 1, nobody knows whether it is a word or the beginning of 10:

    >>> can_be_read(["0", "10", "1"])
    False
    """
    for i in range(len(words)):
        for j in range(len(words)):
            if i != j and words[i].startswith(words[j]):
                return False
    return True


@exercise(
    title="The slope of a likelihood",
    hints=(
        "The loss is -(heads * log(q) + tails * log(1 - q)) / (heads + tails). What is the slope of log(q)? "
        "Of log(1 - q)?",
        "1 / q, and -1 / (1 - q): in the second one a minus comes out of 1 - q.",
        "So the slope is -(heads / q - tails / (1 - q)) / (heads + tails), and dy is a factor.",
    ),
    gradient_of=lambda q, heads, tails: -(heads * mg.log(q) + tails * mg.log(1 - q)) / (heads + tails),
    returns=("dq",),
    draw=lambda rng: [
        (float(rng.uniform(0.1, 0.9)), heads, tails)
        for heads, tails in [(1, 1), (8, 2), (0, 3), (5, 0), (7, 12)]
    ],
)
def coin_rule(dy: float, q: float, heads: int, tails: int) -> float:
    """Find out where a guess for a coin should move.

    A coin fell on heads and on tails so many times. The loss of the guess q, the probability of heads, is
    -(heads * log(q) + tails * log(1 - q)) / (heads + tails). dy is the gradient of the loss; return that of
    q.

    Eight heads and two tails, and the guess 1/2: the slope is -(16 - 4) / 10. The guess is too low.

    >>> coin_rule(1.0, 0.5, 8, 2)
    -1.2

    At the frequency, the slope is 0:

    >>> coin_rule(1.0, 0.8, 8, 2)
    0.0
    """
    return -dy * (heads / q - tails / (1 - q)) / (heads + tails)


@exercise(
    title="Yes or no, from a score",
    hints=(
        "With p = sigmoid(z), the loss is -log(p) for yes and -log(1 - p) for no. For large z, 1 - p is "
        "rounded to 0. What is -log(sigmoid(z)) when written with exp?",
        "-log(p) is log(1 + exp(-z)), and -log(1 - p) is log(1 + exp(z)) = z + log(1 + exp(-z)). So both are "
        "(1 - y) * z + log(1 + exp(-z)). It still overflows for very negative z.",
        "log(1 + exp(-z)) is max(-z, 0) + log1p(exp(-|z|)): np.maximum, np.log1p and np.abs. Then the mean.",
    ),
    reference=lambda z, y: np.asarray(F.binary_cross_entropy_with_logits(mg.tensor(z), mg.tensor(y))),
    draw=lambda rng: [
        (rng.normal(size=n) * scale, rng.integers(0, 2, n).astype(float))
        for n, scale in [(1, 1), (2, 1), (3, 5), (6, 1000), (5, 1)]
    ],
    slips={
        "with large scores it overflows, or takes the logarithm of 0.": lambda z, y: (
            -(y * np.log(1 / (1 + np.exp(-z))) + (1 - y) * np.log(1 - 1 / (1 + np.exp(-z)))).mean()
        ),
        "yes and no are exchanged.": lambda z, y: np.asarray(
            F.binary_cross_entropy_with_logits(mg.tensor(z), mg.tensor(1 - y))
        ),
    },
)
def yes_no_loss(z: np.ndarray, y: np.ndarray) -> float:
    """Compute the cross-entropy of yes-or-no answers from their scores.

    z has N scores, and y the right answers, 1.0 for yes and 0.0 for no. The probability of yes is
    sigmoid(z). The loss of an example is -log of the probability of the right answer. Return the mean.
    Scores may be as far from 0 as 1000.

    At the score 0 both answers have one half:

    >>> yes_no_loss(np.array([0.0]), np.array([1.0]))
    0.6931

    A score of 1000 that should be a no costs 1000; one that should be a yes costs nothing:

    >>> yes_no_loss(np.array([1000.0, 1000.0]), np.array([0.0, 1.0]))
    500.0
    """
    return ((1 - y) * z + np.maximum(-z, 0) + np.log1p(np.exp(-np.abs(z)))).mean()
