"""What is freed stays with the process: seen by the pages that the system hands out again."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import resource
import minigrad
import numpy as np

x = np.ones(1 << 20, np.float32)  # 4 MB: below what glibc itself learns to keep
for step in range(12):
    if step == 2:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    y = x * 2
    z = y + x
    del y, z
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def pages_again(**variables):
    """How many pages ten steps of two arrays had to ask for."""
    names = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES", "MINIGRAD_KEEP_MEMORY")
    env = {key: value for key, value in os.environ.items() if key not in names}
    env |= {"NUMPY_MADVISE_HUGEPAGE": "0"} | variables
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, env=env, check=True
    )
    return int(done.stdout)


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or "CS_GNU_LIBC_VERSION" not in os.confstr_names,
    reason="glibc's allocator",
)
def test_arrays_come_back_without_new_pages_unless_switched_off():
    kept, returned = pages_again(), pages_again(MINIGRAD_KEEP_MEMORY="0")
    assert kept < 200 < 5_000 < returned  # 10 steps of 2 arrays of 1,024 pages
    assert pages_again(MALLOC_TRIM_THRESHOLD_="0", MALLOC_MMAP_THRESHOLD_="65536") > 5_000  # the user's own
