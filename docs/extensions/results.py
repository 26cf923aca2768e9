"""The page of what was measured: tables and bars of the files in docs/results and benchmarks/results."""

import json
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from benchmarks.networks import NETWORKS
from docs.extensions.links import ROOT
from docs.extensions.pages import write
from minigrad.course.examples.two_paths import two_paths
from minigrad.viz import bars
from minigrad.viz.theme import DARK, LIGHT

PAGE = """\
What was measured
=================

Everything here is drawn, when the site is built, from files that the project's own programs wrote and that
are kept with it: :doc:`where each comes from <README>`.

Speed and memory
----------------

Time of a step beside PyTorch's on the same CPU, in the same rounds: 1 is PyTorch's, less is faster.

{speed}

:doc:`All benchmarks <benchmarks>`, what they were measured on, and where the time goes;
:doc:`how speed is measured <how_speed_is_measured>`.

Accuracy
--------

The networks of the coursework reports that the lessons read, trained again here. In how many of the test
images the right class was named, the mean where there are several seeds.

.. list-table::
   :header-rows: 1

   * - report
     - network
     - seeds
     - here
     - report's
{accuracy}

Graders
-------

{exercises[exercises]} exercises. Stubs that score: {exercises[stubs_scoring]}. Solutions that are right:
{exercises[solutions_right]}. Of {exercises[mutants]} wrong answers, each made of a solution by a change in
one place, {exercises[rejected]} are rejected, {share}; the others compute the same, and the file says why
for each.

.. list-table::
   :header-rows: 1

   * - lesson
     - exercises
     - stubs that score
     - solutions that are right
     - changed answers
     - rejected
{graders}

Diagnosis
---------

Of {tried} rules into which a slip was planted, ``explain_gradient`` names the right one first in {named}.
Trainings that were killed at a random moment and went on: {kills[kills]}, of which {kills[ended identical]}
ended as the uninterrupted one, to the last bit.
"""


def make_page(app: Sphinx) -> None:
    """Write the page and its pictures."""
    results = ROOT / "docs/results"
    graded = _read(results / "exercises.json")
    planted = _read(results / "explain_gradient.json")["planted slips"]
    text = PAGE.format(
        speed=speed(app),
        accuracy="".join(accuracy(_read(results / f"report_{n}.json"), n) for n in ("000", "001", "002")),
        exercises=graded,
        share=f"{graded['rejected_share']:.1%}".replace("%", " %"),
        graders=graders(graded["each"]),
        tried=f"{planted['rules tried']:,}",
        named=f"{planted['named first']:.2%}".replace("%", " %"),
        kills=_read(results / "kill_and_resume.json"),
    )
    write(app.srcdir / "results/measured.rst", text)


def speed(app: Sphinx) -> str:
    """Bars, drawn for light and for dark pages."""
    ratios = {}
    for name in ("dense", *NETWORKS):
        path = ROOT / f"benchmarks/results/{name}_step.json"
        if path.is_file():
            record = _read(path)
            if "torch" in record["frameworks"] and "minigrad" in record["frameworks"]:
                ratios[name.replace("_", " ")] = round(record["frameworks"]["minigrad"]["of_torch"], 2)
    picture = bars(ratios, title="A step's time, PyTorch's = 1")
    folder = app.srcdir / "_build/pictures"
    folder.mkdir(parents=True, exist_ok=True)
    shown = ""
    for kind, theme in (("light", LIGHT), ("dark", DARK)):
        picture.save(folder / f"speed_{kind}.svg", theme)
        shown += f".. image:: ../_build/pictures/speed_{kind}.svg\n   :alt: {picture.alt}\n"
        shown += f"   :class: only-{kind}\n\n"
    return shown


def accuracy(record: dict[str, Any], report: str) -> str:
    """A row for each network."""
    rows = ""
    for name, network in record["networks"].items():
        published = network["published"].get("accuracy")
        told = f"{100 * published:.2f} %" if published else "none"
        rows += _row(
            report, name, str(len(network["runs"])), f"{100 * network['mean']['accuracy']:.2f} %", told
        )
    return rows


def graders(each: dict[str, dict[str, Any]]) -> str:
    """A row for each lesson."""
    rows = ""
    for lesson in sorted({record["lesson"] for record in each.values()}):
        those = [record for record in each.values() if record["lesson"] == lesson]
        right = sum(record["solution"] == 1 for record in those)
        sums = {key: sum(record[key] for record in those) for key in ("stub", "mutants", "rejected")}
        rows += _row(lesson, len(those), sums["stub"], right, sums["mutants"], sums["rejected"])
    return rows


def _row(*cells: Any) -> str:
    return "".join(f"   {'* ' if place == 0 else '  '}- {cell}\n" for place, cell in enumerate(cells))


def _read(path: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return record


def lay_front_page(app: Sphinx, error: Exception | None) -> None:
    """The page to step through that the first page shows."""
    if error is None and app.builder.format == "html":
        two_paths.scrub(app.outdir / "_static/front.html")


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.connect("builder-inited", make_page)
    app.connect("build-finished", lay_front_page)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
