"""The examples in a statement: ``>>> name(arguments)`` and, under it, what comes out, worked by hand.

They are the first that a grader tries, so that an answer that is wrong fails first where it can be followed
with a pencil. A number counts as far as it is written, or the longest one beside it: 0.6931 is met by
0.69314718.
"""

import ast
import re
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Example:
    """One example.

    Attributes:
        call: as it is written.
        arguments: of the call.
        result: as it is written, a value.
        digits: behind the point, the most of a number in the result; None if none has a point.
    """

    call: str
    arguments: tuple[Any, ...]
    result: Any
    digits: int | None


def read_examples(statement: str) -> list[Example]:
    """The examples of a docstring, in order."""
    found = []
    lines = [line.strip() for line in statement.splitlines()]
    for number, line in enumerate(lines):
        if not line.startswith(">>> "):
            continue
        written, result = [line[4:]], list[str]()
        for below in lines[number + 1 :]:
            if not below or below.startswith(">>> "):
                break
            if below.startswith("... "):
                written.append(below[4:].strip())
            else:
                result.append(below)
        line = " ".join(written)
        call = ast.parse(line, mode="eval").body
        assert isinstance(call, ast.Call), line
        arguments = tuple(_value(ast.unparse(argument)) for argument in call.args)
        text = " ".join(result)
        behind = [len(part) for part in re.findall(r"\d\.(\d+)(?![\de])", text)]
        found.append(Example(line, arguments, _value(text), max(behind, default=None)))
    return found


def _value(text: str) -> Any:
    return eval(text, {"np": np, "array": np.array, "inf": np.inf, "nan": np.nan})
