"""Lesson 13 works both losses by hand, trains the pair on the sample, and its check knows slips."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minigrad import course
from tests.lessons.conftest import COMPILING, only_the_check, with_options

LESSON = "13_dcgan.py"
SOLUTION = """\
    told = np.logaddexp(0, -real).mean() + np.logaddexp(0, drawn).mean()
    return told / 2, np.logaddexp(0, -drawn).mean()
"""


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The lesson with its exercise solved, one epoch of the sample."""
    folder = tmp_path_factory.mktemp("lesson")
    done = with_options(LESSON, folder, "--sample", "--epochs", "1", body=SOLUTION, images="640")
    assert done.returncode == 0, done.stderr
    lines = done.stderr.replace(COMPILING, "", 1).splitlines()
    assert re.match(r"dcgan 1/1: [\d.]+ s, d_loss [\d.]+, g_loss [\d.]+$", lines[-1])
    return folder / "output" / "13_dcgan", done.stdout


def test_the_losses_stand_there_as_worked_by_hand(solved: tuple[Path, str]) -> None:
    _, printed = solved
    assert "Checked: the library's loss of both scores has the same gradients." in printed
    assert "Before the step it draws 0.5, and the score is 0; after a step of 0.1 it draws 0.7" in printed
    assert "kernels of 3, stride 2:  1 1 2 1 2 1 2 1 2 1 2 1 1" in printed
    assert "kernels of 4, stride 2:  1 1 2 2 2 2 2 2 2 2 2 2 1 1" in printed
    assert "697,345 parameters" in printed and "log 2 = 0.693" in printed


def test_it_draws_a_sheet_for_each_epoch_and_judges(solved: tuple[Path, str]) -> None:
    output, printed = solved
    assert [path.name for path in sorted((output / "sheets").iterdir())] == ["epoch-0001.png"]
    assert (output / "training.gif").read_bytes().startswith(b"GIF8")
    for name in ("losses.png", "curves.png"):
        assert (output / name).read_bytes().startswith(b"\x89PNG")
    found = {m[1]: float(m[2]) for m in re.finditer(r"^(\S[\w é]+?)  +(\d+\.\d+)", printed, re.MULTILINE)}
    assert found["Fréchet distance"] > 0
    assert 0 <= found["precision"] <= 1 and 0 <= found["recall"] <= 1
    assert printed.endswith("Exercise: losses() is right. Solved!\n")


@pytest.fixture(scope="module")
def check() -> Callable[..., None]:
    return only_the_check(LESSON)


def right(real: Any, drawn: Any) -> tuple[Any, Any]:
    told = np.logaddexp(0, -real).mean() + np.logaddexp(0, drawn).mean()
    return told / 2, np.logaddexp(0, -drawn).mean()


def by_logarithms(real: Any, drawn: Any) -> tuple[Any, Any]:
    with np.errstate(all="ignore"):
        yes, no = 1 / (1 + np.exp(-real)), 1 / (1 + np.exp(-drawn))
        return (-np.log(yes).mean() - np.log(1 - no).mean()) / 2, -np.log(no).mean()


WRONG = {
    "the sum": lambda real, drawn: (2 * right(real, drawn)[0], right(real, drawn)[1]),
    "labels exchanged": lambda real, drawn: (right(drawn, real)[0], right(real, drawn)[1]),
    "the game's loss": lambda real, drawn: (right(real, drawn)[0], -np.logaddexp(0, drawn).mean()),
    "of real scores": lambda real, drawn: (right(real, drawn)[0], right(real, real)[1]),
    "not the mean": lambda real, drawn: tuple(7 * x for x in right(real, drawn)),
    "logarithms of zero": by_logarithms,
    "one number": lambda real, drawn: right(real, drawn)[0],
    "wrong order": lambda real, drawn: right(real, drawn)[::-1],
}


def test_the_check_accepts_what_is_right(check: Callable[..., None]) -> None:
    check(right)


@pytest.mark.parametrize("slip", WRONG)
def test_the_check_finds_slips(check: Callable[..., None], slip: str) -> None:
    with pytest.raises(course.NotYet):
        check(WRONG[slip])
