"""A learner's whole path as programs: a wrong answer, the slip named, a hint, the right answer, progress.

Once at a terminal of 80 columns, where somebody types, and once with what is said going into a pipe.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from minigrad.course import exercises
from minigrad.course.exercises.lesson_03 import tanh_rule

TOTAL = len(list(exercises.every()))
FILE = f"lesson_03/{tanh_rule.name}.py"
MINIGRAD = [sys.executable, "-m", "minigrad"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "TERM": "xterm-256color"}

Say = Callable[..., tuple[str, int]]
"""Runs a command in a folder; returns what it said and its exit status. ``answer`` is typed when it asks."""


def at_a_terminal(folder: Path, *command: str, answer: str = "") -> tuple[str, int]:
    pexpect = pytest.importorskip("pexpect")
    child = pexpect.spawn(
        MINIGRAD[0], [*MINIGRAD[1:], *command], cwd=str(folder), env=ENVIRONMENT, encoding="utf-8",
        dimensions=(24, 80), timeout=60,
    )  # fmt: skip
    said = ""
    if answer:
        child.expect_exact("[y/N] ")
        said = child.before + child.after
        child.sendline(answer)
    child.expect(pexpect.EOF)
    child.close()
    return (said + child.before).replace("\r\n", "\n"), child.exitstatus


def into_a_pipe(folder: Path, *command: str, answer: str = "") -> tuple[str, int]:
    done = subprocess.run(
        [*MINIGRAD, *command],
        cwd=folder,
        env=ENVIRONMENT,
        input=f"{answer}\n",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    return done.stdout, done.returncode


WINDOWS = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")


@pytest.mark.parametrize("run", [pytest.param(at_a_terminal, marks=WINDOWS), into_a_pipe])
def test_from_a_wrong_answer_to_the_right_one(run: Say, tmp_path: Path) -> None:
    course = tmp_path / "minigrad-course"

    def minigrad(*command: str, status: int, where: Path = course, answer: str = "") -> str:
        said, exit_status = run(where, *command, answer=answer)
        assert exit_status == status, said
        assert "\x1b" not in said and "Traceback" not in said
        assert max(map(len, said.splitlines())) <= 80
        return " ".join(said.split())

    told = minigrad("learn", status=0, where=tmp_path)
    assert f"{TOTAL} files are new in minigrad-course" in told
    assert f"0 of {TOTAL} exercises are solved. Next, of lesson 0: " in told

    file = course / FILE
    stub = file.read_text("utf-8")
    assert "raise NotImplementedError" in stub and "1 - y**2" not in stub
    file.write_text(stub.replace("raise NotImplementedError", "return dy * (1 - y)"), "utf-8")
    told = minigrad("check", status=1)
    assert "tanh_rule is not right yet. tanh_rule(2.0, 0.5): dx should be 1.5, and is 1." in told
    assert "Likely slip: of the gradient of x: 1 - y in place of 1 - y ** 2." in told

    told = minigrad("hint", "tanh_rule", status=0, where=file.parent)
    assert " ".join(tanh_rule.hints[0].split()) in told and "2 more: minigrad hint tanh_rule" in told
    assert " ".join(tanh_rule.hints[1].split()) not in told

    told = minigrad("solution", "tanh_rule", status=1, answer="n")
    assert "return dy" not in told  # at a terminal "n" is an answer; in a pipe nobody is asked
    asked = "Show the solution? You have not read 2 of its hints. [y/N] "
    assert told.startswith(asked) if run is at_a_terminal else "--yes" in told

    file.write_text(stub.replace("raise NotImplementedError", "return dy * (1 - y**2)"), "utf-8")
    told = minigrad("check", "tanh_rule", status=0, where=file.parent)
    assert "tanh_rule is right" in told and f"1 of {TOTAL} exercises are solved." in told

    told = minigrad("progress", status=0)
    assert "tanh_rule The rule of tanh solved" in told and told.count(" solved ") == 1
