"""A list, a number or None where a tensor belongs: the error that says so."""

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_PLAIN = (list, tuple, dict, str, bool, int, float, complex, type(None))


def what_came(value: Any) -> str | None:
    """What to say about ``value`` where a tensor belongs; None if it may be one."""
    if value is None:
        return "expected a tensor, got None. Did the forward that made it forget to return its result?"
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


def of_tensors(function: Callable[P, R]) -> Callable[P, R]:
    """Have a function that asks its tensors for their shape or dtype say so when one has none.

    Nothing is checked beforehand: what goes well costs no more than the call.
    """

    @functools.wraps(function)
    def call(*args: P.args, **options: P.kwargs) -> R:
        try:
            return function(*args, **options)
        except AttributeError as error:
            mistake = not_a_tensor(function.__name__, error.obj)
            if mistake is None:
                raise
        raise mistake

    return call
