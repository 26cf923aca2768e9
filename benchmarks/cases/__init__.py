"""The cases: what `python -m benchmarks` measures, one file for each group of them."""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.cases import chain, dense, imports, networks
from benchmarks.networks import NETWORKS
from benchmarks.report import Table


@dataclass(frozen=True)
class Case:
    """A name for the command line, what is measured, minigrad's goal, and the function that does it."""

    name: str
    measured: str
    goal: str
    run: Callable[[int, int], list[Table]]  # rounds, threads


CASES = {
    case.name: case
    for case in (
        Case("dense", "training step of a dense network, and its peak memory", dense.GOAL, dense.run),
        Case("chain", "1,000 small operations and back", chain.GOAL, chain.run),
        Case("import", "import in a new process", imports.GOAL, imports.run),
        *(
            Case(name, f"{network.title.lower()}, and its peak memory", networks.goal(network), runner)
            for name, network in NETWORKS.items()
            for runner in [networks.runner(network)]
        ),
    )
}
