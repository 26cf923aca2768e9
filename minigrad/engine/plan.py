"""What an operation saves, and which rules run in backward: worked out once for each choice of arguments that
need gradients, from the names in the rules.
"""

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np

from minigrad.devices.place import is_array
from minigrad.engine.writes import PLAIN

Values = Sequence[Any]


class Rule(NamedTuple):
    """The gradient of one argument, or of several that share work, and the names of what it needs."""

    arguments: tuple[str, ...]
    function: Callable[..., Any]
    needs: tuple[str, ...]
    in_place: Callable[..., None] | None = None  # the same, written over dy


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
    in_place: Callable[..., None] | None  # the only step's rule, written over dy, if there is such a one


class Source(NamedTuple):
    """A value that a rule asks for: an argument or, at -1, the output; the whole of it or its shape."""

    place: int
    shape: bool


class Need(NamedTuple):
    """What a rule asks for by one name."""

    sources: tuple[Source, ...] = ()
    many: bool = False  # in a tuple: all arguments that a variadic formula's first parameter stands for
    known: tuple[bool, ...] | None = None  # no value: which gradients are wanted, ``needed``


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

    def served_by(rule: Rule) -> tuple[int, ...]:
        return tuple(i for name in rule.arguments for i in places[name])

    def need(asked: str, rule: Rule) -> Need:
        if asked == "needed":
            return Need(known=tuple(wanted[i] for i in served_by(rule)))
        name = asked if asked in places else asked.removesuffix("_shape")
        sources = tuple(Source(i, name != asked) for i in places[name])
        return Need(sources, many=variadic and name == parameters[0])

    running = [rule for rule in rules if any(wanted[i] for i in served_by(rule))]
    needs_of = [[need(asked, rule) for asked in rule.needs] for rule in running]
    flat = [source for needs in needs_of for one in needs for source in one.sources]
    saved = list(dict.fromkeys(flat))  # each once, in order
    as_saved = [Need((source,)) for source in saved]
    steps = []
    for rule, needs in zip(running, needs_of, strict=True):
        pick = None if needs == as_saved else _picker(needs, saved)
        steps.append(Step(served_by(rule), variadic or len(rule.arguments) > 1, rule.function, pick))
    surely_arrays = {-1}.union(*map(served_by, rules))
    whole = [source.place for source in saved if not source.shape]
    return Plan(
        save=_saver(saved),
        origins=tuple(None if source.shape else source.place for source in saved),
        steps=tuple(steps),
        frees=True if not surely_arrays.isdisjoint(whole) else None if whole else False,
        in_place=running[0].in_place if len(running) == 1 else None,
    )


def holds_array(value: Any) -> bool:
    """Whether a saved value is an array, or an index with one in it."""
    if isinstance(value, (tuple, list)):
        return any(type(part) not in PLAIN and holds_array(part) for part in value)
    return is_array(value)


def _picker(needs: Sequence[Need], saved: Sequence[Source]) -> Callable[[Values], tuple[Any, ...]]:
    """How to take what a rule asks for out of the saved values."""
    slots = {source: i for i, source in enumerate(saved)}

    def picker(need: Need) -> Callable[[Values], Any]:
        if need.known is not None:
            return lambda values: need.known
        places = [slots[source] for source in need.sources]
        return (lambda values: tuple([values[i] for i in places])) if need.many else itemgetter(*places)

    picks = [picker(need) for need in needs]
    return lambda values: tuple([pick(values) for pick in picks])


def _saver(sources: list[Source]) -> Callable[[Values], tuple[Any, ...]]:
    if any(source.shape for source in sources):
        return lambda values: tuple([np.shape(values[i]) if shape else values[i] for i, shape in sources])
    if len(sources) == 1:  # itemgetter of one place would return the value bare
        place = sources[0].place
        return lambda values: (values[place],)
    return itemgetter(*(source.place for source in sources)) if sources else lambda values: ()
