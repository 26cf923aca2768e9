"""Train the reports' networks here and in PyTorch, 100 steps from the same weights, and compare the losses.

    python tools/compare_curves.py

needs PyTorch. Beside the largest difference between the two curves stands how far PyTorch's curve is from its
own with other kernels (oneDNN off), which sum in another order. The figures go to
docs/results/pytorch_curves.json.
"""

import argparse
import json
import platform
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from minigrad import __version__  # noqa: E402 (from this checkout)
from tests.models.side_by_side import NETWORKS, OPTIMISERS, SideBySide  # noqa: E402


def apart(a: np.ndarray, b: np.ndarray) -> float:
    """The largest difference of two curves, to two digits."""
    return float(f"{np.abs(a - b).max():.1e}")


def compare(name: str, optimiser: str, steps: int, size: int) -> dict[str, float]:
    """How far the curves of one network are apart."""

    def theirs(dtype: str, plain: bool = False) -> np.ndarray:
        return SideBySide(name, dtype, steps, size).their_curve(optimiser, plain)

    def ours(dtype: str) -> np.ndarray:
        return SideBySide(name, dtype, steps, size).our_curve(optimiser)

    reference = theirs("float32")
    return {
        "float32": apart(ours("float32"), reference),
        "float32, PyTorch from itself with other kernels": apart(theirs("float32", plain=True), reference),
        "float64": apart(ours("float64"), theirs("float64")),
        "loss of the first 10 steps": round(float(reference[:10].mean()), 3),
        "loss of the last 10 steps": round(float(reference[-10:].mean()), 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare training curves with PyTorch's.")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--output", type=Path, default=ROOT / "docs/results/pytorch_curves.json")
    options = parser.parse_args()
    import torch

    outputs: dict[str, float] = {}
    curves: dict[str, dict[str, dict[str, float]]] = {}
    figures = {
        "steps": options.steps,
        "batch size": options.batch_size,
        "optimisers": OPTIMISERS,
        "images": "the sample of Fashion-MNIST, in three colours and with a margin for networks of CIFAR",
        "outputs, largest difference in float32": outputs,
        "losses, largest difference": curves,
        "versions": {
            "minigrad": __version__,
            "torch": torch.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
    }
    for name in options.networks:
        outputs[name] = apart(*SideBySide(name, "float32", 1, options.batch_size).outputs())
        curves[name] = {kind: compare(name, kind, options.steps, options.batch_size) for kind in OPTIMISERS}
        print(name, curves[name], flush=True)
        options.output.write_text(json.dumps(figures, indent=2) + "\n")  # what is done is done


if __name__ == "__main__":
    main()
