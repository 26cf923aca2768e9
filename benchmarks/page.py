"""`python -m benchmarks.page`: write results/README.md, what was reached, from the files beside it."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.gpu import page as gpu
from benchmarks.markdown import table
from benchmarks.networks import NETWORKS
from benchmarks.past import figure
from benchmarks.report import RESULTS

Record = dict[str, Any]

INTRODUCTION = """\
# What the benchmarks gave

Made by `python -m benchmarks.page` from the files in this folder, which `python -m benchmarks`,
`python -m benchmarks.sweep` and `python -m benchmarks.gpu` write. PyTorch's time or memory is 1 in every
ratio of times, the median over the rounds of two times from the same round;
[how it is measured](../README.md)."""

PEERS = ("dense_step", "chain", "cnn_step", "import")
"""The cases in which others take part, too."""

LEAST_PART = 0.01
"""Of a step's time: kernels that take less are not listed."""

WHY = {
    "dense": (
        "Products and Adam run near what the cores and the memory can do, and take most of the time that the "
        "goal allows. What is left to save is the rest: some sixty calls from Python, a few microseconds "
        "each, in a step as short as this."
    ),
    "cnn": "More than half of the step are convolutions, by Winograd's products where there are 16 channels.",
    "dcgan28": (
        "Three quarters are convolution, 4x4, stride 2: Winograd's products of its four 2x2 pieces. Maps of "
        "7x7 are tiles of four results and of three: 81 products for each piece, where plain sums take 196."
    ),
    "chain": (
        "All of it is Python: an operation on one number is a call, a node and an array forward, and a call "
        "of its rule backward. The goal was set on a faster machine, where PyTorch took 4.3 microseconds "
        "and micrograd 2.3; the ratio to them is what carries over."
    ),
}
"""By case, what its profile says about its goal."""


def text(folder: Path = RESULTS) -> str:
    """The page."""
    records = _records(folder)
    measured = _measured(records)
    parts = [INTRODUCTION, machines(measured.values()), steps(measured)]
    for other in sorted(path for path in folder.iterdir() if path.is_dir()):
        there = _records(other)
        found = _measured(there)
        parts.append(steps(found, f"Networks: {other.name}") + "\n\n" + machines(found.values()))
        parts += [peers(found[name], f": {other.name}") for name in PEERS if name in found]
        if "sweep" in there:
            parts.append(sweep(there["sweep"], f": {other.name}"))
    parts += [peers(measured[name]) for name in PEERS if name in measured]
    if "profile" in records:
        parts.append(profiles(records["profile"], measured))
    if "cold" in records:
        parts.append(loops(records["cold"]))
    if "sweep" in records:
        parts.append(sweep(records["sweep"]))
    if "gpu" in records:
        parts.append(gpu.text(records["gpu"]))
    if "past" in records:
        parts.append(beside(records["past"], records))
    return "\n\n".join(parts) + "\n"


def _records(folder: Path) -> dict[str, Record]:
    return {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}


def _measured(records: dict[str, Record]) -> dict[str, Record]:
    return {name: record for name, record in records.items() if "frameworks" in record}


def machines(records: Iterable[Record]) -> str:
    """On what, and when."""
    found = {(r["machine"]["processor"], r["machine"]["threads"], r["machine"]["date"]) for r in records}
    told = "; ".join(f"{processor}, {threads} threads, {date}" for processor, threads, date in sorted(found))
    return f"Measured on: {told}."


def steps(records: dict[str, Record], title: str = "Networks") -> str:
    """The networks beside PyTorch."""
    rows = []
    for name in ("dense", *NETWORKS):
        record, memory = records.get(f"{name}_step"), records.get(f"{name}_memory")
        if record is None:
            continue
        ours, torch = record["frameworks"]["minigrad"], record["frameworks"]["torch"]
        rows.append(
            [
                record["case"],
                f"{ours['value']:.3g}",
                f"{torch['value']:.3g}",
                f"**{ours['of_torch']:.2f}**",
                record["goal"].removeprefix("at most ").removesuffix(" of torch"),
                verdict(record),
                f"{memory['frameworks']['minigrad']['of_torch']:.2f}" if memory else "",
            ]
        )
    header = ["", "minigrad, ms", "PyTorch, ms", "ratio", "goal", "", "memory, ratio"]
    return f"## {title}\n\n{table(header, rows)}"


def verdict(record: Record) -> str:
    met = record.get("met")
    return "" if met is None else "met" if met else "not met"


