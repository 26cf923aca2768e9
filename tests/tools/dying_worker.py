"""A worker that does not survive: at one input it crashes, at one it waits, at one its memory ends."""

import json
import os
import signal
import sys
import time
from collections import Counter
from pathlib import Path

from tools.fuzz.protocol import BLOCK, NOW
from tools.fuzz.tally import Tally


def crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def wait() -> None:
    time.sleep(60)


def fill() -> None:
    raise MemoryError


ENDS = {7: crash, BLOCK + 3: wait, 2 * BLOCK + 1: fill}


def main() -> None:
    first, last = int(sys.argv[3]), int(sys.argv[4])
    now, passed_over = Path(sys.argv[5], NOW), set(map(int, sys.argv[6:]))
    for start in range(first, last, BLOCK):
        numbers = set(range(start, start + BLOCK)) - passed_over
        for number in sorted(numbers & ENDS.keys()):
            now.write_bytes(number.to_bytes(8, "little"))
            ENDS[number]()
        now.write_bytes((start + BLOCK - 1).to_bytes(8, "little"))
        block = Tally(inputs=len(numbers), kinds=Counter({"read": len(numbers)}))
        sys.stdout.write(json.dumps(block.to_dict()) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
