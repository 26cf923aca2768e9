"""The learner's line, wherever the package lies."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import minigrad as mg
from minigrad.callsite import learner_line

PACKAGE = Path(mg.__file__).parent


def test_the_line_that_asks():
    line = learner_line()
    assert line.startswith(f"{__file__}:")
    assert line.endswith(": line = learner_line()")


def test_a_package_reached_through_a_link(tmp_path):
    try:
        os.symlink(PACKAGE, tmp_path / "minigrad", target_is_directory=True)
    except OSError:
        pytest.skip("this system makes no symbolic links")
    script = tmp_path / "lesson.py"
    script.write_text(
        "import minigrad as mg\n"
        "x = mg.ones(2, requires_grad=True)\n"
        "h = x * 1\n"
        "y = h * h\n"
        "h.add_(1)\n"
        "y.sum().backward()\n"
    )
    done = subprocess.run(
        [sys.executable, script],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        check=False,
    )
    assert f"{script}:5: h.add_(1)" in done.stderr
