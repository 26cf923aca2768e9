"""Random numbers, reproducible by seed."""

from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any

import numpy as np

from minigrad.errors import DtypeError, ShapeError, check_device


class Generator:
    """A source of random numbers. Two with the same seed give the same numbers.

    ``rng`` is the numpy.random.Generator behind it, for code that works on arrays.
    """

    def __init__(self, device: str = "cpu") -> None:
        check_device(device, "Generator")
        self.seed()

    def manual_seed(self, seed: int) -> "Generator":
        """Start over from ``seed``; returns the generator."""
        try:
            self._seed = int(seed)
        except (TypeError, ValueError) as error:
            raise type(error)(f"manual_seed: expected an integer, got {seed!r}") from None
        # PCG64 seeds from non-negative numbers; PyTorch takes any 64-bit one.
        self.rng = np.random.Generator(np.random.PCG64(self._seed % 2**64))
        return self

    def seed(self) -> int:
        """Start over from a seed drawn from the system, and return it."""
        self.manual_seed(int(np.random.SeedSequence().generate_state(1, np.uint64)[0]))
        return self._seed

    def initial_seed(self) -> int:
        """The seed that it last started from."""
        return self._seed

    def get_state(self) -> dict[str, Any]:
        """The whole state, to be given to ``set_state`` later."""
        return {"seed": self._seed, "rng": self.rng.bit_generator.state}

    def set_state(self, state: dict[str, Any]) -> "Generator":
        """Go on from a state that ``get_state`` returned."""
        self._seed = state["seed"]
        self.rng.bit_generator.state = state["rng"]
        return self


default_generator = Generator()
"""Where random numbers come from unless a generator is named."""


in_place_of_default: ContextVar[Generator | None] = ContextVar("in_place_of_default", default=None)
"""A generator that stands in for the default one in this context. A loader sets one for each batch, so that
what a data set draws in a thread does not depend on what the program draws meanwhile."""


def _current() -> Generator:
    """The default generator, or what stands in for it here."""
    return in_place_of_default.get() or default_generator


def manual_seed(seed: int) -> Generator:
    """Seed the default generator; returns it."""
    return _current().manual_seed(seed)


def seed() -> int:
    """Seed the default generator from the system; returns the seed."""
    return _current().seed()


def initial_seed() -> int:
    """The seed that the default generator started from."""
    return _current().initial_seed()


def get_rng_state() -> dict[str, Any]:
    """The state of the default generator."""
    return _current().get_state()


def set_rng_state(state: dict[str, Any]) -> None:
    """Put the default generator back into a state."""
    _current().set_state(state)


def rng_of(generator: Generator | None) -> np.random.Generator:
    """The NumPy generator of ``generator``, or of the default one."""
    if generator is not None and not isinstance(generator, Generator):
        raise TypeError(f"generator: expected a minigrad.Generator, got {type(generator).__name__}")
    return (generator or _current()).rng


def draw(method: Any, shape: Sequence[int], dtype: np.dtype[Any]) -> Any:
    """Random numbers of a method of NumPy's generator, drawn in their dtype: a float32 below 1 stays so."""
    if dtype in (np.float32, np.float64):
        return np.asarray(method(shape, dtype.type))
    return np.asarray(method(shape)).astype(dtype)


def draw_bernoulli(input: Any, p: float | None, generator: Generator | None) -> Any:
    """1 with the probability in ``input``, or with p, else 0; of the shape and dtype of ``input``."""
    chances = input if p is None else np.asarray(p)
    if input.dtype.kind != "f" and p is None:
        raise DtypeError(f"bernoulli: the input holds probabilities and must be floating, got {input.dtype}")
    if chances.size and not 0 <= chances.min() <= chances.max() <= 1:
        raise RuntimeError(
            f"bernoulli: probabilities are from 0 to 1; got {chances.min():g} to {chances.max():g}"
        )
    return np.asarray(rng_of(generator).random(input.shape) < chances).astype(input.dtype)


def draw_classes(input: Any, num_samples: int, replacement: bool, generator: Generator | None) -> Any:
    """For each row of weights, ``num_samples`` classes, drawn with probabilities proportional to them."""
    if input.dtype.kind != "f":
        raise DtypeError(f"multinomial: the weights must be floating, got {input.dtype}")
    if input.ndim not in (1, 2) or not input.shape[-1]:
        raise ShapeError(f"multinomial: expected weights of shape (C) or (N, C), got {input.shape}")
    if num_samples < 1:
        raise RuntimeError(f"multinomial: the number of samples is at least 1, not {num_samples}")
    rows = np.atleast_2d(input).astype(np.float64)
    if not np.isfinite(rows).all() or (rows < 0).any() or not (rows.sum(-1) > 0).all():
        raise RuntimeError(
            "multinomial: expected finite weights, none negative, with a positive sum in each row"
        )
    possible = int((rows > 0).sum(-1).min(initial=rows.shape[1]))
    if not replacement and num_samples > possible:
        raise RuntimeError(
            f"multinomial: {num_samples} different classes cannot be drawn from {possible} of positive "
            "weight; replacement=True draws a class more than once"
        )
    rng = rng_of(generator)
    drawn = [rng.choice(len(row), num_samples, replacement, row / row.sum()) for row in rows]
    return np.asarray(drawn, np.int64).reshape(*input.shape[:-1], num_samples)
