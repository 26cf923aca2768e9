"""The program itself: what it can do, quickly said; and what it says when it is stopped."""

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from minigrad.commands import LATER, data, main, parser, run

ROOT = Path(__file__).parents[2]


def commands_of(whole: object) -> dict[str, object]:
    return whole._subparsers._group_actions[0].choices  # type: ignore[attr-defined, no-any-return]


def test_help_names_every_command_and_loads_none_of_what_they_need() -> None:
    program = """
import json, sys
from minigrad.commands import main
try:
    main(["--help"])
except SystemExit as ended:
    heavy = ("minigrad.data", "minigrad.train", "minigrad.viz", "minigrad.course", "numba", "matplotlib")
    print(json.dumps([ended.code, [name for name in heavy if name in sys.modules]]))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    *told, last = done.stdout.splitlines()
    assert json.loads(last) == [0, []]
    named = {line.split()[0] for line in told if line.startswith("    ") and line[4] != " "}
    assert named == {
        *("learn", "check", "hint", "solution", "progress", "grade"),
        *("run", "graph", "data", "doctor", "bench", "completion"),
    }
    assert max(map(len, told)) <= 80


@pytest.mark.parametrize("page", ["README.md", "docs/guides/commands.md", "docs/guides/exercises.md"])
def test_commands_that_pages_name_are_there(page: str) -> None:
    named = set(re.findall(r"[`\n$( ]minigrad ([a-z]+)[ `\n)]", "".join(code(ROOT / page))))
    assert named and named <= set(commands_of(parser([])))


def code(page: Path) -> list[str]:
    """What a page sets as code, in lines and in blocks."""
    return re.findall(r"```(?:sh|text)\n.*?```|`minigrad [^`]*`", page.read_text(encoding="utf-8"), re.DOTALL)


def test_without_a_command_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert capsys.readouterr().out.startswith("usage: minigrad ")


@pytest.mark.parametrize("name", LATER)
def test_a_command_that_is_asked_for_has_its_options(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([name, "--help"])
    assert len(capsys.readouterr().out.splitlines()) > 6
    assert len(commands_of(parser())[name]._actions) > 1  # type: ignore[attr-defined]
    assert len(commands_of(parser([]))[name]._actions) == 1  # type: ignore[attr-defined]


def test_a_command_that_is_not_there_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["dance"])
    assert ended.value.code == 2
    assert "invalid choice: 'dance'" in capsys.readouterr().err


def test_signs_that_the_terminal_does_not_know_stop_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="cp1252"))
    monkeypatch.setattr(run, "_lessons", lambda: {1: Path("01.py")})
    monkeypatch.setattr(run, "_title", lambda file: "η and é")
    assert main(["run"]) == 0
    assert written.getvalue().decode("cp1252").startswith("   1  \\u03b7 and é\n")


def test_stopping_says_what_is_kept_only_where_something_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "_lessons", stop)
    assert main(["run"]) == 130
    assert capsys.readouterr().err == "minigrad: stopped.\n"
    monkeypatch.setattr(data, "cache_folder", stop)
    assert main(["data", "list"]) == 130
    assert capsys.readouterr().err == (
        "minigrad: stopped. What was fetched is kept, and continued the next time.\n"
    )
