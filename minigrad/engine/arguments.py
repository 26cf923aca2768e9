"""What functions of tensors are called with: other names of options, and things that are no tensors."""

from collections.abc import Collection
from typing import Any

ALIASES = {"axis": "dim", "keepdims": "keepdim"}
"""NumPy's names, which PyTorch accepts as well."""

_PLAIN = (list, tuple, dict, str, bool, int, float, complex, type(None))


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
