"""Lesson 19: the way round carries the gradient, both convolutions are counted, its check knows slips."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minigrad import course
from minigrad.course.examples import residual
from tests.lessons.conftest import only_the_check, with_options

LESSON = "19_residual.py"
SOLUTION = """\
    rows, columns = dy.shape[1:]
    return np.array(
        [[[(dy[c] * x[c, a : a + rows, b : b + columns]).sum() for b in range(k)] for a in range(k)]
         for c in range(len(x))]
    )
"""


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("lesson")
    done = with_options(LESSON, folder, "--depth", "12", "--images", "200", body=SOLUTION)
    assert done.returncode == 0, done.stderr
    return folder / "output" / "19_residual", done.stdout


def test_what_is_worked_by_hand_is_printed(solved: tuple[Path, str]) -> None:
    output, printed = solved
    for paper in (residual.open_block, residual.shut_block, residual.depthwise):
        assert str(paper) in printed
    assert "Checked: conv2d with groups=2 says the same." in printed
    assert (output / "gradients.svg").read_text().startswith("<?xml")
    assert printed.endswith("Exercise: kernels_gradient() is right. Solved!\n")


def test_the_gradient_comes_through_the_way_round(solved: tuple[Path, str]) -> None:
    _, printed = solved
    found = dict(
        re.findall(r"^(with a way round|without) +gradient at the first block ([\d.e+-]+),", printed, re.M)
    )
    assert float(found["with a way round"]) > 1e3 * float(found["without"])


def test_the_weights_of_both_convolutions_and_of_the_networks(solved: tuple[Path, str]) -> None:
    _, printed = solved
    assert re.search(r"^all at once +36,864 weights", printed, re.M)
    assert re.search(r"^in two pieces +4,672 weights", printed, re.M)
    assert re.search(r"^ResNet18 +11,689,512 weights$", printed, re.M)
    assert re.search(r"^EfficientNet-B0 +5,288,548 weights$", printed, re.M)


@pytest.fixture(scope="module")
def check() -> Callable[..., None]:
    return only_the_check(LESSON)


def gradient(x: Any, dy: Any, k: int, flip: bool = False, mix: bool = False, mean: bool = False) -> Any:
    rows, columns = dy.shape[1:]
    found = np.zeros((len(x), k, k))
    for c, a, b in np.ndindex(found.shape):
        met = x[c, a : a + rows, b : b + columns]
        found[c, a, b] = ((dy.sum(0) if mix else dy[c]) * met).sum() / (dy[c].size if mean else 1)
    return found[:, ::-1, ::-1] if flip else found


WRONG = {
    "the kernel turned over": lambda x, dy, k: gradient(x, dy, k, flip=True),
    "all maps together": lambda x, dy, k: gradient(x, dy, k, mix=True),
    "a mean instead of a sum": lambda x, dy, k: gradient(x, dy, k, mean=True),
    "transposed": lambda x, dy, k: gradient(x, dy, k).transpose(0, 2, 1),
    "of another shape": lambda x, dy, k: gradient(x, dy, k)[:, None],
    "one for all maps": lambda x, dy, k: np.repeat(gradient(x, dy, k).sum(0, keepdims=True), len(x), 0),
    "the sum of dy": lambda x, dy, k: np.broadcast_to(dy.sum((1, 2))[:, None, None], (len(x), k, k)),
}


def test_the_check_accepts_what_is_right(check: Callable[..., None]) -> None:
    check(gradient)


@pytest.mark.parametrize("slip", WRONG)
def test_the_check_finds_slips(check: Callable[..., None], slip: str) -> None:
    with pytest.raises(course.NotYet):
        check(WRONG[slip])
