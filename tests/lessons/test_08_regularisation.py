"""Lesson 8 runs, draws, and its check knows dropout from what looks like it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minigrad import course

LESSON = "08_regularisation.py"


def test_it_runs_and_says_what_it_checked(run_lesson: Callable[..., str], tmp_path: Path) -> None:
    printed = run_lesson(LESSON)
    for line in (
        "235,146 parameters, 1,000 images to learn from",
        "Checked: the weights that it has now are those of the best epoch.",
        "[-1.5, -0.5, -0.5, -0.5, 0, 0, 1, 2]",
        "Checked: minigrad's batch norm gives these values and gradients. Those of x add up to 0.",
        "On the test images:",
    ):
        assert line in printed
    assert printed.count("Checked: ") == 3
    assert printed.endswith("Exercise: dropout is still to be written. Write it, and run the lesson again.\n")
    for name in ("curves", "curves_dark"):
        assert (tmp_path / f"output/08_regularisation/{name}.png").read_bytes().startswith(b"\x89PNG")


Answer = Callable[[np.ndarray, float, bool, np.random.Generator], Any]


def right(x: np.ndarray, p: float, training: bool, random: np.random.Generator) -> np.ndarray:
    return x * (random.random(x.shape) >= p) / (1 - p) if training else x


def in_place(x: np.ndarray, p: float, training: bool, random: np.random.Generator) -> np.ndarray:
    if training:
        x *= (random.random(x.shape) >= p) / (1 - p)
    return x


WRONG: dict[str, Answer] = {
    "nothing": lambda x, p, training, random: None,
    "as it is": lambda x, p, training, random: x,
    "not scaled": lambda x, p, training, random: x * (random.random(x.shape) >= p) if training else x,
    "kept with p": lambda x, p, training, random: x * (random.random(x.shape) < p) / p if training else x,
    "scaled by p": lambda x, p, training, random: x * (random.random(x.shape) >= p) / p if training else x,
    "in use, too": lambda x, p, training, random: right(x, p, True, random),
    "whole columns": lambda x, p, training, random: right(np.ones(x.shape[1]), p, training, random) * x,
    "whole rows": lambda x, p, training, random: right(np.ones((x.shape[0], 1)), p, training, random) * x,
    "always the same": lambda x, p, training, random: right(x, p, training, np.random.default_rng(3)),
    "in place": in_place,
}


def test_its_check_refuses_other_answers(names_of: Callable[[str], dict[str, Any]]) -> None:
    check = names_of(LESSON)["check"]
    check(right)
    for answer in WRONG.values():
        with pytest.raises(course.NotYet):
            check(answer)


def test_its_exercise_can_be_solved(run_lesson: Callable[..., str]) -> None:
    body = "    return x * (random.random(x.shape) >= p) / (1 - p) if training else x\n"
    assert run_lesson(LESSON, body).endswith("Exercise: dropout is right. Solved!\n")
