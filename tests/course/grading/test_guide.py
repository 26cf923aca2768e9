"""The guide to the exercises says what is so."""

import re
from pathlib import Path

import pytest

from minigrad.commands import main
from minigrad.course.exercises.lesson_03 import tanh_rule
from minigrad.course.grading import process

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs/guides/exercises.md").read_text(encoding="utf-8")


def test_the_output_shown_is_what_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    main(["learn"])
    file = tmp_path / "minigrad-course" / "lesson_03" / "tanh_rule.py"
    file.write_text(file.read_text().replace("raise NotImplementedError", "return dy * (1 - y)"))
    capsys.readouterr()
    (shown,) = re.findall(r"```text\n\$ minigrad check tanh_rule\n(.*?)```", GUIDE, re.DOTALL)
    (seed,) = re.findall(r"--seed (\d+)", shown)
    main(["check", "tanh_rule", "--seed", seed])
    assert capsys.readouterr().out == shown


def test_the_exercise_shown_is_in_the_course() -> None:
    assert GUIDE.count(tanh_rule.statement.splitlines()[0]) == 2
    assert '>>> tanh_rule(2.0, 0.5)\n    1.5\n    """\n    return dy * (1 - y**2)' in GUIDE


def test_the_commands_are_there(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    known = set(re.findall(r"^ {4}(\w+) ", capsys.readouterr().out, re.MULTILINE))
    assert set(re.findall(r"minigrad ([a-z]+)\b", GUIDE)) - {"adds"} <= known


def test_the_bounds_are_those_of_the_code() -> None:
    child = process.Child()
    assert f"stopped after {child.seconds:g} seconds a call" in GUIDE
    assert f"more than {child.megabytes} MB" in GUIDE


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", GUIDE):
        assert (ROOT / "docs/guides" / target).exists(), target
