"""Every kernel runs on a card with an allocation for each array, as compute-sanitizer is to see it."""

import subprocess
import sys
from pathlib import Path

import pytest

from minigrad.kernels import cupy_gpu
from tests.kernels.backends import kernels_of

ROOT = Path(__file__).parents[2]


@pytest.mark.devices("cuda")
def test_it_runs_every_kernel_but_the_product_which_is_nvidias(device) -> None:
    done = subprocess.run([sys.executable, "tools/run_kernels.py"], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith(f"calls of {len(kernels_of(cupy_gpu)) - 1} kernels\n")
