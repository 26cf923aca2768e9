"""`python -m benchmarks.profile [CASE...]`: where a step's time goes, into results/profile.json.

Each case runs alone in this process: with a clock around every compiled kernel, then under Python's
profiler. What no kernel takes is the rest: the graph, NumPy's own functions, Python.
"""

import argparse
import cProfile
import inspect
import json
import pstats
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.frameworks import with_minigrad
from benchmarks.machine import describe
from benchmarks.report import RESULTS
from benchmarks.worker import prepare
from minigrad.kernels import numba_cpu

PATH = RESULTS / "profile.json"
JOBS = {"dense": "dense_step", "cnn": "network:cnn", "dcgan28": "network:dcgan28", "chain": "chain"}
SECONDS = 5.0
"""So long each of a case's two runs goes on."""
FUNCTIONS = 8
"""So many of Python's functions are listed."""

Record = dict[str, Any]
Clock = defaultdict[str, list[float]]


def profile(case: str, seconds: float = SECONDS) -> Record:
    """Milliseconds of one step: in all, in each kernel, in the rest; and whose Python the rest is."""
    step = prepare(with_minigrad, JOBS[case])
    for_seconds(seconds / 5, step)  # everything is compiled now
    turns: list[Clock] = []
    with watched() as clock:

        def watched_step() -> None:
            step()
            turns.append(clock.copy())
            clock.clear()

        whole = statistics.median(for_seconds(seconds, watched_step))
    kernels = [
        {
            "kernel": name,
            "calls": len(calls),
            "ms": 1e3 * statistics.median(sum(turn[name]) for turn in turns),
        }
        for name, calls in turns[0].items()
    ]
    kernels.sort(key=lambda kernel: -kernel["ms"])
    return {
        "ms": 1e3 * whole,
        "kernels": kernels,
        "rest_ms": 1e3 * whole - sum(kernel["ms"] for kernel in kernels),
        "python": functions(step, seconds),
    }


def for_seconds(seconds: float, step: Callable[[], Any]) -> list[float]:
    """The seconds of each step, as many as go into ``seconds``, and three at least."""
    times: list[float] = []
    while sum(times) < seconds or len(times) < 3:
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return times


@contextmanager
def watched() -> Iterator[Clock]:
    """The seconds of each call of each compiled kernel, by name, are added to the clock."""
    clock: Clock = defaultdict(list)
    plain = {name: kernel for name, kernel in vars(numba_cpu).items() if inspect.isfunction(kernel)}

    def timed(name: str) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            result = plain[name](*args, **kwargs)
            clock[name].append(time.perf_counter() - start)
            return result

        return run

    for name in plain:
        setattr(numba_cpu, name, timed(name))
    try:
        yield clock
    finally:
        for name, kernel in plain.items():
            setattr(numba_cpu, name, kernel)


def functions(step: Callable[[], Any], seconds: float) -> list[Record]:
    """The functions in which Python itself is longest, with their part of all of its own time.

    The profiler makes every call dearer by as much, so small functions look dearer than they are.
    """
    profiler = cProfile.Profile()
    profiler.enable()
    for_seconds(seconds, step)
    profiler.disable()
    found = [
        (own, f"{'/'.join(Path(file).parts[-2:])}: {name}" if line else name)
        for (file, line, name), (_, _, own, _, _) in pstats.Stats(profiler).stats.items()
        if "numba_cpu" not in file
    ]
    whole = sum(own for own, _ in found)
    return [{"function": name, "part": own / whole} for own, name in sorted(found, reverse=True)[:FUNCTIONS]]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile", description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"{', '.join(JOBS)}; all if none is named")
    parser.add_argument("--threads", type=int, default=2, help="threads that a step may use (default 2)")
    options = parser.parse_args()
    for case in options.cases:
        if case not in JOBS:
            parser.error(f"no case {case!r}: choose from {', '.join(JOBS)}")
    with_minigrad.mg.set_num_threads(options.threads)
    machine = describe(options.threads)
    record = json.loads(PATH.read_text(encoding="utf-8")) if PATH.exists() else {}
    for case in options.cases or JOBS:
        record[case] = profile(case) | {"machine": machine}
        PATH.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(PATH)


if __name__ == "__main__":
    main()
