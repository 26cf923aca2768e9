"""A training step of the dense network, beside everyone who can do it."""

from benchmarks import problem
from benchmarks.measure import compare
from benchmarks.report import Table, memory_table, of_each

FRAMEWORKS = ("minigrad", "torch", "mygrad", "dezero", "autograd")
GOAL = "at most 0.6 of torch"


def run(rounds: int, threads: int) -> list[Table]:
    results = compare("dense_step", FRAMEWORKS, rounds, problem.WARM_UP_STEPS, threads)
    layout = "-".join(map(str, problem.SIZES))
    time = Table(
        name="dense_step",
        title=f"Training step of the dense network {layout}, batch {problem.BATCH}",
        unit="ms a step",
        goal=GOAL,
        notes=[
            "Forward, cross-entropy, backward, Adam, zero_grad; "
            f"ReLU, dropout {problem.DROPOUT} before the last layer; float32.",
            "mygrad and autograd: the dropout mask and Adam in plain NumPy, as they bring none.",
            "dezero: its backward of the cross-entropy goes over to float64 of its own accord.",
            f"Loss after {problem.WARM_UP_STEPS} steps: {of_each(results, lambda r: f'{r.value:.3f}')}.",
        ],
        value=lambda r: r.median * 1e3,
        ratio=lambda r, torch: r.ratio_to(torch),
        met=lambda r, torch: r.ratio_to(torch) <= 0.6 if torch else None,
        results=results,
    )
    return [time, memory_table("dense_memory", results)]
