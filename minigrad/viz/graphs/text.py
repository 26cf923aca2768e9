"""Operations and numbers as they are written."""

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minigrad.engine.graph import Node
from minigrad.viz.graphs.history import Argument, is_number
from minigrad.viz.graphs.options import options_of
from minigrad.viz.numbers import on_the_cpu

SIGNS = {
    "add": "+",
    "sub": "−",
    "mul": "×",
    "div": "÷",
    "matmul": "@",
    "sum": "Σ",
    "prod": "Π",
    "sqrt": "√",
    "square": "^ 2",
    "reciprocal": "1 ÷",
    "scatter_into": "scatter",
    "gelu_tanh": "gelu tanh",
}
"""What operations are drawn as; the others as their names."""

_INFIX = {"add", "sub", "mul", "div", "pow", "remainder", "floor_divide", "trunc_divide"}
_BETWEEN = {"pow": "^", "remainder": "mod", "floor_divide": "÷ floor", "trunc_divide": "÷ trunc"}
ROLES = {
    "sub": ("", "−"),
    "div": ("", "÷"),
    "matmul": ("left", "right"),
    "pow": ("base", "exponent"),
    "add": ("", ""),
    "mul": ("", ""),
    "where": ("condition", "then", "else"),
    "maximum": ("", ""),
    "minimum": ("", ""),
}
"""What is written at the arrow of each argument of an operation."""


def sign_of(node: Node) -> str:
    """An operation without its options: "Σ", "^ 2"; a learner's own by its name."""
    return SIGNS.get(node.op.builtin, node.op.name)


def operation(node: Node, given: Sequence[Argument], constants: Mapping[int, Any]) -> str:
    """An operation with the options that matter: "Σ dim=0", "^ 2", "1 ÷", "[:, 0]"."""
    name = node.op.builtin
    options = {a.name: a.saved for a in given if a.kept and not a.operand}
    if name in ("indexing", "setitem"):
        return _index(options.get("index")) + (" =" if name == "setitem" else "")
    if name == "permute":
        dims = options.get("dims", ())
        flipped = tuple(dims) == tuple(reversed(range(len(dims))))
        return "transpose" if flipped else f"permute {tuple(dims)}"
    if name == "to":
        return f"to {node.dtype}"
    if name == "root":
        degree = options.get("degree", 2)
        return "√" if degree == 2 else f"^ (1 ÷ {number(degree)})"
    sign = _BETWEEN.get(name) or sign_of(node)
    for place, value in constants.items():
        if not is_number(value):
            continue
        operand = number(value, 6) if value >= 0 else f"({number(value, 6)})"
        if name == "where":
            operand = f"{ROLES[name][place]} {operand}"
        sign = f"{operand} {sign}" if place == 0 and name in _INFIX else f"{sign} {operand}"
    if name == "einsum":
        return f"einsum {','.join(options.get('terms', ()))}->{options.get('output', '')}"
    said = options_of(name, options, {a.name: a.default for a in given})
    written = (f"{option}={number(v) if is_number(v) else v}" for option, v in said.items())
    return " ".join([sign, *written])


def _index(index: Any) -> str:
    parts = index if isinstance(index, tuple) else (index,)

    def part(value: Any) -> str:
        if isinstance(value, slice):
            ends = [("" if end is None else str(end)) for end in (value.start, value.stop)]
            return ":".join([*ends, *([str(value.step)] if value.step is not None else [])])
        if value is Ellipsis:
            return "..."
        return "tensor" if hasattr(value, "shape") and value.shape else str(value)

    return f"[{', '.join(map(part, parts))}]"


def number(value: Any, precision: int = 4) -> str:
    """One number: "0.13", "-2", "1.5e-07"."""
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    value = float(value)
    if not math.isfinite(value):
        return str(value)
    if value and (abs(value) < 0.5 * 10**-precision or abs(value) >= 1e7):
        return f"{value:.{max(precision - 1, 0)}e}"
    text = f"{value + 0.0:.{precision}f}"  # + 0.0: no one writes -0
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def numbers(array: Any, precision: int = 4, width: int = 32) -> list[str]:
    """A small array in lines: a number bare, a vector in brackets, a matrix row by row, columns aligned."""
    array = on_the_cpu(array)
    if array.ndim == 0:
        return [number(array.item(), precision)]
    if array.size == 0:
        return ["[]"]
    if array.ndim == 1:
        texts = [number(value, precision) for value in array.tolist()]
        return textwrap.wrap(f"[{', '.join(texts)}]", width, subsequent_indent=" ")
    rows = [[number(value, precision) for value in row] for row in array.tolist()]
    widths = [max(len(row[j]) for row in rows) for j in range(array.shape[1])]
    return ["[" + "  ".join(t.rjust(w) for t, w in zip(row, widths, strict=True)) + "]" for row in rows]


def small(shape: Sequence[int], most: int) -> bool:
    """Whether an array of this shape is drawn with its numbers, if at most ``most`` of them are."""
    if math.prod(shape) > most or len(shape) > 2 or 0 in shape:
        return False
    return len(shape) < 2 or (shape[0] <= 8 and shape[1] <= 6)


def shape_of(shape: Sequence[int]) -> str:
    """A shape as minigrad prints it: "(2, 3)"; nothing for one number."""
    return str(tuple(shape)) if len(shape) else ""
