"""What was done to a right result is named, if it was the same in all calls."""

import doctest
from typing import Any

import numpy as np
import pytest

from minigrad.course.grading import likeness as module
from minigrad.course.grading.likeness import likeness

RNG = np.random.default_rng(0)
ARRAYS = [RNG.normal(size=shape) + 3 for shape in ((2, 3), (4, 2), (3, 5))]


def calls(change: Any, rights: Any = ARRAYS) -> list[Any]:
    return [(change(right), right, {"x": right}) for right in rights]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda y: -y, "the sign is wrong."),
        (lambda y: y.T, "rows and columns are exchanged: it is transposed."),
        (lambda y: y[::-1], "the order is turned round: the last one comes first."),
        (lambda y: y[:, None], "there is an axis of length 1 too many."),
        (lambda y: y - 1, "it is one too few."),
        (lambda y: y + 1, "it is one too many."),
        (lambda y: y**2, "the root is missing: it is the square."),
        (lambda y: np.sqrt(y), "there is a root too many."),
        (lambda y: 2 * y, "every number is 2 times what it should be."),
        (lambda y: y / 3, "every number is 0.3333 times what it should be."),
        (
            lambda y: y * np.log(2),
            "every number is 0.6931 times what it should be. "
            "The natural logarithm in place of that to base 2?",
        ),
        (
            lambda y: y * len(y),
            "it is a sum in place of a mean, or the length of x is forgotten: it is len(x) times too large.",
        ),
        (
            lambda y: y / y.shape[1],
            "it is a mean in place of a sum, or the length of x is forgotten: "
            "it is x.shape[1] times too small.",
        ),
        (lambda y: y + RNG.normal(size=y.shape), ""),
        (lambda y: np.zeros(3), ""),
        (lambda y: None, ""),
        (lambda y: "a", ""),
        (lambda y: [[1], [1, 2]], ""),
        (lambda y: y * np.nan, ""),
        (lambda y: 1e200, ""),  # its square is too large for a number of Python's
        (lambda y: 10**400, ""),  # and this, for NumPy's
    ],
)
def test_what_was_done_is_named(change: Any, said: str) -> None:
    assert likeness(calls(change)) == said


def test_results_in_another_order_are_named() -> None:
    rights = [(1.0, 2.0), (5.0, np.ones(2))]
    assert (
        likeness([((b, a), (a, b), {}) for a, b in rights]) == "the results are right, but in another order."
    )


def test_yes_and_no() -> None:
    rights = [np.array([True, False]), np.array([True])]
    assert likeness(calls(lambda y: ~y, rights)) == "yes and no are exchanged."


def test_what_is_so_in_one_call_alone_is_chance() -> None:
    assert likeness([(-1.0, 1.0, {}), (2.0, 1.5, {})]) == ""
    assert likeness([(2.0, 1.0, {}), (0.0, 0.0, {})]) == ""


def test_the_example() -> None:
    assert doctest.testmod(module).failed == 0
