"""`python -m benchmarks.ranks`: steps of report 001's CNN, batch 128, by one process and by several.

Each process has one thread. One process and several take turns, round after round, so that a machine that
slows down does so for both; the figure is the median of the rounds' ratios. It takes some two minutes and
wants a machine that does nothing else; with more ranks than cores it says nothing. It writes
`benchmarks/results/ranks.json`.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

from benchmarks.machine import describe, version_of
from benchmarks.measure import CHECKOUT
from benchmarks.report import RESULTS

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
GOAL = 1.7


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ranks", description=__doc__)
    parser.add_argument("--ranks", type=int, default=2, help="how many processes (default 2)")
    parser.add_argument("--batch", type=int, default=128, help="images of a step, of all ranks (default 128)")
    parser.add_argument("--steps", type=int, default=40, help="steps of each turn (default 40)")
    parser.add_argument("--rounds", type=int, default=7, help="how often both have a turn (default 7)")
    parser.add_argument("--mpiexec", default="", help="the launcher (default: the one beside this Python)")
    parser.add_argument("--dry", action="store_true", help="print only, leave results/ as it is")
    options = parser.parse_args()
    beside = Path(sys.executable).parent / "mpiexec"
    launcher = options.mpiexec or (str(beside) if beside.exists() else "mpiexec")

    machine = describe(1) | {"mpi4py": version_of("mpi4py"), "mpich": version_of("mpich")}
    print(*(f"{key}: {value}" for key, value in machine.items()), "", sep="\n")
    if machine["load_before"] > 0.25:
        print("The machine is busy (load_before): expect numbers that cannot be repeated.\n")
    if machine["cores"] < options.ranks:
        print(f"{options.ranks} ranks on {machine['cores']} cores take turns: this measures nothing.\n")
    one, several = [], []
    for number in range(options.rounds):
        turns = [(1, one), (options.ranks, several)]
        for ranks, medians in turns if number % 2 else reversed(turns):
            medians.append(turn(launcher, ranks, options.batch, options.steps))
        print(f"round {number + 1}: {one[-1]:.1f} ms alone, {several[-1]:.1f} ms by ranks", flush=True)
    ratios = [a / b for a, b in zip(one, several, strict=True)]
    print(f"{options.ranks} ranks: {statistics.median(ratios):.2f} times as fast (goal: {GOAL} of two)")
    if not options.dry:
        record = {
            "what": f"small_cnn, batch {options.batch} in all, Adam, one thread for each rank",
            "command": f"python -m benchmarks.ranks --ranks {options.ranks} --batch {options.batch} "
            f"--rounds {options.rounds}",
            "machine": machine,
            "ranks": options.ranks,
            "ms_alone": [round(ms, 2) for ms in one],
            "ms_by_ranks": [round(ms, 2) for ms in several],
            "times_as_fast": round(statistics.median(ratios), 3),
            "from_to": [round(min(ratios), 3), round(max(ratios), 3)],
            "goal": GOAL if options.ranks == 2 else None,
        }
        (RESULTS / "ranks.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def turn(launcher: str, ranks: int, batch: int, steps: int) -> float:
    """The median milliseconds of a step, by so many ranks."""
    start = [launcher, "-n", str(ranks), sys.executable, "-m", "mpi4py"]
    done = subprocess.run(
        [
            *(start if ranks > 1 else [sys.executable]),
            "-m",
            "benchmarks.ranks.worker",
            str(batch),
            str(steps),
        ],
        cwd=CHECKOUT,
        env={**os.environ, **dict.fromkeys(ONE_THREAD, "1")},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return 1000 * statistics.median(json.loads(done.stdout.splitlines()[-1]))


if __name__ == "__main__":
    main()
