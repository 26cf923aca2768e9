"""Modules and parameters that a module holds in a plain list or dict, where nothing sees them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from minigrad.callsite import warn
from minigrad.nn.parameter import Parameter
from minigrad.nn.registry import Registry

if TYPE_CHECKING:
    from minigrad.nn.module import Module


def warn_of_unseen(root: "Module") -> None:
    """Warn of a list or dict with several trainable modules or parameters that are not registered.

    One of them alone may be hidden there on purpose, as a frozen one may, or one that is registered elsewhere
    in ``root``.
    """
    suspects = [
        (module, name, values)
        for module in root.modules()
        for name, values in vars(module).items()
        if type(values) in (list, tuple, dict) and name not in _OWN and values
    ]
    if not suspects:
        return
    seen = {id(parameter) for _, parameter in root.named_parameters()}
    for module, name, values in suspects:
        unseen = [part for part in _parts(values) if _trainable(part) - seen]
        if len(unseen) > 1:
            held = "parameters" if isinstance(unseen[0], Parameter) else "modules"
            container = "List" if isinstance(values, (list, tuple)) else "Dict"
            kind = f"nn.Module{container}" if held == "modules" else "nn.ParameterList"
            warn(
                f"{type(module).__name__}.{name} is a plain {type(values).__name__} with {len(unseen)} "
                f"{held} that are not registered: parameters(), state_dict(), train() and to() do not see "
                f"them, and no optimiser trains them. Use {kind}({name})."
            )


_OWN = frozenset(vars(Registry()))
"""Where the registered ones are."""


def _parts(values: Any) -> Iterator[Registry | Parameter]:
    """The modules and parameters in a list or dict, and in those inside it."""
    for part in values.values() if isinstance(values, dict) else values:
        if isinstance(part, (Registry, Parameter)):
            yield part
        elif type(part) in (list, tuple, dict):
            yield from _parts(part)


def _trainable(part: Any) -> set[int]:
    """The identities of what can be trained in a module, or of a parameter."""
    parameters = [part] if isinstance(part, Parameter) else [p for _, p in part.named_parameters()]
    return {id(parameter) for parameter in parameters if parameter.requires_grad}
