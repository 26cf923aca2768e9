"""Operations beside PyTorch's: one call on both sides, and all the calls that PyTorch has samples of."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import minigrad as mg

from .compare import (
    gradients,
    left_in_arguments,
    outcome,
    refused,
    results,
    second_gradients,
    short,
    silenced,
)
from .convert import LACKING, LeftOut, leaves, to_minigrad
from .database import DTYPES, errors, samples
from .offered import SYMBOLS, Offer, offers
from .tally import Subject

REFERENCES = 100
"""So many samples of the kind "reference" are tried: of some operations there are thousands, much alike."""

UNSTABLE = {"argsort": ("dim",), "sort": ("dim",), "topk": ("k", "dim")}
"""What sorts, and its first arguments by name."""


@dataclass
class Call:
    """The arguments of a call of PyTorch, and whether it is there to be refused."""

    offer: Offer
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    to_be_refused: bool = False

    def __str__(self) -> str:
        parts = [*map(short, self.args), *(f"{name}={short(value)}" for name, value in self.kwargs.items())]
        return f"{self.offer.name}({', '.join(parts)})"

    def judge(self) -> str:
        """What minigrad does otherwise than PyTorch in this call; "" where they agree.

        Raises LeftOut if the call needs what minigrad does not offer.
        """
        offer = self.offer
        left_out(self)
        known: dict[int, Any] = {}
        args, kwargs = to_minigrad(self.args, known), to_minigrad(self.kwargs, known)
        tensors = [x for x in leaves([self.args, self.kwargs]) if id(x) in known]
        pairs = [(known[id(x)], x) for x in dict.fromkeys(tensors)]
        with silenced():
            z = outcome(lambda: offer.theirs(*self.args, **self.kwargs))
            y = outcome(lambda: offer.ours(*args, **kwargs))
            if isinstance(z, Exception) and not self.to_be_refused:
                raise LeftOut("a sample that PyTorch takes in another form of the operation only")
            if (said := refused(y, z)) is not None:
                return said
            for name in ("values", "indices"):
                if isinstance(z, tuple) and hasattr(z, name) and not hasattr(y, name):
                    return f"the result has no .{name}"
            random = offer.random or bool(self.kwargs.get("dropout_p"))
            if offer.last in UNSTABLE and not self.kwargs.get("stable"):
                y, z = _picked(offer, y, args, kwargs), _picked(offer, z, self.args, self.kwargs)
            return (
                results(y, z, random)
                or left_in_arguments(pairs, random)
                or ("" if random else gradients(y, z, pairs) or second_gradients(y, z, pairs))
            )


def subjects() -> list[Subject]:
    """The operations that PyTorch has samples of."""
    return [subject(offer) for offer in offers() if offer.operators]


def subject(offer: Offer) -> Subject:
    """One operation."""
    return Subject(offer.name, lambda most: _calls(offer, most))


def _calls(offer: Offer, most: int | None) -> Iterator[Call]:
    numbers = {"sample": most, "reference": REFERENCES if most is None else 0}
    for operator in offer.operators:
        for (kind, number), dtype in itertools.product(numbers.items(), DTYPES):
            for sample in itertools.islice(samples(operator, dtype, kind), number):
                yield _call(offer, sample)
        for sample in errors(operator):
            yield _call(offer, sample, to_be_refused=True)


def _call(offer: Offer, sample: Any, to_be_refused: bool = False) -> Call:
    import torch

    # The memory's order that PyTorch keeps to where none is asked for: to say so says nothing.
    options = {name: value for name, value in sample.kwargs.items() if value is not torch.preserve_format}
    return Call(offer, (sample.input, *sample.args), options, to_be_refused)


def left_out(call: Call) -> None:
    """Raise LeftOut if the call is in a form that minigrad does not offer, or that nobody can write."""
    import torch

    for option in call.kwargs:
        if option in LACKING:
            raise LeftOut(LACKING[option])
    if call.offer.name.startswith("Tensor."):
        if not isinstance(call.args[0], torch.Tensor):
            raise LeftOut("a method of what is no tensor")
        if call.offer.last in SYMBOLS and call.kwargs:
            raise LeftOut("an option, for an operator of Python's")


def _picked(offer: Offer, result: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The result of a sort that need not be stable, with the numbers at its indices in place of the indices:
    which of equal ones comes first is not said.
    """
    x = args[0].detach().numpy()
    places = dict(zip(UNSTABLE[offer.last], args[1:], strict=False)) | kwargs
    values, indices = (None, result) if offer.last == "argsort" else result
    order = indices.numpy()
    numbers = x if not x.ndim else np.take_along_axis(x, order, places.get("dim", -1))
    if isinstance(indices, mg.Tensor):
        numbers = mg.tensor(numbers)
    else:
        import torch

        numbers = torch.tensor(numbers)
    return numbers if values is None else (values, numbers, str(indices.dtype).removeprefix("torch."))
