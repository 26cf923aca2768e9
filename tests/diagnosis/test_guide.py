"""The guide's programs print what it says they print, and its table is so, row by row."""

import contextlib
import io
import linecache
import re
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
import minigrad.nn.functional as F
from minigrad.diagnosis import slips

GUIDE = (Path(__file__).parents[2] / "docs/guides/explain_gradient.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```.*?```text\n(.*?)```", GUIDE, re.DOTALL)
ROWS = re.findall(r"^\| `(\w+)` \| `([^|]*?)`(?:, by `(\w)`)? \| `([^|]*?)` \|", GUIDE, re.MULTILINE)

T = np.array([[1.0, 0.5, -1.0], [2.0, 0.25, 1.5]])
INPUTS = {
    "x": np.array([[0.5, 1.25, 2.0], [-1.5, 0.75, -0.25]]),
    "t": T,
    "w": np.array([[1.0, -0.5, 2.0, 1.0], [0.5, 1.5, 0.25, -1.0], [0.0, 1.0, -2.0, 0.5]]),
    "b": np.array([0.5, -1.0, 2.0, 1.0]),
    "p": np.array([0.25, 0.75, 0.5]),
    "r": np.array([0.0, 1.0, 1.0]),
}


def test_the_programs_print_what_the_guide_says():
    names = {}
    assert len(PROGRAMS) == 3
    for program, output in PROGRAMS:
        linecache.cache["rules.py"] = (len(program), None, program.splitlines(keepends=True), "rules.py")
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(program, "rules.py", "exec"), names)
        assert printed.getvalue() == output
    del linecache.cache["rules.py"]


@pytest.mark.parametrize(("slip", "formula", "wrt", "wrong"), ROWS)
def test_a_slip_of_the_table_is_named(slip, formula, wrt, wrong):
    names = {"mg": mg, "F": F, "np": np, "T": T}
    used = [name for name in INPUTS if re.search(rf"\b{name}\b", formula)]
    fn = eval(f"lambda {', '.join(used)}: {formula}", names)
    rule = eval(f"lambda dy, y, {', '.join(used)}: {wrong}", names)
    diagnosis = mg.explain_gradient(fn, {name: INPUTS[name] for name in used}, rule, wrt=wrt or None)
    assert diagnosis.slip == slip, diagnosis


def test_every_slip_is_in_the_table():
    told = [slip for slip in vars(slips).values() if isinstance(slip, slips.Slip)]
    assert {row[0] for row in ROWS} == {slip.name for slip in (*slips.SLIPS, *told)}
