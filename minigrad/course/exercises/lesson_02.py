"""Exercises of lesson 2: a network is a graph."""

import itertools
import math
from typing import Any

import numpy as np

import minigrad as mg
from minigrad.course.grading import exercise


def _network(x: Any, W1: Any, W2: Any) -> Any:
    x, W1, W2 = (mg.tensor(one, dtype=mg.float64) for one in (x, W1, W2))
    return np.asarray(mg.softmax(W2 @ mg.sigmoid(W1 @ x), 0))


@exercise(
    title="A small network, forward",
    hints=(
        "Four steps, one line each: v = W1 @ x, h is the sigmoid of v, z = W2 @ h, and softmax of z.",
        "The sigmoid is 1 / (1 + np.exp(-v)). It works on a whole array.",
        "e = np.exp(z) and then e / e.sum(): z is one column, so the sum over everything is the right one.",
    ),
    reference=_network,
    draw=lambda rng: [
        (rng.normal(size=(d, 1)), rng.normal(size=(h, d)), rng.normal(size=(c, h)))
        for d, h, c in [(1, 1, 2), (2, 3, 2), (10, 4, 2), (5, 6, 3)]
    ],
    slips={
        "the sigmoid between the two matrices is missing.": lambda x, W1, W2: np.asarray(
            mg.softmax(mg.tensor(W2 @ (W1 @ x)), 0)
        ),
        "it returns the scores; softmax is missing.": lambda x, W1, W2: W2 @ (1 / (1 + np.exp(-W1 @ x))),
    },
)
def network(x: np.ndarray, W1: np.ndarray, W2: np.ndarray) -> np.ndarray:
    """Compute what a network with one hidden layer says.

    x is a column of D inputs, of shape (D, 1). W1 has a row for each of H hidden units, shape (H, D), and
    W2 a row for each of C classes, shape (C, H). The hidden units are sigmoids of their weighted sums;
    softmax makes probabilities of the classes' scores. There are no biases. Return the probabilities, a
    column of shape (C, 1).

    With weights of 0, each hidden unit is one half. The first class gets the score 2 * 0.5 = 1, the second
    0, and the first has the share 2.718 / (2.718 + 1).

    >>> network(np.array([[5.0]]), np.array([[0.0]]), np.array([[2.0], [0.0]]))
    array([[0.731], [0.269]])
    """
    h = 1 / (1 + np.exp(-(W1 @ x)))
    e = np.exp(W2 @ h)
    return e / e.sum()


@exercise(
    title="How many numbers does it learn?",
    hints=(
        "A layer is a matrix between two numbers of units that stand next to each other. How many "
        "weights has it?",
        "From a to b units there are a * b weights, and b biases, if there are any.",
        "for layer in range(1, len(sizes)): add sizes[layer - 1] * sizes[layer], and sizes[layer] for "
        "the biases.",
    ),
    reference=lambda sizes, bias: sum((a + (1 if bias else 0)) * b for a, b in itertools.pairwise(sizes)),
    draw=lambda rng: [
        ([int(s) for s in rng.integers(1, 30, count)], bias)
        for count in (1, 2, 3, 5)
        for bias in (False, True)
    ],
    slips={
        "biases are counted for the inputs, too; only what is computed has one.": lambda sizes, bias: (
            sum(a * b for a, b in itertools.pairwise(sizes)) + (sum(sizes) if bias else 0)
        ),
    },
    single=False,
)
def count_weights(sizes: list[int], bias: bool) -> int:
    """Count the numbers that a dense network learns.

    sizes says how many units each layer has, from the inputs to the scores. Each unit has a weight for
    every unit before it. If bias is true, each unit has a bias, too; the inputs have none. Return how many
    numbers there are.

    The lesson's network, with 10 inputs, 4 hidden units and 2 classes, has 4 * 10 + 2 * 4 weights:

    >>> count_weights([10, 4, 2], False)
    48

    >>> count_weights([10, 4, 2], True)
    54
    """
    total = 0
    for layer in range(1, len(sizes)):
        total += sizes[layer - 1] * sizes[layer]
        if bias:
            total += sizes[layer]
    return total


