"""Notebooks say and do what the lessons do."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools.make_notebooks import LESSONS, ROOT, main, markdown, notebook


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.stem)
def test_a_notebook_is_the_lesson(lesson: Path) -> None:
    """Of format 4.5, and its code, the first cell aside, is the script's."""
    made = json.loads(json.dumps(notebook(lesson)))
    cells = made["cells"]
    assert (made["nbformat"], made["nbformat_minor"]) == (4, 5)
    assert made["metadata"]["kernelspec"]["name"] == "python3"
    assert len({cell["id"] for cell in cells}) == len(cells)
    for cell in cells:
        assert re.fullmatch(r"[\w-]{1,64}", cell["id"]) and cell["metadata"] == {}
        assert "".join(cell["source"]).strip()
        computed = {"outputs": [], "execution_count": None}
        assert {key: cell.get(key) for key in computed} == (
            computed if cell["cell_type"] == "code" else dict.fromkeys(computed)
        )
    code = [ast.parse("".join(cell["source"])) for cell in cells if cell["cell_type"] == "code"][1:]
    script = ast.parse(lesson.read_text("utf-8")).body[1:]
    assert [ast.dump(statement) for cell in code for statement in cell.body] == list(map(ast.dump, script))
    text = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    assert text.startswith(f"# Lesson {int(lesson.name[:2])}: ") and "\n## Exercise\n" in text
    assert "``" not in text.replace("```", "") and not re.search(r"^[-=]{3,}$|^#$", text, re.MULTILINE)


def test_text_becomes_markdown() -> None:
    text = """Two rules
=========

Of ``z = a *
b`` and *others*:

======  ====  ===
step    by a  b
======  ====  ===
a * b   b     a
-a      -1
======  ====  ===

More
----
- one"""
    assert (
        markdown(text)
        == """# Two rules

Of `z = a *
b` and *others*:

| step | by a | b |
| --- | --- | --- |
| a * b | b | a |
| -a | -1 |  |

## More
- one"""
    )


PROGRAM = """
import json, sys
cells = json.load(open(sys.argv[1], encoding="utf-8"))["cells"]
del __file__  # a notebook has none
for cell in cells:
    if cell["cell_type"] == "code":
        exec(compile("".join(cell["source"]), cell["id"], "exec"), globals())
"""


def run(path: Path) -> str:
    """What a notebook prints whose cells run one after another, beside nothing of the checkout."""
    program = path.with_suffix(".py")
    program.write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, program, path],
        cwd=path.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_notebook_runs_in_another_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "notebooks"
    assert main([str(folder)]) == 0
    assert capsys.readouterr().out == f"{len(LESSONS)} notebooks in {folder}\n"
    written = folder.resolve() / "output" / "00_engine"
    assert f"The pictures: {written}" in run(folder / "00_engine.ipynb")
    assert len(list(written.iterdir())) == 3


def test_options_are_given_in_the_first_cell(tmp_path: Path) -> None:
    path = tmp_path / "07_fashion_mnist.ipynb"
    text = json.dumps(notebook(ROOT / "lessons/07_fashion_mnist.py"))
    path.write_text(text.replace("sys.argv = [__file__]", r"sys.argv = [__file__, \"--help\"]"), "utf-8")
    said = run(path)
    assert said.startswith("usage: 07_fashion_mnist.py") and "--sample" in said
