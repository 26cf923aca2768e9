"""A page for each lesson: its text, its code, and under each piece of code what it printed and drew.

A lesson is run by `docs.extensions.running`, once for as long as it and what it runs on stay the same: the
folder that it ran in, docs/_build/lessons/NAME, says of which sources it is. sphinx-gallery would take the
lessons, too; it collects figures that matplotlib has open, in Sphinx' own process, where our lessons write
files, which have words for those who do not see them, are programs that set options, and change with the
package and not with their own text alone.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util import logging

from docs.extensions.links import ROOT
from docs.extensions.pages import block, indented, write
from docs.extensions.running import PAGES, PICTURES, blocks

LESSONS = sorted((ROOT / "lessons").glob("[0-9]*.py"))
SHOWN = 12
"""So many pictures of one piece of code are shown at most; the others are counted."""

EMBEDDED = re.compile(r'id="slider"')
"""A page with a slider, to step through, stands in the lesson's page; a report has a link."""

info = logging.getLogger(__name__).info


def make_pages(app: Sphinx) -> None:
    """Write a page for each lesson, and the list of them."""
    folder = app.srcdir / "lessons"
    notebooks = make_notebooks(app.srcdir)
    for lesson in LESSONS:
        kept = kept_folder(app, lesson)
        made = run(lesson, kept) if is_run(app, lesson) else None
        write(folder / f"{lesson.stem}.rst", page(lesson, kept, made, notebooks))
    titles = "".join(f"   {lesson.stem}\n" for lesson in LESSONS)
    write(folder / "index.rst", INDEX.format(titles=titles, rows="".join(map(_row, LESSONS))))


INDEX = """\
Lessons
=======

Each is a program to run and to read from top to bottom: the numbers by hand first, then a few lines of code,
a picture, a check, and an exercise that checks itself. Here they have been run, each in its quick form, when
this site was built: what stands under a piece of code is what it printed and drew.

.. list-table::
   :widths: 8 92

{rows}
.. toctree::
   :hidden:

{titles}"""


def title(lesson: Path) -> str:
    """What stands after "Lesson 7:" at its head."""
    return lesson.read_text(encoding="utf-8").splitlines()[1].partition(": ")[2]


def _row(lesson: Path) -> str:
    return f"   * - {int(lesson.stem[:2])}\n     - :doc:`{title(lesson)} <{lesson.stem}>`\n"


def is_run(app: Sphinx, lesson: Path) -> bool:
    """Whether the lesson is among those that this build runs."""
    asked = str(app.config.lessons_run)
    return asked == "all" or (asked != "none" and int(lesson.stem[:2]) in map(int, asked.split(",")))


def page(lesson: Path, kept: Path, made: dict[str, Any] | None, notebooks: set[str]) -> str:
    """The text of a lesson's page; without its output where it was not run."""
    parts = [f".. _lesson-{lesson.stem[:2]}:\n\n"]
    for place, piece in enumerate(blocks(lesson.read_text(encoding="utf-8"))):
        parts.append(_prose(piece.prose))
        if place == 0:
            parts.append(_downloads(lesson, made, notebooks))
        if piece.code.strip():
            parts.append(block(piece.code.strip("\n")))
        if made is not None:
            parts.append(_output(made["blocks"][place], lesson, kept))
    if (ROOT / f"minigrad/course/exercises/lesson_{lesson.stem[:2]}.py").is_file():
        page = f"/exercises/lesson_{lesson.stem[:2]}"
        parts.append(f"More to write yourself: :doc:`the exercises of this lesson <{page}>`.\n")
    return "\n".join(parts)


def _prose(text: str) -> str:
    """The text of a piece. How the program is called, set apart by spaces alone, is code."""
    return re.sub(r"\n\n((?:    .*\n)+)", lambda found: f"\n\n::\n\n{found[1]}\n", text + "\n")


def _downloads(lesson: Path, made: dict[str, Any] | None, notebooks: set[str]) -> str:
    """What to take along, and whether what follows was run."""
    name = f"{lesson.stem}.ipynb"
    links = [f"`Program <../source/lessons/{lesson.name}.html>`__"]
    links.append(f":download:`to download <{os.path.relpath(lesson, ROOT / 'docs/lessons')}>`")
    if name in notebooks:
        links.append(f"`notebook <../_static/notebooks/{name}>`__")
    ran = f"Run in {made['seconds']:.0f} seconds" if made else "Not run when this page was built"
    return f".. container:: lesson-head\n\n   {ran}. {' · '.join(links)}\n\n"


