"""``minigrad run``: a lesson by its number, with its options and its exit status."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from minigrad.commands import main, run

ROOT = Path(__file__).parents[2]

LESSON = '''"""
Lesson 7: a lesson of nothing
=============================
"""

import sys
from pathlib import Path

print(__name__, Path(__file__).name, sys.argv[1:])
if "--stop" in sys.argv:
    raise KeyboardInterrupt
if "--status" in sys.argv:
    sys.exit(3)
if "--write" in sys.argv:
    raise OSError(30, "Read-only file system", "output")
'''


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with one lesson, in a folder of which we are; the package is elsewhere."""
    folder = tmp_path / "checkout"
    (folder / "minigrad" / "engine").mkdir(parents=True)
    (folder / "lessons").mkdir()
    (folder / "lessons" / "07_nothing.py").write_text(LESSON)
    (folder / "lessons" / "options.py").write_text("raise AssertionError('this is no lesson')")
    monkeypatch.setattr(run, "ROOT", tmp_path)
    monkeypatch.setattr(sys, "argv", ["minigrad"])
    monkeypatch.chdir(folder / "lessons")
    return folder


@pytest.mark.parametrize("number", ["7", "07"])
def test_a_lesson_gets_what_stands_after_its_number(
    checkout: Path, capsys: pytest.CaptureFixture[str], number: str
) -> None:
    assert main(["run", number, "--full", "--seeds", "0", "1", "--help"]) == 0
    assert capsys.readouterr().out == "__main__ 07_nothing.py ['--full', '--seeds', '0', '1', '--help']\n"


@pytest.mark.parametrize("given", ["--foo", "--help"])
def test_a_lesson_without_options_is_not_run_with_some(
    checkout: Path, capsys: pytest.CaptureFixture[str], given: str
) -> None:
    (checkout / "lessons" / "03_rules.py").write_text('"""Lesson 3: rules"""\nprint("it ran")\n')
    assert main(["run", "3", given]) == 1
    told = capsys.readouterr()
    assert told.out == "" and f"lesson 3 has no options, and cannot use {given}." in told.err
    assert main(["run", "3"]) == 0


def test_its_exit_status_is_ours(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["run", "7", "--status"])
    assert ended.value.code == 3
    assert main(["run", "7", "--stop"]) == 130
    assert capsys.readouterr().err == "minigrad: stopped.\n"


def test_where_a_lesson_cannot_write_that_is_said(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "7", "--write"]) == 1
    told = capsys.readouterr().err
    assert told.startswith("minigrad: lesson 7 cannot go on: Read-only file system. ")
    assert "go into one that you may write into" in told


def test_without_a_number_the_lessons_are_listed(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("   7  a lesson of nothing\n\nminigrad run 7 runs one")


def test_the_lessons_of_this_checkout_have_titles(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run"]) == 0
    lines = capsys.readouterr().out.partition("\n\n")[0].splitlines()
    assert [line.split()[0] for line in lines] == [
        str(int(path.name[:2])) for path in sorted((ROOT / "lessons").glob("[0-9]*.py"))
    ]
    assert "   7  dense networks that tell clothes apart" in lines
    assert all(line[6:].strip() for line in lines)
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("number", ["8", "seven", "-1"])
def test_what_is_no_lesson_is_said(checkout: Path, capsys: pytest.CaptureFixture[str], number: str) -> None:
    assert main(["run", *(["--"] if number == "-1" else []), number]) == 1
    told = capsys.readouterr().err
    assert f"there is no lesson {number}." in told and "minigrad run lists them" in told


def test_without_a_checkout_that_is_said(
    checkout: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(checkout / "minigrad")  # somebody else's lessons are not run
    assert main(["run", "7"]) == 1
    said = capsys.readouterr()
    assert "are not installed with the package" in said.err and said.out == ""


def test_a_real_lesson_runs_in_a_folder_of_ones_own(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "minigrad", "run", "00"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Exercise" in done.stdout
    assert list((tmp_path / "output" / "00_engine").iterdir())


def test_the_list_says_where_the_lessons_lie(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run"]) == 0
    assert str(checkout / "lessons") in capsys.readouterr().out
