"""Every call of an operation, counted."""

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .convert import LeftOut
from .database import DTYPES, errors, samples
from .differences import known
from .judge import Call, judge, seeded
from .offered import Offer


@dataclass
class Tally:
    """What came of the calls of one operation."""

    name: str
    tried: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    deviations: list[tuple[str, str]] = field(default_factory=list)  # the call, and what is otherwise

    @property
    def share(self) -> float:
        """How many of the calls agree, of those tried; 0 of none, for nothing is known then."""
        return 1 - len(self.deviations) / self.tried if self.tried else 0.0

    def unknown(self) -> list[str]:
        """The deviations that no record describes."""
        return [f"{call}: {said}" for call, said in self.deviations if known(self.name, call, said) is None]


def tally(offer: Offer, most: Mapping[str, int | None]) -> Tally:
    """The calls of one operation: of each dtype as many as ``most`` says for each kind, None for all of them;
    and those that PyTorch refuses.
    """
    found = Tally(offer.name)
    seeded()
    for call in _calls(offer, most):
        try:
            problem = judge(offer, call)
        except LeftOut as reason:
            found.left_out[str(reason)] += 1
            continue
        found.tried += 1
        if problem:
            found.deviations.append((f"{offer.name}({call})", problem))
    return found


def _calls(offer: Offer, most: Mapping[str, int | None]) -> Iterator[Call]:
    for operator in offer.operators:
        for (kind, number), dtype in itertools.product(most.items(), DTYPES):
            for sample in itertools.islice(samples(operator, dtype, kind), number):
                yield _call(sample)
        for sample in errors(operator):
            yield _call(sample, to_be_refused=True)


def _call(sample: Any, to_be_refused: bool = False) -> Call:
    import torch

    # The memory's order that PyTorch keeps to where none is asked for: to say so says nothing.
    options = {name: value for name, value in sample.kwargs.items() if value is not torch.preserve_format}
    return Call((sample.input, *sample.args), options, to_be_refused)
