"""Functions, right rules for their gradients, and the same rules with a slip planted: all written by hand.

Each case draws shapes and numbers, names the right rules, and under each slip the rules that have it. A
rule may be wrong in a way that two slips explain with the same numbers (dy * x for x * x lacks a factor 2, or
one of two equal paths); then both are named, "factor|accumulation", and either is right.
"""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

CASES: list["Case"] = []


@dataclass
class Case:
    """One function and the rules for the gradient of one of its arguments."""

    name: str
    fn: Callable[..., Any]
    draw: Callable[["Numbers"], Any]
    wrt: str
    right: list[Callable[..., Any]]
    slips: dict[str, list[Callable[..., Any]]] = field(default_factory=dict)
    flat: bool = False  # whether an upstream of ones has the gradient 0, as with softmax

    def planted(self) -> Iterator[tuple[str, Callable[..., Any]]]:
        """The slips of this case, and those that every rule can have."""
        for names, rules in self.slips.items():
            for rule in rules:
                yield names, rule
        for name, rule in general(self.right[0]):
            flat = self.flat and name in ("upstream_ignored", "zero")
            yield "upstream_ignored|zero" if flat else name, rule


class Numbers:
    """Random shapes and inputs: ordinary numbers, and now and then special ones."""

    def __init__(self, seed: int | list[int], special: bool = False) -> None:
        self.rng = np.random.default_rng(seed)
        self.special = special  # whole numbers, ones, many equal ones: where a slip hides, or a kink is

    def size(self, least: int = 1) -> int:
        return int(self.rng.integers(least, 7))

    def shape(self, least: int = 0, most: int = 3) -> tuple[int, ...]:
        return tuple(self.size() for _ in range(self.rng.integers(least, most + 1)))

    def any(self, shape: tuple[int, ...]) -> Any:
        kind = self.rng.integers(4) if self.special else 0
        if kind == 1:
            return self.rng.integers(-2, 3, shape).astype(float)
        if kind == 2:
            return np.full(shape, self.rng.choice([1.0, -1.0, 0.5, 2.0]))
        return np.asarray(self.rng.normal(size=shape) * (10.0 ** self.rng.uniform(-1, 0.5)))

    def positive(self, shape: tuple[int, ...]) -> Any:
        return np.abs(self.any(shape)) + 0.3

    def away(self, shape: tuple[int, ...]) -> Any:
        return self.positive(shape) * self.rng.choice([-1.0, 1.0], shape)

    def one(self, *, positive: bool = False) -> Any:
        """One array of any shape."""
        return (self.positive if positive else self.any)(self.shape())


def case(
    name: str,
    fn: Callable[..., Any],
    draw: Callable[[Numbers], Any],
    wrt: str,
    right: Any,
    slips: dict[str, Any],
    flat: bool = False,
) -> None:
    """Enter a case. Of rules there may be one or a list."""
    listed = {names: rules if isinstance(rules, list) else [rules] for names, rules in slips.items()}
    CASES.append(Case(name, fn, draw, wrt, right if isinstance(right, list) else [right], listed, flat))


# Slips that every rule can have -----------------------------------------------------------------------------


def changed(rule: Callable[..., Any], body: Callable[..., Any]) -> Callable[..., Any]:
    """A rule that asks for what ``rule`` asks for: body(dy, rest) returns its gradient."""

    def planted(dy: Any, *rest: Any) -> Any:
        return body(dy, rest)

    planted.__signature__ = inspect.signature(rule)  # type: ignore[attr-defined]
    return planted


def general(rule: Callable[..., Any]) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The sign, factors, the upstream gradient, in-place changes."""

    def writes_over(dy: Any, rest: Any) -> Any:
        result = np.array(rule(dy, *rest))
        dy *= 2
        return result

    yield "sign", changed(rule, lambda dy, rest: -rule(dy, *rest))
    yield "factor", changed(rule, lambda dy, rest: 2 * rule(dy, *rest))
    yield "factor", changed(rule, lambda dy, rest: rule(dy, *rest) / 3)
    yield "upstream_ignored", changed(rule, lambda dy, rest: rule(np.ones_like(dy), *rest))
    yield "upstream_twice", changed(rule, lambda dy, rest: rule(dy * dy, *rest))
    yield "in_place", changed(rule, writes_over)
    yield "returns_nothing", changed(rule, lambda dy, rest: None)
    yield "zero", changed(rule, lambda dy, rest: rule(dy, *rest) * 0)


# What rules are written with --------------------------------------------------------------------------------


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def softmax(x: Any, dim: int) -> Any:
    e = np.exp(x - x.max(axis=dim, keepdims=True))
    return e / e.sum(axis=dim, keepdims=True)
