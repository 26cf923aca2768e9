"""What came of many inputs, added up."""

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from tools.fuzz.attempt import Outcome

_KINDS = 40  # that are told one by one


@dataclass
class Tally:
    """What came of the inputs of a target.

    Attributes:
        inputs: how many were read. kinds: how often each kind of outcome occurred.
        failures: by what is wrong, the numbers of the inputs. slowest: seconds of the processor that an input
            took, at most. peak: megabytes by which reading made the process larger, at most.
    """

    inputs: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    failures: dict[str, list[int]] = field(default_factory=dict)
    slowest: float = 0.0
    peak: float = 0.0

    def enter(self, number: int, outcome: "Outcome", seconds: float) -> None:
        """Add what came of one input."""
        self.inputs += 1
        self.kinds[outcome.kind] += 1
        self.slowest = max(self.slowest, seconds)
        if outcome.failure:
            self.failures.setdefault(outcome.failure, []).append(number)

    def add(self, other: Self) -> None:
        """Add what came of others."""
        self.inputs += other.inputs
        self.kinds.update(other.kinds)
        self.slowest, self.peak = max(self.slowest, other.slowest), max(self.peak, other.peak)
        for failure, numbers in other.failures.items():
            self.failures.setdefault(failure, []).extend(numbers)

    def to_dict(self) -> dict[str, Any]:
        """As it goes over a pipe, as JSON."""
        return vars(self)

    @classmethod
    def from_dict(cls, told: dict[str, Any]) -> Self:
        """The other way."""
        return cls(**(told | {"kinds": Counter(told["kinds"])}))

    def figures(self) -> dict[str, Any]:
        """What the results file has of it."""
        refused = {kind: count for kind, count in self.kinds.items() if ": " in kind}
        return {
            "inputs": self.inputs,
            "failures": sum(map(len, self.failures.values())),
            "read": self.inputs - sum(refused.values()) - self.kinds["failure"],
            "refused": sum(refused.values()),
            "distinct outcomes": len(self.kinds),
            "slowest, seconds": round(self.slowest, 3),
            "peak memory, MB": round(self.peak, 1),
            "what failed": {failure: numbers[:3] for failure, numbers in self.failures.items()},
        }
