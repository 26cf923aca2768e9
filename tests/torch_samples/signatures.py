"""minigrad's signatures beside those that PyTorch takes."""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import minigrad as mg
import minigrad.nn.functional as F
from minigrad import nn, optim

from .arguments import ALIKE

NONE_GIVEN = "none"  # the default of what has to be given


@dataclass(frozen=True)
class Parameter:
    """A parameter as it is compared. ``place`` counts from 0; None is for keywords only."""

    name: str
    place: int | None
    default: str


Signature = dict[str, Parameter]


def pairs() -> Iterator[tuple[str, Any, Any]]:
    """Each public name of minigrad that PyTorch has, with both sides' function or class."""
    import torch

    places: list[tuple[str, Any, Any, Any]] = [
        ("", mg, torch, dir(mg)),
        ("nn.functional.", F, torch.nn.functional, dir(F)),
        ("Tensor.", mg.Tensor, torch.Tensor, dir(mg.Tensor)),
        ("nn.", nn, torch.nn, dir(nn)),
        ("nn.Module.", nn.Module, torch.nn.Module, dir(nn.Module)),
        ("nn.init.", nn.init, torch.nn.init, dir(nn.init)),
        ("nn.utils.", nn.utils, torch.nn.utils, dir(nn.utils)),
        ("optim.", optim, torch.optim, dir(optim)),
        ("optim.lr_scheduler.", optim.lr_scheduler, torch.optim.lr_scheduler, dir(optim.lr_scheduler)),
        ("optim.swa_utils.", optim.swa_utils, torch.optim.swa_utils, dir(optim.swa_utils)),
        ("utils.data.", mg.utils.data, torch.utils.data, dir(mg.utils.data)),
        ("autograd.", mg.autograd, torch.autograd, dir(mg.autograd)),
    ]
    for prefix, ours, theirs, names in places:
        for name in names:
            value = getattr(ours, name, None)  # None: a name that says what PyTorch calls it
            if not name.startswith("_") and callable(value) and hasattr(theirs, name):
                yield prefix + name, value, getattr(theirs, name)


def ours(name: str, function: Any) -> Signature:
    """What a function or class of minigrad takes."""
    return _inspected(function, drop_first=_is_method(name))


def theirs(name: str, function: Any) -> list[Signature]:
    """The forms in which PyTorch takes a function or class; [] where nothing says which."""
    import torch

    schemas = torch._C._jit_get_schemas_for_operator(f"aten::{name.rpartition('.')[2]}")
    if _is_builtin(function) and schemas:
        return [_of_schema(schema, drop_first=_is_method(name)) for schema in filter(_for_tensors, schemas)]
    try:
        found = _inspected(function, drop_first=_is_method(name))
    except (ValueError, TypeError):
        return []
    return [] if "**kwargs" in found and "*args" in found else [found]


def _for_tensors(schema: Any) -> bool:
    """Whether a form is one that a user calls: not one that writes into out=, nor one for numbers alone."""
    names = [a.name for a in schema.arguments]
    return not (
        "Dimname" in str(schema)
        or any(a.is_out for a in schema.arguments)
        or any(name in ("a", "b", "l", "t", "list", "idx", "reverse") for name in names)
    )


def deviations(name: str, function: Any, of_theirs: Any) -> list[str]:
    """What is otherwise in the arguments of a function or class."""
    if name in ALIKE:
        return []
    mine, forms = ours(name, function), theirs(name, of_theirs)
    if not forms:
        return []
    found = min((_beside(mine, form, forms) for form in forms), key=len)
    named = {key for form in forms for key in form}
    lacking = sorted(key for form in forms for key, p in form.items() if p.place is None and key not in mine)
    more = [
        f"{key} is minigrad's own" for key in mine if key not in named and not _many(key) and key != "size"
    ]
    found += [f"lacks {key}" for key in dict.fromkeys(lacking)] + more
    return [said for said in dict.fromkeys(found) if said.split()[-1] not in EVERYWHERE and said not in ADDED]


EVERYWHERE = {"out", "layout", "pin_memory", "memory_format", "implicit"}
"""Options that no function has; the page says so once."""

ADDED = {"requires_grad is minigrad's own"}
"""What PyTorch's schemas leave out, and PyTorch has."""


def _many(name: str) -> bool:
    return name.startswith("*")


def _beside(mine: Signature, form: Signature, forms: list[Signature]) -> list[str]:
    """What is otherwise than in one form of PyTorch's."""
    found = []
    many = any(_many(key) for key in mine)
    for key, p in form.items():
        own = mine.get(key)
        if own is None:
            if not (many and key in ("size", "shape", "dims", "repeats", "*size", "*dims", "*shape")):
                found.append(f"lacks {key}")
            continue
        if not many and p.place != own.place:
            found.append(f"{key}: {_place(own)}; PyTorch: {_place(p)}")
        needed_always = all(key in other for other in forms)
        if p.default != own.default and (p.default != NONE_GIVEN or (needed_always and not many)):
            found.append(f"{key}: default {own.default}; PyTorch: {p.default}")
    return found


def _place(p: Parameter) -> str:
    return "by name only" if p.place is None else f"argument {p.place + 1}"


def _is_method(name: str) -> bool:
    return name.startswith(("Tensor.", "nn.Module."))


def _is_builtin(function: Any) -> bool:
    return not inspect.isfunction(function) and not inspect.isclass(function)


def _inspected(function: Any, drop_first: bool) -> Signature:
    parameters = list(inspect.signature(function).parameters.values())
    found = {}
    for place, p in enumerate(parameters[drop_first:]):
        star = {p.VAR_POSITIONAL: "*", p.VAR_KEYWORD: "**"}.get(p.kind, "")
        default = NONE_GIVEN if p.default is p.empty else _written(p.default)
        found[star + p.name] = Parameter(star + p.name, None if p.kind is p.KEYWORD_ONLY else place, default)
    return found


def _of_schema(schema: Any, drop_first: bool) -> Signature:
    found = {}
    arguments = schema.arguments[1:] if drop_first else schema.arguments
    for place, a in enumerate(arguments):
        name = "input" if a.name == "self" else a.name
        default = _written(a.default_value) if a.has_default_value() else NONE_GIVEN
        found[name] = Parameter(name, None if a.kwarg_only else place, default)
    return found


def _written(value: Any) -> str:
    if isinstance(value, (list, tuple)) and len(set(value)) < 2:
        value = value[0] if value else None  # one number for each axis
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"{value:g}"
    return str(value).removeprefix("torch.")
