"""Lesson 17 works table and score by hand, trains the pair on the sample, and its check knows slips."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minigrad import course
from tests.lessons.conftest import COMPILING, only_the_check, with_options

LESSON = "17_conditional.py"
SOLUTION = """\
    gradient = np.zeros((classes, dy.shape[1]))
    np.add.at(gradient, labels, dy)
    return gradient
"""


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The lesson with its exercise solved, two epochs of the sample."""
    folder = tmp_path_factory.mktemp("lesson")
    done = with_options(LESSON, folder, "--sample", "--epochs", "2", body=SOLUTION)
    assert done.returncode == 0, done.stderr
    lines = done.stderr.replace(COMPILING, "", 1).splitlines()
    assert re.match(r"conditional 2/2: [\d.]+ s, d_loss [\d.]+, g_loss [\d.]+$", lines[-1])
    return folder / "output" / "17_conditional", done.stdout


def test_what_is_worked_by_hand(solved: tuple[Path, str]) -> None:
    _, printed = solved
    assert "The rows of the classes [2, 0, 2]: [[3.0, 1.0], [1.0, 0.0], [3.0, 1.0]]" in printed
    assert "come to the table as [[10.0, 20.0], [0.0, 0.0], [101.0, 202.0]]" in printed
    assert "The vector turns towards the features of its class: from 1, -2 to 1.3472, -1.8843." in printed


def test_it_asks_for_each_class_and_counts_what_it_gets(solved: tuple[Path, str]) -> None:
    output, printed = solved
    sheets = [path.name for path in sorted((output / "sheets").iterdir())]
    assert sheets == ["epoch-0001.png", "epoch-0002.png"]
    shares = [int(share) for share in re.findall(r"^    \S.*? +(\d+)%  #*$", printed, re.MULTILINE)]
    (total,) = re.findall(r"^    all +([\d.]+)% ± ([\d.]+)%; by chance", printed, re.MULTILINE)
    assert len(shares) == 10 and float(total[0]) == pytest.approx(np.mean(shares), abs=0.6)
    assert re.search(r"^Of 1,000 real images that it never saw, it calls [\d.]+% what", printed, re.MULTILINE)
    p = float(total[0]) / 100
    assert p > 0.25  # by chance it would be 0.1
    assert float(total[1]) == pytest.approx(196 * (p * (1 - p) / 500) ** 0.5, abs=0.06)
    for name in ("asked_and_seen.png", "between.png", "curves.png"):
        assert (output / name).read_bytes().startswith(b"\x89PNG")
    assert printed.endswith("Exercise: table_gradient() is right. Solved!\n")


@pytest.fixture(scope="module")
def check() -> Callable[..., None]:
    return only_the_check(LESSON)


def right(dy: Any, labels: Any, classes: int) -> Any:
    return np.eye(classes)[labels].T @ dy


def added_once(dy: Any, labels: Any, classes: int) -> Any:
    gradient = np.zeros((classes, dy.shape[1]))
    gradient[labels] += dy
    return gradient


WRONG = {
    "each place once": added_once,
    "the mean": lambda dy, labels, classes: (
        right(dy, labels, classes) / np.bincount(labels, minlength=classes).clip(1)[:, None]
    ),
    "rows of the samples": lambda dy, labels, classes: np.eye(classes)[labels] @ np.eye(classes, dy.shape[1]),
    "only the rows that occur": lambda dy, labels, classes: right(dy, labels, labels.max() + 1)[:-1],
    "the same for all": lambda dy, labels, classes: np.tile(dy.sum(0), (classes, 1)),
    "the other sign": lambda dy, labels, classes: -right(dy, labels, classes),
}


def test_the_check_accepts_what_is_right(check: Callable[..., None]) -> None:
    check(right)


@pytest.mark.parametrize("slip", WRONG)
def test_the_check_finds_slips(check: Callable[..., None], slip: str) -> None:
    with pytest.raises(course.NotYet):
        check(WRONG[slip])
