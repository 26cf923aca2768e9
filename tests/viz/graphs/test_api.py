"""mg.viz is there when it is asked for, and what draws is loaded only then."""

import subprocess
import sys
from pathlib import Path

import pytest

import minigrad as mg

ROOT = Path(__file__).resolve().parents[3]


def test_pictures_load_late() -> None:
    program = """
import sys
import minigrad as mg
assert "minigrad.viz" not in sys.modules
x = mg.tensor([1.0], requires_grad=True)
picture = mg.viz.graph(x * 2)
assert mg.viz is sys.modules["minigrad.viz"]
assert not {"matplotlib", "graphviz", "pygraphviz"} & sys.modules.keys()
picture.svg
assert not {"matplotlib", "pygraphviz"} & sys.modules.keys()
"""
    subprocess.run([sys.executable, "-W", "error", "-c", program], cwd=ROOT, check=True)


def test_other_names_are_still_missing() -> None:
    with pytest.raises(AttributeError, match="module 'minigrad' has no attribute 'vis'"):
        mg.vis  # noqa: B018
