"""An exercise's source taken apart: statement, stub and solution; and the file that a learner gets."""

import ast
import functools
import inspect
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

Definition = ast.FunctionDef | ast.ClassDef

WIDTH = 88
"""Of a learner's file."""

NOT_WRITTEN = "raise NotImplementedError"


def solution(function: Callable[..., Any]) -> str:
    """The source of a function or class of a module, without its decorators."""
    lines, definition = _parsed(function)
    return "".join(lines[definition.lineno - 1 : definition.end_lineno])


def stub(function: Callable[..., Any]) -> str:
    """What a learner gets of it: the line of ``def``, the docstring, and a line that raises."""
    lines, definition = _parsed(function)
    first = definition.body[0]  # the docstring
    assert first.end_lineno is not None
    return "".join(lines[definition.lineno - 1 : first.end_lineno]) + f"    {NOT_WRITTEN}\n"


def learners_file(title: str, how: str, given: Sequence[Callable[..., Any]], stub: str) -> str:
    """A whole file: what it is, what is to be done, functions that are given, and the stub."""
    head = "\n\n".join([title, *(textwrap.fill(part, WIDTH) for part in how.split("\n\n"))])
    parts = [f'"""{head}\n"""\n', "import numpy as np\n"]
    body = [solution(function) for function in given] + [stub]
    return "\n".join(parts) + "".join(f"\n\n{part}" for part in body)


def _parsed(function: Callable[..., Any]) -> tuple[list[str], Definition]:
    """The lines of its module, and where it stands in them."""
    lines, definitions = _module(inspect.getsourcefile(function) or "")
    return lines, definitions[function.__name__]


@functools.cache
def _module(path: str) -> tuple[list[str], dict[str, Definition]]:
    """A module's lines and what it defines: parsed once for all exercises in it."""
    source = Path(path).read_text(encoding="utf-8")
    body = ast.parse(source).body
    definitions = {node.name: node for node in body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    return source.splitlines(keepends=True), definitions
