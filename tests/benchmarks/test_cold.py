"""What loops cost is seen: compiled the first time, read the second."""

from benchmarks import cold

PROGRAM = """
import sys

import numba


@numba.njit(cache=True)
def inside(x):
    return x + 1


@numba.njit(cache=True)
def outside(x):
    return 2 * inside(x)


assert outside(float(sys.argv[1])) == 8
"""


def test_loops_are_compiled_once_and_read_from_then_on(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    first, second = (cold.run(str(program), tmp_path / "loops", "3") for _ in range(2))
    assert (first["compiled"], first["read"]) == (1, 0) and first["compiling_s"] > 0  # with what it calls
    assert (second["compiled"], second["read"]) == (0, 1) and second["compiling_s"] == 0
    assert first["compiling_s"] <= first["whole_s"] + 0.05
