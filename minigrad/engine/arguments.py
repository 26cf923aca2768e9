"""What functions of tensors are called with: options by several names, and things that are no tensors."""

import functools
import inspect
import re
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any, ParamSpec, TypeAlias, TypeVar

import numpy as np

from minigrad.devices import CPU, place
from minigrad.engine.graph import raw

if TYPE_CHECKING:
    from minigrad.tensor import Tensor as Tensor
else:
    Tensor = "Tensor"  # a name in annotations: the class is made of the operations

P = ParamSpec("P")
R = TypeVar("R")

Array: TypeAlias = Any
"""What formulas and rules compute with: an array of any library or, under create_graph, a Tensor."""

ALIASES = {"axis": "dim", "keepdims": "keepdim"}
"""NumPy's names, which PyTorch accepts as well."""

_PLAIN = (list, tuple, dict, str, bool, int, float, complex, type(None))
_NO_NUMBER = (str, list, tuple, dict, type(None))
_MISSING = inspect.Parameter.empty


def what_came(value: Any) -> str | None:
    """What to say about ``value`` where a tensor belongs; None if it may be one."""
    if value is None:
        return "expected a tensor, got None. Did the forward that made it forget to return its result?"
    if isinstance(value, tuple) and hasattr(value, "indices"):
        return (
            "expected a tensor, got the pair (values, indices) that max, min, sort and topk along a "
            "dimension return. Take .values or .indices of it; argmax(dim) gives the indices alone."
        )
    if isinstance(value, _PLAIN):
        said = f"expected a tensor, got {type(value).__name__}."
        if isinstance(value, (str, dict, complex)):
            return f"{said} Tensors hold bool, integer and floating numbers."
        return f"{said} mg.tensor(...) makes a tensor of it."
    return None


def not_a_tensor(name: str, value: Any) -> TypeError | None:
    """The error for ``value`` in a place of the function ``name`` where a tensor belongs."""
    said = what_came(value)
    return None if said is None else TypeError(f"{name}: {said}")


def another_librarys(name: str, values: Iterable[Any]) -> TypeError | None:
    """The error for the first tensor of another library among the arguments of the function ``name``."""
    for value in values:
        kind = type(value)
        library = kind.__module__.partition(".")[0]
        if library in ("torch", "tensorflow", "jax", "jaxlib"):
            return TypeError(
                f"{name}: got a tensor of {library}. mg.tensor(np.asarray(x)) makes one of minigrad's of it, "
                "mg.from_dlpack(x) one that shares its memory."
            )
    return None


def no_number(
    name: str, given: Iterable[tuple[inspect.Parameter, Any]], error: Exception
) -> TypeError | None:
    """The error for a text, None or a list that was given where a parameter's default is a number, if
    ``error`` is of that.
    """
    for parameter, value in given:
        a_number = type(parameter.default) in (int, float)
        # An AttributeError tells of which value it is, a TypeError of which kind: NumPy calls a text <U.
        at_fault = getattr(error, "obj", value) is value
        kind = type(value).__name__
        named = rf"'{kind}'|got {kind.removesuffix('Type')}\b" + ("|<U" if kind == "str" else "")
        if a_number and isinstance(value, _NO_NUMBER) and at_fault and re.search(named, str(error)):
            return TypeError(
                f"{name}: expected {parameter.name} to be a number such as {parameter.default}, got {value!r}"
            )
    return None


def renamed(name: str, parameters: Collection[str], options: dict[str, Any]) -> dict[str, Any]:
    """The options of a call under the function's own names: ``dim`` where ``axis`` was written."""
    for alias, meant in ALIASES.items():
        if alias in options and alias not in parameters and meant in parameters:
            if meant in options:
                raise TypeError(
                    f"{name}: {meant} and {alias} are two names of one argument; give one of them"
                )
            options = {meant if key == alias else key: value for key, value in options.items()}
    return options


