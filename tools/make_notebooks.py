"""Write every lesson as a notebook: its text as Markdown, its code in cells, and nothing computed yet.

    python tools/make_notebooks.py FOLDER

A first cell stands before the lesson's own. It finds the checkout that minigrad is installed from (``pip
install -e .``), where ``models/`` and ``lessons/`` lie, takes the options of the lesson, and lets pictures be
shown. The code is the script's, unchanged.
"""

import argparse
import ast
import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LESSONS = sorted((ROOT / "lessons").glob("[0-9]*.py"))

SETUP = """\
# This notebook is minigrad's {path}. It needs a checkout of minigrad that is
# installed with `pip install -e .`, as a few folders that lessons use lie there.
import sys
from pathlib import Path

import minigrad
from minigrad import viz

__file__ = str(Path(minigrad.__file__).resolve().parents[1] / "{path}")
sys.argv = [__file__]  # options of the lesson go behind it, each in quotes: [__file__, "--help"]
viz.show_saved("output")  # the pictures and pages that a cell writes are shown under it"""


def notebook(path: Path) -> dict[str, Any]:
    """A lesson's script as a notebook of format 4.5, as a dict that is written as JSON."""
    source = path.read_text(encoding="utf-8")
    docstring = ast.get_docstring(ast.parse(source)) or ""
    code = source.split('"""', 2)[2]  # what follows the docstring
    blocks = [("markdown", markdown(docstring)), ("code", SETUP.format(path=f"lessons/{path.name}"))]
    for part in re.split(r"^# %%\n", code, flags=re.MULTILINE):
        text = re.match(r"(?:#.*\n)*", part)[0]  # type: ignore[index]  # it matches the empty text, too
        blocks += [("markdown", markdown(_bare(text))), ("code", part[len(text) :].strip("\n"))]
    return {
        "cells": [_cell(place, *block) for place, block in enumerate(blocks) if block[1]],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _cell(place: int, kind: str, text: str) -> dict[str, Any]:
    cell = {
        "cell_type": kind,
        "id": f"cell-{place}",
        "metadata": {},
        "source": text.splitlines(keepends=True),
    }
    return cell if kind == "markdown" else cell | {"execution_count": None, "outputs": []}


def _bare(comment: str) -> str:
    """The text of a block of comments."""
    return "".join(line[2:] or "\n" for line in comment.splitlines(keepends=True))


def markdown(text: str) -> str:
    """The lesson's text, which is reStructuredText of a plain kind, as Markdown: headings, code, tables."""
    text = re.sub(r"``(.+?)``", r"`\1`", text.strip("\n"), flags=re.DOTALL)
    for rule, mark in {"=": "#", "-": "##"}.items():
        text = re.sub(rf"^(\S.*)\n{rule}{{3,}}$", rf"{mark} \1", text, flags=re.MULTILINE)
    return re.sub(r"^(=+(?: +=+)+)\n(.+)\n\1\n((?:.+\n)+?)\1$", _table, text, flags=re.MULTILINE)


def _table(found: re.Match[str]) -> str:
    """A table whose columns are marked by lines of ``=``, with bars between its columns."""
    ends = [match.span() for match in re.finditer(r"=+", found[1])]
    ends = [(start, after[0]) for (start, _), after in zip(ends, [*ends[1:], (None, None)], strict=True)]
    rows = [[line[start:end].strip() for start, end in ends] for line in (found[2], *found[3].splitlines())]
    rows.insert(1, ["---"] * len(ends))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where to write; it is made if it is not there")
    folder = parser.parse_args(arguments).folder
    folder.mkdir(parents=True, exist_ok=True)
    for path in LESSONS:
        text = json.dumps(notebook(path), indent=1, ensure_ascii=False)
        (folder / f"{path.stem}.ipynb").write_text(text + "\n", encoding="utf-8")
    print(f"{len(LESSONS)} notebooks in {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
