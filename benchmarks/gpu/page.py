"""The part about the card in the page of results, from results/gpu.json."""

import statistics
from typing import Any

from benchmarks.markdown import table

Record = dict[str, Any]

WIDTH = 48  # of a kernel's name: PyTorch's are long
LISTED = 8  # kernels of a step

NETWORKS = {
    "cnn": "CNN",
    "fashion_own": "CNN with batch norm over rows",
    "dcgan64": "64x64 DCGAN",
    "resnet18": "ResNet18 at 224x224",
}


def text(record: Record) -> str:
    """The tables; those that were not measured are missing."""
    machine = record["machine"]
    cudnn = machine["cudnn"]
    parts = [
        "## On a card",
        f"`python -m benchmarks.gpu`: {machine['card']}, PyTorch {machine['torch']}, cuDNN {cudnn // 10000}."
        f"{cudnn // 100 % 100}, CuPy {machine['cupy']}, {machine['date']}. TF32 in both libraries, times by "
        "the card's events, medians of seven rounds. Captured: as a CUDA graph.",
    ]
    makers = {"networks": networks, "layers": layers, "products": products, "profile": profile}
    return "\n\n".join(parts + [make(record[key]) for key, make in makers.items() if key in record])


def networks(found: list[Record]) -> str:
    rows = []
    for case in found:
        ratio = case["captured_of_eager_torch"]
        keys = "minigrad captured", "torch", "torch captured", "minigrad"
        times = [f"{case[key]['ms']:.3g}" if "ms" in case[key] else "failed" for key in keys]
        goal = "" if ratio is None else "met" if ratio <= 1 else "not met"
        told = "" if ratio is None else f"**{ratio:.2f}**"
        rows.append(
            [f"{NETWORKS[case['network']]}, batch {case['batch']}", *times[:2], told, goal, *times[2:]]
        )
    header = [
        "ms of a training step",
        "minigrad, captured",
        "PyTorch, eager",
        "of it",
        "goal 1.0",
        "PyTorch, captured",
        "minigrad, eager",
    ]
    return table(header, rows)


def layers(found: list[Record]) -> str:
    rates = [case["rate_of_cudnn"] for case in found]
    passes = ("forward", "input gradient", "weight gradient")
    rows = []
    for name in dict.fromkeys(case["layer"] for case in found):
        of = {case["pass"]: case for case in found if case["layer"] == name}
        cells = [
            f"{of[p]['ms'] * 1000:.0f} us, {of[p]['tflops']:.0f} TFLOP/s, **{of[p]['rate_of_cudnn']:.2f}**"
            if p in of
            else ""
            for p in passes
        ]
        rows.append([name, *cells])
    enough, median = sum(rate >= 0.8 for rate in rates), statistics.median(rates)
    told = (
        "Single convolutions, and their rate as a part of cuDNN's, which chooses its fastest: goal 0.8, met "
        f"in {enough} of {len(rates)}; the median is {median:.2f}."
    )
    return f"{told}\n\n{table(['', *passes], rows)}"


def products(found: list[Record]) -> str:
    rows = [
        [
            case["product"],
            f"{case['ms']:.2f}",
            f"{case['tflops']:.0f}",
            f"{case['torch_ms']:.2f}",
            f"{case['rate_of_torch']:.2f}",
        ]
        for case in found
    ]
    header = ["A product of two matrices", "ms", "TFLOP/s", "PyTorch, ms", "rate of PyTorch's"]
    return table(header, rows)


def profile(found: list[Record]) -> str:
    parts = [
        "Where the card's time goes, in kernels alone, by PyTorch's profiler. What an eager step takes "
        "beyond it, the card waits for Python."
    ]
    for case in found:
        who = "PyTorch" if case["library"] == "torch" else case["library"]
        listed = case["kernels"][:LISTED]
        rest = case["ms"] - sum(kernel["ms"] for kernel in listed)
        rows = [
            [
                f"`{kernel['kernel'][:WIDTH].replace('|', '/')}`",
                f"{kernel['calls']:.0f}",
                f"{kernel['ms']:.3g}",
                part(kernel, case),
            ]
            for kernel in listed
        ]
        rows.append(["others", "", f"{rest:.3g}", f"{rest / case['ms']:.0%}"])
        title = f"{who}, {NETWORKS[case['network']]}, batch {case['batch']}: of {case['ms']:.3g} ms"
        parts.append(table([title, "calls", "ms", "part"], rows))
    return "\n\n".join(parts)


def part(kernel: Record, case: Record) -> str:
    return f"{kernel['ms'] / case['ms']:.0%}"
