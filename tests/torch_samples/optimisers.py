"""Optimisers beside PyTorch's: PyTorch's own samples of their options, steps from the same parameters."""

import inspect
import itertools
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import minigrad as mg
from minigrad import optim

from .compare import differs, outcome, refused, short, silenced
from .convert import to_minigrad
from .database import optimisers
from .tally import Subject

SHAPES = ((4, 3), (3,), (), (0, 2), (2, 1, 2))
"""Of the parameters."""

STEPS = 5
"""As many from the start, and as many again from the other library's saved state."""

DTYPES = ("float32", "float64")
GROUPS = ("one group", "two groups", "names")


@dataclass
class Training:
    """Steps with one choice of options, from the same parameters with the same gradients."""

    info: Any
    options: dict[str, Any]
    dtype: str
    groups: str

    def __str__(self) -> str:
        return f"{_call(self.info, self.options)}, {self.dtype}, {self.groups}"

    def judge(self) -> str:
        """What is otherwise: a parameter after a step, the state, or the options of a group."""
        import torch

        rng = np.random.default_rng(0)
        start = [np.asarray(rng.normal(size=shape), self.dtype) for shape in SHAPES]
        ours = [mg.tensor(array, requires_grad=True) for array in start]
        theirs = [torch.tensor(array, requires_grad=True) for array in start]
        with silenced():
            z = outcome(lambda: self.info.optim_cls(_grouped(theirs, self.groups), **self.options))
            options = to_minigrad(self.options, {})
            y = outcome(lambda: getattr(optim, self.info.name)(_grouped(ours, self.groups), **options))
            if (said := refused(y, z)) is not None:
                return said
            return self._walk(y, z, ours, theirs, rng) or self._exchanged(y, z, ours, theirs, rng)

    def _walk(self, y: Any, z: Any, ours: list[Any], theirs: list[Any], rng: np.random.Generator) -> str:
        import torch

        for step in range(STEPS):
            for i, (p, q) in enumerate(zip(ours, theirs, strict=True)):
                gradient = np.asarray(rng.normal(size=p.shape), self.dtype)
                without = i == 0 and step == 2  # a parameter that the loss did not depend on, this time
                p.grad = None if without else mg.tensor(gradient)
                q.grad = None if without else torch.tensor(gradient)
            y.step()
            z.step()
            for i, (p, q) in enumerate(zip(ours, theirs, strict=True)):
                if said := differs(p, q.detach()):
                    return f"after step {step + 1} parameter {i} has {said}"
        return _same_state(y.state_dict(), z.state_dict())

    def _exchanged(self, y: Any, z: Any, ours: list[Any], theirs: list[Any], rng: np.random.Generator) -> str:
        """Each library goes on from what the other one saved."""
        mine, right = _for_torch(y.state_dict()), to_minigrad(z.state_dict(), {})
        y = getattr(optim, self.info.name)(_grouped(ours, self.groups), lr=0.7)
        z = self.info.optim_cls(_grouped(theirs, self.groups), lr=0.7)
        y.load_state_dict(right)
        z.load_state_dict(mine)
        said = self._walk(y, z, ours, theirs, rng)
        return said and f"from the other's state_dict(): {said}"


@dataclass
class Refusal:
    """Parameters and options that PyTorch refuses, or warns of."""

    info: Any
    params: Any
    options: dict[str, Any]
    why: str
    only_warned: bool

    def __str__(self) -> str:
        return f"{_call(self.info, self.options)}: {self.why}"

    def judge(self) -> str:
        """What is otherwise."""
        known: dict[int, Any] = {}
        params, options = to_minigrad(self.params, known), to_minigrad(self.options, known)
        with warnings.catch_warnings():
            warnings.simplefilter("error" if self.only_warned else "ignore")
            z = outcome(lambda: self.info.optim_cls(self.params, **self.options))
            y = outcome(lambda: getattr(optim, self.info.name)(params, **options))
        return refused(y, z) or ""


def _call(info: Any, options: dict[str, Any]) -> str:
    written = "".join(f", {name}={short(value)}" for name, value in options.items())
    return f"optim.{info.name}(params{written})"


def _grouped(params: list[Any], groups: str) -> Any:
    if groups == "one group":
        return params
    if groups == "two groups":
        return [{"params": params[:2]}, {"params": params[2:], "lr": 0.005}]
    return [(f"layer.{i}", p) for i, p in enumerate(params)]


def _for_torch(value: Any) -> Any:
    """A state of minigrad's with PyTorch's tensors."""
    import torch

    if isinstance(value, mg.Tensor):
        return torch.tensor(value.numpy())
    if isinstance(value, dict):
        return {key: _for_torch(item) for key, item in value.items()}
    return [_for_torch(item) for item in value] if isinstance(value, list) else value


def _same_state(mine: dict[str, Any], right: dict[str, Any]) -> str:
    """Whether two saved states have the same options, and the same numbers of each parameter."""
    for i, (group, other) in enumerate(zip(mine["param_groups"], right["param_groups"], strict=True)):
        for key in sorted({*group, *other}):
            if key not in group or key not in other:
                return f"only {'PyTorch' if key in other else 'minigrad'}'s group {i} has {key!r}"
            if group[key] != other[key]:
                return f"group {i} has {key}={group[key]!r}; PyTorch's {other[key]!r}"
    if sorted(mine["state"]) != sorted(right["state"]):
        return f"there is state of parameters {sorted(mine['state'])}; PyTorch's {sorted(right['state'])}"
    for i, values in right["state"].items():
        if sorted(mine["state"][i]) != sorted(values):
            return f"state {i} has {sorted(mine['state'][i])}; PyTorch's {sorted(values)}"
        for key, value in values.items():
            if said := differs(mine["state"][i][key], value):
                return f"state {i} has {key} with {said}"
    return ""


def subjects() -> list[Subject]:
    """The optimisers."""
    found = optimisers()
    return [
        subject(found[name]) for name in dir(optim) if name in found and inspect.isclass(getattr(optim, name))
    ]


def subject(info: Any) -> Subject:
    """One optimiser."""
    return Subject(f"optim.{info.name}", lambda most: _samples(info, most))


def _samples(info: Any, most: int | None) -> Iterator[Training | Refusal]:
    import torch

    number = torch.float64
    chosen = info.optim_inputs_func("cpu")
    for sample, dtype, groups in itertools.product(itertools.islice(chosen, most), DTYPES, GROUPS):
        yield Training(info, sample.kwargs, dtype, groups)
    for error in info.optim_error_inputs_func("cpu", number):
        made = error.optimizer_error_input
        params = made.params if made.params is not None else [torch.ones(2, 3, requires_grad=True)]
        yield Refusal(info, params, made.kwargs, made.desc, issubclass(error.error_type, Warning))
