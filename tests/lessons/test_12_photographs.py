"""Lesson 12 runs without the photographs, shows the figures that are kept, and its check counts rightly."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lessons.reports.kept import kept
from minigrad import course, viz
from tests.lessons.conftest import only_the_check

LESSON = "12_photographs.py"
SOLUTION = """\
    best = np.argsort(-scores, axis=1)[:, :k]
    return float(np.mean((best == targets[:, None]).any(axis=1)))
"""


def test_it_runs_and_its_exercise_can_be_solved(run_lesson: Callable[..., str], tmp_path: Path) -> None:
    printed = run_lesson(LESSON, SOLUTION)
    for name, figures in kept("002").items():
        if name.startswith("cifar"):
            top = figures["runs"][0]["top k"]
            line = rf"^{name} +{top['1']:.1%} +{top['3']:.1%} +{top['5']:.1%} +0\.\d+   \w+ called \w+: \d+$"
            assert re.search(line, printed, re.MULTILINE)
    assert re.search(r"^cifar10-cnn +122,986 +7\d\.\d% +74\.4% +10%$", printed, re.MULTILINE)
    assert "2      0.7500" in printed and "dog            1    1    0" in printed
    assert printed.endswith("Exercise: top_k() is right. Solved!\n")
    for name in ("curves.png", "changed.png"):
        assert (tmp_path / "output/12_photographs" / name).read_bytes().startswith(b"\x89PNG")


def test_what_is_written_on_the_curves_can_be_read(names_of: Callable[[str], dict[str, Any]]) -> None:
    """Names beside each other would take more room than a panel has, and press it together."""
    figure = viz.beside(*names_of(LESSON)["panels"]).figure()
    figure.canvas.draw()
    width = figure.bbox.width
    for axes, (left, right) in zip(figure.axes, ((0, width / 2), (width / 2, width)), strict=True):
        legend = axes.get_legend().get_window_extent()
        assert left < legend.x0 and legend.x1 < right
        assert axes.get_window_extent().width > 0.35 * width


@pytest.fixture
def check() -> Callable[..., None]:
    return only_the_check(LESSON)


def right(scores: Any, targets: Any, k: int) -> Any:
    best = np.argsort(-scores, axis=1)[:, :k]
    return float(np.mean((best == targets[:, None]).any(axis=1)))


WRONG = {
    "the lowest": lambda scores, targets, k: right(-scores, targets, k),
    "one too few": lambda scores, targets, k: right(scores, targets, k - 1),
    "always the first": lambda scores, targets, k: right(scores, targets, 1),
    "a count": lambda scores, targets, k: right(scores, targets, k) * len(targets),
    "one for each image": lambda scores, targets, k: (np.argsort(-scores)[:, :k] == targets[:, None]).any(1),
}


def test_the_check_accepts_what_is_right(check: Callable[..., None]) -> None:
    check(right)


@pytest.mark.parametrize("slip", WRONG)
def test_the_check_finds_slips(check: Callable[..., None], slip: str) -> None:
    with pytest.raises(course.NotYet):
        check(WRONG[slip])
