"""The table of differentiable functions and how to draw a call of each: what the gradient checks run over.

A case is a function of a Draw. It returns a function of tensors, and the tensors at which to check it:

    @case("tanh")
    def _(d):
        return mg.tanh, d.tensor(d.shape())

It may return a third thing, what the values are compared with: a function of the tensors' arrays, which
computes the same in another way.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

import minigrad as mg


class Call(NamedTuple):
    """A function, the tensors at which to check it, and what computes the same from their arrays."""

    function: Callable[..., Any]
    inputs: list[mg.Tensor]
    expected: Callable[..., Any] | None


class Case(NamedTuple):
    """How to draw a call, whether some calls are to sit on a kink, and options for gradcheck."""

    draw: Callable[["Draw"], Any]
    kinks: bool
    options: dict[str, Any]

    def call(self, data: Any) -> Call:
        """A call that Hypothesis chooses."""
        function, inputs, *expected = self.draw(Draw(data))
        listed = [inputs] if isinstance(inputs, mg.Tensor) else list(inputs)
        return Call(function, listed, expected[0] if expected else None)


CASES: dict[str, Case] = {}
"""Name -> case. The name is that of minigrad, of nn.functional ("F.gelu") or of Tensor ("Tensor.expand"),
perhaps with a remark after a comma."""


def case(*names: str, kinks: bool = False, **options: Any) -> Callable[[Any], Any]:
    """Enter the decorated function into the table under each name. Of several names, it is given the one."""

    def enter(function: Any) -> Any:
        for name in names:
            assert name not in CASES, f"two cases are called {name!r}"
            draw = function if len(names) == 1 else (lambda d, name=name: function(d, name))
            CASES[name] = Case(draw, kinks, options)
        return function

    return enter


class Draw:
    """Hypothesis chooses shapes and options; numbers come from a generator that it seeds, none extreme."""

    def __init__(self, data: Any) -> None:
        self.of = data.draw
        self.random = np.random.default_rng(self.of(st.integers(0, 2**32 - 1)))

    def flag(self) -> bool:
        return self.of(st.booleans())

    def pick(self, *values: Any) -> Any:
        return self.of(st.sampled_from(values))

    def integer(self, low: int, high: int) -> int:
        return self.of(st.integers(low, high))

    def shape(self, low: int = 0, high: int = 3, side: int = 0, longest: int = 3) -> tuple[int, ...]:
        """From ``low`` to ``high`` axes of ``side`` to ``longest`` elements."""
        return tuple(self.of(st.lists(st.integers(side, longest), min_size=low, max_size=high)))

    def shapes(self, count: int) -> list[tuple[int, ...]]:
        """Shapes that broadcast with each other."""
        return list(
            self.of(mutually_broadcastable_shapes(num_shapes=count, max_dims=3, max_side=3)).input_shapes
        )

    def dim(self, ndim: int) -> int:
        """An axis, counted from the front or from the end. A tensor of no dimension takes 0 and -1."""
        return self.integer(-max(ndim, 1), max(ndim, 1) - 1)

    def dims(self, ndim: int) -> Any:
        """What a reduction takes: None, an axis, or a tuple or list of them, perhaps empty."""
        several = self.of(
            st.permutations(range(ndim)).flatmap(lambda p: st.integers(0, ndim).map(lambda n: p[:n]))
        )
        signed = [d - ndim if self.flag() else d for d in several]
        return self.pick(None, self.dim(ndim), tuple(signed), signed)

    def numbers(self, shape: tuple[int, ...], low: float = -2.0, high: float = 2.0) -> Any:
        return self.random.uniform(low, high, shape)

    def tensor(
        self, shape: tuple[int, ...], low: float = -2.0, high: float = 2.0, requires_grad: bool = True
    ) -> mg.Tensor:
        """A tensor of numbers from ``low`` to ``high``; sometimes its memory is not in row-major order."""
        values = self.numbers(shape, low, high)
        if self.flag():
            values = np.array(values, order="F")
        return mg.as_tensor(values).requires_grad_(requires_grad)

    def apart_from_zero(self, shape: tuple[int, ...], low: float = 0.4, high: float = 2.0) -> mg.Tensor:
        return mg.tensor(
            self.numbers(shape, low, high) * self.random.choice([-1, 1], shape), requires_grad=True
        )

    def with_kinks(self, shape: tuple[int, ...], *kinks: float) -> mg.Tensor:
        """Numbers some of which, in half of the draws, are exactly at a kink."""
        values = self.numbers(shape)
        if self.flag():
            values = np.where(self.random.random(shape) < 0.4, self.random.choice(kinks, shape), values)
        return mg.tensor(values, requires_grad=True)

    def with_ties(self, shape: tuple[int, ...]) -> mg.Tensor:
        """Numbers among which, in half of the draws, there are equal ones."""
        values = self.random.integers(-2, 3, shape) / 2 if self.flag() else self.numbers(shape)
        return mg.tensor(np.array(values), requires_grad=True)

    def mask(self, shape: tuple[int, ...]) -> mg.Tensor:
        return mg.tensor(self.random.random(shape) < 0.5)

    def integers(self, shape: tuple[int, ...], low: int, high: int) -> mg.Tensor:
        """Integers from low to high - 1, with repetitions."""
        return mg.tensor(self.random.integers(low, high, shape))
