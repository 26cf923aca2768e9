"""A page for the exercises of each lesson: what is asked for, and the stub; no solution and no hint."""

import ast
import textwrap
from typing import Any

from sphinx.application import Sphinx

from docs.extensions.lessons import LESSONS, title
from docs.extensions.pages import block, escaped, heading, write
from minigrad.course import exercises
from minigrad.course.grading.source import solution

INDEX = """\
Exercises
=========

{count} functions to write, from one line to half a page, in Python and NumPy. Get them as files, with a
grader that says which number is wrong and what the likely slip was:

.. code-block:: sh

   minigrad learn

:doc:`The guide </guides/exercises>` has the rest, for learners and for teachers. Three hints and the
solution of each are one command away (``minigrad hint``, ``minigrad solution``) and are not on these pages.

.. toctree::
   :maxdepth: 1

{pages}"""


def make_pages(app: Sphinx) -> None:
    """Write a page for each lesson that has exercises, and the list of them."""
    folder = app.srcdir / "exercises"
    for lesson in exercises.lessons():
        write(folder / f"lesson_{lesson:02d}.rst", page(lesson))
    pages = "".join(f"   Lesson {_named(lesson)} <lesson_{lesson:02d}>\n" for lesson in exercises.lessons())
    write(folder / "index.rst", INDEX.format(count=len(list(exercises.every())), pages=pages))


def page(lesson: int) -> str:
    """The text of the page for the exercises of one lesson."""
    parts = [
        heading(escaped(f"Exercises of lesson {_named(lesson)}"), "="),
        f"They go with :doc:`lesson {lesson} </lessons/{LESSONS[lesson].stem}>`.\n",
    ]
    for number, exercise in enumerate(exercises.of_lesson(lesson), 1):
        parts.append(heading(escaped(f"{number}. {exercise.title}"), "-"))
        given = "\n\n".join(solution(function) for function in exercise.given)
        if given:
            parts += ["This is given:\n", block(given)]
        parts.append(block(_without_statement(exercise.stub())))
        parts += map(_part, exercise.statement.split("\n\n"))
        parts.append(block(f"minigrad check {exercise.name}", "sh"))
    return "\n".join(parts)


def _named(lesson: int) -> str:
    return f"{lesson}: {title(LESSONS[lesson])}"


def _without_statement(stub: str) -> str:
    """The stub without its docstring, which stands beside it as prose."""
    docstring = ast.parse(stub).body[0].body[0]
    lines = stub.splitlines()
    return "\n".join(lines[: docstring.lineno - 1] + lines[docstring.end_lineno :])


def _part(text: str) -> str:
    """A paragraph of a statement; an example, or a formula that stands by itself, as code."""
    if text.startswith((">>>", " ")):
        return block(textwrap.dedent(text))
    return escaped(text) + "\n"


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.connect("builder-inited", make_pages)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
