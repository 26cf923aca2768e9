"""Exercises of lesson 3: local rules, and the chain rule."""

import numpy as np

import minigrad as mg
from minigrad.course.grading import exercise


@exercise(
    title="The rule of tanh",
    hints=(
        "tanh(x) is (e - 1/e) / (e + 1/e) with e = exp(x). The rule of a quotient gives its slope; or "
        "look it up.",
        "The slope is 1 - tanh(x) ** 2. What of this is given to you already?",
        "y is tanh(x). So the slope is 1 - y ** 2, and dy is a factor.",
    ),
    gradient_of=lambda x: mg.tanh(x),
    returns=("dx",),
    draw=lambda rng: [(rng.normal(),), (rng.normal(size=4),), (rng.normal(size=(2, 3)),)],
)
def tanh_rule(dy: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Hand a gradient back through y = tanh(x), with the result alone.

    The function tanh(x) = (exp(x) - exp(-x)) / (exp(x) + exp(-x)) goes from -1 to 1. Its slope can be told
    from its result: you are given y, not x. Return dx.

    Where tanh is 0.5, its slope is 0.75. If 2 arrives, 1.5 is handed on:

    >>> tanh_rule(2.0, 0.5)
    1.5
    """
    return dy * (1 - y**2)


@exercise(
    title="The rules of a quotient",
    hints=(
        "How far does a / b move if a moves by one? By 1 / b. Now b: is more of it good or bad for a / b?",
        "a / b is a * b ** -1. The power's rule gives -1 * b ** -2, and a is a factor.",
        "da = dy / b. In db there are dy, a, b ** 2 and a minus.",
    ),
    gradient_of=lambda a, b: a / b,
    returns=("da", "db"),
    draw=lambda rng: [
        (rng.normal(), rng.uniform(0.5, 2)),
        (rng.normal(), -rng.uniform(0.5, 2)),
        (rng.normal(size=3), rng.uniform(0.5, 2, 3)),
    ],
)
def divide_rule(dy: float, a: float, b: float) -> tuple[float, float]:
    """Hand a gradient back through y = a / b. Return the gradients of a and of b.

    6 / 2 is 3. If a is one more, 3 becomes 3.5; if b is a little more, 3 falls by 1.5 for each unit:

    >>> divide_rule(10.0, 6.0, 2.0)
    (5.0, -15.0)
    """
    return dy / b, -dy * a / b**2


@exercise(
    title="Two ways to one number",
    hints=(
        "Draw the graph: u = x * x is one box, e = exp(-u) another, and y = x * e the last. Two arrows leave "
        "x for u, and one leaves it for y.",
        "First hand dy back to x (directly) and to e. Then e to u, with the factor -e. Then u to x.",
        "Directly: dy * e. By way of e and u: dy * x * -e * 2 * x. The two are added.",
    ),
    gradient_of=lambda x: x * mg.exp(-x * x),
    returns=("dx",),
    draw=lambda rng: [(rng.normal(),), (rng.normal(size=5),)],
)
def bump_rule(dy: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Hand a gradient back through y = x * exp(-x * x).

    x is used in more than one place. Follow every way from y back to x, multiply along each, and add.

    At x = 1 the two ways bring exp(-1) and -2 * exp(-1), and exp(-1) is 0.3679:

    >>> bump_rule(1.0, 1.0)
    -0.3679

    At x = 0 only the direct way counts:

    >>> bump_rule(3.0, 0.0)
    3.0
    """
    e = np.exp(-x * x)
    return dy * e - dy * 2 * x * x * e


@exercise(
    title="The rule of a maximum of two",
    hints=(
        "If a is the larger, and moves a little, so does y. And if b moves a little?",
        "The larger one gets everything, the smaller one nothing. With arrays, element by element.",
        "a > b is an array of True and False, and dy * (a > b) has 0 where it is False. b gets it where a > "
        "b is not so.",
    ),
    gradient_of=lambda a, b: mg.maximum(a, b),
    returns=("da", "db"),
    draw=lambda rng: [
        (2.0 + rng.normal() / 4, 1.0 + rng.normal() / 4),
        (1.0 + rng.normal() / 4, 2.0 + rng.normal() / 4),
        (rng.normal(size=6), rng.normal(size=6)),
        (rng.normal(size=(3, 4)), rng.normal(size=(3, 4))),
    ],
    slips={
        "it hands on the larger number, not the gradient: dy is what goes back.": lambda dy, a, b: (
            a * (a > b),
            b * (a <= b),
        ),
    },
    survivors={
        "a > b -> a >= b": "they differ where a and b are equal, and there every split of dy is a slope",
        "a <= b -> a < b": "the same",
    },
)
def maximum_rule(dy: np.ndarray, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Hand a gradient back through y = np.maximum(a, b), the larger of two numbers, element by element.

    All are numbers, or arrays of one shape. Return the gradients of a and of b. (Where the two are equal, y
    has a kink; it is not tried.)

    >>> maximum_rule(5.0, 3.0, 2.0)
    (5.0, 0.0)

    >>> maximum_rule(np.array([5.0, 7.0]), np.array([3.0, 1.0]), np.array([2.0, 4.0]))
    (array([5.0, 0.0]), array([0.0, 7.0]))
    """
    return dy * (a > b), dy * (a <= b)


@exercise(
    title="A sigmoid, and back, in local steps",
    hints=(
        "Name the steps: e = exp(-x), s = 1 + e, y = 1 / s. What is the local rule of each?",
        "Going back: s gets -dy / s ** 2, e gets the same, and x gets that times -e.",
        "dx = dy * e / s ** 2 with the names above. Now write 1 / s = y and e / s = 1 - y.",
    ),
    gradient_of=lambda x: mg.sigmoid(x),
    returns=("dx",),
    draw=lambda rng: [(rng.normal(),), (rng.normal(size=5),), (rng.normal(size=(3, 2)),)],
)
def sigmoid_rule(dy: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Hand a gradient back through y = 1 / (1 + exp(-x)), with the result alone.

    Take it apart into steps of which you know the rules (a minus, exp, a sum, a quotient) and multiply.
    What comes out can be written with y, which is given, and without x. Return dx.

    At x = 0 the sigmoid is one half, and its slope a quarter:

    >>> sigmoid_rule(8.0, 0.5)
    2.0
    """
    return dy * y * (1 - y)
