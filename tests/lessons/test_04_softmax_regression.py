"""Lesson 4 runs, draws, and its check knows a step of gradient descent from others."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minigrad import course
from tests.lessons.conftest import how_it_stands, only_the_check

LESSON = "04_softmax_regression.py"


def test_it_runs_and_says_what_it_checked(run_lesson: Callable[..., str], tmp_path: Path) -> None:
    printed = run_lesson(LESSON)
    for line in (
        "h1     exp(z1)         2.61...",
        "yhat1  h1 / H          0.81      -1.23",
        "The network gives the right class a probability of 0.81. The loss is 0.207.",
        "Way 1: L -> s -> m1 -> l1 -> yhat1 -> h1 -> z1 -> b1",
        "The sum: yhat1 - y1 = -0.19",
        "b     given               [0, 0]\nxA    given               [0.2, 0.7]\n",
        "new b1 = 0 - 0.1 * 0.03 = -0.003",
        "Checked: SGD takes b1 from 0 to -0.003, and the loss falls from 0.4319 to 0.4285.",
    ):
        assert line in printed
    assert printed.count("Checked: ") == 4
    assert printed.endswith(
        "Exercise: step() is still to be written. "
        "Write it in 04_softmax_regression.py, and run the lesson again.\n"
    )
    picture = tmp_path / "output/04_softmax_regression/by_hand.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert str(picture.resolve()) in printed


def test_its_numbers_come_from_the_records(decimals_in_prose: Callable[[str], list[str]]) -> None:
    assert decimals_in_prose(LESSON) == []


BY_EXAMPLE = """\
    dW, db = np.zeros_like(W), np.zeros_like(b)
    for x, y in zip(X, Y):
        h = np.exp(W @ x + b)
        dz = h / h.sum() - y
        db = db + dz
        for i in range(len(W)):
            for j in range(len(x)):
                dW[i, j] = dW[i, j] + dz[i] * x[j]
    return W - alpha * dW / len(X), b - alpha * db / len(X)
"""


def test_its_exercise_can_be_solved() -> None:
    assert how_it_stands(LESSON, BY_EXAMPLE) == "Exercise: step() is right. Solved!"


Step = Callable[..., Any]


def descent(*, mean: bool = True, transposed: bool = False, sign: float = 1.0, parts: str = "Wb") -> Step:
    """One step of gradient descent, right unless told otherwise."""

    def step(W: Any, b: Any, X: Any, Y: Any, alpha: float) -> Any:
        H = np.exp(X @ W.T + b)
        dZ = (H / H.sum(axis=1, keepdims=True) - Y) / (len(X) if mean else 1)
        dW = X.T @ dZ if transposed else dZ.T @ X
        db = dZ.sum(axis=0)
        new_W = W - sign * alpha * dW if "W" in parts else W
        return new_W, b - sign * alpha * db if "b" in parts else b

    return step


WRONG: dict[str, Step] = {
    "nothing": lambda W, b, X, Y, alpha: None,
    "stays": descent(parts=""),
    "W stays": descent(parts="b"),
    "b stays": descent(parts="W"),
    "sum instead of mean": descent(mean=False),
    "uphill": descent(sign=-1.0),
    "first example only": lambda W, b, X, Y, alpha: descent()(W, b, X[:1], Y[:1], alpha),
    "learning rate forgotten": lambda W, b, X, Y, alpha: descent()(W, b, X, Y, 1.0),
    "gradients instead of parameters": lambda W, b, X, Y, alpha: tuple(
        (old - new) / alpha for old, new in zip((W, b), descent()(W, b, X, Y, alpha), strict=True)
    ),
}


def test_its_check_refuses_other_answers() -> None:
    check = only_the_check(LESSON)
    check(descent())
    for answer in WRONG.values():
        with pytest.raises(course.NotYet):
            check(answer)
    with pytest.raises((course.NotYet, ValueError)):  # a product that does not fit is Python's to tell
        check(descent(transposed=True))
