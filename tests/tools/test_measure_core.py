"""What is counted, on a package small enough to count by hand; and the table in the docs is the results'."""

import json
from pathlib import Path

import pytest

from tools import measure_core

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    part = """from typing import TYPE_CHECKING

from small import low, other

if TYPE_CHECKING:
    from small.other import c


def b():
    from small.low import a

    return a
"""
    files = {
        "__init__.py": "from small.low import a\nfrom small import high\n",
        "low.py": "a = 1\n",
        "high/__init__.py": "import math\nimport small.low\nfrom small.high.part import b\n",
        "high/part.py": part,
        "other.py": "from small.low import a, b\n",
    }
    for name, text in files.items():
        file = tmp_path / "small" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path / "small"


def test_imports_are_counted_between_rooms_and_not_for_types_nor_for_the_face(package: Path) -> None:
    low, other = ("high", "low"), ("high", "other")
    assert sorted(measure_core.imports(package)) == [low, low, low, other, ("other", "low")]


def test_lines_of_files_and_folders(package: Path) -> None:
    assert measure_core.lines(package / "low.py") == 1
    assert measure_core.lines(package / "high") == 3 + 12


def test_the_table_of_the_docs_is_that_of_the_results() -> None:
    result = json.loads((DOCS / "results" / "core.json").read_text(encoding="utf-8"))
    assert measure_core.table(result) in (DOCS / "architecture.md").read_text(encoding="utf-8")


def test_lines_of_code(tmp_path: Path) -> None:
    file = tmp_path / "file.py"
    file.write_text('''"""Text
of two lines."""

import math  # why


def area(r):
    """pi r ** 2"""
    # not 3
    return (
        math.pi
        * r**2
    )
''')
    assert measure_core.code_lines(file) == 6


def test_what_is_counted_of_the_core(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure_core, "CORE", ("low.py", "high/part.py"))
    found = measure_core.measured(package)
    assert (found["core lines"], found["lines"]) == (13, 1 + 3 + 12 + 1 + 2)
    assert (found["imports between rooms of the core"], found["pairs of rooms of the core"]) == (3, 1)
    assert (found["imports between rooms"], found["pairs of rooms"]) == (5, 3)
