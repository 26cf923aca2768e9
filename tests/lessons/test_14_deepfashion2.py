"""Lesson 14 draws its garments, reads and counts them, finds what was broken, and its check knows slips."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minigrad import course
from tests.lessons.conftest import only_the_check, with_options

LESSON = "14_deepfashion2.py"
SOLUTION = """\
    low, high = np.maximum(a[:, None, :2], b[:, :2]), np.minimum(a[:, None, 2:], b[:, 2:])
    both = (high - low).clip(min=0).prod(axis=2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(axis=1) for boxes in (a, b)]
    return both / (areas[0][:, None] + areas[1] - both)
"""


def test_it_goes_from_files_to_a_batch(tmp_path: Path) -> None:
    done = with_options(LESSON, tmp_path, "--images", "40", body=SOLUTION, timeout=300)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"minigrad: .* left out: 1 annotation, 1 box; .report tells each\n", done.stderr)
    printed = done.stdout
    assert re.search(r"^images +40 +4 +44$", printed, re.MULTILINE)
    assert "bounding_box: [" in printed
    for damage in ("annotation: 000002.json", "box: 000003.json#item1", "truncated: 000001.jpg"):
        assert damage in printed
    assert "A batch: (32, 3, 64, 64) float32, from -1.0 to 1.0" in printed
    assert printed.endswith("Exercise: iou() is right. Solved!\n")
    names = {path.name for path in (tmp_path / "output" / "14_deepfashion2").glob("*.png")}
    assert names == {
        "annotated.png",
        "attributes.png",
        "batch.png",
        "categories.png",
        "sizes.png",
        "three_ways.png",
    }


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    done = with_options(LESSON, tmp_path, "--data", "nowhere", timeout=300)
    assert done.returncode == 2
    assert "nowhere" in done.stderr and "Traceback" not in done.stderr


@pytest.fixture(scope="module")
def check() -> Callable[..., None]:
    return only_the_check(LESSON)


def right(a: Any, b: Any, touching: float = 0.0) -> Any:
    found = np.empty((len(a), len(b)))
    for i, p in enumerate(a):
        for j, q in enumerate(b):
            width = max(0.0, min(p[2], q[2]) - max(p[0], q[0]) + touching)
            height = max(0.0, min(p[3], q[3]) - max(p[1], q[1]) + touching)
            whole = (p[2] - p[0]) * (p[3] - p[1]) + (q[2] - q[0]) * (q[3] - q[1])
            found[i, j] = width * height / (whole - width * height)
    return found


def without_max(a: Any, b: Any) -> Any:
    low, high = np.maximum(a[:, None, :2], b[:, :2]), np.minimum(a[:, None, 2:], b[:, 2:])
    both = (high - low).prod(axis=2)
    return both / ((a[:, 2:] - a[:, :2]).prod(1)[:, None] + (b[:, 2:] - b[:, :2]).prod(1) - both)


WRONG = {
    "negative sides": without_max,
    "the other way round": lambda a, b: right(b, a),
    "edges counted twice": lambda a, b: right(a, b, 1.0),
    "over the sum": lambda a, b: right(a, b) / (1 + right(a, b)),
    "only pairs": lambda a, b: np.diagonal(right(a, b)),
    "rows for columns": lambda a, b: right(a[:, [1, 0, 2, 3]], b),
    "corner and size": lambda a, b: right(a, np.concatenate([b[:, :2], b[:, :2] + b[:, 2:]], 1)),
}


def test_the_check_accepts_what_is_right(check: Callable[..., None]) -> None:
    check(right)


@pytest.mark.parametrize("slip", WRONG)
def test_the_check_finds_slips(check: Callable[..., None], slip: str) -> None:
    with pytest.raises(course.NotYet):
        check(WRONG[slip])
