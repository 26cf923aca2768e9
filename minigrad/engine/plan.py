"""What an operation saves, and which rules run in backward: worked out once for each choice of arguments that
need gradients, from the names in the rules.
"""

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np

from minigrad.devices.place import is_array

Values = Sequence[Any]


class Rule(NamedTuple):
    """The gradient of one argument, or of several that share work, and the names of what it needs."""

    arguments: tuple[str, ...]
    function: Callable[..., Any]
    needs: tuple[str, ...]


class Step(NamedTuple):
    """One call of a rule in backward: which arguments it serves, which of the saved values it asks for."""

    served: tuple[int, ...]
    joint: bool  # whether it returns a gradient for each of them, in a tuple
    rule: Callable[..., Any]
    pick: Callable[[Values], tuple[Any, ...]] | None  # None: all of the saved values, as they are


class Plan(NamedTuple):
    """What an operation saves and how it runs backward, for one choice of arguments that need gradients.

    As in PyTorch, backward frees what was saved, and a second one fails, unless no array was saved: a sum
    can be walked back through twice. The plan knows which, but for an option that may be an array: an index.
    """

    save: Callable[[Values], tuple[Any, ...]]  # of the arguments and the output, what the rules ask for
    origins: tuple[int | None, ...]  # which argument each saved value is; -1: the output; None: a shape
    steps: tuple[Step, ...]
    frees: bool | None  # whether an array is saved, to be freed by backward; None: look


class Source(NamedTuple):
    """A value that a rule asks for: an argument or, at -1, the output; the whole of it or its shape."""

    place: int
    shape: bool


def make_plan(
    rules: Sequence[Rule], parameters: Sequence[str], variadic: bool, wanted: Sequence[bool]
) -> Plan:
    """The plan when the arguments marked in ``wanted`` need gradients.

    ``parameters`` are the formula's; a variadic formula's first parameter stands for all arguments but the
    options after it: concatenate(a, b, dim) has two parameters, tensors at places 0 and 1, and dim at 2.
    """
    extra = len(wanted) - len(parameters)
    places: dict[str, tuple[int, ...]] = {name: (i + extra,) for i, name in enumerate(parameters)}
    places["y"] = (-1,)
    places[parameters[0]] = tuple(range(extra + 1))

    def needed_by(rule: Rule) -> list[Any]:
        """For each name the rule asks for: a source, a list of them, or the tuple ``needed`` itself."""
        found: list[Any] = []
        for need in rule.needs:
            if need == "needed":
                found.append(tuple(wanted[i] for name in rule.arguments for i in places[name]))
                continue
            name = need if need in places else need.removesuffix("_shape")
            sources = [Source(i, name != need) for i in places[name]]
            found.append(sources if variadic and name == parameters[0] else sources[0])
        return found

    running = [rule for rule in rules if any(wanted[i] for name in rule.arguments for i in places[name])]
    asked = [needed_by(rule) for rule in running]
    flat = [source for needs in asked for need in needs for source in _sources(need)]
    saved = list(dict.fromkeys(flat))  # each once, in order
    steps = []
    for rule, needs in zip(running, asked, strict=True):
        served = tuple(i for name in rule.arguments for i in places[name])
        pick = None if needs == saved else _picker([_pick(need, saved) for need in needs])
        steps.append(Step(served, variadic or len(rule.arguments) > 1, rule.function, pick))
    surely_arrays = {-1} | {i for rule in rules for name in rule.arguments for i in places[name]}
    whole = [source.place for source in saved if not source.shape]
    return Plan(
        save=_saver(saved),
        origins=tuple(None if source.shape else source.place for source in saved),
        steps=tuple(steps),
        frees=True if not surely_arrays.isdisjoint(whole) else None if whole else False,
    )


def holds_array(value: Any) -> bool:
    """Whether a saved value is an array, or an index with one in it."""
    if isinstance(value, (tuple, list)):
        return any(map(holds_array, value))
    return is_array(value)


def _sources(need: Any) -> list[Source]:
    if isinstance(need, Source):
        return [need]
    return need if isinstance(need, list) else []


def _pick(need: Any, saved: list[Source]) -> Callable[[Values], Any]:
    """How to take one thing that a rule asks for out of the saved values."""
    if isinstance(need, Source):
        return itemgetter(saved.index(need))
    if isinstance(need, list):
        slots = [saved.index(source) for source in need]
        return lambda values: tuple([values[i] for i in slots])
    return lambda values: need


def _picker(picks: list[Callable[[Values], Any]]) -> Callable[[Values], tuple[Any, ...]]:
    return lambda values: tuple([pick(values) for pick in picks])


def _saver(sources: list[Source]) -> Callable[[Values], tuple[Any, ...]]:
    if any(source.shape for source in sources):
        return lambda values: tuple([np.shape(values[i]) if shape else values[i] for i, shape in sources])
    if len(sources) == 1:  # itemgetter of one place would return the value bare
        place = sources[0].place
        return lambda values: (values[place],)
    return itemgetter(*(source.place for source in sources)) if sources else lambda values: ()
