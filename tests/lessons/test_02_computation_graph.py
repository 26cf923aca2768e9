"""Lesson 2 runs, draws, and its check knows a deeper network from others."""

from collections.abc import Callable
from pathlib import Path

import pytest

import minigrad as mg
from minigrad import course
from tests.lessons.conftest import how_it_stands, only_the_check
from tests.viz.scrubbing.pages import sentences

LESSON = "02_computation_graph.py"


def test_it_runs_and_says_what_it_checked(run_lesson: Callable[..., str], tmp_path: Path) -> None:
    printed = run_lesson(LESSON)
    assert "yhat  softmax(z, dim=0)  0.5 (2 x 1)" in printed
    assert "Recorded: <matmul> <sigmoid> <matmul> <softmax>" in printed
    assert printed.count("Checked: ") == 3
    assert printed.endswith(
        "Exercise: deeper() is still to be written. "
        "Write it in 02_computation_graph.py, and run the lesson again.\n"
    )
    picture = tmp_path / "output/02_computation_graph/graph.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert str(picture.resolve()) in printed
    page = picture.with_name("graph.html")
    assert str(page.resolve()) in printed
    assert "v is computed from W1 and x by @; it is an array of shape (4, 1)." in sentences(page)


def test_its_numbers_come_from_the_record(decimals_in_prose: Callable[[str], list[str]]) -> None:
    assert decimals_in_prose(LESSON) == []


def test_its_exercise_can_be_solved() -> None:
    told = how_it_stands(
        LESSON,
        "    h = mg.sigmoid(W1 @ x)\n    g = mg.sigmoid(W3 @ h)\n    return mg.softmax(W2 @ g, dim=0)\n",
    )
    assert told == "Exercise: deeper() is right. Solved!"


WRONG = {
    "nothing": (lambda x, a, b, c: None, "two probabilities"),
    "a layer left out": (lambda x, a, b, c: mg.softmax(c @ b @ a @ x, dim=0), "sigmoid 0 times"),
    "one sigmoid": (lambda x, a, b, c: mg.softmax(c @ mg.sigmoid(b @ a @ x), dim=0), "sigmoid 1 times"),
    "scores": (lambda x, a, b, c: c @ mg.sigmoid(b @ mg.sigmoid(a @ x)), "add up to 1"),
    "softmax along the row": (
        lambda x, a, b, c: mg.softmax(c @ mg.sigmoid(b @ mg.sigmoid(a @ x)), dim=1),
        "Along which dim",
    ),
    "weights exchanged": (lambda x, a, b, c: mg.softmax(b @ mg.sigmoid(c @ x), dim=0), "do not fit"),
    "no weights": (lambda x, a, b, c: mg.softmax(mg.zeros(2, 1), dim=0), "does not depend"),
    "detached": (
        lambda x, a, b, c: mg.softmax(c @ mg.sigmoid(b @ mg.sigmoid(a @ x).detach()), dim=0),
        "matmul 2 times",
    ),
    "an extra step": (
        lambda x, a, b, c: mg.softmax(c @ mg.sigmoid(b @ mg.sigmoid(a @ x)) + 1, dim=0),
        "more steps than needed",
    ),
}


def test_its_check_refuses_other_answers() -> None:
    check = only_the_check(LESSON)
    for answer, message in WRONG.values():
        with pytest.raises(course.NotYet, match=message):
            check(answer)
