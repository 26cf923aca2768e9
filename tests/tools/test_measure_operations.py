"""What is counted, on a file small enough to count by hand; and the table in the docs is the results'."""

import json
from pathlib import Path

import pytest

from tools import measure_operations

DOCS = Path(__file__).parents[2] / "docs"
FILE = '''"""A file of operations."""

from minigrad import kernels
from minigrad.ops.low import cube, spread


@op
def double(x):
    """y = 2 x

    A docstring is no code.
    """
    # nor is a comment
    if x is None:
        raise TypeError(said(x))
    check(x)

    return _twice(
        x
    )


@double.grad("x")
def _(dy):
    return spread(cube(dy)) + kernels.relu(dy)


@double.explains
def _(x):
    return "x"


def _twice(x):
    y = x + x
    return y
'''


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> measure_operations.Source:
    ops = tmp_path / "minigrad" / "ops"
    ops.mkdir(parents=True)
    (ops / "small.py").write_text(FILE)
    (ops / "low.py").write_text("@op\ndef cube(x):\n    return x**3\n\n\ndef spread(x):\n    return x\n")
    reference = tmp_path / "minigrad" / "kernels" / "reference"
    reference.mkdir(parents=True)
    (reference / "activation.py").write_text("def relu(x):\n    return x\n")
    monkeypatch.setattr(measure_operations, "PACKAGE", tmp_path / "minigrad")
    return measure_operations.Source(ops / "small.py")


def test_lines_of_code_and_of_errors(source):
    assert source.counted(source.functions["double"]) == (3, 3)
    assert source.counted(source.functions["_twice"]) == (2, 0)


def test_rules_belong_to_their_operation_and_what_explains_errors_is_none(source):
    assert source.operations() == ["double"]
    assert [rule.lineno for rule in source.rules["double"]] == [FILE.splitlines().index("def _(dy):") + 1]


def test_what_is_to_be_looked_up(source):
    assert measure_operations.measured(["small.double"]) == {
        "file": "ops/small.py",
        "formula": 3,
        "rule": 1,
        "around it": 0,
        "errors": 3,
        "plain kernel": 1,
        "to look up": ["_twice", "relu", "spread"],
        "files": 3,
    }


def test_the_table_of_the_docs_is_that_of_the_results():
    result = json.loads((DOCS / "results" / "operations.json").read_text(encoding="utf-8"))
    assert measure_operations.table(result) in (DOCS / "reading_an_operation.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("parts", measure_operations.OPERATIONS.values(), ids="-".join)
def test_the_operations_are_where_the_list_says(parts):
    assert measure_operations.measured(parts)["formula"] > 0
