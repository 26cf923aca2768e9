"""One framework doing one job in a process of its own, told over a pipe when to run.

`python -m benchmarks.worker FRAMEWORK JOB` answers with a line of JSON: that it is ready, or why the
framework does not do this. JOB is a function of frameworks/with_FRAMEWORK.py, with its argument after a colon
where it takes one: `chain`, `network:cnn`. Then every line that it reads is a number of repetitions, answered
with the seconds they took, or another job to go over to.
"""

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

from benchmarks import memory
from benchmarks.frameworks import CannotRun
from benchmarks.machine import version_of


def main(framework: str, job: str) -> None:
    # Answers go to the pipe; whatever a framework prints goes to the terminal.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

    def answer(**fields: Any) -> None:
        answers.write(json.dumps(fields) + "\n")

    try:
        module = importlib.import_module(f"benchmarks.frameworks.with_{framework}")
    except ModuleNotFoundError as error:
        if error.name != framework:
            raise
        answer(absent="not installed")
        return
    after_import = memory.resident_mb()
    if not hasattr(module, job.partition(":")[0]):
        answer(absent="does not do this")
        return
    try:
        run = prepare(module, job)
    except CannotRun as reason:
        answer(absent=str(reason))
        return
    answer(version=version_of(framework), import_mb=after_import)

    for line in sys.stdin:
        if not line.strip().isdigit():
            run = value = None  # so that the arrays of two jobs are never held at once
            run = prepare(module, line.strip())
            answer()
            continue
        repetitions = int(line)
        start = time.perf_counter()
        for _ in range(repetitions):
            value = run()
        seconds = time.perf_counter() - start
        answer(seconds=seconds, value=float(value), peak_mb=memory.peak_mb())


def prepare(module: ModuleType, job: str) -> Callable[[], Any]:
    name, _, argument = job.partition(":")
    return getattr(module, name)(*[argument] if argument else [])


if __name__ == "__main__":
    main(*sys.argv[1:])
