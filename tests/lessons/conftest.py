"""Lessons are run as a learner runs them: as programs of their own, in a folder of their own."""

import ast
import os
import re
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import COMPILING

LESSONS = Path(__file__).parents[2] / "lessons"
# Tests run beside each other, and threads that wait for a core take longer than one that has it.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
DEFINITIONS = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef


def run(program: Path, folder: Path, path: str = "") -> str:
    """What a lesson prints. It ends well within a minute, warns of nothing, and needs no installation.

    The minute is one of processor time: what runs beside it does not count.
    """
    environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": path}
    before = os.times()
    done = subprocess.run(
        [sys.executable, "-W", "error", str(program)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    after = os.times()
    assert after.children_user + after.children_system - before.children_user - before.children_system < 60
    errors = done.stderr.replace(COMPILING, "", 1)  # said once, in the first run on a machine
    assert (done.returncode, errors) == (0, "")
    return done.stdout


def with_options(
    lesson: str,
    folder: Path,
    *options: str,
    body: str | None = None,
    images: str | None = None,
    timeout: float | None = None,
) -> "subprocess.CompletedProcess[str]":
    """The ended program of a lesson that takes options, with the body of its exercise if one is given.

    With ``images``, the quick form learns from so many: for a test that asks nothing of what was learned.
    """
    program, text = folder / lesson, text_of(lesson, body)
    if images is not None:
        text, count = re.subn(r"(QUICK_IMAGES = .*, )[\d_]+$", rf"\g<1>{images}", text, flags=re.MULTILINE)
        assert count == 1
    program.write_text(text, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-W", "error", str(program), *options],
        cwd=folder,
        env={**os.environ, **ONE_THREAD, "PYTHONPATH": str(LESSONS.parent)},
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )


def definitions(lesson: str, body: str | None = None) -> dict[str, Any]:
    """What a lesson imports and defines, with the body of its exercise if one is given.

    The statements between them, which train and draw, do not run: another test runs the whole lesson.
    """
    tree = ast.parse(text_of(lesson, body))
    parts = [part for part in tree.body if isinstance(part, DEFINITIONS)]
    names: dict[str, Any] = {}
    exec(compile(ast.Module(parts, []), lesson, "exec"), names)
    return names


def how_it_stands(lesson: str, body: str) -> str:
    """What the end of a lesson says of its exercise, with this body."""
    (call,) = re.findall(r"^print\((course\.solved\(\w+, check\))\)$", text_of(lesson), re.MULTILINE)
    return str(eval(call, definitions(lesson, body)))


def text_of(lesson: str, body: str | None = None) -> str:
    """The lesson's program, with the body of its exercise if one is given."""
    text = (LESSONS / lesson).read_text(encoding="utf-8")
    if body is None:
        return text
    assert text.count("    raise NotImplementedError\n") == 1
    return text.replace("    raise NotImplementedError\n", body)


def only_the_check(lesson: str) -> Callable[..., None]:
    """The check of a lesson's exercise."""
    found: Callable[..., None] = definitions(lesson)["check"]
    return found


@pytest.fixture
def run_lesson(tmp_path: Path) -> Callable[..., str]:
    """Runs a lesson, with the body of its exercise if one is given, and returns what it prints."""

    def run_lesson(name: str, body: str | None = None) -> str:
        program = LESSONS / name
        if body is None:
            return run(program, tmp_path)
        changed = tmp_path / name
        changed.write_text(text_of(name, body), encoding="utf-8")
        return run(changed, tmp_path, str(LESSONS.parent))

    return run_lesson


@pytest.fixture
def names_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, Any]]:
    """Runs a whole lesson in this process and returns its names."""

    def names_of(name: str) -> dict[str, Any]:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "path", list(sys.path))
        return runpy.run_path(str(LESSONS / name))

    return names_of


@pytest.fixture
def refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Starts a lesson with options that it must not take, and returns what it says on stderr.

    In this process: the lesson ends where it reads its options, before it computes anything.
    """

    def refused(name: str, *options: str) -> str:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "path", list(sys.path))
        monkeypatch.setattr(sys, "argv", [str(LESSONS / name), *options])
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(LESSONS / name), run_name="__main__")
        printed, said = capsys.readouterr()
        assert (ended.value.code, printed) == (2, "")
        return said

    return refused


@pytest.fixture
def decimals_in_prose() -> Callable[[str], list[str]]:
    """The numbers with a decimal point in a lesson's text: those of a record are to come from it."""

    def decimals_in_prose(name: str) -> list[str]:
        text = (LESSONS / name).read_text(encoding="utf-8")
        prose = re.findall(r"^# .*$", text, re.MULTILINE) + text.split('"""')[1:2]
        return [number for line in prose for number in re.findall(r"-?\d+\.\d+", line)]

    return decimals_in_prose
