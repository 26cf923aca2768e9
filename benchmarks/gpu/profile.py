"""Where the card's time of a training step goes, kernel by kernel, in minigrad and in PyTorch."""

import dataclasses
import itertools
from collections.abc import Iterator
from typing import Any

import torch

from benchmarks.gpu import networks
from benchmarks.networks import NETWORKS

CASES = (("cnn", 128), ("dcgan64", 256), ("resnet18", 64))
STEPS = 3
LEAST_PART = 0.01  # of the time: kernels that take less are added up as others


def cases() -> Iterator[dict[str, Any]]:
    """One record for each network and library: milliseconds of a step in each kernel, the longest first.

    PyTorch's profiler asks CUDA, which knows of every kernel in the process, whoever has launched it.
    """
    for (name, batch), library in itertools.product(CASES, ("minigrad", "torch")):
        network = dataclasses.replace(NETWORKS[name], batch=batch)
        step = networks.step_of(network, library == "torch", False)
        data = networks.data_of(network, library == "torch")
        for _ in range(2):
            step(*data[0])
        torch.cuda.synchronize()  # both libraries are on the same device
        with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as found:
            for _ in range(STEPS):
                step(*data[0])
            torch.cuda.synchronize()
        yield {"network": name, "batch": batch, "library": library, **_summed(found.key_averages())}


def _summed(events: Any) -> dict[str, Any]:
    times = {e.key: (e.count / STEPS, e.self_device_time_total / STEPS / 1000) for e in events}
    times = {name: found for name, found in times.items() if found[1]}
    total = sum(ms for _, ms in times.values())
    kernels = [
        {"kernel": name[:100], "calls": calls, "ms": ms}
        for name, (calls, ms) in sorted(times.items(), key=lambda item: -item[1][1])
        if ms >= LEAST_PART * total
    ]
    return {"ms": total, "kernels": kernels, "others_ms": total - sum(k["ms"] for k in kernels)}
