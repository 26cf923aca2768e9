"""How long `import` takes, and what it drags in."""

from benchmarks.machine import version_of
from benchmarks.measure import import_times
from benchmarks.report import Table

FRAMEWORKS = (
    "minigrad",
    "torch",
    "mygrad",
    "autograd",
)  # dezero needs a repair first, micrograd is 200 lines
GOAL = "at most 0.25 s, no heavy package"


def run(rounds: int, threads: int) -> list[Table]:
    del threads  # an import has none
    results, heavy = import_times(list(FRAMEWORKS), rounds)
    for result in results.values():
        if not result.absent:
            result.version = version_of(result.framework)
    return [
        Table(
            name="import",
            title="Time of the import, NumPy being loaded already",
            unit="s",
            goal=GOAL,
            notes=[f"Heavy packages that import minigrad loads: {', '.join(heavy) or 'none'}."],
            value=lambda r: r.median,
            ratio=lambda r, torch: r.ratio_to(torch),
            met=lambda r, torch: r.median <= 0.25 and not heavy,
            results=results,
        )
    ]
