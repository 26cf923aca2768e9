"""`python -m benchmarks.gpu`: on a machine with a card and PyTorch, all tables; writes results/gpu.json.

Goals: a captured training step takes at most the time of PyTorch's eager one; a single convolution reaches
80 % of cuDNN's rate; a large product runs at cuBLAS's rate. TF32 in both.
"""

import argparse
import datetime
import json
import platform
import statistics
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import cupy
import torch

import minigrad as mg
from benchmarks.gpu import layers, networks, profile

RESULTS = Path(__file__).parents[1] / "results" / "gpu.json"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    parser.add_argument(
        "--out", type=Path, default=RESULTS, help="where the results go (default %(default)s)"
    )
    parser.add_argument("--only", choices=TABLES, nargs="+", default=TABLES, help="these tables alone")
    options = parser.parse_args()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    record: dict[str, Any] = {"machine": machine()}
    print(*(f"{key}: {value}" for key, value in record["machine"].items()), sep="\n", flush=True)
    for table in options.only:
        cases, show = TABLES[table]
        record[table] = []
        for found in cases():
            record[table].append(show(found))
            options.out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    if "layers" in record:
        rates = [found["rate_of_cudnn"] for found in record["layers"]]
        enough = sum(rate >= 0.8 for rate in rates)
        print(
            f"median rate {statistics.median(rates):.2f} of cuDNN's; 0.8 or more in {enough} of {len(rates)}"
        )


def machine() -> dict[str, Any]:
    properties = cupy.cuda.runtime.getDeviceProperties(0)
    return {
        "card": properties["name"].decode(),
        "multiprocessors": properties["multiProcessorCount"],
        "driver": cupy.cuda.runtime.driverGetVersion(),
        "cuda": cupy.cuda.runtime.runtimeGetVersion(),
        "cupy": cupy.__version__,
        "torch": torch.__version__,
        "cudnn": torch.backends.cudnn.version(),
        "minigrad": mg.__version__,
        "python": platform.python_version(),
        "date": datetime.date.today().isoformat(),
    }


def show_network(found: dict[str, Any]) -> dict[str, Any]:
    eager, captured = (found[key].get("ms") for key in ("torch", "minigrad captured"))
    found["captured_of_eager_torch"] = captured / eager if captured and eager else None
    print(f"{found['network']}, batch {found['batch']}: {found['captured_of_eager_torch']} of eager PyTorch")
    for key in ("minigrad", "minigrad captured", "torch", "torch captured"):
        got = found[key]
        print(
            f"  {key:<18}",
            f"{got['ms']:8.3f} ms, loss {got['loss']:.4f}" if "ms" in got else got["failed"],
            flush=True,
        )
    return found


def show_layer(found: dict[str, Any]) -> dict[str, Any]:
    mine, cudnn = (f"{found[key] * 1e3:7.1f} us" for key in ("ms", "cudnn_ms"))
    rate = f"{found['tflops']:6.1f} TFLOP/s, {found['rate_of_cudnn']:.2f} of cuDNN's {cudnn}"
    print(f"{found['layer']:<29} {found['pass']:<16} {mine} {rate}", flush=True)
    return found


def show_product(found: dict[str, Any]) -> dict[str, Any]:
    times = f"{found['ms']:.2f} ms, {found['tflops']:.0f} TFLOP/s, PyTorch {found['torch_ms']:.2f} ms"
    print(f"{found['product']}: {times}", flush=True)
    return found


def show_profile(found: dict[str, Any]) -> dict[str, Any]:
    print(f"{found['library']}, {found['network']}, batch {found['batch']}: {found['ms']:.3f} ms in kernels")
    for kernel in found["kernels"]:
        print(f"  {kernel['ms']:8.3f} ms {kernel['calls']:5.0f} calls  {kernel['kernel'][:80]}", flush=True)
    return found


TABLES: dict[str, tuple[Callable[[], Iterable[Any]], Callable[[Any], Any]]] = {
    "networks": (networks.cases, show_network),
    "layers": (layers.convolutions, show_layer),
    "products": (layers.products, show_product),
    "profile": (profile.cases, show_profile),
}

if __name__ == "__main__":
    main()
