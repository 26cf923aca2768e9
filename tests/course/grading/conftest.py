"""An exercise in a few lines, for tests of what judges it."""

from collections.abc import Iterator

import pytest

from minigrad.course.exercises.lesson_03 import tanh_rule
from minigrad.course.grading import Exercise
from minigrad.course.grading.process import Child


@pytest.fixture
def tanh() -> Exercise:
    """dy * (1 - y ** 2); its statement has one example, tanh_rule(2.0, 0.5) = 1.5."""
    return tanh_rule


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    """One process for the tests of a file."""
    with Child(seconds=2.0, megabytes=200) as one:
        yield one
