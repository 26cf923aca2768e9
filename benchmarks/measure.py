"""Workers run in turn, round after round: a machine that slows down does so for all of them."""

import json
import os
import signal
import statistics
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).parent.parent
TURN_SECONDS = 0.3


@dataclass
class Result:
    """What one framework did. When it took no part, `absent` says why and the rest is empty."""

    framework: str
    absent: str = ""
    version: str = ""
    seconds: list[float] = field(default_factory=list)  # for one repetition, round by round
    value: float = 0.0  # after the warm-up: the loss, or the derivative
    import_mb: float = 0.0
    peak_mb: float = 0.0

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    def ratio_to(self, other: "Result") -> float:
        """The median over the rounds of this one's time over the other's in the same round."""
        return statistics.median(a / b for a, b in zip(self.seconds, other.seconds, strict=True))


class WorkerFailed(RuntimeError):
    """The worker's process ended without an answer; its traceback stands above in the terminal."""


class Worker:
    """A process that holds one framework and one job (see worker.py), stopped while others have their turn.

    Stopped by SIGSTOP. The threads that OpenMP and OpenBLAS let spin for a while after a parallel loop then
    take nothing from the next framework, and nobody's own way of waiting has to be changed for that.
    """

    def __init__(self, framework: str, job: str, threads: int) -> None:
        limits = (
            "OMP_NUM_THREADS",
            "OPENBLAS_NUM_THREADS",
            "MKL_NUM_THREADS",
            "NUMBA_NUM_THREADS",
            "NUM_CPU_THREADS",
        )
        self.result = Result(framework)
        self.repetitions = 1
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", framework, job],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            cwd=CHECKOUT,
            env=os.environ | dict.fromkeys(limits, str(threads)),
        )

    def start(self, warm_up: int) -> None:
        """Wait until it is ready and run the job `warm_up` times."""
        hello = self._answer()
        self.result.absent = hello.get("absent", "")
        if self.result.absent:
            return
        self.result.version = hello["version"]
        self.result.import_mb = hello["import_mb"]
        self.result.value = self._run(warm_up)["value"]

    def change(self, job: str) -> None:
        """Go over to another job, in the same process, and run it once."""
        self.result = replace(self.result, seconds=[])
        self._send(job)
        self._answer()
        self.result.value = self._run(1)["value"]

    def settle(self, warm_up: int, turn: float = TURN_SECONDS) -> None:
        """Find how often the job fits into one turn; once at least, however long it takes."""
        self.repetitions = max(1, round(turn * warm_up / self._run(warm_up)["seconds"]))

    def turn(self) -> None:
        answer = self._run(self.repetitions)
        self.result.seconds.append(answer["seconds"] / self.repetitions)
        self.result.peak_mb = answer["peak_mb"]

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()

    def _run(self, repetitions: int) -> dict[str, Any]:
        self._send(str(repetitions))
        answer = self._answer()
        self.process.send_signal(signal.SIGSTOP)
        return answer

    def _send(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.send_signal(signal.SIGCONT)
        self.process.stdin.write(f"{line}\n")

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise WorkerFailed(self.result.framework)
        answer: dict[str, Any] = json.loads(line)
        return answer


def compare(
    job: str,
    frameworks: Iterable[str],
    rounds: int,
    warm_up: int,
    threads: int,
    beside: Iterable[tuple[str, str]] = (),
) -> dict[str, Result]:
    """Run the job in every framework, `rounds` times in turn. One after the other, never two at once.

    `beside` are pairs of a framework and another job that have turns of their own in every round; their
    results are called by both, "numpy matrix_product". With 0 rounds there is only the warm-up and its value.
    """
    jobs = {framework: (framework, job) for framework in frameworks}
    jobs |= {" ".join(pair): pair for pair in beside}
    workers: dict[str, Worker] = {}
    try:
        for name, (framework, its_job) in jobs.items():
            worker = workers[name] = Worker(framework, its_job, threads)
            try:
                worker.start(warm_up)
                if rounds and not worker.result.absent:
                    worker.settle(warm_up)
            except WorkerFailed:
                worker.result.absent = "failed, see its traceback above"
        present = [worker for worker in workers.values() if not worker.result.absent]
        take_turns(present, rounds)
    finally:
        for worker in workers.values():
            worker.close()
    return {name: worker.result for name, worker in workers.items()}


def take_turns(workers: list[Worker], rounds: int) -> None:
    for number in range(rounds):
        first = number % max(1, len(workers))  # another one begins every round
        for worker in workers[first:] + workers[:first]:
            worker.turn()


IMPORT_TIME = """
import json, sys, time, numpy
start = time.perf_counter()
import {module}
print(json.dumps([time.perf_counter() - start, sorted(set(sys.modules) & set({heavy}))]))
"""
HEAVY = (
    "numba",
    "cupy",
    "matplotlib",
    "sklearn",
    "scipy",
    "torch",
    "tqdm",
    "requests",
    "safetensors",
    "jinja2",
)


def import_times(modules: list[str], rounds: int) -> tuple[dict[str, Result], list[str]]:
    """Seconds that an `import` takes when NumPy is loaded already, in a new process each time.

    Also returns which heavy packages `import minigrad` loads.
    """
    results = {module: Result(module) for module in modules}
    loaded: list[str] = []
    for number in range(rounds + 1):
        for module, result in results.items():
            if result.absent:
                continue
            program = IMPORT_TIME.format(module=module, heavy=HEAVY)
            done = subprocess.run(
                [sys.executable, "-c", program], cwd=CHECKOUT, capture_output=True, text=True, check=False
            )
            if done.returncode:
                error = done.stderr.strip().splitlines()[-1]
                result.absent = "not installed" if f"No module named '{module}'" in error else error
                continue
            seconds, heavy = json.loads(done.stdout)
            if number:  # the first round fills the disk's cache and writes .pyc files
                result.seconds.append(seconds)
            if module == "minigrad":
                loaded = heavy
    return results, loaded
