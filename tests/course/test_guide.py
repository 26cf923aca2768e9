"""The guide's programs run, and print what the guide says they print."""

import contextlib
import io
import re
from pathlib import Path

import pytest

from minigrad.course import ExampleError, WrongNumbers
from minigrad.course.formula import FUNCTIONS

GUIDE = (Path(__file__).parents[2] / "docs/guides/worked_examples.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```(?:(?:(?!```).)*?\n\n```text\n(.*?)```)?", GUIDE, re.DOTALL)


def test_there_are_programs() -> None:
    assert len(PROGRAMS) == 5
    assert [bool(output) for _, output in PROGRAMS] == [False, True, True, False, False]


@pytest.mark.parametrize(("program", "output"), PROGRAMS)
def test_a_program_prints_what_the_guide_says(program: str, output: str) -> None:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            exec(compile(program, "guide", "exec"), {})
        except WrongNumbers as error:
            printed.write(f"{type(error).__module__}.{type(error).__name__}: {error}\n")
    assert printed.getvalue() == output


def test_every_function_is_listed() -> None:
    assert all(f"`{name}`" in GUIDE for name in FUNCTIONS)


def test_the_errors_it_promises() -> None:
    right = PROGRAMS[2][0]
    for old, new in (("sigmoid(z)", "sigma(z)"), ("w * x", "w x"), ("| 0.65  |", "|")):
        with pytest.raises(ExampleError):
            exec(right.replace(old, new), {})
