"""The picture of the rooms: what is counted in it, and which arrows are red; and today none is."""

from pathlib import Path

import pytest

pytest.importorskip("graphviz")

from tools import draw_rooms

MINIGRAD = Path(__file__).parents[2] / "minigrad"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    files = {
        "tensor.py": "from minigrad.methods import Methods\nfrom minigrad import kernels\n",
        "methods.py": "from minigrad.ops import add\nfrom minigrad.errors import ShapeError\n",
        "errors.py": "",
        "ops/__init__.py": "from minigrad import kernels\n",
        "ops/more.py": "from minigrad.kernels import reference\n",
        "kernels/__init__.py": "a = 1\n",
        "kernels/reference/__init__.py": "b = 2\n",
        "kernels/numba_cpu/__init__.py": "c = 3\n",
    }
    for name, text in files.items():
        file = tmp_path / "minigrad" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path / "minigrad"


def test_imports_are_counted_between_boxes(package: Path) -> None:
    assert draw_rooms.arrows(package) == {
        ("tensor", "ops"): 1,  # of methods.py, which is drawn with it
        ("tensor", "kernels"): 1,
        ("ops", "kernels"): 2,
    }


def test_a_box_has_the_lines_of_its_parts(package: Path) -> None:
    assert draw_rooms.size(package, "tensor") == 4
    assert draw_rooms.size(package, "kernels") == 2  # the compiled ones are not drawn


def test_arrows_that_should_not_be_are_red(package: Path) -> None:
    red = draw_rooms.COLOURS.gradient
    drawn = [line for line in draw_rooms.source(package).splitlines() if "->" in line]
    assert [line.split("[")[0].strip() for line in drawn if red in line] == ["tensor -> kernels"]
    assert len(drawn) == 3


def test_no_arrow_of_the_core_is_red() -> None:
    found = draw_rooms.arrows(MINIGRAD)
    assert ("ops", "kernels") in found
    assert not [pair for pair in found if not draw_rooms.wanted(*pair)]
