"""What is compared, and what came of it, counted."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from .compare import seeded
from .convert import LeftOut


class Sample(Protocol):
    """Something to run in both libraries; as text it is what a user would write."""

    def judge(self) -> str:
        """What is otherwise in minigrad; "" if nothing is. Raises LeftOut if there is nothing to compare."""


@dataclass(frozen=True)
class Subject:
    """A public name, and its samples: all of them for None, else about as many as are asked for."""

    name: str
    samples: Callable[[int | None], Iterator[Sample]]


@dataclass
class Tally:
    """What came of the samples of one name."""

    name: str
    passed: int = 0
    left_out: Counter[str] = field(default_factory=Counter)  # by the reason
    deviations: list[tuple[str, str]] = field(default_factory=list)  # the sample, and what is otherwise

    @property
    def samples(self) -> int:
        """How many there are."""
        return self.passed + len(self.deviations) + self.left_out.total()


def tally(subject: Subject, most: int | None = None) -> Tally:
    """Judge the samples of a name, the same ones each time."""
    found = Tally(subject.name)
    seeded()
    for sample in subject.samples(most):
        try:
            problem = sample.judge()
        except LeftOut as reason:
            found.left_out[str(reason)] += 1
            continue
        if problem:
            found.deviations.append((str(sample), problem))
        else:
            found.passed += 1
    return found
