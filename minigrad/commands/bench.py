"""``minigrad bench``: how fast this machine computes, in a few seconds.

What minigrad is worth beside others, ``python -m benchmarks`` measures in the checkout, and takes longer.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import minigrad as mg
from minigrad import kernels
from minigrad.commands import examinations
from minigrad.commands.doctor import lines_of
from minigrad.commands.estimate import BATCH, seconds_per_step

SIDE = 1024
"""Of the matrices that are multiplied."""

COPIED = 1 << 26
"""Bytes of an array that is copied: more than a cache holds."""


class Rate(NamedTuple):
    """What was measured, how much, and of what."""

    measured: str
    value: float
    unit: str


def add_to(commands: Any, about: str) -> None:
    """Add ``bench`` to a parser's commands, which says ``about`` of it."""
    parser = commands.add_parser(
        "bench",
        help=about,
        description="Measure products of matrices, memory, and steps of training, the fastest of some. Once "
        "with a setting and once without, and you know what it is worth here. It takes some seconds.",
        epilog="In the checkout, python -m benchmarks measures minigrad beside other libraries, and minigrad "
        "data time says how long the lessons take.",
    )
    parser.add_argument("--json", action="store_true", help="for a program to read")
    parser.set_defaults(run=bench)


def bench(options: argparse.Namespace) -> int:
    """Measure, and say what came out, and under which conditions. Returns 0."""
    rates = measure()
    conditions = [examinations.processor(), examinations.products()]
    if options.json:
        told = {
            "rates": [rate._asdict() for rate in rates],
            "conditions": [condition._asdict() for condition in conditions],
        }
        sys.stdout.write(f"{json.dumps(told, indent=1)}\n")
        return 0
    for rate in rates:
        sys.stdout.write(f"{rate.measured:<50} {rate.value:7.{1 if rate.value < 100 else 0}f} {rate.unit}\n")
    lines = [line for condition in conditions for line in lines_of(condition)]
    sys.stdout.write(
        "\n".join(["", *lines, "", "What else runs here makes it slower. Run it again, to see.\n"])
    )
    return 0


def measure() -> list[Rate]:
    """All rates, the slowest of which takes a second or two."""
    rng = np.random.default_rng(0)
    a, b = rng.random((2, SIDE, SIDE), np.float32)
    operations = 2 * SIDE**3 / 1e9
    source, target = np.ones((2, COPIED), np.uint8)
    size = f"{SIDE} x {SIDE}"
    moved = 2 * COPIED / 1e9  # read, and written
    return [
        Rate(f"product of {size}, float32, by NumPy", operations / fastest(lambda: a @ b), "GFLOP/s"),
        Rate(
            f"the same by minigrad, {examinations.counted(mg.get_num_threads(), 'thread')}",
            operations / fastest(lambda: kernels.matmul(a, b)),
            "GFLOP/s",
        ),
        Rate("memory, copied", moved / fastest(lambda: np.copyto(target, source)), "GB/s"),
        Rate(f"step of a dense network, {BATCH} images", 1e3 * seconds_per_step("dense"), "ms"),
        Rate(
            f"step of a convolutional network, {BATCH} images", 1e3 * seconds_per_step("convolutional"), "ms"
        ),
    ]


def fastest(call: Callable[[], object], seconds: float = 0.5) -> float:
    """The seconds of the fastest of many calls, as many as there are in ``seconds``, and three at least.

    A call before them is not counted: it may compile.
    """
    call()
    taken: list[float] = []
    while len(taken) < 3 or sum(taken) < seconds:
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    return min(taken)
