"""Exercises of lesson 0: an engine from nothing."""

from typing import Any

import numpy as np

import minigrad as mg
from minigrad.course.grading import exercise


@exercise(
    title="The slope of a power",
    hints=(
        "By how much does x * x move when x moves a little? And x * x * x? What is the rule behind both?",
        "The exponent comes down as a factor, and the new exponent is one less.",
        "The slope is n * x ** (n - 1). What is handed on is dy times that.",
    ),
    gradient_of=lambda x, n: x**n,
    returns=("dx",),
    draw=lambda rng: [
        *((rng.uniform(0.5, 2), n) for n in (2, 3, 5, -1, -2, 0.5)),
        (rng.uniform(-2, -0.5), 3),
        (rng.uniform(0.5, 2, (2, 3)), 4),
    ],
    slips={
        "the factor n is missing: the exponent comes down as a factor.": lambda dy, x, n: dy * x ** (n - 1)
    },
)
def power_rule(dy: float, x: float, n: float) -> float:
    """Hand a gradient back through y = x ** n.

    dy is the gradient that arrives at y: by how much the end result moves for each unit that y moves.
    Return the gradient of x: dy times the slope of y by x. The exponent n is any number; x may be an array,
    too.

    At x = 3, x ** 2 has the slope 6. If 10 arrives, 60 is handed on:

    >>> power_rule(10.0, 3.0, 2)
    60.0
    """
    return dy * n * x ** (n - 1)


def _arrows(parents: list[list[int]]) -> list[int]:
    everything = [number for one in parents for number in one]
    return [everything.count(number) for number in range(len(parents))]


def _graph(rng: np.random.Generator, count: int) -> list[list[int]]:
    """A record of a computation: for each node the numbers of earlier ones that it was made of."""
    return [
        [] if node < 2 else [int(p) for p in rng.integers(max(0, node - 4), node, rng.integers(1, 4))]
        for node in range(count)
    ]


@exercise(
    title="How often is each number used?",
    hints=(
        "Begin with a list of zeros, one for each node. Who raises which of them?",
        "Go through all nodes, and for each of them through its parents. Each time, a parent is used "
        "once more.",
        "uses = [0] * len(parents), then two loops: for those in parents: for number in those: "
        "uses[number] += 1.",
    ),
    reference=_arrows,
    draw=lambda rng: [(_graph(rng, count),) for count in (3, 4, 6, 12)],
    slips={
        "each node is counted once at most, and in y + y it is used twice.": lambda parents: [
            sum(number in one for one in parents) for number in range(len(parents))
        ],
        "it says how many parents a node has, not how many nodes use it.": lambda parents: [
            len(one) for one in parents
        ],
    },
    single=False,
)
def uses(parents: list[list[int]]) -> list[int]:
    """Count how often each node of a computation is used.

    The nodes are numbered 0, 1, 2, ... as they were made. parents[k] lists the numbers of the nodes that
    node k was computed from; it is empty for what was given. Return a list that says of each node how many
    arrows lead from it to nodes that use it. In y + y, y is used twice: that is two arrows.

    Node 0 is a, node 1 is y = 3 * a (only a counts), and node 2 is y + y:

    >>> uses([[], [0], [1, 1]])
    [1, 2, 0]
    """
    counts = [0] * len(parents)
    for those in parents:
        for number in those:
            counts[number] += 1
    return counts


def _by_paths(parents: list[list[tuple[int, float]]]) -> list[float]:
    """The gradient of each node as the sum over all ways to it, found from the other side: going forward."""
    gradients = []
    for start in range(len(parents)):
        reached = [0.0] * len(parents)
        reached[start] = 1.0
        for node in range(start + 1, len(parents)):
            reached[node] = sum(slope * reached[parent] for parent, slope in parents[node])
        gradients.append(reached[-1])
    return gradients


