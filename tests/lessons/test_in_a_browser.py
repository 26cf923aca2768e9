"""What lessons find in a browser: no compiler, no Graphviz, no processes and no threads. They run whole.

Python in a browser itself is tried in tests/browser/test_pyodide.py, where one is at hand.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lessons.conftest import LESSONS

# Pyodide has NumPy, matplotlib and what those need; jinja2, which writes pages, is of Python alone.
IN_A_BROWSER = """
import runpy, subprocess, sys, threading

MISSING = set(
    "numba llvmlite cupy graphviz pygraphviz scipy sklearn requests urllib3 filelock platformdirs tqdm shtab "
    "safetensors onnx torch lzma".split()
)

class NotThere:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in MISSING:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

def refuse(*arguments, **options):
    raise OSError("there are no processes and no threads in a browser")

sys.meta_path.insert(0, NotThere())
import matplotlib.font_manager  # before what it could look for is taken away
subprocess.Popen.__init__ = threading.Thread.start = refuse
import minigrad.data, minigrad.train  # for lessons that learn from data
runpy.run_path(sys.argv[1], run_name="__main__")
loaded = MISSING & set(sys.modules)
assert not loaded, loaded
"""


@pytest.mark.parametrize(
    ("lesson", "end", "pictures"),
    [
        ("00_engine", "Exercise: order() is still to be written.", 3),
        ("01_perceptron", "Exercise: new_phi() is still to be written.", 3),
        ("03_chain_rule", "Exercise: ", 6),
    ],
)
def test_a_lesson_runs_whole(lesson: str, end: str, pictures: int, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", IN_A_BROWSER, str(LESSONS / f"{lesson}.py")],
        cwd=tmp_path,
        env={**os.environ, "PATH": "", "PYTHONPATH": str(LESSONS.parent)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].startswith(end)
    assert len(list((tmp_path / "output" / lesson).iterdir())) == pictures
