"""Run minigrad beside PyTorch, on PyTorch's own samples where it has any, and write the figures.

    python tools/torch_samples.py                               # all; minutes, and it needs PyTorch
    python tools/torch_samples.py --of layers losses            # these anew; the rest stays as it is
    python tools/torch_samples.py --page                        # only the page and the counts anew

The figures go to docs/results/torch_samples.json; tests/test_differences.py holds them against
docs/differences_from_pytorch.md. The samples are seeded. It fails if a sample neither passes nor is
documented, and if a documented deviation is not seen any more.
"""

import argparse
import inspect
import json
import platform
import sys
import time
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "docs/results/torch_samples.json"
sys.path.insert(0, str(ROOT))

import minigrad as mg  # noqa: E402 (from this checkout)
from tests.torch_samples.accounts import account, neither, seen, stale  # noqa: E402
from tests.torch_samples.page import PAGE, written  # noqa: E402
from tests.torch_samples.run import KINDS  # noqa: E402
from tests.torch_samples.tally import Tally, tally  # noqa: E402


def run(kind: str, number: int, most: int | None) -> Tally:
    """All samples of one name."""
    import torch

    torch.set_num_threads(1)
    begun = time.perf_counter()
    found = tally(KINDS[kind]()[number], most)
    print(f"{found.name}: {found.samples} samples, {time.perf_counter() - begun:.1f} s", flush=True)
    return found


def run_all(kind: str, most: int | None, workers: int) -> list[Tally]:
    """All names of a kind."""
    calls = [(kind, number, most) for number in range(len(KINDS[kind]()))]
    if workers == 1:
        return [run(*call) for call in calls]
    with Pool(workers) as pool:
        return pool.starmap(run, calls, chunksize=1)


def versions() -> dict[str, str]:
    """What the samples were run with."""
    import torch

    return {
        "minigrad": mg.__version__,
        "torch": torch.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def offered() -> dict[str, Any]:
    """What minigrad has that PyTorch's databases have no samples of."""
    from tests.torch_samples.database import modules
    from tests.torch_samples.offered import offers

    classes = [name for name in dir(mg.nn) if inspect.isclass(getattr(mg.nn, name, None))]
    layers = [name for name in classes if issubclass(getattr(mg.nn, name), mg.nn.Module)]
    return {
        "operations": len(offers()),
        "not in PyTorch's database": [o.name for o in offers() if not o.operators and o.theirs is not None],
        "layers not in PyTorch's database": [f"nn.{name}" for name in layers if name not in modules()],
        "minigrad's own": [o.name for o in offers() if o.theirs is None],
    }


def counted(results: dict[str, Any]) -> dict[str, Any]:
    """The results with the counts made anew of what was seen and of the records of deviations."""
    kinds = results["seen"]
    return {
        "counts": {kind: account(kinds[kind]) for kind in KINDS if kind in kinds},
        "documented and not seen": stale(kinds) if set(KINDS) == set(kinds) else [],
        **{key: results[key] for key in ("offered", "versions")},
        "seen": {kind: kinds[kind] for kind in KINDS if kind in kinds},
    }


def main(arguments: list[str] | None = None) -> int:
    """Run, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--of", nargs="+", choices=KINDS, default=list(KINDS), metavar="KIND", help=", ".join(KINDS)
    )
    parser.add_argument("--most", type=int, help="samples of each kind and dtype, for a look")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument(
        "--page", action="store_true", help="only make the counts and the page of differences anew"
    )
    options = parser.parse_args(arguments)
    results = (
        json.loads(options.output.read_text()) if options.output.exists() else {"seen": {}, "versions": {}}
    )
    if not options.page:
        for kind in options.of:
            results["seen"][kind] = seen(run_all(kind, options.most, options.workers))
            results["versions"][kind] = versions()
        results["offered"] = offered()
    results = counted(results)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(results, indent=1) + "\n")
    if options.output == RESULTS:
        PAGE.write_text(written(PAGE.read_text(), results["counts"]))
    for text in neither(results["seen"]):
        print(f"neither passes nor is documented: {text}")
    for text in results["documented and not seen"]:
        print(f"documented and not seen: {text}")
    return 1 if results["documented and not seen"] or neither(results["seen"]) else 0


if __name__ == "__main__":
    sys.exit(main())
