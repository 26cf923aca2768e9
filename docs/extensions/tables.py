"""Tables whose columns need no names: Markdown wants a head for each, and an empty one is left out here."""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx


def remove_empty_heads(app: Sphinx, document: nodes.document) -> None:
    """Take a head without words from each table of a page."""
    for head in list(document.findall(nodes.thead)):
        if not head.astext().strip():
            head.parent.remove(head)


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.connect("doctree-read", remove_empty_heads)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
