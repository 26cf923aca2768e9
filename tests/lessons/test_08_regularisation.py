"""Lesson 8 runs, learns by heart, is kept from it, and its check knows dropout from what is like it."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minigrad import course
from tests.lessons.conftest import only_the_check

LESSON = "08_regularisation.py"
WAYS = ["plain", "early stopping", "dropout", "batch norm", "all three"]


@pytest.fixture
def check() -> Callable[..., None]:
    return only_the_check(LESSON)


SOLUTION = """\
    if not training:
        return x
    return x * (random.random(x.shape) >= p) / (1 - p)
"""


def test_it_runs_and_its_exercise_can_be_solved(run_lesson: Callable[..., str], tmp_path: Path) -> None:
    printed = run_lesson(LESSON, SOLUTION)
    for line in (
        "235,146 parameters, 1,000 images to learn from",
        "It ended by early stopping, and has its weights of epoch ",
        "Checked: the weights that it has now are those of the best epoch.",
        "y     x * m / (1 - p)  [2, 0, 6, 0]   [1, 2, -1, 3]",
        "Checked: minigrad's batch norm gives these values and gradients. Those of x add up to 0.",
    ):
        assert line in printed
    assert printed.count("Checked: ") == 3
    curves = re.findall(
        r"^([a-z ]+): +after (\d+) epochs .* lowest ([\d.]+) after (\d+)$", printed, re.MULTILINE
    )
    assert [name for name, *_ in curves] == WAYS
    epochs = {name: int(count) for name, count, *_ in curves}
    assert epochs["plain"] == epochs["dropout"] == epochs["batch norm"] == 40
    assert epochs["early stopping"] < 40
    assert re.findall(r"^([a-z ]+?) +loss [\d.]+, accuracy [\d.]+%$", printed, re.MULTILINE) == WAYS
    assert printed.endswith("Exercise: dropout() is right. Solved!\n")
    picture = tmp_path / "output/08_regularisation/curves.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert str(picture.resolve()) in printed


def test_its_numbers_come_from_the_records(decimals_in_prose: Callable[[str], list[str]]) -> None:
    assert decimals_in_prose(LESSON) == []


def empty(x: Any, p: float, training: bool, random: Any) -> Any:
    raise NotImplementedError


def test_how_it_stands_without_an_answer(check: Callable[..., None]) -> None:
    assert "still to be written" in course.solved(empty, check)


Answer = Callable[[Any, float, bool, Any], Any]


def trained(formula: Callable[[Any, float, Any], Any]) -> Answer:
    return lambda x, p, training, random: formula(x, p, random) if training else x


def in_place(x: Any, p: float, training: bool, random: Any) -> Any:
    if training:
        x *= (random.random(x.shape) >= p) / (1 - p)
    return x


def the_same_each_time(x: Any, p: float, random: Any) -> Any:
    return x * (np.random.default_rng(0).random(x.shape) >= p) / (1 - p)


RIGHT = [
    trained(lambda x, p, r: x * (r.random(x.shape) >= p) / (1 - p)),
    trained(lambda x, p, r: np.where(r.random(x.shape) < p, 0, x / (1 - p))),
    trained(lambda x, p, r: x * r.binomial(1, 1 - p, x.shape) / (1 - p)),
]
WRONG: dict[str, tuple[Answer, str]] = {
    "nothing": (lambda x, p, training, random: None, "should return an array"),
    "as it was": (lambda x, p, training, random: x, "left out 0.000"),
    "in place": (in_place, "in place"),
    "not made louder": (trained(lambda x, p, r: x * (r.random(x.shape) >= p)), "should be divided by"),
    "the other way round": (trained(lambda x, p, r: x * (r.random(x.shape) < p) / (1 - p)), "left out 0.8"),
    "divided by p": (trained(lambda x, p, r: x * (r.random(x.shape) >= p) / p), "should be divided by"),
    "multiplied": (trained(lambda x, p, r: x * (r.random(x.shape) >= p) * (1 - p)), "should be divided by"),
    "columns": (trained(lambda x, p, r: x * (r.random(x.shape[1]) >= p) / (1 - p)), "Whole columns|left out"),
    "rows": (trained(lambda x, p, r: x * (r.random((len(x), 1)) >= p) / (1 - p)), "Whole rows|left out"),
    "one number": (trained(lambda x, p, r: x * (r.random() >= p) / (1 - p)), "left out"),
    "the same each time": (trained(the_same_each_time), "Draw anew"),
    "at rest, too": (lambda x, p, training, random: RIGHT[0](x, p, True, random), "Without training"),
    "at rest quieter": (
        lambda x, p, training, random: RIGHT[0](x, p, training, random) * (1 if training else 1 - p),
        "Without training",
    ),
}  # fmt: skip


def test_its_check_knows_right_from_wrong(check: Callable[..., None]) -> None:
    for answer in RIGHT:
        check(answer)
    for name, (wrong, message) in WRONG.items():
        with pytest.raises(course.NotYet, match=message):
            check(wrong)
            pytest.fail(f"{name} was taken for right")
