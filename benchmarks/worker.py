"""One framework doing one job in a process of its own, told over a pipe when to run.

`python -m benchmarks.worker FRAMEWORK JOB` answers with a line of JSON: that it is ready, or that the
framework is not installed or has no such job. Then it reads a number of repetitions per line and answers each
with the seconds they took.
"""

import importlib
import json
import os
import sys
import time
from typing import Any

from benchmarks import memory
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
    if not hasattr(module, job):
        answer(absent="does not do this")
        return
    run = getattr(module, job)()
    answer(version=version_of(framework), import_mb=after_import)

    for line in sys.stdin:
        repetitions = int(line)
        start = time.perf_counter()
        for _ in range(repetitions):
            value = run()
        seconds = time.perf_counter() - start
        answer(seconds=seconds, value=float(value), peak_mb=memory.peak_mb())


if __name__ == "__main__":
    main(*sys.argv[1:])
