"""Lesson 15 works a label and an average by hand, trains on painted garments, and its check knows slips."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minigrad import course
from minigrad.course.examples import adversary
from tests.lessons.conftest import COMPILING, only_the_check, with_options

LESSON = "15_clothes.py"
SOLUTION = """\
    found = [weights[0]]
    for row in weights[1:]:
        found.append(decay * found[-1] + (1 - decay) * row)
    return np.stack(found)
"""


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The lesson with its exercise solved, two epochs of a few garments."""
    folder = tmp_path_factory.mktemp("lesson")
    done = with_options(LESSON, folder, "--images", "160", "--epochs", "2", body=SOLUTION)
    assert done.returncode == 0, done.stderr
    lines = done.stderr.replace(COMPILING, "", 1).splitlines()
    assert re.match(r"dcgan 2/2: [\d.]+ s, d_loss [\d.]+, g_loss [\d.]+$", lines[-1])
    return folder / "output" / "15_clothes", done.stdout


def test_what_is_worked_by_hand_is_what_the_library_does(solved: tuple[Path, str]) -> None:
    _, printed = solved
    for checked in ("the library's loss has the same gradient", "so does the library's average"):
        assert f"Checked: {checked}." in printed
    assert str(adversary.smoothed) in printed and str(adversary.wavering) in printed
    layers = re.findall(r"(\d+) x +\d+ x +(\d+)  -> +(\d+) x +\d+ x +(\d+): +([\d,]+) weights", printed)
    assert [[int(number.replace(",", "")) for number in layer] for layer in layers] == [
        [4, 128, 8, 64, 16 * 128 * 64],
        [8, 64, 16, 32, 16 * 64 * 32],
        [16, 32, 32, 3, 16 * 32 * 3],
    ]
    assert "Its images have 3,072 numbers, lesson 13's had 784." in printed


def test_it_trains_and_judges_both_generators(solved: tuple[Path, str]) -> None:
    output, printed = solved
    learnt, held_out = map(int, re.findall(r"^(\d+) garments to learn from, (\d+) held out", printed)[0])
    assert 60 < learnt + held_out < 160 and 0.15 < held_out / (learnt + held_out) < 0.3
    assert [path.name for path in sorted((output / "sheets").iterdir())] == [
        "epoch-0001.png",
        "epoch-0002.png",
    ]
    assert (output / "training.gif").read_bytes().startswith(b"GIF8")
    for name in ("garments.png", "curves.png", "neighbours.png"):
        assert (output / name).read_bytes().startswith(b"\x89PNG")
    distances = [float(d) for d in re.findall(r"^Fréchet distance +([\d.]+) ± ", printed, re.MULTILINE)]
    assert len(distances) == 2 and all(distance > 0 for distance in distances)
    assert printed.index("Of the generator at the end:") < printed.index("Of the average:")
    assert printed.endswith("Exercise: averages() is right. Solved!\n")


def test_a_folder_of_something_else_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = with_options(LESSON, tmp_path, "--data", "empty", body=SOLUTION)
    assert done.returncode == 1 and "empty" in done.stderr and "Traceback" not in done.stderr


@pytest.fixture(scope="module")
def check() -> Callable[..., None]:
    return only_the_check(LESSON)


def right(weights: Any, decay: float) -> Any:
    """Each is the first one and every later difference, forgotten by and by."""
    steps = np.arange(len(weights))
    share = (1 - decay) * decay ** (steps[:, None] - steps).clip(0) * (steps[:, None] >= steps)
    share[:, 0] = decay**steps
    return share @ weights


def in_place(weights: Any, decay: float) -> Any:
    for row in range(1, len(weights)):
        weights[row] = decay * weights[row - 1] + (1 - decay) * weights[row]
    return weights


WRONG = {
    "from zero": lambda w, d: right(np.concatenate([np.zeros_like(w[:1]), w]), d)[1:],
    "decay for the new": lambda w, d: right(w, 1 - d),
    "the mean": lambda w, d: np.cumsum(w, 0) / np.arange(1, len(w) + 1)[:, None],
    "only the last": lambda w, d: right(w, d)[-1],
    "the weights themselves": lambda w, d: w,
    "one step late": lambda w, d: np.concatenate([w[:1], right(w, d)[:-1]]),
    "over the numbers": lambda w, d: right(w.T, d).T,
    "into the weights": in_place,
}


def test_the_check_accepts_what_is_right(check: Callable[..., None]) -> None:
    check(right)


@pytest.mark.parametrize("slip", WRONG)
def test_the_check_finds_slips(check: Callable[..., None], slip: str) -> None:
    with pytest.raises(course.NotYet):
        check(WRONG[slip])
