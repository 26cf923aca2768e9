"""A page with all worked examples, and for each one a page of its own to step through."""

from typing import Any

from sphinx.application import Sphinx

from docs.extensions.pages import escaped, heading, write
from minigrad.course import examples

INDEX = """\
Worked examples
===============

{count} computations, small enough for a pencil. The lessons print them as tables and check every number. Here
each has a page to step through, forward and then backward, an operation at a time; where no gradient is
asked for, it goes forward alone. :doc:`The guide </guides/worked_examples>` says how one is written.

"""


def make_page(app: Sphinx) -> None:
    """Write the list, the examples of one subject under one another."""
    every = examples.every()
    parts = [INDEX.format(count=len(every))]
    subject = ""
    for name, example in every.items():
        if name.partition(".")[0] != subject:
            subject = name.partition(".")[0]
            parts.append(heading(subject.replace("_", " ").capitalize(), "-"))
        link = f"`{escaped(example.title)} <../_static/examples/{name}.html>`__"
        alone = "" if example.has_gradients else " (forward alone)"
        parts.append(f"{link}{alone}\n   {escaped(' '.join(example.about.split()) or example.source)}\n")
    write(app.srcdir / "examples/index.rst", "\n".join(parts))


def lay_pages(app: Sphinx, error: Exception | None) -> None:
    """Write the pages to step through beside the built site."""
    if error is not None or app.builder.format != "html":
        return
    folder = app.outdir / "_static/examples"
    folder.mkdir(parents=True, exist_ok=True)
    for name, example in examples.every().items():
        example.scrub(folder / f"{name}.html")


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.connect("builder-inited", make_page)
    app.connect("build-finished", lay_pages)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