def peers(record: Record, where: str = "") -> str:
    """One case with everybody who took part."""
    rows = []
    for name, found in record["frameworks"].items():
        if "absent" in found:
            rows.append([name, found["absent"], ""])
        else:
            rows.append([f"{name} {found['version']}", f"{found['value']:.3g}", f"{found['of_torch']:.2f}"])
    goal = f"Goal: {record['goal']}{', ' + verdict(record) if verdict(record) else ''}."
    return f"## {record['case']}{where}\n\n{table(['', record['unit'], 'ratio'], rows)}\n\n{goal}"


def profiles(found: Record, records: dict[str, Record]) -> str:
    """Where the time goes in each case of `benchmarks.profile`, and what keeps it from its goal."""
    parts = [
        "## Where the time goes\n",
        "`python -m benchmarks.profile`: a step's time in each compiled kernel; the rest is the graph, "
        "NumPy's own functions and Python. A run of its own, so not quite the times of the table above.",
    ]
    for case, record in found.items():
        step = records.get(f"{case}_step") or records.get(case)
        rows = [
            [
                f"`{kernel['kernel']}`",
                str(kernel["calls"]),
                f"{kernel['ms']:.3g}",
                f"{kernel['ms'] / record['ms']:.0%}",
            ]
            for kernel in record["kernels"]
            if kernel["ms"] >= LEAST_PART * record["ms"]
        ]
        rows.append(["the rest", "", f"{record['rest_ms']:.3g}", f"{record['rest_ms'] / record['ms']:.0%}"])
        python = ", ".join(f"`{own['function']}` {own['part']:.0%}" for own in record["python"][:5])
        parts.append(
            f"\n### {step['case'] if step else case}\n\n"
            + table([f"of {record['ms']:.3g} ms", "calls", "ms", "part"], rows)
            + f"\n\nPython's own time: {python}.\n\n{WHY[case]}"
        )
    return "\n".join(parts)


def loops(record: Record) -> str:
    """What a lesson spends on compiling its loops, and on reading those that are kept."""
    rows = []
    for state, told in (("cold", "none kept"), ("warm", "all kept")):
        found = record[state]
        rows.append(
            [
                told,
                f"{found['compiled']}",
                f"{found['compiling_s']:.3g}",
                f"{found['read']}",
                f"{found['reading_s']:.3g}",
                f"{found['whole_s']:.3g}",
                f"{found['goal_s']:g}",
                "met" if found["met"] else "not met",
            ]
        )
    header = ["", "compiled", "s", "read", "s", "of s", "goal", ""]
    return (
        "## Compiling\n\nLoops are compiled at their first call, and kept on disk. "
        f"`python -m benchmarks.cold` runs `{record['what']}` twice.\n\n{table(header, rows)}"
    )


def sweep(record: Record, where: str = "") -> str:
    """The summary, and every slow case with its reason, those with the same reason together."""
    key = next(key for key in record if key.startswith("over_"))
    slow, wrong = record[key], record["wrong"]
    limit = key.split("_")[1]
    lines = [
        f"## The sweep{where}\n",
        f"{record['cases']} cases, forward and backward. The median is {record['median_of_torch']:.2f} of "
        f"PyTorch's time; {len(slow)} took over {limit} times as long, {len(wrong)} gave another result.",
    ]
    if "machine" in record:
        lines.append("\n" + machines([record]))
    for why in dict.fromkeys(case["reason"] for case in slow):
        rows = [
            [
                f"`{case['case']}`",
                f"{case['minigrad_ms']:.3g}",
                f"{case['torch_ms']:.3g}",
                f"{case['of_torch']:.1f}",
            ]
            for case in slow
            if case["reason"] == why
        ]
        lines.append(f"\n{why}\n\n" + table(["", "minigrad, ms", "PyTorch, ms", "ratio"], rows))
    lines += [f"\n- `{case['case']}`: {case['wrong']}" for case in wrong]
    return "\n".join(lines)


def beside(past: Record, records: dict[str, Record]) -> str:
    """The ratios of an earlier revision and those of now."""
    revision = past["revision"]
    rows = []
    for name, before in past["of_torch"].items():
        now = figure(records[name]) if name in records else None
        step = records.get(name.replace("_memory", "_step"), {}).get("case", name)
        told = f"Memory: {step}" if name.endswith("_memory") else step
        rows.append([told, f"{before:.2f}", "" if now is None else f"{now:.2f}"])
    return (
        f"## Before and after\n\nEach case's ratio to PyTorch: as revision `{revision}` had committed it "
        f"(`python -m benchmarks.past {revision}`), and now.\n\n" + table(["", f"`{revision}`", "now"], rows)
    )


def write() -> Path:
    """Write it; returns where."""
    path = RESULTS / "README.md"
    path.write_text(text(), encoding="utf-8")
    return path


if __name__ == "__main__":
    print(write())
