"""An exercise's source taken apart: statement, stub and solution; and the file that a learner gets."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Sequence
from typing import Any

WIDTH = 88
"""Of a learner's file."""

NOT_WRITTEN = "raise NotImplementedError"


def solution(function: Callable[..., Any]) -> str:
    """The source of a function or class, without its decorators."""
    lines, definition = _parsed(function)
    return "".join(lines[definition.lineno - 1 :])


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


def _parsed(function: Callable[..., Any]) -> tuple[list[str], ast.FunctionDef | ast.ClassDef]:
    source = textwrap.dedent(inspect.getsource(function))
    (definition,) = ast.parse(source).body
    assert isinstance(definition, (ast.FunctionDef, ast.ClassDef)), function
    return source.splitlines(keepends=True), definition
