"""Crash every program of the project that writes files, again and again, and judge what it leaves.

    python -m tools.crashes
    python -m tools.crashes --victims labels download --kills 20

Each is killed just before an operation on files, in the middle of a write, and at any time; it finds its disk
full, or such that it may only be read; two are at work at once, and one of them is killed. Then somebody
reads what is there: nothing may be half-written, nothing be missing that was told to be done. Then it runs
again, and has to end as one that was never crashed, with nothing temporary left over. The figures go to
docs/results/crashes.json. Full disks take root, on Linux; without it they are left out, and it is said.
"""

import argparse
import json
import os
import platform
import signal
import sys
import tempfile
import time
from pathlib import Path

from minigrad import __version__
from tools.crashes import disks
from tools.crashes.trial import Counts, Trials, Victim
from tools.crashes.victims import ROOT, victims


def crash(victim: Victim, shared: Path, options: argparse.Namespace) -> Counts:
    """All of its trials."""
    trials = Trials(victim, shared, options.seed)
    trials.kill(options.kills)
    if not victim.one:
        trials.two(options.pairs)
    if options.disks:
        trials.full(options.disks)
        trials.read_only()
    return trials.counts


def main() -> None:
    parser = argparse.ArgumentParser(description="Crash what writes files, and judge what it leaves.")
    parser.add_argument("--victims", nargs="+", metavar="NAME", help="(default: all)")
    parser.add_argument("--kills", type=int, default=17, metavar="N", help="of each kind (default: 17)")
    parser.add_argument("--pairs", type=int, default=10, metavar="N", help="two at once (default: 10)")
    parser.add_argument("--disks", type=int, default=6, metavar="N", help="that are full (default: 6)")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--output", type=Path, default=ROOT / "docs/results/crashes.json")
    options = parser.parse_args()
    if options.disks and not disks.can_mount():
        print("No disks can be mounted here (that takes root, on Linux): none is full or read-only.")
        options.disks = 0
    told, failures = {}, []
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None  # the same calls, and no disk to wait for
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        shared = Path(folder)
        every = victims(shared)
        try:
            for victim in every:
                if options.victims and victim.name not in options.victims:
                    continue
                began = time.perf_counter()
                counts = crash(victim, shared, options)
                failures += [f"{victim.name}: {failure}" for failure in counts.failures]
                told[victim.name] = {
                    "does": victim.what,
                    **{kind: f"{counts.well[kind]} of {n} well" for kind, n in sorted(counts.tried.items())},
                    "kills that left a temporary file": counts.torn,
                }
                print(f"{victim.name}, {time.perf_counter() - began:.0f} s: {told[victim.name]}", flush=True)
                print("".join(f"  {failure}\n" for failure in counts.failures), end="", flush=True)
        finally:
            os.kill(int((shared / "server").read_text()), signal.SIGKILL)
    if options.victims and options.output.exists():
        told = {**json.loads(options.output.read_text())["victims"], **told}  # those of the others stay
    figures = {
        "victims": told,
        "disks were mounted": bool(options.disks),
        "versions": {"minigrad": __version__, "python": platform.python_version(), "system": sys.platform},
    }
    options.output.write_text(json.dumps(figures, indent=2) + "\n")
    if failures:
        sys.exit(f"{len(failures)} did not end well.")


if __name__ == "__main__":
    main()
