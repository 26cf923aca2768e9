"""Lesson 20: freezing saves the way back, frozen batch norm is a trap, and its check knows slips."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from minigrad import course
from tests.lessons.conftest import only_the_check, with_options

LESSON = "20_transfer.py"
SOLUTION = """\
    scale = gamma / np.sqrt(variance + eps)
    return weight * scale[:, None, None, None], beta - scale * mean
"""


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("lesson")
    done = with_options(LESSON, folder, "--images", "600", "--epochs", "1", "--draws", "1", body=SOLUTION)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_way_back_ends_at_the_head(solved: str) -> None:
    found = re.findall(r"^(everything learns|the head alone) +(\d+) operations, backward", solved, re.M)
    assert [(name, int(count)) for name, count in found] == [("everything learns", 14), ("the head alone", 3)]
    assert "258 numbers learn, in layer 11." in solved  # 128 features, two classes


def test_what_is_seen_of_a_coat_depends_on_others_where_freezing_was_careless(solved: str) -> None:
    found = dict(re.findall(r"^(frozen carelessly|by train.freeze) .*: (\d+)% apart$", solved, re.M))
    assert found["by train.freeze"] == "0" and int(found["frozen carelessly"]) > 2


def test_the_table_has_every_way_of_learning(solved: str) -> None:
    rows = re.findall(r"^(\w[\w ,]+?) +([\d.]+)% +([\d.]+)%$", solved, re.M)
    assert [name for name, *_ in rows] == [
        "from the beginning",
        "the head alone",
        "everything, at two speeds",
        "the same, augmented",
    ]
    assert solved.endswith("Exercise: fold() is right. Solved!\n")


@pytest.fixture(scope="module")
def check() -> Callable[..., None]:
    return only_the_check(LESSON)


def fold(weight: Any, gamma: Any, beta: Any, mean: Any, variance: Any, eps: float) -> Any:
    scale = gamma / np.sqrt(variance + eps)
    return weight * scale[:, None, None, None], beta - scale * mean


def without_root(w: Any, g: Any, b: Any, m: Any, v: Any, e: float) -> Any:
    scale = g / (v + e)
    return w * scale[:, None, None, None], b - scale * m


WRONG: dict[str, Callable[..., Any]] = {
    "the variance's root forgotten": without_root,
    "eps forgotten": lambda w, g, b, m, v, e: fold(w, g, b, m, v, 0.0),
    "the mean not scaled": lambda w, g, b, m, v, e: (fold(w, g, b, m, v, e)[0], b - m),
    "the mean added": lambda w, g, b, m, v, e: fold(w, g, b, -m, v, e),
    "the bias alone": lambda w, g, b, m, v, e: (w, fold(w, g, b, m, v, e)[1]),
    "the bias of another shape": lambda *a: (fold(*a)[0], fold(*a)[1][:, None]),
    "a list": lambda *a: list(fold(*a)),
}


def test_the_check_accepts_what_is_right(check: Callable[..., None]) -> None:
    check(fold)


@pytest.mark.parametrize("slip", WRONG)
def test_the_check_finds_slips(check: Callable[..., None], slip: str) -> None:
    with pytest.raises(course.NotYet):
        check(WRONG[slip])
