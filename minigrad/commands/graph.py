"""``minigrad graph "tanh(a*b + c)" a=2 b=-3 c=10``: a formula's graph, every value and every gradient."""

import argparse
import json
import re
import sys
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad.commands.not_finite import first_not_finite
from minigrad.creation import tensor
from minigrad.errors import CourseError
from minigrad.tensor import Tensor

if TYPE_CHECKING:
    from minigrad.viz.graphs.description import Description

HEADINGS = ("name", "operation", "of", "value", "gradient")
WIDTH = 20
"""Columns for the numbers of a vector, before it is broken."""


def add_to(commands: Any) -> None:
    """Add ``graph`` to a parser's commands."""
    parser = commands.add_parser(
        "graph",
        help="draw the graph of a formula, with values and gradients",
        description="Compute a formula, forward and backward; print each value and its gradient, and draw "
        'the graph. An example: minigrad graph "tanh(a*b + c)" a=2 b=-3 c=10',
        epilog="Signs are + - * / ** @, functions those of worked examples: exp, log, relu, sum... A formula "
        "is read, and not run as a program. One that begins with a minus is written in brackets: (-a*b).",
    )
    parser.add_argument("formula", help='in quotes: "sum((W @ x - y)**2)"')
    parser.add_argument(
        "values", nargs="*", metavar="name=value", help="a=2, or in quotes: 'x=[1, 2]', 'W=[[1, 2], [3, 4]]'"
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("graph.svg"),
        metavar="FILE",
        help=".svg, .png or .pdf (graph.svg)",
    )
    parser.add_argument("--digits", type=int, default=4, metavar="N", help="after the point (4)")
    parser.set_defaults(run=graph)


def graph(options: argparse.Namespace) -> int:
    """Print the table of a formula, and draw its graph. Returns 0.

    Raises:
        CourseError: the formula or a value cannot be read, a name has no value, the result is not one number,
            or the picture cannot be drawn or written.
    """
    picture = _drawn(options.formula, dict(map(_given, options.values)), options.digits)
    sys.stdout.write(f"{as_table(picture.description, options.digits)}\n")
    reason = first_not_finite(picture.description, _names(picture.description))
    if reason is not None:
        sys.stdout.write(f"\n{reason}\n")
    sys.stdout.flush()  # the numbers are there, even if the picture fails
    try:
        picture.save(options.output)
    except OSError as error:
        raise CourseError(str(error.strerror or error)) from error  # says which file, and what to do
    except (ValueError, RuntimeError) as error:  # an ending that it does not know; no engine to draw with
        raise CourseError(str(error)) from error
    sys.stdout.write(f"\nThe graph is in {options.output}\n")
    return 0


def as_table(description: "Description", digits: int = 4) -> str:
    """A line for each box of the graph, in the order of computation; results without a name are numbered."""
    from minigrad.course.table import as_text

    names = _names(description)
    rows: list[Sequence[str]] = []
    for key, box in description.boxes.items():
        of = ", ".join(names[source.key] for source in description.inputs(box))
        values = _lines(box.value, box.shape, digits)
        gradients = _lines(box.gradient, box.shape, digits) if box.has_gradient else []
        for number, line in enumerate(zip_longest(values, gradients, fillvalue="")):
            rows.append((*(("", "", "") if number else (names[key], box.label or "", of)), *line))
    return as_text(HEADINGS, rows)


def _names(description: "Description") -> dict[str, str]:
    """What the boxes are called in the table, by their keys."""
    names: dict[str, str] = {}
    for key, box in description.boxes.items():
        names[key] = box.name or f"({sum(name.startswith('(') for name in names.values()) + 1})"
    return names


def _lines(array: Any, shape: tuple[int, ...], digits: int) -> list[str]:
    from minigrad.viz.graphs.text import numbers

    if array is None:  # too many, or, of a constant, not to be found out
        return [f"of shape {shape}" if shape else "?"]
    return numbers(array, digits, WIDTH)


def _drawn(text: str, given: dict[str, Tensor], digits: int) -> Any:
    from minigrad import viz
    from minigrad.course.formula import Formula

    if re.match(r"\s*\w+\s*=[^=]", text):
        raise CourseError(f"leave out {text.partition('=')[0].strip()} =, a formula alone is wanted")
    try:
        formula = Formula(text)
    except ValueError as error:
        raise CourseError(str(error)) from error
    missing = [name for name in formula.names if name not in given]
    if missing:
        raise CourseError(f"{missing[0]} has no value. Write it after the formula: {missing[0]}=2")
    unused = [name for name in given if name not in formula.names]
    if unused:
        names = f"its names are {', '.join(formula.names)}" if formula.names else "it has no names"
        raise CourseError(f"{unused[0]} does not stand in the formula: {names}")
    if not formula.names:
        raise CourseError("the formula has numbers alone, and no gradient. Give one a name: a**2 a=3")
    try:
        result = formula.evaluate(given)
    except (ValueError, RuntimeError, TypeError, IndexError) as error:
        raise CourseError(str(error)) from error
    if result.numel() != 1:
        raise CourseError(
            f"the result has shape {tuple(result.shape)}, and gradients are those of one number: put "
            "sum(...) or mean(...) around the formula"
        )
    if result.grad_fn is None:
        raise CourseError(f"{text} computes nothing: there is no operation to draw")
    try:
        return viz.graph(result, names={"result": result, **given}, backward=True, precision=digits)
    except ValueError as error:  # digits less than none
        raise CourseError(str(error)) from error


def _given(text: str) -> tuple[str, Tensor]:
    """a=2, x=[1, 2] as the name and a tensor that wants its gradient."""
    name, equals, value = map(str.strip, text.partition("="))
    if not equals or not name.isidentifier():
        raise CourseError(f"{text!r} is not a name with its value, such as a=2 or 'x=[1, 2]'")
    try:
        array = np.array(json.loads(value) if value.startswith("[") else float(value), dtype=np.float64)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise CourseError(
            f"the value of {name}, {value!r}, cannot be read: a number, or rows of them in brackets, all of "
            "one length, such as [[1, 2], [3, 4]]"
        ) from error
    return name, tensor(array, requires_grad=True)
