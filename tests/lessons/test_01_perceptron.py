"""Lesson 1 runs, draws, and its check knows a representation that separates from others."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minigrad import course
from tests.lessons.conftest import how_it_stands, only_the_check

LESSON = "01_perceptron.py"


def test_it_runs_and_says_what_it_checked(run_lesson: Callable[..., str], tmp_path: Path) -> None:
    printed = run_lesson(LESSON)
    for line in (
        "and: mistakes in each pass: [1, 3, 3, 2, 1, 0]; score = 2 * x1 + 1 * x2 - 2.5",
        "or: mistakes in each pass: [1, 2, 1, 0]; score = 1 * x1 + 1 * x2 - 0.5",
        " 1  1    1   1              0",
        "y     H @ w        [0, 1, 1, 0]",
        "Scores [0.963, -0.506] have the probabilities [0.81291, 0.18709].",
        "Checked: it has learned exclusive or, first layer and all.",
    ):
        assert line in printed
    assert printed.count("Checked: ") == 5
    assert printed.endswith(
        "Exercise: new_phi() is still to be written. Write it in 01_perceptron.py, "
        "and run the lesson again.\n"
    )
    for name in ("representation", "two_layers", "units"):
        picture = tmp_path / f"output/01_perceptron/{name}.png"
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert str(picture.resolve()) in printed


def test_its_numbers_come_from_the_records(decimals_in_prose: Callable[[str], list[str]]) -> None:
    assert decimals_in_prose(LESSON) == []


def test_its_exercise_can_be_solved() -> None:
    told = how_it_stands(LESSON, "    return (points[:, 0] * points[:, 1])[:, None]\n")
    assert told == "Exercise: new_phi() is right. Solved!"


def remembers(points: np.ndarray) -> np.ndarray:
    """A column for each place of a fine grid: enough to remember points, and to know nothing of others."""
    place = np.floor((points + 2) * 10).astype(int)
    return np.eye(1600)[place[:, 0] * 40 + place[:, 1]]


RIGHT: dict[str, Callable[[np.ndarray], Any]] = {
    "product": lambda p: p[:, :1] * p[:, 1:],
    "with the points": lambda p: np.column_stack([p, p[:, 0] * p[:, 1]]),
    "signs": lambda p: np.sign(p[:, :1]) * np.sign(p[:, 1:]),
    "square of the sum": lambda p: np.column_stack([(p[:, 0] + p[:, 1]) ** 2, p[:, 0] ** 2 + p[:, 1] ** 2]),
}
WRONG: dict[str, tuple[Callable[[np.ndarray], Any], str]] = {
    "nothing": (lambda p: None, "a row of numbers for each point"),
    "one number": (lambda p: np.zeros(1), "a row of numbers for each point"),
    "a flat array": (lambda p: p[:, 0] * p[:, 1], "a row of numbers for each point"),
    "zeros": (lambda p: np.zeros((len(p), 1)), "mistakes"),
    "the points": (lambda p: p, "mistakes"),
    "their squares": (lambda p: p**2, "mistakes"),
    "their signs": (np.sign, "mistakes"),
    "divided by nothing": (lambda p: np.full(p.shape, np.nan), "not a number"),
    "remembers": (remembers, "other points wrongly"),
}


def test_its_check_knows_right_from_wrong() -> None:
    check = only_the_check(LESSON)
    for answer in RIGHT.values():
        check(answer)
    for answer, message in WRONG.values():
        with pytest.raises(course.NotYet, match=message):
            check(answer)
