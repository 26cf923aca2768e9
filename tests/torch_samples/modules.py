"""Layers and losses beside PyTorch's, from the same parameters: PyTorch's own samples for its modules."""

import inspect
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from minigrad import nn

from .compare import (
    Pairs,
    differs,
    gradients,
    left_in_arguments,
    outcome,
    refused,
    results,
    second_gradients,
    short,
    silenced,
)
from .convert import leaves, to_minigrad
from .database import modules
from .tally import Subject

DTYPES = ("float32", "float64", "float16")
"""The dtypes that samples are asked for. Few modules have any of float16."""


@dataclass
class Pass:
    """A module that is made and called."""

    name: str
    info: Any
    made_of: Any
    given: Any
    dtype: str
    training: bool

    def __str__(self) -> str:
        mode = "" if self.training else ".eval()"
        given = "" if self.given is None else _written(self.given)
        return f"nn.{self.name}{_written(self.made_of)}.to({self.dtype}){mode}{given}"

    def judge(self) -> str:
        """What is otherwise: the module's text and state, results, gradients, and the state afterwards."""
        known: dict[int, Any] = {}
        args, kwargs = to_minigrad((self.made_of.args, self.made_of.kwargs), known)
        with silenced():
            theirs = outcome(
                lambda: self._ready(self.info.module_cls(*self.made_of.args, **self.made_of.kwargs))
            )
            ours = outcome(lambda: self._ready(getattr(nn, self.name)(*args, **kwargs)))
            if isinstance(ours, Exception) and not isinstance(theirs, Exception) and self.given is not None:
                theirs = outcome(lambda: theirs(*self.given.args, **self.given.kwargs))  # it may refuse later
            if (said := refused(ours, theirs)) is not None:
                return said
            if self.given is None:
                return ""
            return self._same_module(ours, theirs) or self._same_pass(ours, theirs)

    def _ready(self, module: Any) -> Any:
        return module.to(_dtype(module, self.dtype)).train(self.training)

    def _same_module(self, ours: Any, theirs: Any) -> str:
        """Give both PyTorch's parameters."""
        if repr(ours) != repr(theirs):
            return f"is written {ours!r}; PyTorch's {theirs!r}"
        mine, right = list(ours.state_dict()), list(theirs.state_dict())
        if mine != right:
            return f"state_dict() has {mine}; PyTorch's {right}"
        ours.load_state_dict(to_minigrad(dict(theirs.state_dict()), {}))
        return ""

    def _same_pass(self, ours: Any, theirs: Any) -> str:
        known: dict[int, Any] = {}
        args, kwargs = to_minigrad((self.given.args, self.given.kwargs), known)
        tensors = [x for x in leaves([self.given.args, self.given.kwargs]) if id(x) in known]
        inputs = [(known[id(x)], x) for x in dict.fromkeys(tensors)]
        parameters = list(zip(ours.parameters(), theirs.parameters(), strict=True))
        z = outcome(lambda: theirs(*self.given.args, **self.given.kwargs))
        y = outcome(lambda: ours(*args, **kwargs))
        if (said := refused(y, z)) is not None:
            return said
        pairs: Pairs = inputs + parameters
        twice = self.info.supports_gradgrad
        return (
            results(y, z, only_shape=False)
            or left_in_arguments(inputs, only_shape=False)
            or _same_state(ours, theirs)
            or gradients(y, z, pairs)
            or (second_gradients(y, z, pairs) if twice else "")
        )


def _same_state(ours: Any, theirs: Any) -> str:
    right = theirs.state_dict()
    for key, value in ours.state_dict().items():
        if said := differs(value, right[key]):
            return f"afterwards {key} has {said}"
    return ""


def _dtype(module: Any, name: str) -> Any:
    """The library's dtype of that name."""
    import torch

    import minigrad as mg

    return getattr(mg if isinstance(module, nn.Module) else torch, name)


def _written(given: Any) -> str:
    options = (f"{name}={short(value)}" for name, value in given.kwargs.items())
    return f"({', '.join([*map(short, given.args), *options])})"


def layers() -> list[Subject]:
    """The modules that are no losses."""
    return [subject for subject in _subjects() if not subject.name.endswith("Loss")]


def losses() -> list[Subject]:
    """The losses."""
    return [subject for subject in _subjects() if subject.name.endswith("Loss")]


def _subjects() -> Iterator[Subject]:
    for name, info in modules().items():
        ours = getattr(nn, name, None)
        if inspect.isclass(ours):
            yield subject(info)


def subject(info: Any) -> Subject:
    """One module."""
    return Subject(f"nn.{info.module_cls.__name__}", lambda most: _passes(info, most))


def _passes(info: Any, most: int | None) -> Iterator[Pass]:
    import torch

    name = info.module_cls.__name__
    modes = (True, False) if info.train_and_eval_differ else (True,)
    for dtype, training in itertools.product(DTYPES, modes):
        number = getattr(torch, dtype)
        if number not in info.dtypes:
            continue
        asked = {"device": "cpu", "dtype": number, "requires_grad": True, "training": training}
        for sample in itertools.islice(info.module_inputs_func(info, **asked), most):
            yield Pass(name, info, sample.constructor_input, sample.forward_input, dtype, training)
        if info.module_error_inputs_func is not None:
            for error in info.module_error_inputs_func(info, **asked):
                made = error.module_error_input
                yield Pass(name, info, made.constructor_input, made.forward_input, dtype, training)
