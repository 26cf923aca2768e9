"""Run all of PyTorch's samples for its operators through minigrad's operations, and write the figures.

    python tools/torch_samples.py

It takes some minutes, and PyTorch. The figures go to docs/results/torch_samples.json;
tests/test_differences.py holds them against docs/differences_from_pytorch.md. The samples are seeded.
"""

import argparse
import json
import platform
import sys
import time
from collections import Counter
from multiprocessing import Pool
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import minigrad as mg  # noqa: E402 (from this checkout)
from tests.torch_samples.offered import offers  # noqa: E402
from tests.torch_samples.page import PAGE, written  # noqa: E402
from tests.torch_samples.run import Tally, tally  # noqa: E402


def run(number: int, most: int | None) -> Tally:
    """All calls of one operation. Of the kind "reference" there are thousands for some, much alike."""
    import torch

    torch.set_num_threads(1)
    offer = offers()[number]
    begun = time.perf_counter()
    found = tally(offer, {"sample": most, "reference": most or 100})
    print(f"{offer.name}: {found.tried} calls, {time.perf_counter() - begun:.1f} s", flush=True)
    return found


def figures(tallies: list[Tally]) -> dict[str, object]:
    """What is stated about all of the calls."""
    import torch

    names = offers()
    left_out = sum((found.left_out for found in tallies), Counter[str]())
    tried = sum(found.tried for found in tallies)
    deviating = sum(len(found.deviations) for found in tallies)
    return {
        "operations offered": len(names),
        "in the database": sum(bool(offer.operators) for offer in names),
        "not in the database": [o.name for o in names if not o.operators and o.theirs is not None],
        "minigrad's own": [o.name for o in names if o.theirs is None],
        "calls": tried,
        "agree": round(1 - deviating / tried, 5),
        "left out": {"calls": left_out.total(), **dict(left_out.most_common())},
        "operations": {
            found.name: {
                "calls": found.tried,
                "agree": round(found.share, 4),
                "left out": sum(found.left_out.values()),
            }
            for found in tallies
        },
        "deviations": {found.name: dict(found.deviations) for found in tallies if found.deviations},
        "versions": {
            "minigrad": mg.__version__,
            "torch": torch.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
    }


def main() -> None:
    """Run, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--most", type=int, help="calls of each kind and dtype, for a look")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--output", type=Path, default=ROOT / "docs/results/torch_samples.json")
    parser.add_argument("--page", action="store_true", help="only make the page of differences anew")
    options = parser.parse_args()
    if options.page:
        PAGE.write_text(written(PAGE.read_text()))
        return
    with Pool(options.workers) as pool:
        numbers = [(i, options.most) for i, offer in enumerate(offers()) if offer.operators]
        tallies = pool.starmap(run, numbers, chunksize=1)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(figures(tallies), indent=2) + "\n")


if __name__ == "__main__":
    main()