def _record(rng: np.random.Generator, count: int) -> list[list[tuple[int, float]]]:
    slopes = [[(p, float(rng.normal())) for p in those] for those in _graph(rng, count)]
    return [*slopes, [(count - 1, float(rng.normal())), (count // 2, 1.5)]]


def _overwritten(parents: list[list[tuple[int, float]]]) -> list[float]:
    grads = [0.0] * len(parents)
    grads[-1] = 1.0
    for k in reversed(range(len(parents))):
        for parent, slope in parents[k]:
            grads[parent] = grads[k] * slope
    return grads


def _first_to_last(parents: list[list[tuple[int, float]]]) -> list[float]:
    grads = [0.0] * len(parents)
    grads[-1] = 1.0
    for k in range(len(parents)):
        for parent, slope in parents[k]:
            grads[parent] += grads[k] * slope
    return grads


@exercise(
    title="Backward in ten lines",
    hints=(
        "A node hands on what has arrived at it. So when may it hand on, and in which order do you go?",
        "Give every node the gradient 0, and the last one 1. Then go through the nodes from the last "
        "to the first.",
        "At node k: for parent, slope in parents[k]: grads[parent] += grads[k] * slope. for k in "
        "reversed(range(len(parents))) goes backward.",
    ),
    reference=_by_paths,
    draw=lambda rng: [(_record(rng, count),) for count in (2, 3, 5, 9)],
    slips={
        "a parent that is used several times keeps the last part alone: add the parts up, +=.": _overwritten,
        "the nodes are gone through from the first to the last: they hand on before anything arrived.": (
            _first_to_last
        ),
    },
    single=False,
)
def walk_back(parents: list[list[tuple[int, float]]]) -> list[float]:
    """Find the gradients of all nodes of a computation, in one walk.

    The nodes are numbered as they were made, and the last one is the result. parents[k] lists pairs: the
    number of a node that node k was computed from, and the slope of node k by it. It is empty for what was
    given. Return a list of the gradients of all nodes: by how much the result moves for each unit that the
    node moves.

    Here node 0 is a = 2, node 1 is x = 3 * a, node 2 is y = a + 1, and node 3 is z = x * y = 18. The slope
    of z by x is y = 3, and by y it is x = 6. So a gets 3 * 3 by way of x and 6 * 1 by way of y:

    >>> walk_back([[], [(0, 3.0)], [(0, 1.0)], [(1, 3.0), (2, 6.0)]])
    [15.0, 3.0, 6.0, 1.0]
    """
    grads = [0.0] * len(parents)
    grads[-1] = 1.0
    for k in reversed(range(len(parents))):
        for parent, slope in parents[k]:
            grads[parent] += grads[k] * slope
    return grads


def _fit_reference(dy: Any, shape: tuple[int, ...]) -> Any:
    """By minigrad: the gradient of an array that broadcasting stretched."""
    small = mg.zeros(shape, dtype=mg.float64, requires_grad=True)
    (small + mg.zeros(dy.shape, dtype=mg.float64)).backward(mg.tensor(dy))
    return np.asarray(small.grad)


@exercise(
    title="The gradient of a stretched array",
    hints=(
        "Where one number was used five times, its gradient has five parts. What becomes of them?",
        "Two things happened: axes were put in front, and axes of length 1 were stretched. Undo the first "
        "with dy.sum(axis=0), as long as dy has more axes than shape.",
        "Then, for each axis on which shape has a 1: dy = dy.sum(axis=axis, keepdims=True). "
        "Without keepdims the axis would be lost, and the ones behind it would move up.",
    ),
    reference=_fit_reference,
    draw=lambda rng: [
        (rng.normal(size=of), shape)
        for of, shape in [
            ((3,), ()),
            ((2, 3), (3,)),
            ((2, 3), (2, 1)),
            ((2, 3), (2, 3)),
            ((4, 2, 3), (1, 3)),
            ((4, 2, 3), (4, 1, 1)),
            ((2, 3, 4, 5), (3, 1, 5)),
            ((1, 3), (1, 1)),
        ]
    ],
    slips={
        "the axes of length 1 are summed, but they are to stay, with length 1: keepdims=True.": (
            lambda dy, shape: dy.sum(axis=tuple(range(dy.ndim - len(shape)))).sum(
                axis=tuple(axis for axis, size in enumerate(shape) if size == 1)
            )
        ),
        "the parts are averaged. Each is a way of its own to the result, and ways add up.": (
            lambda dy, shape: _fit_reference(dy, shape) * max(1, np.prod(shape)) / dy.size
        ),
    },
)
def fit(dy: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Hand a gradient back through broadcasting.

    An array of the given shape was used together with a larger one, and NumPy stretched it: it put axes in
    front and repeated it along them, and repeated it along its axes of length 1. dy is the gradient of the
    stretched array. Return the gradient of the array itself, which has its shape: each number gets the sum
    of what its copies got.

    A row of three, added to a table of two rows, is used twice:

    >>> fit(np.array([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]), (3,))
    array([11.0, 22.0, 33.0])

    A column of two, beside three columns, keeps its shape (2, 1):

    >>> fit(np.array([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]), (2, 1))
    array([[6.0], [60.0]])
    """
    while dy.ndim > len(shape):
        dy = dy.sum(axis=0)
    for axis, size in enumerate(shape):
        if size == 1:
            dy = dy.sum(axis=axis, keepdims=True)
    return dy


@exercise(
    title="The rules of a product of matrices",
    hints=(
        "Write down the shapes first: a is (N, K), b is (K, M), dy is (N, M). A gradient has the shape "
        "of its array.",
        "a[i, k] is multiplied by b[k, j] on its way to y[i, j], for every j. So da[i, k] is a sum over j.",
        "da = dy @ b.T, of shape (N, M) times (M, K). Find db in the same way: what must stand left of dy?",
    ),
    gradient_of=lambda a, b: a @ b,
    returns=("da", "db"),
    draw=lambda rng: [
        (rng.normal(size=(n, k)), rng.normal(size=(k, m)))
        for n, k, m in [(1, 2, 1), (2, 2, 2), (3, 4, 2), (1, 3, 5)]
    ],
)
def matmul_rule(dy: np.ndarray, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Hand a gradient back through y = a @ b.

    a has the shape (N, K), b (K, M), and dy, the gradient of y, (N, M). Return the gradients of a and of b.

    With one row and one column it can be followed: y = 1 * 3 + 2 * 4 = 11. If 10 arrives, the 1 gets 10 * 3
    and the 3 gets 10 * 1.

    >>> matmul_rule(np.array([[10.0]]), np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]))
    (array([[30.0, 40.0]]), array([[10.0], [20.0]]))
    """
    return dy @ b.T, a.T @ dy
