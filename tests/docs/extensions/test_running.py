"""A lesson is taken apart and run, and each piece has what it printed and drew."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from docs.extensions.running import blocks
from tests.docs.building import ROOT

LESSON = '''"""
Lesson 99: two blocks
=====================

What it is about.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import minigrad as mg
from minigrad import viz

output = Path("output/99")
output.mkdir(parents=True)

# %%
# A heading
# ---------
# Some text.

# a comment of the code


@dataclass
class Pair:
    a: "int"


print("first", Pair(1).a, sys.argv[1:])
viz.bars({"a": 1}).save(output / "bars.png")

# %%
# More text, and no code.

# %%
# The end.

print(f"It is in {output.resolve()}")
(output / "page.html").write_text("<title>A page</title>")
'''


def test_blocks_have_their_text_code_and_line() -> None:
    found = blocks(LESSON)
    assert [block.prose.splitlines()[0] for block in found] == [
        "Lesson 99: two blocks",
        "A heading",
        "More text, and no code.",
        "The end.",
    ]
    assert found[1].prose == "A heading\n---------\nSome text.\n"
    lines = LESSON.splitlines()
    for block in found:
        if block.code:
            assert block.code.splitlines() == lines[block.line - 1 : block.line - 1 + block.code.count("\n")]
    assert found[1].code.strip().startswith("# a comment of the code")
    assert found[2].code.strip() == ""


@pytest.mark.parametrize("lesson", sorted((ROOT / "lessons").glob("[0-9]*.py")), ids=lambda path: path.stem)
def test_no_line_of_a_lesson_is_lost(lesson: Path) -> None:
    text = lesson.read_text(encoding="utf-8")
    told = "".join(block.prose + block.code for block in blocks(text))
    kept = [line.removeprefix("#").strip() for line in text.splitlines() if line.strip(' #"%')]
    shown = {line.removeprefix("#").strip() for line in told.splitlines()}
    assert [line for line in kept if line not in shown] == []


def run(lesson: Path, folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "docs.extensions.running", str(lesson), str(folder)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_a_block_prints_and_draws_is_its_own(tmp_path: Path) -> None:
    lesson = tmp_path / "99_two.py"
    lesson.write_text(LESSON, encoding="utf-8")
    done = run(lesson, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    made = json.loads((tmp_path / "made.json").read_text(encoding="utf-8"))["blocks"]
    assert [block["printed"] for block in made] == ["", "first 1 []\n", "", "It is in output/99\n"]
    assert made[1]["files"] == [{"path": "output/99/bars.png", "words": "Bars: a 1."}]
    assert made[3]["files"] == [{"path": "output/99/page.html", "words": "A page"}]


def test_what_fails_is_told_with_the_lesson_s_line(tmp_path: Path) -> None:
    lesson = tmp_path / "99_two.py"
    lesson.write_text(LESSON.replace('print("first"', 'print(1 / 0, "first"'), encoding="utf-8")
    done = run(lesson, tmp_path)
    line = LESSON.splitlines().index('print("first", Pair(1).a, sys.argv[1:])') + 1
    assert done.returncode == 1
    assert f'99_two.py", line {line}, in <module>' in done.stderr
    assert "ZeroDivisionError" in done.stderr
