"""python -m tools.fuzz: see the package."""

import argparse
import json
import platform
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import PIL

from minigrad import __version__
from tools.fuzz.campaign import keep_failures, run
from tools.fuzz.mutation import input_of
from tools.fuzz.tally import Tally
from tools.fuzz.target import ROOT, Target
from tools.fuzz.targets import TARGETS

TOLD = 5_000  # inputs after which the results are written
RESULTS = ROOT / "docs" / "results" / "fuzz.json"


def replay(target: Target, campaign: int, number: int) -> None:
    """Read one input here, where a debugger can see it."""
    content = input_of(target, target.seeds(), campaign, number)
    print(f"{len(content):,} bytes: {content[:200]!r}")
    with tempfile.TemporaryDirectory() as folder:
        print(target.begin(Path(folder))(content))


def enter(path: Path, target: Target, seed: int, tally: Tally) -> dict[str, Any]:
    """Put what came of a target into the results, and return it; those of others stay."""
    told = json.loads(path.read_text()) if path.exists() else {}
    figures = {"reads": target.what, "seed": seed} | tally.figures()
    targets = told.get("targets", {}) | {target.name: figures}
    versions = {"minigrad": __version__, "numpy": np.__version__, "pillow": PIL.__version__}
    versions["python"] = platform.python_version()
    ordered = {one: targets[one] for one in TARGETS if one in targets}
    path.write_text(json.dumps({"targets": ordered, "versions": versions}, indent=2) + "\n")
    return figures


def main() -> None:
    parser = argparse.ArgumentParser("python -m tools.fuzz", description="Read damaged and hostile input.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"{', '.join(TARGETS)}; default: all")
    parser.add_argument("--inputs", type=int, help="of each target (default: 100,000; the dear ones fewer)")
    parser.add_argument("--seed", type=int, default=0, help="of the campaign: another one, other inputs")
    parser.add_argument(
        "--replay", type=int, metavar="NUMBER", help="read this input again, with its traceback"
    )
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    unknown = [name for name in options.targets if name not in TARGETS]
    if unknown:
        parser.error(f"there is no target {unknown[0]}; there are {', '.join(TARGETS)}")
    failed = 0
    for name in options.targets or TARGETS:
        target = TARGETS[name]
        if options.replay is not None:
            replay(target, options.seed, options.replay)
            continue

        def tell(so_far: Tally, target: Target = target) -> None:
            if so_far.inputs % TOLD == 0:
                enter(options.results, target, options.seed, so_far)

        tally = run(target, options.seed, options.inputs or target.inputs, tell)
        print(json.dumps(enter(options.results, target, options.seed, tally), indent=1), flush=True)
        for path in keep_failures(target, options.seed, tally):
            print(f"kept: {path}", flush=True)
        failed += sum(map(len, tally.failures.values()))
    sys.exit(f"{failed} inputs failed." if failed else 0)


if __name__ == "__main__":
    main()
