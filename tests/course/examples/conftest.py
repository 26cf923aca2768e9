"""Values and gradients worked out without minigrad: plain Python forward, and measured slopes backward."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from minigrad.course import Example

STEP = 1e-6


class Paper:
    """What is written down, line after line: ``p.z = p.a + p.b``. One element may be written with a nudge."""

    def __init__(self, nudged: str = "", place: tuple[int, ...] = (), by: float = 0.0) -> None:
        self.__dict__.update(nudged=nudged, place=place, by=by, lines={})

    def __setattr__(self, name: str, value: Any) -> None:
        value = np.array(value, dtype=np.float64)
        if name == self.nudged:
            value[self.place] += self.by
        self.lines[name] = value

    def __getattr__(self, name: str) -> Any:
        try:
            return self.lines[name]
        except KeyError:
            raise AttributeError(name) from None


def written_as(text: str, value: float, decimals: int) -> bool:
    """Whether a number is written like this: rounded, or cut if there are dots behind."""
    digits = text.removesuffix("...")
    decimals = max(decimals, len(digits.partition(".")[2]))
    if text.endswith("..."):
        return abs(np.trunc(value * 10**decimals) / 10**decimals - float(digits)) < 1e-12
    return abs(value - float(digits)) <= 0.5 * 10**-decimals + 1e-8


def slope(work: Callable[[Paper], None], output: str, name: str, place: tuple[int, ...]) -> float:
    """How much the output changes for each unit by which one element is moved, measured."""

    def moved(by: float) -> float:
        paper = Paper(name, place, by)
        work(paper)
        return float(paper.lines[output])

    return (moved(STEP) - moved(-STEP)) / (2 * STEP)


@pytest.fixture
def agree() -> Callable[[Example, Callable[[Paper], None]], None]:
    """Compares every number of a record with the same computation done by hand in plain Python."""

    def agree(example: Example, work: Callable[[Paper], None]) -> None:
        paper = Paper()
        work(paper)
        assert set(example.nodes) == set(paper.lines)
        for name, node in example.nodes.items():
            value = paper.lines[name]
            assert node.value.shape == value.shape, name
            for number, place in zip(node.value.numbers, np.ndindex(value.shape), strict=True):
                assert written_as(number.text, value[place], example.decimals), (name, place, value[place])
            if node.gradient is None:
                continue
            assert node.gradient.shape == value.shape, name
            for number, place in zip(node.gradient.numbers, np.ndindex(value.shape), strict=True):
                measured = slope(work, example.output, name, place)
                assert written_as(number.text, measured, example.decimals), (name, place, measured)

    return agree
