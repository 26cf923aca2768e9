"""Importing what trains loads nothing that draws, scores or renders."""

import subprocess
import sys


def test_heavy_libraries_come_when_they_are_used() -> None:
    program = """
import sys, minigrad.train, minigrad.viz
heavy = {"matplotlib", "sklearn", "scipy", "jinja2", "tqdm", "safetensors", "numba", "PIL"}
print(sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
