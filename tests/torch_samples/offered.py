"""Which of minigrad's public names answers to which of PyTorch's operators."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import minigrad as mg
import minigrad.nn.functional as F

from .database import operators

SYMBOLS = frozenset(
    f"__{name}__"
    for name in (
        *("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor"),
        *("radd", "rsub", "rmul", "rtruediv", "rfloordiv", "rmod", "rpow", "rmatmul", "rand", "ror", "rxor"),
        *("lt", "le", "eq", "ne", "gt", "ge", "neg", "abs", "invert", "getitem"),
    )
)
"""Operators in the sense of Python: ``2 - x`` is ``x.__rsub__(2)``."""

UNDER = {
    "truediv": "div",
    "floordiv": "floor_divide",
    "mod": "remainder",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
    "invert": "bitwise_not",
}
"""The name in the database of what Python calls otherwise."""

DRAWN = frozenset(
    (
        *("bernoulli", "bernoulli_", "multinomial", "normal", "normal_", "uniform_", "randint"),
        *("rand_like", "randn", "randn_like", "dropout", "dropout2d", "empty", "empty_like"),
    )
)
"""Whose numbers are random, or whatever the memory held."""


@dataclass(frozen=True)
class Offer:
    """A public name of minigrad, PyTorch's under the same name, and what the database has about it."""

    name: str  # as a user writes it: "add", "nn.functional.relu", "Tensor.add_"
    ours: Callable[..., Any]
    theirs: Callable[..., Any] | None
    operators: tuple[Any, ...]

    @property
    def last(self) -> str:
        """The last part of the name."""
        return self.name.rpartition(".")[2]

    @property
    def random(self) -> bool:
        """Whether only shapes and dtypes can agree."""
        return self.last in DRAWN


@functools.cache
def offers() -> tuple[Offer, ...]:
    """Every function, function of nn.functional, and method of Tensor that minigrad has."""
    import torch

    found: list[Offer] = []
    for name in dir(mg):
        value = getattr(mg, name)
        if not name.startswith("_") and callable(value) and not inspect.isclass(value):
            found.append(_offer(name, value, getattr(torch, name, None)))
    for name in dir(F):
        if not name.startswith("_"):
            found.append(
                _offer(f"nn.functional.{name}", getattr(F, name), getattr(torch.nn.functional, name, None))
            )
    for name in dir(mg.Tensor):
        ours, theirs = getattr(mg.Tensor, name, None), getattr(torch.Tensor, name, None)
        if name.startswith("_") and name not in SYMBOLS:
            continue
        if isinstance(ours, property):
            if _operators(f"Tensor.{name}"):
                found.append(_offer(f"Tensor.{name}", ours.fget, theirs.__get__))
        elif callable(ours):
            found.append(_offer(f"Tensor.{name}", ours, theirs))
    return tuple(found)


def _offer(name: str, ours: Any, theirs: Any) -> Offer:
    operators = _operators(name) if theirs is not None else ()
    if name.endswith("_") and not name.endswith("__"):
        ours, theirs = _on_a_copy(ours), _on_a_copy(theirs)
    if name == "where":
        ours, theirs = _condition_first(ours), _condition_first(theirs)
    if name == "einsum":
        ours, theirs = _equation_first(ours), _equation_first(theirs)
    if name == "nn.functional.embedding":
        ours, theirs = _index_first(ours), _index_first(theirs)
    return Offer(name, ours, theirs, operators)


def _operators(name: str) -> tuple[Any, ...]:
    """The operators that the database has for a name, under this name or one that it has instead."""
    known, last = operators(), name.rpartition(".")[2]
    names = [name.removeprefix("Tensor."), last]
    if last in SYMBOLS:
        plain = last.strip("_").removeprefix("r") if last not in known else last
        names.append(UNDER.get(plain, plain))
    elif last.endswith("_"):
        names.append(last[:-1])
    names += [f"nn.functional.{n.rpartition('.')[2]}" for n in names]
    return next((tuple(known[n]) for n in names if n in known), ())


def _on_a_copy(method: Any) -> Any:
    """An operation in place, on a copy: a leaf that requires a gradient may not be written to."""
    return lambda x, *args, **kwargs: method(x.clone(), *args, **kwargs)


# The database has the tensor first. PyTorch's functions do not.


def _condition_first(where: Any) -> Any:
    return lambda x, condition, *other: where(condition, x, *other)


def _equation_first(einsum: Any) -> Any:
    return lambda tensors, equation: einsum(equation, *tensors)


def _index_first(embedding: Any) -> Any:
    return lambda weight, index, **options: embedding(index, weight, **options)
