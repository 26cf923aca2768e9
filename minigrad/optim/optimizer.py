"""Optimizer: what all optimisers share. A family's file adds its options, its state and its kernel.

The equations of a step are in the family's docstring, and line by line in kernels/reference/optimisers.py.
"""

import copy
import functools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from numbers import Real
from typing import Any, overload

import numpy as np

from minigrad.callsite import warn
from minigrad.devices import capturing, place
from minigrad.engine.backward import zero_grads
from minigrad.engine.modes import enable_grad
from minigrad.engine.writes import mark
from minigrad.errors import refuse
from minigrad.kernels.reference.arrays import Array as Array
from minigrad.tensor import Tensor

__all__ = ["Optimizer"]

Params = Iterable[Tensor] | Iterable[dict[str, Any]] | Iterable[tuple[str, Tensor]]

# PyTorch's choices between its implementations. Here there is one: a fused kernel on raw arrays.
IMPLEMENTATION = ("foreach", "capturable", "differentiable", "fused")


class Optimizer:
    """Base class of the optimisers.

    ``params`` are Tensors, or (name, Tensor) pairs, or dicts of those under ``"params"`` with options of
    their own: the parameter groups. ``defaults`` are the options of a group that sets none.

    A subclass defines ``_update(p, g, group)``, which writes one step into ``p``; or ``_update_all(ps, gs,
    group)``, which does so for all parameters of a group at once (where there are both, ``_update`` is
    called); or, as in PyTorch, its own ``step``.

    - ``param_groups``: list of dicts, each with its ``"params"`` and options; change an option there at
      any time, but for one that adds an array to the state: Adam's ``amsgrad``, RMSprop's ``centered`` and
      ``momentum`` have to be on from the first step.
    - ``state``: for each parameter the dict that its updates carry along.

    Raises TypeError for params that are no Tensors, ValueError for none, for one that is no leaf or comes
    twice, and for options out of range. ``step`` warns if, after ``zero_grad``, no parameter has a gradient.
    """

    _arrays: tuple[str, ...] = ()
    """The entries of a parameter's state that have its shape and dtype."""

    _numbers: tuple[str, ...] = ("step",)
    """The entries that are one number."""

    _begins_empty = True
    """Whether a parameter has no state before its first step."""

    def __init__(self, params: Params, defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self.state: defaultdict[Any, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        self._stepped = False  # whether step was ever called: a schedule looks whether it is called too early
        self._cleared = False  # whether zero_grad was called since the last step
        self._check(defaults)

        if isinstance(params, Tensor):
            raise TypeError(
                f"{self._name}: expected params to be an iterable of Tensors or of dicts, got a Tensor. "
                "Did you mean [tensor]?"
            )
        if hasattr(params, "parameters") or not isinstance(params, Iterable):
            hint = "Did you mean model.parameters()?" if callable(params) else "Put them into a list."
            raise TypeError(
                f"{self._name}: expected params to be an iterable of Tensors or of dicts, got a "
                f"{type(params).__name__}. {hint}"
            )
        groups: list[Any] = list(params)
        if not groups:
            raise ValueError(
                f"{self._name}: got an empty parameter list. A generator such as model.parameters() can be "
                "used once only. A model has the parameters that are attributes, self.w = nn.Parameter(...), "
                "and those of the layers that are, self.layer = nn.Linear(...): a plain tensor is no "
                "parameter, and layers in a list are seen in an nn.ModuleList."
            )
        for group in groups if isinstance(groups[0], dict) else [{"params": groups}]:
            self.add_param_group(group)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Have a subclass's ``step`` note that it was called, too, whether or not it calls this class's."""
        super().__init_subclass__(**kwargs)
        if "step" in vars(cls):
            cls.step = _noted(vars(cls)["step"])  # type: ignore[method-assign]

    @property
    def _name(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        lines = [f"{self._name} ("]
        for i, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {i}")
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if key != "params"]
        return "\n".join([*lines, ")"])

    # ---------------------------------------------------------------------------------------- parameters

    def _check(self, group: dict[str, Any]) -> None:
        """Raise for options that make no sense. A subclass adds its own to these."""
        refuse(
            self._name,
            "there is one implementation, a single kernel for all parameters",
            **{name: group.get(name) for name in IMPLEMENTATION},
        )

    def _at_least_zero(self, group: dict[str, Any], *names: str) -> None:
        for name in names:
            value = group[name]
            if isinstance(value, Tensor):
                raise NotImplementedError(
                    f"{self._name}: {name} as a Tensor is not supported; pass a float: {name}={name}.item()"
                )
            if not self._number(name, value) >= 0:
                raise ValueError(f"{self._name}: expected {name} to be at least 0, got {value!r}")

    def _number(self, name: str, value: Any) -> Any:
        if not isinstance(value, Real):
            raise TypeError(f"{self._name}: expected {name} to be a number, got {value!r}")
        return value

    def _betas_below_one(self, group: dict[str, Any]) -> None:
        if not isinstance(group["betas"], Sequence) or len(group["betas"]) != 2:
            raise TypeError(
                f"{self._name}: expected betas to be two numbers, such as (0.9, 0.999), got "
                f"{group['betas']!r}"
            )
        for i, beta in enumerate(group["betas"]):
            if isinstance(beta, Tensor):
                raise NotImplementedError(
                    f"{self._name}: betas[{i}] as a Tensor is not supported; pass a float"
                )
            if not 0 <= self._number(f"betas[{i}]", beta) < 1:
                raise ValueError(f"{self._name}: expected betas[{i}] to be in [0, 1), got {beta!r}")

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group to ``param_groups``, say of layers that are to be trained from now on.

        ``param_group`` has ``"params"``, and options; those it leaves out are the defaults. Raises TypeError
        for what is no Tensor, ValueError for a tensor that is not a leaf or that the optimiser has already.
        """
        if not isinstance(param_group, dict):
            raise TypeError(
                f"{self._name}: expected a parameter group to be a dict, got {type(param_group).__name__}. "
                "Give either all parameters as Tensors or all as dicts."
            )
        if "params" not in param_group:
            raise ValueError(
                f'{self._name}: a parameter group needs "params", the Tensors that its options are for; got '
                f"the keys {', '.join(map(repr, param_group))}"
            )
        given = param_group["params"]
        if isinstance(given, set):
            raise TypeError(
                f"{self._name}: got the params as a set, whose order changes from run to run. Use a list."
            )
        members = [given] if isinstance(given, Tensor) else list(given)
        names = [member[0] for member in members if isinstance(member, tuple)]
        if names and len(names) != len(members):
            raise ValueError(f"{self._name}: expected names for all parameters of a group or for none")
        if names:
            members = [member[1] for member in members]
            param_group["param_names"] = names
        if any(("param_names" in group) != bool(names) for group in self.param_groups):
            raise ValueError(f"{self._name}: expected names in all parameter groups or in none")

        known = {id(p) for group in self.param_groups for p in group["params"]}
        for i, p in enumerate(members):
            if not isinstance(p, Tensor):
                hint = ". Did you mean model.parameters()?" if isinstance(p, str) else ""
                raise TypeError(
                    f"{self._name}: can optimise Tensors only, but parameter {i} is a {type(p).__name__}"
                    f"{hint}"
                )
            if not p.is_leaf:
                raise ValueError(
                    f"{self._name}: can't optimise a non-leaf Tensor: parameter {i} of shape {p.shape} was "
                    "computed from others, so writing into it changes nothing that lasts. Optimise those, or "
                    "detach() it first."
                )
            if id(p) in known:
                raise ValueError(
                    f"{self._name}: parameter {i} of shape {p.shape} was given before, and would be "
                    "updated twice in each step. Name every parameter once, in one group."
                )
            known.add(id(p))

        param_group["params"] = members
        for name, default in self.defaults.items():
            param_group.setdefault(name, default)
        self._check(param_group)
        self.param_groups.append(param_group)

    # ---------------------------------------------------------------------------------------- the step

    @overload
    def step(self, closure: None = None) -> None: ...

    @overload
    def step(self, closure: Callable[[], Any]) -> Any: ...

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient.

        ``closure``, if given, is called first: it computes the gradients anew and returns the loss, which is
        returned.
        """
        self._stepped = True
        loss = None
        if closure is not None:
            if not callable(closure):
                raise TypeError(
                    f"{type(self).__name__}.step: expected nothing, or a function that computes the loss, "
                    f"got a {type(closure).__name__}. Of a loss call backward() first: loss.backward(), and "
                    "then optimizer.step()."
                )
            with enable_grad():
                loss = closure()
        one_by_one = type(self)._update is not Optimizer._update
        written = []
        for group in self.param_groups:
            ps = [p for p in group["params"] if p.grad is not None]
            gs = [p.grad._data for p in ps]
            if one_by_one:
                for p, g in zip(ps, gs, strict=True):
                    self._update(p, g, group)
            elif ps:
                self._update_all(ps, gs, group)
            written += [p._data for p in ps]
        if written:
            mark(*written)  # a graph that saved a parameter's old value must not be used any more
        elif self._cleared:  # in a loop that trains: who draws a schedule has no use for zero_grad
            warn(
                f"{self._name}: none of the parameters has a gradient, so step() changed nothing. The order "
                "is zero_grad(), loss.backward(), step(); and the parameters are to be those of the model "
                "that made the loss."
            )
        self._cleared = False
        return loss

    def _update(self, p: Tensor, g: Array, group: dict[str, Any]) -> None:
        """Write one step into ``p._data`` and ``self.state[p]``; ``g`` is the gradient's array."""
        self._update_all([p], [g], group)

    def _update_all(self, ps: list[Tensor], gs: list[Array], group: dict[str, Any]) -> None:
        """`_update` for each of a group's parameters that have a gradient."""
        raise NotImplementedError(f"{self._name} must define _update(p, g, group), or step(closure=None)")

    def _states(self, ps: list[Tensor], name: str) -> list[Array]:
        """The parameters' arrays of that name in ``state``."""
        return [self.state[p][name]._data for p in ps]

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, which backward would add to.

        With ``set_to_none=False`` they become zeros instead: a step does not skip the parameter then, and its
        momentum and weight decay go on.
        """
        self._cleared = True
        zero_grads(chain.from_iterable(group["params"] for group in self.param_groups), set_to_none)

    # ---------------------------------------------------------------------------------------- saved state

    def state_dict(self) -> dict[str, Any]:
        """``{"state": {i: state of parameter i}, "param_groups": [{options, "params": [i, ...]}, ...]}``.

        Parameters are numbered in the order in which they were given. The Tensors are the optimiser's own,
        not copies.
        """
        number = {id(p): i for i, p in enumerate(chain.from_iterable(g["params"] for g in self.param_groups))}
        groups = [
            {key: value for key, value in group.items() if key != "params"}
            | {"params": [number[id(p)] for p in group["params"]]}
            for group in self.param_groups
        ]
        return {"state": {number[id(p)]: state for p, state in self.state.items()}, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over state and options from a ``state_dict``, of this or of an equal optimiser.

        Parameters are matched by their number. Arrays are copied, and cast to their parameter's dtype. Raises
        ValueError, with nothing changed, if groups or the shape of a parameter's state do not fit, or if
        something is missing from a state. A parameter may have none: then it begins.
        """
        if not {"state", "param_groups"} <= set(state_dict):
            raise ValueError(
                f"{self._name}: expected the state_dict() of an optimiser, with the keys 'state' and "
                f"'param_groups'; got {', '.join(map(repr, state_dict)) or 'an empty one'}"
            )
        saved, own = copy.deepcopy(state_dict["param_groups"]), self.param_groups
        expected, came = [len(group["params"]) for group in own], [len(group["params"]) for group in saved]
        if expected != came:
            raise ValueError(
                f"{self._name}: the state to load has parameter groups of sizes {came}, this optimiser "
                f"{expected}. Was it saved by another model?"
            )
        of_number = dict(
            zip(
                chain.from_iterable(group["params"] for group in saved),
                chain.from_iterable(group["params"] for group in own),
                strict=True,
            )
        )
        state: defaultdict[Any, dict[str, Any]] = defaultdict(dict)
        for i, values in state_dict["state"].items():
            if i not in of_number:
                raise ValueError(
                    f"{self._name}: the state to load has an entry {i!r}, which none of its groups names"
                )
            state[of_number[i]] = {
                key: self._restored(key, value, of_number[i], i) for key, value in values.items()
            }
        groups = []
        for group, new in zip(own, saved, strict=True):
            # What the saved state says wins; what it does not know (an older release) stays.
            groups.append({**group, **new, "params": group["params"]})
        for group in groups:
            self._check(group)
        for group, new in zip(groups, saved, strict=True):
            for i, p in zip(new["params"], group["params"], strict=True):
                self._check_complete(i, state.get(p, {}), group)
        self.state, self.param_groups = state, groups

    def _needed(self, group: dict[str, Any]) -> tuple[str, ...]:
        """The entries that a parameter's state has after a step. A subclass names its own."""
        return ()

    def _check_complete(self, i: int, state: dict[str, Any], group: dict[str, Any]) -> None:
        """Raise if ``state``, which is to be that of parameter ``i``, could not be gone on from."""
        if not state and self._begins_empty:
            return
        missing = [key for key in self._needed(group) if state.get(key) is None]
        if missing:
            raise ValueError(
                f"{self._name}: the state to load has no {' and no '.join(missing)} for parameter {i}. Load "
                "the whole state_dict() that this kind of optimiser saved, with the same options; or begin "
                "without a state, with a new optimiser."
            )

    def _restored(self, key: str, value: Any, p: Tensor, i: int) -> Any:
        """A saved value as this optimiser's own."""
        array = value._data if isinstance(value, Tensor) else value
        if key in self._numbers:
            number = place.to_host(place.as_array(array))
            if number.shape != ():
                raise ValueError(
                    f"{self._name}: the state to load has {key} of shape {number.shape} for parameter {i}, "
                    "where it is one number. Load a state_dict() that this kind of optimiser saved."
                )
            return Tensor._wrap(np.array(number, dtype=np.float32))
        if key in self._arrays and value is not None:
            array = place.beside(p._data, array)
            if array.shape != p.shape:
                raise ValueError(
                    f"{self._name}: the state to load has {key} of shape {array.shape} for parameter "
                    f"{i}, whose shape is {p.shape}. Was it saved by another model?"
                )
            return Tensor._wrap(array.astype(p.dtype))
        return Tensor._wrap(array.copy()) if isinstance(value, Tensor) else copy.deepcopy(value)


def alike(
    ps: list[Tensor], gs: list[Array], keys: Sequence[Any] | None = None
) -> Iterator[tuple[list[Tensor], list[Array], list[Array], Any]]:
    """(parameters, their arrays, their gradients, key) for those of one device, one dtype and one key each.

    So many does one call of a kernel update.
    """
    arrays = [p._data for p in ps]
    keys = [None] * len(ps) if keys is None else keys
    kinds = [(type(a), place.device_of(a), a.dtype, key) for a, _, key in zip(arrays, gs, keys, strict=True)]
    if kinds and kinds.count(kinds[0]) == len(kinds):
        return iter([(ps, arrays, gs, keys[0])])
    found: dict[Any, tuple[list[Tensor], list[Array], list[Array], Any]] = {}
    for p, array, g, kind in zip(ps, arrays, gs, kinds, strict=True):
        of_kind = found.setdefault(kind, ([], [], [], kind[-1]))
        of_kind[0].append(p)
        of_kind[1].append(array)
        of_kind[2].append(g)
    return iter(found.values())


def zeros_like(p: Tensor) -> Tensor:
    """Zeros of a parameter's shape, dtype and memory order, without a graph: how most state begins."""
    return Tensor._wrap(np.zeros_like(p._data))


def scalar(value: float) -> Tensor:
    """A number in the state. A float32 Tensor because PyTorch has it so, and rounds it so."""
    return Tensor._wrap(np.array(value, dtype=np.float32))


def next_step(state: dict[str, Any]) -> int:
    """Count a step in ``state["step"]``, and return the count; in a captured step, at each replay."""
    count = state["step"]._data

    if not capturing.is_capturing():
        count[...] = int(count) + 1
        return int(count)

    def advance() -> None:
        np.add(count, 1, out=count)

    advance()
    capturing.before_replay(advance)
    return capturing.live(lambda: int(count))  # type: ignore[no-any-return]


def rate(group: dict[str, Any]) -> float:
    """The group's learning rate; in a captured step, as it is at each replay."""
    return capturing.live(lambda: group["lr"])  # type: ignore[no-any-return]


def _noted(step: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(step)
    def noted(self: Optimizer, *args: Any, **kwargs: Any) -> Any:
        result = step(self, *args, **kwargs)
        self._stepped = True
        return result

    return noted
