"""Every kernel of kernels/cupy_gpu on a card, a few calls each: for a checker to watch, or a profiler.

    compute-sanitizer --tool memcheck python tools/run_kernels.py      no access beside an array
    compute-sanitizer --tool racecheck python tools/run_kernels.py     no race in shared memory

compute-sanitizer comes with the CUDA toolkit; `--error-exitcode 1` makes it fail where it finds something.
Every array is allocated by itself here: in CuPy's pool what lies beside one is another, and nobody sees it.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # tests/ lies there

import numpy as np

from minigrad.kernels import precision
from minigrad.kernels.cupy_gpu import conv
from tests.kernels.backends import FAST
from tests.kernels.cupy_gpu.calls import calls, in_tiles_of, results


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dtype", nargs="+", choices=("float32", "float64"), default=["float32", "float64"])
    options = parser.parse_args()
    cards = [parameter.values[0] for parameter in FAST if parameter.id == "card"]
    if not cards:
        sys.exit("There is no card here, or no CuPy.")
    import cupy

    cupy.cuda.set_allocator(None)
    count, names, plan = 0, set(), conv.plan
    for dtype in options.dtype:
        for digits in ("high", "highest") if dtype == "float32" else ("highest",):
            precision.conv = digits
            for m in (None, 64, 128):  # convolutions in larger tiles than these are given, too
                conv.plan = plan if m is None else in_tiles_of(m)
                for _, name, args in calls(np.dtype(dtype)):
                    if m is None or name.startswith("conv2d"):
                        results(cards[0], name, args)
                        names.add(name)
                        count += 1
    cupy.cuda.Device().synchronize()
    print(f"{count} calls of {len(names)} kernels")


if __name__ == "__main__":
    main()
