"""micrograd: scalars only, on Python's own floats. The dense network is not for it."""

import sys
from collections.abc import Callable
from typing import Any

from micrograd.engine import Value

from benchmarks import problem

sys.setrecursionlimit(100_000)  # its backward calls itself once for every link


def chain() -> Callable[[], Any]:
    def run() -> Any:
        x = Value(1.0)
        y = x
        for _ in range(problem.CHAIN_LENGTH):
            y = y * problem.CHAIN_FACTOR + problem.CHAIN_ADDEND
        y.backward()
        return x.grad

    return run
