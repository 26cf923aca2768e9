"""Lesson 11 runs on the results that are kept, and its check knows batch norm from what is like it."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lessons.reports.kept import kept
from minigrad import course
from tests.lessons.conftest import only_the_check

LESSON = "11_reports_on_clothes.py"
SOLUTION = """\
    rest = tuple(other for other in range(x.ndim) if other != axis)
    mean = x.mean(rest, keepdims=True)
    variance = ((x - mean) ** 2).mean(rest, keepdims=True)
    return (x - mean) / np.sqrt(variance + eps)
"""


def test_it_runs_and_its_exercise_can_be_solved(run_lesson: Callable[..., str], tmp_path: Path) -> None:
    printed = run_lesson(LESSON, SOLUTION)
    for report in ("001", "002"):
        for name, figures in kept(report).items():
            if "cifar" not in name:
                accuracy = f"{figures['mean']['accuracy']:.2%}"
                assert re.search(rf"^{report} +{name} +{accuracy}", printed, re.MULTILINE)
    for line in (
        "The table's 112 numbers are 4 for each of 28. 32 channels would have 128.",
        "normalising rows      [112, 112, 56, 28, 4096], 109,726 numbers in all",
        "normalising channels  [4, 128, 256, 256, 4096], 110,062 numbers in all",
        "normalising channels  a shift by two rows changes the maps by up to 0.0%",
    ):
        assert line in printed
    assert printed.count("after 2 epochs on 300 images") == 2
    assert printed.endswith("Exercise: normalise() is right. Solved!\n")
    assert (tmp_path / "output/11_reports_on_clothes/curves.png").read_bytes().startswith(b"\x89PNG")


@pytest.fixture
def check() -> Callable[..., None]:
    return only_the_check(LESSON)


def right(x: Any, axis: int, eps: float, over: Any = None) -> Any:
    rest = tuple(other for other in range(x.ndim) if other != axis) if over is None else over
    return (x - x.mean(rest, keepdims=True)) / np.sqrt(x.var(rest, keepdims=True) + eps)


def in_place(x: Any, axis: int, eps: float) -> Any:
    y = right(x, axis, eps)
    x[:] = y
    return y


WRONG = {
    "along the axis": lambda x, axis, eps: right(x, axis, eps, (axis,)),
    "always channels": lambda x, axis, eps: right(x, 1, eps),
    "every sample alone": lambda x, axis, eps: right(x, axis, eps, tuple(a for a in (1, 2, 3) if a != axis)),
    "no root": lambda x, axis, eps: right(x, axis, eps) * 2,
    "eps on the deviation": lambda x, axis, eps: right(x, axis, 0) * 1 / (1 + eps),
    "mean alone": lambda x, axis, eps: x - x.mean(tuple(a for a in range(4) if a != axis), keepdims=True),
    "other shape": lambda x, axis, eps: right(x, axis, eps).ravel(),
    "in place": in_place,
}


def test_the_check_accepts_what_is_right(check: Callable[..., None]) -> None:
    check(right)


@pytest.mark.parametrize("slip", WRONG)
def test_the_check_finds_slips(check: Callable[..., None], slip: str) -> None:
    with pytest.raises(course.NotYet):
        check(WRONG[slip])
