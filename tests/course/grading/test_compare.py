"""Where two results differ, in words; and that they agree as far as they are written, or computed."""

from typing import Any

import numpy as np
import pytest

from minigrad.course.grading.compare import difference, told


def differ(got: Any, expected: Any, close: float = 1e-8, digits: int | None = None, name: str = "y") -> Any:
    return difference(got, expected, close, digits, name)


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (1, 1.0),
        (np.float32(0.5), 0.5),
        (np.array(0.5), 0.5),
        ([1, 2], np.array([1.0, 2.0])),
        (np.array([1.0, 2.0]), [1.0, 2.0]),
        ([1.0, 2.0], [1.0, 2.0]),
        ((np.zeros(2), 1), (np.zeros(2), 1.0)),
        (np.array([np.nan, np.inf]), np.array([np.nan, np.inf])),
        (np.array([1.0, 1e-12]), np.array([1.0, 0.0])),
        (np.array([True, False]), np.array([1.0, 0.0])),
        (np.array([True, False]), [True, False]),
        ([np.array(True)], [True]),
        (np.array(["a", "b"]), ["a", "b"]),
        (None, None),
        ("a", "a"),
        ({"a": 1.0}, {"a": 1}),
        (np.zeros((0, 3)), np.zeros((0, 3))),
    ],
)
def test_these_agree(got: Any, expected: Any) -> None:
    assert differ(got, expected) is None


@pytest.mark.parametrize(
    ("got", "expected", "said"),
    [
        (2.0, 1.0, "y should be 1, and is 2"),
        (np.array([[1.0, 2.0], [3.0, 5.0]]), np.array([[1.0, 2.0], [3.0, 4.0]]),
         "y[1, 1] should be 4, and is 5; 1 of 4 numbers differ"),
        (np.zeros((2, 1)), np.zeros(2), "y should be an array of shape (2,), "
         "and is an array of shape (2, 1)"),
        (np.zeros(1), 0.0, "y should be one number, and is an array of shape (1,)"),
        (np.nan, 1.0, "y should be 1, and is nan"),
        (1.0, np.nan, "y should be nan, and is 1"),
        (np.inf, -np.inf, "y should be -inf, and is inf"),
        (None, 1.0, "y is None: is there a return at the end?"),
        ("1", 1.0, "y should be one number, and is '1'"),
        ([[1], [1, 2]], np.zeros(2), "y should be an array of shape (2,), and is [[1], [1, 2]]"),
        (1.0, (1.0, 2.0), "y should be 2 values in a tuple, and is 1"),
        ((1.0,), (1.0, 2.0), "y should be 2 values, and is 1: (1)"),
        (None, (1.0, 2.0), "y should be 2 values, and nothing was returned: is there a return at the end?"),
        ([1.0, 2.0], [1.0], "y should be 1 value, and is 2: [1, 2]"),
        (1.00000003, 1.0, "y should be 1, and is 1.00000003"),
        (np.float32(0.1), 0.1, "y should be 0.1, and is 0.100000001: it is in float32, which has fewer "
         "digits than the float64 that came in"),
        (np.float32(0.2), 0.1, "y should be 0.1, and is 0.2"),
        (np.array([1, 0]), np.array([True, True]),
         "y[1] should be True, and is False; 1 of 2 numbers differ"),
        ({"a": 1}, {"b": 1}, "y should have the keys ['b'], and has ['a']"),
        (1, True, "y should be True, and is 1"),
        ("b", "a", "y should be 'a', and is 'b'"),
    ],
)  # fmt: skip
def test_these_do_not(got: Any, expected: Any, said: str) -> None:
    assert differ(got, expected) == said


def test_the_result_of_several_that_is_wrong_is_named() -> None:
    assert differ((1.0, 3.0), (1.0, 2.0), name="da, db") == "db should be 2, and is 3"
    assert differ([1.0, 3.0], [1.0, 2.0]) == "y[1] should be 2, and is 3"


def test_a_number_counts_as_far_as_it_is_written() -> None:
    assert differ(0.69314718, 0.6931, digits=4) is None
    assert differ(0.6932, 0.6931, digits=4) == "y should be 0.6931, and is 0.6932"


def test_close_is_meant_for_the_largest_number() -> None:
    assert differ(np.array([1000.0, 1e-6]), np.array([1000.0, 0.0])) is None
    assert differ(np.array([1.0, 1e-6]), np.array([1.0, 0.0])) is not None


def test_large_values_are_told_by_their_shapes() -> None:
    assert told(np.zeros((3, 7))) == "an array of shape (3, 7)"
    assert told(np.array([0.123456789, 1.0])) == "[0.12346, 1.]"
    assert told(list(range(40))) == "a list of 40"
