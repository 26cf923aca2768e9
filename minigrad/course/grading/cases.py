"""What a grader tries an answer on: arguments, and what should come out."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import minigrad as mg

Arguments = tuple[Any, ...]


@dataclass(frozen=True)
class Case:
    """One call.

    Attributes:
        arguments: of the call.
        expected: what should come out.
        close: how far a result may be off, for each unit of the largest number of its array; 0.5 in the last
            digit that is written for an example, for which ``digits`` says how many there are.
        digits: of the expected numbers behind the point, if they were written by hand.
        call: as it is written in the statement, if it is.
        inputs: for a gradient, what the formula is given, by name.
    """

    arguments: Arguments
    expected: Any
    close: float = 1e-8
    digits: int | None = None
    call: str | None = None
    inputs: dict[str, Any] | None = None


SINGLE = 1e-3
"""`Case.close` for float32: sums in another order differ by less."""


def in_single(value: Any) -> Any:
    """Floating arrays in float32, and the rest as it is."""
    if isinstance(value, np.ndarray) and value.dtype == np.float64:
        return value.astype(np.float32)
    if isinstance(value, (list, tuple)):
        return type(value)(in_single(part) for part in value)
    return value


def in_double(value: Any) -> Any:
    """The other way; the numbers stay those that they are."""
    if isinstance(value, np.ndarray) and value.dtype == np.float32:
        return value.astype(np.float64)
    if isinstance(value, (list, tuple)):
        return type(value)(in_double(part) for part in value)
    return value


def copied(value: Any) -> Any:
    """The value with arrays of its own, so that nobody changes another's."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, (list, tuple)):
        return type(value)(copied(part) for part in value)
    if isinstance(value, dict):
        return {key: copied(part) for key, part in value.items()}
    return value


def plain(value: Any) -> Any:
    """A Python number for an array without axes: so a learner meets numbers where the text has numbers."""
    if isinstance(value, (np.ndarray, np.generic)) and value.ndim == 0:
        return value.item()
    return value


class Gradient:
    """The gradient of a formula, by minigrad's backward: what a learner's rule is compared with.

    Args:
        formula: made of minigrad's operations.
        wanted: the names of the formula's arguments whose gradients the rule returns.
        takes: the names that the rule takes: ``dy``, ``y`` and arguments of the formula.
    """

    def __init__(self, formula: Callable[..., Any], wanted: tuple[str, ...], takes: tuple[str, ...]) -> None:
        self.formula = formula
        self.wanted = wanted
        self.takes = takes
        self.names = tuple(inspect.signature(formula).parameters)
        unknown = {*wanted, *takes} - {"dy", "y", *self.names}
        if unknown:
            raise TypeError(
                f"the formula has no {', '.join(sorted(unknown))}; it has {', '.join(self.names)}"
            )

    def forward(self, inputs: dict[str, Any]) -> tuple[dict[str, Any], Any]:
        """The inputs, those that a gradient is wanted of as tensors, and the formula's result."""
        told = {
            name: mg.tensor(np.asarray(value, np.float64), requires_grad=True) if name in self.wanted else
            mg.tensor(value) if isinstance(value, np.ndarray) else value
            for name, value in inputs.items()
        }  # fmt: skip
        return told, self.formula(**told)

    def backward(self, inputs: dict[str, Any], dy: Any) -> Any:
        """The gradients of what is wanted: a tuple if it is several."""
        tensors, y = self.forward(inputs)
        y.backward(mg.tensor(np.asarray(dy, np.float64)))
        grads = tuple(plain(tensors[name].grad.numpy().copy()) for name in self.wanted)
        return grads[0] if len(grads) == 1 else grads

    def draw(self, arguments: Arguments, rng: np.random.Generator) -> tuple[dict[str, Any], Arguments]:
        """The formula's inputs by name, and what the rule is given, with a random upstream gradient.

        It is away from 0 and of both signs: one of 1 would hide a rule that forgets it.
        """
        inputs = dict(zip(self.names, arguments, strict=True))
        y = self.forward(inputs)[1].detach().numpy()
        dy = rng.uniform(0.5, 1.5, y.shape) * rng.choice([-1.0, 1.0], y.shape)
        known = {**inputs, "dy": plain(dy), "y": plain(y.copy())}
        return inputs, tuple(known[name] for name in self.takes)


def gradient_cases(
    gradient: Gradient, drawn: list[Arguments], rng: np.random.Generator, single: bool
) -> Iterator[Case]:
    """A case of every drawn input, and one more of the last, in float32."""
    for arguments in drawn:
        inputs, given = gradient.draw(arguments, rng)
        dy = given[gradient.takes.index("dy")]
        yield Case(given, gradient.backward(inputs, dy), inputs=inputs)
    if single and drawn:
        inputs, given = gradient.draw(in_double(in_single(drawn[-1])), rng)
        given = in_single(given)
        dy = in_double(given)[gradient.takes.index("dy")]
        yield Case(given, gradient.backward(inputs, dy), SINGLE)


def reference_cases(reference: Callable[..., Any], drawn: list[Arguments], single: bool) -> Iterator[Case]:
    """The same with a reference that is a function."""
    for arguments in drawn:
        yield Case(arguments, reference(*copied(arguments)))
    if single and drawn:
        arguments = in_single(drawn[-1])
        yield Case(arguments, reference(*in_double(copied(arguments))), SINGLE)