def _evaluated(steps: Any, given: Any) -> Any:
    how: dict[str, Any] = {
        "+": lambda a, b: a + b,
        "*": lambda a, b: a * b,
        "-": lambda a: -a,
        "exp": math.exp,
    }
    values = list(given)
    for name, *places in steps:
        values.append(how[name](*(values[place] for place in places)))
    return values


def _steps(rng: np.random.Generator, given: int, count: int) -> Any:
    steps: list[Any] = []
    for node in range(given, given + count):
        name = str(rng.choice(["+", "*", "-"])) if len(steps) % 4 else "exp"
        places = [int(place) for place in rng.integers(0, given if name == "exp" else node, 2)]
        steps.append((name, *places[: 2 if name in "+*" else 1]))
    return steps


@exercise(
    title="A graph that computes",
    hints=(
        "Begin with a list of the values that are given. Each step adds one to it.",
        "A step is a tuple: its first part names the operation, the others are numbers of values in "
        "the list.",
        'values = list(given); for name, *places in steps: look up the values of places; if name is "+", '
        "append their sum, and so on.",
    ),
    reference=_evaluated,
    draw=lambda rng: [
        (_steps(rng, given, count), [float(v) for v in rng.normal(size=given)])
        for given, count in [(1, 1), (2, 3), (2, 6), (3, 9)]
    ],
    single=False,
)
def evaluate(steps: list[tuple], given: list[float]) -> list[float]:
    """Compute all values of a graph, in order.

    The first values are given. Each step then makes one more from earlier ones, whose places in the list it
    names: ("+", i, j) adds two values, ("*", i, j) multiplies them, ("-", i) takes one with the other sign,
    and ("exp", i) is the exponential function. Return the list of all values, the given ones first.

    With a = 2 given: a + a is 4, times a is 8, and with the other sign -8.

    >>> evaluate([("+", 0, 0), ("*", 1, 0), ("-", 2)], [2.0])
    [2.0, 4.0, 8.0, -8.0]
    """
    values = list(given)
    for name, *places in steps:
        first = values[places[0]]
        if name == "+":
            values.append(first + values[places[1]])
        elif name == "*":
            values.append(first * values[places[1]])
        elif name == "-":
            values.append(-first)
        else:
            values.append(np.exp(first))
    return values


def _needing(parents: Any, learned: Any) -> Any:
    def needs(node: int) -> bool:
        return node in learned or any(needs(parent) for parent in parents[node])

    return [needs(node) for node in range(len(parents))]


@exercise(
    title="Who needs a gradient?",
    hints=(
        "A node that was computed from something learned needs one, and what is computed from that "
        "node, too.",
        "Go through the nodes in their order: of each, the parents have been looked at before.",
        "needs[k] is true if k is in learned, or if any needs[p] of its parents p is true.",
    ),
    reference=_needing,
    draw=lambda rng: [
        (
            [[] if k < 3 else sorted({int(p) for p in rng.integers(0, k, 2)}) for k in range(count)],
            [int(rng.integers(0, 3))] if count != 9 else [],
        )
        for count in (4, 5, 6, 8, 9, 12)
    ],
    slips={
        "it looks at the parents alone. What is needed further up, passes on.": lambda parents, learned: [
            node in learned or any(parent in learned for parent in those)
            for node, those in enumerate(parents)
        ],
    },
    single=False,
)
def needs_gradient(parents: list[list[int]], learned: list[int]) -> list[bool]:
    """Find out along which nodes backward has to go.

    parents[k] lists the nodes that node k was computed from; all have smaller numbers. learned lists the
    nodes that are weights, with requires_grad=True. A gradient is needed for these, and for every node that
    depends on one, at whatever distance. Return a list of True and False, one for each node.

    Node 0 is an input x, node 1 a weight w, node 2 is w * x, and node 3 is x * x:

    >>> needs_gradient([[], [], [0, 1], [0]], [1])
    [False, True, True, False]
    """
    needs: list[bool] = []
    for k, those in enumerate(parents):
        needs.append(k in learned or any(needs[p] for p in those))
    return needs
