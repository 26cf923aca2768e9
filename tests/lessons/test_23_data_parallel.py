"""Lesson 23: halves give the whole's gradient, alone and by ranks; its check knows slips."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from minigrad import course
from minigrad.course.examples import halves
from tests.distributed.conftest import environment, mpiexec, needs_mpi
from tests.lessons.conftest import LESSONS, how_it_stands, only_the_check

LESSON = "23_data_parallel.py"
UNSOLVED = (
    "Exercise: all_together() is still to be written. "
    "Write it in 23_data_parallel.py, and run the lesson again.\n"
)
SOLUTION = """\
    return sum(g * n for g, n in zip(gradients, sizes) if n) / sum(sizes)
"""


def test_it_plays_two_in_one_process(run_lesson: Callable[..., str], tmp_path: Path) -> None:
    printed = run_lesson(LESSON)
    assert str(halves.two_halves) in printed
    assert "1 rank, synchronised: off by" in printed
    for line in ("   2 workers         2          960", "   8 workers        14         1680"):
        assert line in printed  # 2 (R - 1) messages of 960 / R numbers
    paper = re.search(r"^  ring +8: .* 1024: +[\d.]+ ms +([\d.]+)%$", printed, re.M)
    simulated = re.search(r"^ 1024 workers, equally fast +[\d.]+ +([\d.]+)%; as", printed, re.M)
    assert paper and simulated and paper[1] == simulated[1]
    assert (tmp_path / "output/23_data_parallel/workers.svg").read_text().startswith("<?xml")
    assert printed.endswith(UNSOLVED)


@needs_mpi
def test_it_runs_with_two_ranks_and_one_of_them_speaks(tmp_path: Path) -> None:
    program = [sys.executable, "-W", "error", "-m", "mpi4py", str(LESSONS / LESSON)]
    done = subprocess.run(
        [str(mpiexec()), "-n", "2", *program],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("2 ranks, synchronised: off by") == 1
    assert done.stdout.count(UNSOLVED) == 1


def test_its_numbers_come_from_the_records(decimals_in_prose: Callable[[str], list[str]]) -> None:
    assert decimals_in_prose(LESSON) == ["0.125", "1.25"]  # options to try


def test_its_exercise_can_be_solved() -> None:
    assert how_it_stands(LESSON, SOLUTION) == "Exercise: all_together() is right. Solved!"


def weighted(gradients: list[np.ndarray], sizes: list[int], some: bool = True, by: float = 0) -> object:
    pairs = [(g, n) for g, n in zip(gradients, sizes, strict=True) if n or not some]
    return sum(g * n for g, n in pairs) / (by or sum(sizes))


WRONG: dict[str, Callable[..., object]] = {
    "the plain mean": lambda gradients, sizes: np.mean(gradients, 0),
    "the plain sum": lambda gradients, sizes: np.sum(gradients, 0),
    "weights that do not add up to 1": lambda gradients, sizes: weighted(gradients, sizes, by=1),
    "divided by the ranks": lambda gradients, sizes: weighted(gradients, sizes, by=len(sizes)),
    "an empty rank counts": lambda gradients, sizes: weighted(gradients, sizes, some=False),
    "the plain mean of those with samples": lambda gradients, sizes: np.nanmean(gradients, 0),
    "one number": lambda gradients, sizes: 0.0,
}


@pytest.mark.parametrize("answer", WRONG)
def test_its_check_knows_right_from_wrong(answer: str) -> None:
    with pytest.raises(course.NotYet):
        only_the_check(LESSON)(WRONG[answer])


def test_the_check_accepts_what_is_right() -> None:
    only_the_check(LESSON)(weighted)
