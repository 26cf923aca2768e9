"""Train the reports' networks here and in PyTorch, 100 steps from the same weights, and compare the losses.

    python tools/compare_curves.py

needs PyTorch, and takes about half an hour on a laptop. Beside the largest difference between the two curves
stand the one with plain sums in our convolutions, and the one between PyTorch's curve and its own with other
kernels (oneDNN off), which sum in another order. One curve is chance: small_cnn's are also compared with the
one in float64 from several first weights, and without ReLU and maxima, where nothing can tip over.

The figures go to docs/results/pytorch_curves.json, network by network; those of networks that are not named
stay, if settings and versions are the same.
"""

import argparse
import json
import platform
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import minigrad as mg  # noqa: E402 (from this checkout)
from minigrad.evaluation import write_json  # noqa: E402
from tests.models.side_by_side import NETWORKS, OPTIMISERS, SideBySide  # noqa: E402

OUTPUTS, CURVES = "outputs, largest difference in float32", "losses, largest difference"
STARTS, SMOOTH = "small_cnn with Adam, float32 from float64", "small_cnn without kinks, float32 from PyTorch"


def apart(a: np.ndarray, b: np.ndarray) -> float:
    """The largest difference of two curves, to two digits."""
    return float(f"{np.abs(a - b).max():.1e}")


def compare(name: str, optimiser: str, steps: int, size: int) -> dict[str, float]:
    """How far the curves of one network are apart."""

    def theirs(dtype: str, plain: bool = False) -> np.ndarray:
        return SideBySide(name, dtype, steps, size).their_curve(optimiser, plain)

    def ours(dtype: str, plain: bool = False) -> np.ndarray:
        return SideBySide(name, dtype, steps, size).our_curve(optimiser, plain)

    reference = theirs("float32")
    return {
        "float32": apart(ours("float32"), reference),
        "float32, plain sums": apart(ours("float32", plain=True), reference),
        "float32, PyTorch from itself with other kernels": apart(theirs("float32", plain=True), reference),
        "float64": apart(ours("float64"), theirs("float64")),
        "loss of the first 10 steps": round(float(reference[:10].mean()), 3),
        "loss of the last 10 steps": round(float(reference[-10:].mean()), 3),
    }


def from_starts(count: int, steps: int, size: int) -> dict[str, Any]:
    """How far small_cnn's curves in float32 are from the one in float64, from several first weights."""
    found: dict[str, list[float]] = {}
    for seed in range(count):
        exact = SideBySide("small_cnn", "float64", steps, size, seed).their_curve("Adam")
        for name, curve, plain in (
            ("minigrad", "our_curve", False),
            ("minigrad, plain sums", "our_curve", True),
            ("PyTorch", "their_curve", False),
            ("PyTorch, other kernels", "their_curve", True),
        ):
            pair = SideBySide("small_cnn", "float32", steps, size, seed)
            found.setdefault(name, []).append(apart(getattr(pair, curve)("Adam", plain), exact))
    return {
        name: {
            "median": float(f"{np.median(each):.1e}"),
            "within 1e-3": sum(d < 1e-3 for d in each),
            "each": each,
        }
        for name, each in found.items()
    }


def without_kinks(optimiser: str, steps: int, size: int) -> float:
    """How far small_cnn's curves are apart with tanh for ReLU and means for maxima."""
    ours, theirs = (SideBySide("small_cnn", "float32", steps, size, smooth=True) for _ in range(2))
    return apart(ours.our_curve(optimiser), theirs.their_curve(optimiser))


def earlier(path: Path, settings: dict[str, Any]) -> dict[str, Any]:
    """The figures that the file has of an earlier run with the same settings and versions."""
    found = json.loads(path.read_text()) if path.exists() else {}
    same = {name: found.get(name) for name in settings} == settings
    return found if same else {OUTPUTS: {}, CURVES: {}}


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare training curves with PyTorch's.")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--starts", type=int, default=12, help="how many first weights of small_cnn")
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--output", type=Path, default=ROOT / "docs/results/pytorch_curves.json")
    options = parser.parse_args()
    import torch

    torch.set_num_threads(options.threads)
    mg.set_num_threads(options.threads)
    settings = {
        "steps": options.steps,
        "batch size": options.batch_size,
        "threads": options.threads,
        "optimisers": OPTIMISERS,
        "images": "the sample of Fashion-MNIST, in three colours and with a margin for networks of CIFAR",
        "versions": {
            "minigrad": mg.__version__,
            "torch": torch.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
    }
    figures: dict[str, Any] = settings | earlier(options.output, settings)
    steps, size = options.steps, options.batch_size
    for name in options.networks:
        began = time.perf_counter()
        figures[OUTPUTS][name] = apart(*SideBySide(name, "float32", 1, size).outputs())
        figures[CURVES][name] = {kind: compare(name, kind, steps, size) for kind in OPTIMISERS}
        write_json(options.output, figures)  # what is done is done
        print(f"{name}: {time.perf_counter() - began:.0f} s, {figures[CURVES][name]}", flush=True)
    if "small_cnn" in options.networks:
        figures[STARTS] = from_starts(options.starts, steps, size)
        figures[SMOOTH] = {kind: without_kinks(kind, steps, size) for kind in OPTIMISERS}
        write_json(options.output, figures)


if __name__ == "__main__":
    main()
