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

import numpy as np
import pytest

import minigrad as mg
from minigrad import course, nn
from tests.conftest import COMPILING

LESSONS = Path(__file__).parents[2] / "lessons"
# Tests run beside each other, and threads that wait for a core take longer than one that has it.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}


def run(program: Path, folder: Path, path: str = "") -> str:
    """What a lesson prints. It ends well within a minute, warns of nothing, and needs no installation."""
    environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": path}
    done = subprocess.run(
        [sys.executable, "-W", "error", str(program)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    errors = done.stderr.replace(COMPILING, "", 1)  # said once, in the first run on a machine
    assert (done.returncode, errors) == (0, "")
    return done.stdout


def only_the_check(lesson: str) -> Callable[..., None]:
    """The check of a lesson alone: what is around it would train."""
    text = (LESSONS / lesson).read_text(encoding="utf-8")
    (source,) = [
        part for part in ast.parse(text).body if isinstance(part, ast.FunctionDef) and part.name == "check"
    ]
    names: dict[str, Any] = {"np": np, "mg": mg, "nn": nn, "course": course, "Callable": Callable}
    exec(compile(ast.Module([source], []), lesson, "exec"), names)
    found: Callable[..., None] = names["check"]
    return found


@pytest.fixture
def run_lesson(tmp_path: Path) -> Callable[..., str]:
    """Runs a lesson, with the body of its exercise if one is given, and returns what it prints."""

    def run_lesson(name: str, body: str | None = None) -> str:
        program = LESSONS / name
        if body is None:
            return run(program, tmp_path)
        text = program.read_text(encoding="utf-8")
        assert text.count("    raise NotImplementedError\n") == 1
        changed = tmp_path / name
        changed.write_text(text.replace("    raise NotImplementedError\n", body), encoding="utf-8")
        return run(changed, tmp_path, str(LESSONS.parent))

    return run_lesson


@pytest.fixture
def names_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, Any]]:
    """Runs a lesson in this process and returns its names, to try its check on answers."""

    def names_of(name: str) -> dict[str, Any]:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "path", list(sys.path))
        return runpy.run_path(str(LESSONS / name))

    return names_of


@pytest.fixture
def decimals_in_prose() -> Callable[[str], list[str]]:
    """The numbers with a decimal point in a lesson's text: those of a record are to come from it."""

    def decimals_in_prose(name: str) -> list[str]:
        text = (LESSONS / name).read_text(encoding="utf-8")
        prose = re.findall(r"^# .*$", text, re.MULTILINE) + text.split('"""')[1:2]
        return [number for line in prose for number in re.findall(r"-?\d+\.\d+", line)]

    return decimals_in_prose