def _output(piece: dict[str, Any], lesson: Path, kept: Path) -> str:
    """What a piece of code printed, and the pictures and pages that it wrote."""
    parts = []
    printed = piece["printed"].strip("\n")
    if printed:
        parts.append(block(printed, "text", ":class: output"))
    pictures = [file for file in piece["files"] if _is_shown(file["path"])]
    pages = [file for file in piece["files"] if Path(file["path"]).suffix in PAGES]
    if pictures:
        kind = "pictures" if len(pictures) > 1 else "picture"
        shown = "".join(_picture(file, lesson) for file in pictures[:SHOWN])
        parts.append(f".. container:: {kind}\n\n{indented(shown)}\n")
        if len(pictures) > SHOWN:
            parts.append(f"and {len(pictures) - SHOWN} more like these.\n")
    parts += [_embedded(file, kept) for file in pages]
    return "\n".join(parts)


def _is_shown(path: str) -> bool:
    """Whether it is a picture of the lesson's. What lies in folders deeper than output/NN_name is data."""
    return Path(path).suffix in PICTURES and len(Path(path).parts) == 3


def _picture(file: dict[str, str], lesson: Path) -> str:
    name = Path(file["path"]).stem.replace("_", " ")
    place = f"../_build/lessons/{lesson.stem}/{file['path']}"
    words = file["words"] or f"{name}: a picture of lesson {int(lesson.stem[:2])}, {title(lesson)}"
    return f".. image:: {place}\n   :alt: {' '.join(words.split())}\n   :loading: lazy\n\n"


def _embedded(file: dict[str, str], kept: Path) -> str:
    """A page that the lesson wrote."""
    path = file["path"].removeprefix("output/")
    address = f"../_static/lessons/{path}"
    words = (file["words"] or Path(path).stem.replace("_", " ")).replace('"', "'")
    link = f"`{_link_text(words)} <{address}>`__"
    text = (kept / file["path"]).read_text(encoding="utf-8", errors="replace")
    if not EMBEDDED.search(text):
        return f".. container:: made-page\n\n   The page that it wrote: {link}\n\n"
    frame = f'<iframe class="scrubber" src="{address}" title="{words}" loading="lazy"></iframe>'
    return f".. raw:: html\n\n   {frame}\n\n.. container:: made-page\n\n   On a page of its own: {link}\n\n"


def _link_text(words: str) -> str:
    return re.sub(r"([\\*`|_<>])", r"\\\1", words)


def kept_folder(app: Sphinx, lesson: Path) -> Path:
    """Where a lesson runs, and what it gave is kept."""
    return Path(app.srcdir) / "_build/lessons" / lesson.stem


def run(lesson: Path, folder: Path) -> dict[str, Any]:
    """What a lesson printed and drew, running it if it or what it runs on has changed.

    Raises:
        ExtensionError: the lesson failed.
    """
    key, kept = folder / "made_of", hashlib.sha256(lesson.read_bytes() + below().encode()).hexdigest()
    if not key.is_file() or key.read_text() != kept:
        info(f"running lesson {lesson.stem} ...")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        done = subprocess.run(
            [sys.executable, "-W", "error", "-m", "docs.extensions.running", str(lesson), str(folder)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ExtensionError(f"{lesson.name} failed:\n{done.stderr}")
        key.write_text(kept)
    made: dict[str, Any] = json.loads((folder / "made.json").read_text(encoding="utf-8"))
    return made


@cache
def below() -> str:
    """A digest of what the lessons run on: the package, the models, the data that come with it, NumPy."""
    digest = hashlib.sha256(f"{sys.version} {np.__version__}".encode())
    folders = ("minigrad", "models", "lessons")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    for path in sorted({*files, Path(__file__).with_name("running.py")} - set(LESSONS)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def make_notebooks(docs: Path) -> set[str]:
    """The names of the notebooks that the site offers, made by the project's own tool if it is there."""
    tool, folder = ROOT / "tools/make_notebooks.py", docs / "_build/static/notebooks"
    if not tool.is_file():
        return set()
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, str(tool), str(folder)], cwd=ROOT, check=True, capture_output=True)
    return {path.name for path in folder.glob("*.ipynb")}


def bring(app: Sphinx, error: Exception | None) -> None:
    """Lay the pages that the lessons wrote, and the notebooks, beside the built site."""
    if error is not None or app.builder.format != "html":
        return
    static = app.outdir / "_static"
    notebooks = app.srcdir / "_build/static/notebooks"
    if notebooks.is_dir():
        shutil.copytree(notebooks, static / "notebooks", dirs_exist_ok=True)
    for lesson in LESSONS:
        output = kept_folder(app, lesson) / "output"
        for page in output.rglob("*.html") if is_run(app, lesson) else ():  # whose pictures are in them
            copy = static / "lessons" / page.relative_to(output)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(page, copy)


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.add_config_value("lessons_run", "all", "env", str)
    app.connect("builder-inited", make_pages)
    app.connect("build-finished", bring)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
