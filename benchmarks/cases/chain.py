"""What one operation costs when its array is small: the price of recording it and walking back."""

from benchmarks import problem
from benchmarks.measure import compare
from benchmarks.report import Table

FRAMEWORKS = ("minigrad", "torch", "mygrad", "dezero", "autograd", "micrograd")
GOAL = "at most 3 us"


def run(rounds: int, threads: int) -> list[Table]:
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
            goal=GOAL,
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
