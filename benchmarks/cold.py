"""`python -m benchmarks.cold`: the seconds that lesson 10 spends on its loops, into results/cold.json.

The lesson runs twice, each time as a process of its own: once with no loop kept on disk, so that all are
compiled, and once more, when all are read. The goals are 20 s and 1 s. It takes about a minute.
"""

import argparse
import json
import os
import runpy
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.machine import describe
from benchmarks.measure import CHECKOUT
from benchmarks.report import RESULTS

PATH = RESULTS / "cold.json"
LESSON = "lessons/10_cnn.py"
GOALS = {"cold": 20.0, "warm": 1.0}
"""Seconds for compiling or reading loops."""

Record = dict[str, Any]


def run(program: str, cache: Path, *arguments: str) -> Record:
    """What a program spends on loops, in a process that keeps them in the folder ``cache``."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        subprocess.run(
            [sys.executable, "-m", "benchmarks.cold", "--watch", str(answer), program, *arguments],
            cwd=CHECKOUT,
            env={**os.environ, "NUMBA_CACHE_DIR": str(cache), "MPLBACKEND": "agg"},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        return json.loads(answer.read_text(encoding="utf-8"))


def watch(program: str, arguments: list[str]) -> Record:
    """Run a program in this process; the seconds for compiling and for reading loops, and in all."""
    from numba.core import caching, event

    spent = {"compiling_s": 0.0, "reading_s": 0.0}
    loops = {"compiled": 0, "read": 0}
    under_way: list[float] = []  # compiling one loop compiles those that it calls

    class Compiling(event.Listener):
        def on_start(self, event: Any) -> None:
            under_way.append(time.perf_counter())

        def on_end(self, event: Any) -> None:
            seconds = time.perf_counter() - under_way.pop()
            if not under_way:
                spent["compiling_s"] += seconds
                loops["compiled"] += 1

    def load(cache: Any, *args: Any) -> Any:
        began = time.perf_counter()
        found = plain(cache, *args)
        if found is not None and not under_way:
            spent["reading_s"] += time.perf_counter() - began
            loops["read"] += 1
        return found

    plain, caching.Cache.load_overload = caching.Cache.load_overload, load
    event.register("numba:compile", Compiling())
    sys.argv = [program, *arguments]
    began = time.perf_counter()
    try:
        runpy.run_path(program, run_name="__main__")
    finally:
        caching.Cache.load_overload = plain
    return {
        **{name: round(s, 2) for name, s in spent.items()},
        **loops,
        "whole_s": round(time.perf_counter() - began, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cold", description=__doc__)
    parser.add_argument("--dry", action="store_true", help="print only, leave results/ as it is")
    parser.add_argument("--watch", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.watch:
        answer, program, *arguments = options.watch
        found = watch(program, arguments)
        Path(answer).write_text(json.dumps(found), encoding="utf-8")
        return
    record: Record = {
        "what": f"python {LESSON}",
        "command": "python -m benchmarks.cold",
        "machine": describe(2),
    }
    with tempfile.TemporaryDirectory() as folder:
        for state, goal in GOALS.items():
            found = run(LESSON, Path(folder) / "loops", "--output", f"{folder}/output")
            seconds = found["compiling_s"] + found["reading_s"]
            record[state] = found | {"goal_s": goal, "met": seconds <= goal}
            print(
                f"{state}: {found['compiled']} loops compiled, {found['read']} read in {seconds:.1f} of "
                f"{found['whole_s']} s; at most {goal:g}: {'met' if seconds <= goal else 'NOT met'}"
            )
    if not options.dry:
        PATH.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        print(PATH)


if __name__ == "__main__":
    main()
