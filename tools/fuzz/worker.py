"""A process that reads the inputs of one target, from one number to another.

python -m tools.fuzz.worker TARGET CAMPAIGN FIRST LAST FOLDER [NUMBER TO PASS OVER ...]

A line on standard output for each block of inputs is what came of them, JSON. The number of the input that is
being read stands in the file FOLDER/now, where it stays when the process does not survive it.
"""

import argparse
import contextlib
import json
import mmap
import sys
import time
from pathlib import Path

from tools.fuzz.attempt import attempt
from tools.fuzz.memory import bound, peak
from tools.fuzz.mutation import input_of
from tools.fuzz.protocol import BLOCK, NOW
from tools.fuzz.tally import Tally
from tools.fuzz.target import Target
from tools.fuzz.targets import TARGETS


def work(target: Target, campaign: int, first: int, last: int, folder: Path, passed_over: set[int]) -> None:
    """Read the inputs, and print a tally of each block."""
    answers, sys.stdout = sys.stdout, sys.stderr
    inside = folder / "inside"
    inside.mkdir(exist_ok=True)
    reader, seeds = target.begin(inside), target.seeds()
    for seed in seeds[:2]:  # what is imported and made at the first call is no memory of an input
        attempt(target, reader, seed)
    bound(target.megabytes)
    before = peak()
    with (folder / NOW).open("r+b") as file, mmap.mmap(file.fileno(), 8) as now:
        for start in range(first, last, BLOCK):
            tally = Tally()
            for number in range(start, min(start + BLOCK, last)):
                if number in passed_over:
                    continue
                content = input_of(target, seeds, campaign, number)
                now[:] = number.to_bytes(8, "little")
                began = time.process_time()
                outcome = attempt(target, reader, content)
                tally.enter(number, outcome, time.process_time() - began)
            tally.peak = peak() - before
            answers.write(json.dumps(tally.to_dict()) + "\n")
            answers.flush()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("target", choices=TARGETS)
    for name in ("campaign", "first", "last"):
        parser.add_argument(name, type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("passed_over", type=int, nargs="*")
    options = parser.parse_args()
    target = TARGETS[options.target]
    with contextlib.suppress(BrokenPipeError):  # the campaign was stopped
        work(target, options.campaign, options.first, options.last, options.folder, set(options.passed_over))


if __name__ == "__main__":
    main()
