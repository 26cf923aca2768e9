"""Lesson 9 runs, shows the numbers of the slides, and its check knows the rule of a convolution."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minigrad import course
from tests.lessons.conftest import how_it_stands, only_the_check

LESSON = "09_convolution.py"


def test_it_runs_and_says_what_it_checked(run_lesson: Callable[..., str], tmp_path: Path) -> None:
    printed = run_lesson(LESSON)
    for line in (
        "3  3  2  1  0     0  1  2     12  12  17",
        "0  0  1  3  1     2  2  0     10  17  19",
        "3  1  2  2  3     0  1  2      9   6  14",
        "0*3 + 1*3 + 2*2 + 2*0 + 2*0 + 0*1 + 0*3 + 1*1 + 2*2 = 12",
        "   28       3       2        1         1      14",
        "  sum of w11         x11 + 2*x12 - x21 + 3*x22  = 4",
        "3  1  2  2  3     3  2  3",  # pooled
        "           0  1  2      0   0   0   5  10",  # transposed
        "x\n3  0  1\n2  1  4\n0  5  2\n\nw\n2  1\n0  1\n",  # of the table that follows
        "x (128, 32, 13, 13), w (64, 32, 3, 3): 285,474,816 multiplications",
        "x (128, 32, 13, 13), w (64, 32, 5, 5): 530,841,600 multiplications",
        "Checked: they agree.",
    ):
        assert line in printed
    rungs = re.findall(r"^  (\w+) +[\d.]+ ms +[\d.]+ ns each$", printed, re.MULTILINE)
    assert rungs == ["seven_loops", *["columns_and_product", "library"] * 3]
    assert printed.count("Checked: ") == 8
    assert printed.endswith(
        "Exercise: convolve_rule() is still to be written. "
        "Write it in 09_convolution.py, and run the lesson again.\n"
    )
    for name in ("places", "kernels", "pixel_by_pixel", "transposed"):
        picture = tmp_path / f"output/09_convolution/{name}.png"
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert str(picture.resolve()) in printed


def test_its_numbers_come_from_the_records(decimals_in_prose: Callable[[str], list[str]]) -> None:
    assert decimals_in_prose(LESSON) == []


SOLUTION = """\
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    KH, KW = w.shape
    for i in range(dy.shape[0]):
        for j in range(dy.shape[1]):
            rows, columns = slice(stride * i, stride * i + KH), slice(stride * j, stride * j + KW)
            dx[rows, columns] += dy[i, j] * w
            dw += dy[i, j] * x[rows, columns]
    return dx, dw
"""


def test_its_exercise_can_be_solved() -> None:
    assert how_it_stands(LESSON, SOLUTION) == "Exercise: convolve_rule() is right. Solved!"


def variant(old: str, new: str) -> Callable[..., Any]:
    """The solution with one place changed."""
    assert SOLUTION.count(old) == 1, old
    names: dict[str, Any] = {"np": np}
    exec("def convolve_rule(dy, x, w, stride):\n" + SOLUTION.replace(old, new), names)
    answer: Callable[..., Any] = names["convolve_rule"]
    return answer


WRONG = {
    "nothing": ("    return dx, dw\n", ""),
    "zeros": ("    for i in range(dy.shape[0]):", "    for i in range(0):"),
    "only the kernel's": ("return dx, dw", "return dw"),
    "in the other order": ("return dx, dw", "return dw, dx"),
    "the last window alone": ("dx[rows, columns] += dy", "dx[rows, columns] = dy"),
    "not added up": ("dw += dy", "dw = dy"),
    "without dy in dx": ("+= dy[i, j] * w", "+= w"),
    "without dy in dw": ("+= dy[i, j] * x", "+= x"),
    "kernel turned around": ("dy[i, j] * w", "dy[i, j] * w[::-1, ::-1]"),
    "stride 1 downwards": ("slice(stride * i, stride * i + KH)", "slice(i, i + KH)"),
    "stride 1 across": ("slice(stride * j, stride * j + KW)", "slice(j, j + KW)"),
    "a row forgotten": ("range(dy.shape[0])", "range(dy.shape[0] - 1)"),
}


def test_its_check_knows_right_from_wrong() -> None:
    check = only_the_check(LESSON)
    check(variant("    return dx, dw\n", "    return dx, dw\n"))
    for old, new in WRONG.values():
        with pytest.raises(course.NotYet):
            check(variant(old, new))
