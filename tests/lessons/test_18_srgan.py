"""Lesson 18 shuffles by hand, enlarges better than by repeating pixels, and its check knows slips."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from minigrad import course
from tests.lessons.conftest import COMPILING, only_the_check, with_options

LESSON = "18_srgan.py"
SOLUTION = """\
    n, c, h, w = x.shape
    apart = x.reshape(n, c // r**2, r, r, h, w).transpose(0, 1, 4, 2, 5, 3)
    return apart.reshape(n, c // r**2, r * h, r * w)
"""


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The lesson with its exercise solved, one epoch of the sample for each training."""
    folder = tmp_path_factory.mktemp("lesson")
    done = with_options(LESSON, folder, "--sample", "--epochs", "1", body=SOLUTION)
    assert done.returncode == 0, done.stderr
    lines = done.stderr.replace(COMPILING, "", 1).splitlines()
    assert re.match(r"alone 1/1: [\d.]+ s, g_loss [\d.]+$", lines[0])
    assert re.match(r"with an adversary 1/1: [\d.]+ s, d_loss [\d.]+, g_loss [\d.]+$", lines[-1])
    return folder / "output" / "18_srgan", done.stdout


def test_what_is_worked_by_hand(solved: tuple[Path, str]) -> None:
    _, printed = solved
    assert "\n 0  4  1  5\n 8 12  9 13\n 2  6  3  7\n10 14 11 15\n" in printed
    assert "A pixel that may be black or white" in printed and "Three residual blocks" in printed


def test_it_enlarges_better_than_by_repeating_pixels(solved: tuple[Path, str]) -> None:
    output, printed = solved
    rows = re.findall(r"^(\w[\w ]+?) +(\d\.\d{4}) +(\d+\.\d{4}) +([\d.]+)%$", printed, re.MULTILINE)
    found = {name: [float(number) for number in numbers] for name, *numbers in rows}
    assert found["the true image"][:2] == [0, 0]
    assert found["learned alone"][0] < found["bilinear"][0] < found["four of each"][0]
    assert found["learned alone"][1] < found["bilinear"][1]
    for name in ("enlarged.png", "doubled.png", "curves.png"):
        assert (output / name).read_bytes().startswith(b"\x89PNG")
    assert "(28, 28) to (56, 56)" in printed
    assert printed.endswith("Exercise: shuffle() is right. Solved!\n")


@pytest.fixture(scope="module")
def check() -> Callable[..., None]:
    return only_the_check(LESSON)


def by_axes(order: tuple[int, ...], maps_first: bool = True) -> Callable[..., Any]:
    def shuffle(x: Any, r: int) -> Any:
        n, c, h, w = x.shape
        shape = (n, c // r**2, r, r, h, w) if maps_first else (n, r, r, c // r**2, h, w)
        return x.reshape(shape).transpose(order).reshape(n, c // r**2, r * h, r * w)

    return shuffle


right = by_axes((0, 1, 4, 2, 5, 3))
WRONG = {
    "only a reshape": lambda x, r: x.reshape(len(x), x.shape[1] // r**2, r * x.shape[2], r * x.shape[3]),
    "rows and columns exchanged": by_axes((0, 1, 4, 3, 5, 2)),
    "blocks, not pixels": by_axes((0, 1, 2, 4, 3, 5)),
    "as depth_to_space": by_axes((0, 3, 4, 1, 5, 2), maps_first=False),
    "nothing moved": lambda x, r: x,
    "the first map repeated": lambda x, r: x[:, :: r * r].repeat(r, 2).repeat(r, 3),
}


def test_the_check_accepts_what_is_right(check: Callable[..., None]) -> None:
    check(right)


@pytest.mark.parametrize("slip", WRONG)
def test_the_check_finds_slips(check: Callable[..., None], slip: str) -> None:
    with pytest.raises(course.NotYet):
        check(WRONG[slip])
