"""Examples are read from a statement as they stand there."""

import numpy as np

from minigrad.course.grading.examples import read_examples

STATEMENT = """What to do.

    >>> f(2.0, 'a')
    0.6931

    Two more:

    >>> f(np.array([[1, 2]]),
    ...   [3.25, 0.5])
    (array([1.25,
            2.0]), 7)
    >>> f()
    3
"""


def test_examples_are_read() -> None:
    first, second, third = read_examples(STATEMENT)
    assert (first.call, first.arguments, first.result, first.digits) == ("f(2.0, 'a')", (2.0, "a"), 0.6931, 4)
    assert second.call == "f(np.array([[1, 2]]), [3.25, 0.5])"
    assert second.arguments[0].tolist() == [[1, 2]] and second.arguments[1] == [3.25, 0.5]
    assert second.result[0].tolist() == [1.25, 2.0] and second.result[1] == 7
    assert second.digits == 2  # of the number with the most
    assert third.arguments == () and third.result == 3 and third.digits is None


def test_an_array_counts_as_one() -> None:
    (example,) = read_examples("    >>> f(1)\n    array([1.5])\n")
    assert isinstance(example.result, np.ndarray)
