"""Lesson 6 runs, draws, and its check knows Adam from other optimisers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minigrad import course
from tests.lessons.conftest import how_it_stands, only_the_check

LESSON = "06_gradient_descent.py"


def test_it_runs_and_says_what_it_checked(run_lesson: Callable[..., str], tmp_path: Path) -> None:
    printed = run_lesson(LESSON)
    for line in (
        "new_x  x - alpha * grad(f, x)  2.4",
        "In lesson 4, b1 went from 0 to -0.003 in this way.",
        "  0.9     3.00  -2.40   1.92  -1.54   1.23  -0.98   0.79",  # times -0.8 each
        "x2     x1 - alpha * v2  1.38",
        "Checked: SGD with momentum and Adam, step by step.",
        "Checked: four times as many examples, half the error.",
    ):
        assert line in printed
    assert printed.count("Checked: ") == 3
    assert printed.endswith(
        "Exercise: adam() is still to be written. "
        "Write it in 06_gradient_descent.py, and run the lesson again.\n"
    )
    for name in ("optimisers", "batches", "schedules"):
        picture = tmp_path / f"output/06_gradient_descent/{name}.png"
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert str(picture.resolve()) in printed


def test_its_numbers_come_from_the_records(decimals_in_prose: Callable[[str], list[str]]) -> None:
    assert decimals_in_prose(LESSON) == []


SOLUTION = """\
    m = np.zeros_like(x)
    v = np.zeros_like(x)
    for t in range(1, steps + 1):
        g = gradient(x)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        mhat = m / (1 - beta1**t)
        vhat = v / (1 - beta2**t)
        x = x - alpha * mhat / (np.sqrt(vhat) + eps)
    return x
"""


def test_its_exercise_can_be_solved() -> None:
    assert how_it_stands(LESSON, SOLUTION) == "Exercise: adam() is right. Solved!"


def variant(old: str, new: str) -> Callable[..., Any]:
    """The solution with one place changed."""
    assert SOLUTION.count(old) == 1, old
    names: dict[str, Any] = {"np": np}
    head = "def adam(gradient, x, steps, alpha, beta1=0.9, beta2=0.999, eps=1e-8):\n"
    exec(head + SOLUTION.replace(old, new), names)
    answer: Callable[..., Any] = names["adam"]
    return answer


WRONG = {
    "returns nothing": ("    return x\n", ""),
    "stays": ("        x = x - alpha", "        y = x - alpha"),
    "uphill": ("x - alpha", "x + alpha"),
    "one step too few": ("steps + 1", "steps"),
    "t from 0, one step late": ("beta1**t", "beta1**(t + 1)"),
    "second moment of the first step": ("beta2**t", "beta2"),
    "first moment of the first step": ("beta1**t", "beta1"),
    "no correction of m": ("m / (1 - beta1**t)", "m"),
    "no correction of v": ("v / (1 - beta2**t)", "v"),
    "no root": ("np.sqrt(vhat)", "vhat"),
    "not squared": ("g**2", "np.abs(g)"),
    "no mean of gradients": ("beta1 * m + (1 - beta1) * g", "g"),
    "betas exchanged": ("beta1 * m + (1 - beta1) * g", "beta2 * m + (1 - beta2) * g"),
    "in place": ("x = x - alpha * mhat / (np.sqrt(vhat) + eps)", "x -= alpha * mhat / (np.sqrt(vhat) + eps)"),
    "a list": ("    return x\n", "    return list(x)\n"),
}


def test_its_check_refuses_other_answers() -> None:
    check = only_the_check(LESSON)
    check(variant("    return x\n", "    return x\n"))
    for old, new in WRONG.values():
        with pytest.raises(course.NotYet):
            check(variant(old, new))
