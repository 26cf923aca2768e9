"""``minigrad completion``: bash, given the script, completes what one types."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from minigrad.commands import main
from minigrad.commands.completion import SHELLS
from minigrad.course import exercises

ASK = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
_shtab_minigrad 2>/dev/null
printf '%s\\n' "${COMPREPLY[@]}"
"""
"""What bash does when the last word is to be completed."""


def script(shell: str, capsys: pytest.CaptureFixture[str]) -> str:
    pytest.importorskip("shtab")
    assert main(["completion", shell]) == 0
    return capsys.readouterr().out


@pytest.fixture
def completed(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """completed("data", "fe") is what bash makes of `minigrad data fe`."""
    if shutil.which("bash") is None or sys.platform == "win32":
        pytest.skip("there is no bash")
    file = tmp_path / "minigrad.bash"
    file.write_text(script("bash", capsys))

    def complete(*words: str) -> set[str]:
        command = ["bash", "--norc", "-c", ASK, "bash", str(file), "minigrad", *words]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        return set(done.stdout.split())

    return complete


def test_commands_options_and_names_are_completed(completed) -> None:
    assert completed("d") == {"data", "doctor"}
    assert completed("data", "fe") == {"fetch"}
    assert completed("data", "fetch", "cifar") == {"cifar-10", "cifar-100"}
    assert completed("doctor", "--j") == {"--json"}
    assert completed("hint", "tanh_r") == completed("check", "tanh_r") == {"tanh_rule"}
    assert completed("solution", "") >= {exercise.name for exercise in exercises.every()}


def test_folders_are_completed(completed, tmp_path: Path) -> None:
    (tmp_path / "submissions_of_may").mkdir()
    assert completed("grade", "subm") == {"submissions_of_may"}


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_has_a_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = script(shell, capsys)
    assert "tanh_rule" in told and "doctor" in told
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=told, text=True, check=True)  # it can be read


def test_what_is_completed_is_no_other_than_before(capsys: pytest.CaptureFixture[str]) -> None:
    """The names are for the script: a wrong one is still answered by the course, and not by the parser."""
    script("bash", capsys)
    assert main(["hint", "tanh_rul", "--folder", "."]) == 1
    assert "minigrad: " in capsys.readouterr().err


def test_without_shtab_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "shtab", None)  # so that importing it fails
    assert main(["completion", "bash"]) == 1
    assert "pip install shtab" in capsys.readouterr().err