class Signature:
    """A formula's parameters, and the arguments of a call in their order.

    A call with options leaves a recipe for the next one that is written alike: for each parameter that is not
    given by its place, the name that its option had, or None and the default.
    """

    def __init__(self, name: str, formula: Callable[..., Any]) -> None:
        signature = inspect.signature(formula)
        parameters = list(signature.parameters.values())
        if not parameters or any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters):
            raise TypeError(
                f"{name}: an operation's arguments are named in its formula, and one at least is a "
                f"tensor; got {name}{signature}"
            )
        self.name = name
        self.names = [p.name for p in parameters]
        self.variadic = parameters[0].kind is inspect.Parameter.VAR_POSITIONAL
        self._keywords = [p.name for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY]
        self._defaults = tuple(p.default for p in parameters)
        self._positional = len(parameters) - len(self._keywords)
        self._required = sum(default is _MISSING for default in self._defaults)
        self._recipes: dict[Any, list[tuple[str | None, Any]]] = {}
        # How many arguments a call has that needs no `bind`; -1: every call needs it.
        self.arity = -1 if self.variadic or self._keywords else len(parameters)

    def bind(self, args: tuple[Any, ...], options: dict[str, Any]) -> tuple[Any, ...]:
        """All arguments in the formula's order, defaults filled in."""
        if not options and not self.variadic and self._required <= len(args) <= self._positional:
            return args + self._defaults[len(args) :]
        filled = 1 if self.variadic else len(args)
        written = (filled, *options)
        recipe = self._recipes.get(written)
        if recipe is None:
            recipe = self._recipes[written] = self._recipe(filled, options)
        return args + tuple([default if name is None else options[name] for name, default in recipe])

    def _recipe(self, filled: int, options: dict[str, Any]) -> list[tuple[str | None, Any]]:
        """The recipe for a call that gives the first ``filled`` parameters by their place."""
        if filled > self._positional:
            raise TypeError(
                f"{self.name} takes at most {self._positional} positional arguments, got {filled}"
            )
        given = dict(zip(renamed(self.name, self.names, options), options, strict=True))
        recipe = []
        for name, default in list(zip(self.names, self._defaults, strict=True))[filled:]:
            if name not in given and default is _MISSING:
                raise TypeError(f"{self.name}({', '.join(self.names)}) misses its argument {name!r}")
            recipe.append((given.pop(name, None), default))
        for name in given:
            if name in self.names:
                raise TypeError(
                    f"{self.name}: the argument {name!r} is given twice, by its place and by name"
                )
            raise TypeError(f"{self.name}({', '.join(self.names)}) has no free argument {name!r}")
        return recipe

    def by_place(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function with its keyword-only arguments taken from the end of those that `bind` returns."""
        keywords, count = self._keywords, len(self._keywords)
        if not count:
            return function
        return lambda *values: function(*values[:-count], **dict(zip(keywords, values[-count:], strict=True)))


def of_tensors(function: Callable[P, R]) -> Callable[P, R]:
    """Have a function of tensors take NumPy's names for its options, and say so when it is given no tensor.

    What goes well is not checked beforehand, and costs little more than the call.
    """
    name, parameters = function.__name__, inspect.signature(function).parameters

    @functools.wraps(function)
    def call(*args: P.args, **options: P.kwargs) -> R:
        options = renamed(name, parameters, options) if options else options  # type: ignore[assignment]
        try:
            return function(*args, **options)
        except (AttributeError, TypeError) as error:
            given = [*zip(parameters.values(), args, strict=False)]
            given += [(parameters[key], value) for key, value in options.items() if key in parameters]
            mistake = another_librarys(name, [value for _, value in given]) or no_number(name, given, error)
            if mistake is None and isinstance(error, AttributeError):
                mistake = not_a_tensor(name, error.obj)
            if mistake is None:
                raise
        raise mistake  # here, so that the other error is not shown beside it

    return call


def numbers_moved(args: tuple[Any, ...]) -> list[Any] | None:
    """The arguments with CPU tensors of no dimension on the others' device, if that brings all together:
    beside tensors of a GPU they count as numbers, as in PyTorch.
    """
    there = {where for _, where in place.arrays(map(raw, args))}
    if len(there) != 2 or CPU not in there:
        return None
    (where,) = there - {CPU}
    moved = list(args)
    for i, value in enumerate(args):
        array = raw(value)
        if type(array) is np.ndarray and not array.ndim:
            moved[i] = place.put(value, where) if value is array else value.to(where)
    return None if place.apart(map(raw, moved)) else moved
