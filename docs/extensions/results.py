"""The page of measured results, made of the files in docs/results and benchmarks/results."""

from typing import Any

from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
