"""`python -m benchmarks.sweep`: every shape beside PyTorch, and which take over twice its time.

One process for each of the two goes over from case to case (see worker.py). A ratio is the median, over a few
short rounds, of two times from the same round. Both give a checksum of their results; where they differ, the
case is listed too. Writes results/sweep.json and the page about the results.
"""

import argparse
import json
import statistics
import time
from dataclasses import dataclass, field
from typing import Any

from benchmarks import page
from benchmarks.machine import describe
from benchmarks.measure import Worker, WorkerFailed, take_turns
from benchmarks.report import RESULTS
from benchmarks.sweep.cases import Case, every
from benchmarks.sweep.reasons import reason

LIMIT = 2.0
TURN_SECONDS = 0.02
TOLERANCE = 1e-3  # relative, of the checksums
FRAMEWORKS = ("minigrad", "torch")


@dataclass
class Outcome:
    case: Case
    ms: dict[str, float] = field(default_factory=dict)
    ratio: float = 0.0
    wrong: str = ""

    def line(self) -> str:
        if self.wrong:
            return f"{self.case}: {self.wrong}"
        return f"{self.ratio:6.2f}  {self.ms['minigrad']:8.3f} ms  {self.ms['torch']:8.3f} ms  {self.case}"

    def record(self) -> dict[str, Any]:
        measured = {"of_torch": round(self.ratio, 3), **{f"{n}_ms": round(t, 4) for n, t in self.ms.items()}}
        return {"case": str(self.case), **({"wrong": self.wrong} if self.wrong else measured)}


class Pair:
    """A process for each framework. One that fails is begun anew: it costs its own case and no other."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self.workers: dict[str, Worker] = {}

    def measure(self, case: Case, rounds: int) -> Outcome:
        outcome = Outcome(case)
        for framework in FRAMEWORKS:
            try:
                worker = self._on(framework, case)
                worker.settle(1, TURN_SECONDS)
                worker.settle(
                    worker.repetitions, TURN_SECONDS
                )  # once more: the first time is seldom the usual
            except WorkerFailed:
                self._drop(framework)
                outcome.wrong = f"{framework} failed, see its traceback above"
                return outcome
        workers = list(self.workers.values())
        take_turns(workers, rounds)
        ours, theirs = (self.workers[framework].result for framework in FRAMEWORKS)
        if abs(ours.value - theirs.value) > TOLERANCE * abs(theirs.value):
            outcome.wrong = f"checksum {ours.value:.6g} instead of {theirs.value:.6g}"
        outcome.ms = {result.framework: result.median * 1e3 for result in (ours, theirs)}
        outcome.ratio = ours.ratio_to(theirs)
        return outcome

    def close(self) -> None:
        for framework in list(self.workers):
            self._drop(framework)

    def _on(self, framework: str, case: Case) -> Worker:
        worker = self.workers.get(framework)
        if worker:
            worker.change(case.job())
            return worker
        worker = self.workers[framework] = Worker(framework, case.job(), self.threads)
        worker.start(1)
        if worker.result.absent:
            raise SystemExit(f"The sweep needs {framework}: {worker.result.absent}.")
        return worker

    def _drop(self, framework: str) -> None:
        self.workers.pop(framework).close()


def report(outcomes: list[Outcome], machine: dict[str, Any]) -> dict[str, Any]:
    """What is written: a summary, the cases over the limit, the wrong ones, and every case."""
    timed = sorted((o for o in outcomes if not o.wrong), key=lambda o: -o.ratio)
    slow = [o for o in timed if o.ratio > LIMIT]
    return {
        "case": "Forward and backward of one operation, minigrad beside torch",
        "goal": f"at most {LIMIT} of torch in every case",
        "machine": machine,
        "cases": len(outcomes),
        "median_of_torch": round(statistics.median(o.ratio for o in timed), 3) if timed else None,
        f"over_{LIMIT:g}_of_torch": [o.record() | {"reason": reason(o.case)} for o in slow],
        "wrong": [o.record() for o in outcomes if o.wrong],
        "every": [o.record() for o in timed],
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sweep", description=__doc__)
    parser.add_argument(
        "functions", nargs="*", metavar="FUNCTION", help="conv2d, batch_norm, ...; all by default"
    )
    parser.add_argument("--every", type=int, default=1, metavar="N", help="take each N-th case only")
    parser.add_argument("--rounds", type=int, default=5, help="how often both have a turn (default 5)")
    parser.add_argument("--threads", type=int, default=2, help="threads that both may use (default 2)")
    parser.add_argument(
        "--beside", default="", metavar="NAME", help="keep the record in results/NAME: of another machine"
    )
    parser.add_argument("--dry", action="store_true", help="print only, leave results/ as it is")
    options = parser.parse_args()
    cases = every()
    if unknown := set(options.functions) - {case.function for case in cases}:
        parser.error(f"no case of {', '.join(unknown)}")
    if options.functions:
        cases = [case for case in cases if case.function in options.functions]
    cases = cases[:: options.every]

    machine = describe(options.threads)
    pair, outcomes, began = Pair(options.threads), [], time.perf_counter()
    try:
        for case in cases:
            outcome = pair.measure(case, options.rounds)
            outcomes.append(outcome)
            if outcome.wrong or outcome.ratio > LIMIT:
                print(outcome.line(), flush=True)
    finally:
        pair.close()
    record = report(outcomes, machine)
    slow = len(record[f"over_{LIMIT:g}_of_torch"])
    print(
        f"{len(cases)} cases in {time.perf_counter() - began:.0f} s: {slow} over {LIMIT:g} times torch's "
        f"time, {len(record['wrong'])} wrong or failed; the median is {record['median_of_torch']} of torch's."
    )
    if not options.dry:
        folder = RESULTS / options.beside
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "sweep.json").write_text(json.dumps(record, indent=1) + "\n")
        page.write()


if __name__ == "__main__":
    main()
