"""The guide's programs run, and print what the guide says they print."""

import contextlib
import io
import re
from pathlib import Path

import pytest

from minigrad import train

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/guides/training.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", GUIDE, re.DOTALL)


def test_the_programs_run_one_after_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    assert len(PROGRAMS) == 8
    for program, output in PROGRAMS:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(program, "guide", "exec"), names)
        if output:
            assert printed.getvalue() == output
    assert {file.name for file in tmp_path.iterdir()} == {
        *("curves.svg", "history.csv", "history.json", "run.safetensors", "layers.svg"),
    }


def test_every_callback_is_in_the_table() -> None:
    listed = re.findall(r"^\| `(\w+)\(", GUIDE, re.MULTILINE)
    kinds = [value for value in vars(train).values() if isinstance(value, type)]
    own = [kind.__name__ for kind in kinds if issubclass(kind, train.Callback)]
    assert sorted(listed) == sorted({*own} - {"Callback"})


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", GUIDE):
        assert (ROOT / "docs/guides" / target).exists(), target
