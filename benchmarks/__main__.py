"""`python -m benchmarks`: run every case, print the tables, write results/*.json."""

import argparse
from collections.abc import Callable

from benchmarks import problem
from benchmarks.machine import describe, version_of
from benchmarks.measure import Result, compare, import_times
from benchmarks.report import Table

FRAMEWORKS = ["minigrad", "torch", "mygrad", "dezero", "autograd", "micrograd"]
IMPORTED = ["minigrad", "torch", "mygrad", "autograd"]  # dezero needs a repair first, micrograd is 200 lines
CASES = ("dense", "chain", "import")


def dense(rounds: int, threads: int) -> list[Table]:
    results = compare("dense_step", FRAMEWORKS, rounds, problem.WARM_UP_STEPS, threads)
    layout = "-".join(map(str, problem.SIZES))
    time = Table(
        name="dense_step",
        title=f"Training step of the dense network {layout}, batch {problem.BATCH}",
        unit="ms a step",
        goal="at most 0.6 of torch",
        notes=[
            "Forward, cross-entropy, backward, Adam, zero_grad; "
            f"ReLU, dropout {problem.DROPOUT} before the last layer; float32.",
            "mygrad and autograd: the dropout mask and Adam in plain NumPy, as they bring none.",
            "dezero: its backward of the cross-entropy goes over to float64 of its own accord.",
            f"Loss after {problem.WARM_UP_STEPS} steps: {_of_each(results, lambda r: f'{r.value:.3f}')}.",
        ],
        value=lambda r: r.median * 1e3,
        ratio=lambda r, torch: r.ratio_to(torch),
        met=lambda r, torch: r.ratio_to(torch) <= 0.6 if torch else None,
        results=results,
    )
    memory = Table(
        name="dense_memory",
        title="Peak memory of that training",
        unit="MiB",
        goal="at most 1.0 of torch",
        notes=[
            "Of the whole process, from its start, with Python, NumPy and whatever is compiled on the way.",
            f"After the import alone: {_of_each(results, lambda r: f'{r.import_mb:.0f}')}.",
        ],
        value=lambda r: r.peak_mb,
        ratio=lambda r, torch: r.peak_mb / torch.peak_mb,
        met=lambda r, torch: r.peak_mb <= torch.peak_mb if torch else None,
        results=results,
    )
    return [time, memory]


def chain(rounds: int, threads: int) -> list[Table]:
    results = compare("chain", FRAMEWORKS, rounds, 5, threads)
    for result in results.values():
        if not result.absent and abs(result.value - problem.CHAIN_DERIVATIVE) > 1e-4:
            raise ValueError(
                f"{result.framework}: derivative {result.value}, expected {problem.CHAIN_DERIVATIVE}"
            )
    factor, addend, length = problem.CHAIN_FACTOR, problem.CHAIN_ADDEND, problem.CHAIN_LENGTH
    return [
        Table(
            name="chain",
            title=f"The chain y = y * {factor} + {addend}, {length} times and back",
            unit="us an operation",
            goal="at most 3 us",
            notes=[
                f"Forward and backward over {problem.CHAIN_OPERATIONS} operations; one-element arrays.",
                "micrograd: Python's own floats instead of arrays.",
            ],
            value=lambda r: r.median / problem.CHAIN_OPERATIONS * 1e6,
            ratio=lambda r, torch: r.ratio_to(torch),
            met=lambda r, torch: r.median / problem.CHAIN_OPERATIONS <= 3e-6,
            results=results,
        )
    ]


def imports(rounds: int) -> list[Table]:
    results, heavy = import_times(IMPORTED, rounds)
    for result in results.values():
        if not result.absent:
            result.version = version_of(result.framework)
    return [
        Table(
            name="import",
            title="Time of the import, NumPy being loaded already",
            unit="s",
            goal="at most 0.25 s, no heavy package",
            notes=[f"Heavy packages that import minigrad loads: {', '.join(heavy) or 'none'}."],
            value=lambda r: r.median,
            ratio=lambda r, torch: r.ratio_to(torch),
            met=lambda r, torch: r.median <= 0.25 and not heavy,
            results=results,
        )
    ]


def _of_each(results: dict[str, Result], text: Callable[[Result], str]) -> str:
    return ", ".join(f"{name} {text(result)}" for name, result in results.items() if not result.absent)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "cases", nargs="*", metavar="CASE", help=f"{', '.join(CASES)}; all of them when none is named"
    )
    parser.add_argument("--rounds", type=int, default=11, help="how often everyone has a turn (default 11)")
    parser.add_argument("--threads", type=int, default=2, help="threads that everyone may use (default 2)")
    parser.add_argument("--dry", action="store_true", help="print only, leave results/ as it is")
    options = parser.parse_args()
    for case in options.cases:
        if case not in CASES:
            parser.error(f"no case {case!r}: choose from {', '.join(CASES)}")

    machine = describe(options.threads)
    print(*(f"{key}: {value}" for key, value in machine.items()), "", sep="\n")
    if machine["load_before"] > 0.25:
        print("The machine is busy (load_before): expect numbers that cannot be repeated.\n")
    for case in options.cases or CASES:
        if case == "import":
            tables = imports(options.rounds)
        else:
            tables = {"dense": dense, "chain": chain}[case](options.rounds, options.threads)
        for table in tables:
            print(table.text())
            if not options.dry:
                table.save(machine)


if __name__ == "__main__":
    main()
