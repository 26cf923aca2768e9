"""What functions of tensors are called with: other names of options, and things that are no tensors."""

import functools
import inspect
from collections.abc import Callable, Collection
from typing import Any, ParamSpec, TypeVar

import numpy as np

from minigrad.devices.place import is_array
from minigrad.errors import DtypeError

P = ParamSpec("P")
R = TypeVar("R")

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


def numbers(name: str, value: Any, dtype: np.dtype[Any]) -> Any:
    """The array of what is to be written into a tensor of ``dtype``, checked to hold numbers, and Python's
    to fit.
    """
    array = value if hasattr(value, "dtype") else np.asarray(value)
    if array.dtype.kind not in "biuf":
        kind = f"{array.dtype}" if hasattr(value, "dtype") else type(value).__name__
        raise DtypeError(f"{name}: expected numbers or a tensor to write, got {kind}: {value!r:.60}")
    if not is_array(value):
        check_range(name, array, dtype)
    return array


def check_range(name: str, numbers: Any, dtype: np.dtype[Any]) -> None:
    """Raise if an array of Python's numbers has one that an integer dtype does not hold.

    As in PyTorch, a negative one may count from above where the dtype has no sign: -1 is 255 in uint8.
    """
    if dtype.kind not in "iu" or not numbers.size:
        return
    info, least, most = np.iinfo(dtype), numbers.min().item(), numbers.max().item()
    lowest = info.min or -info.max
    if not lowest <= least <= most <= info.max:  # written so that a NaN does not fit
        raise RuntimeError(
            f"{name}: {least if lowest > least else most} does not fit into {dtype}, which holds integers "
            f"from {info.min} to {info.max}. Choose another dtype: int64 holds the most integers, a floating "
            "one infinity and NaN as well."
        )


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


def of_tensors(function: Callable[P, R]) -> Callable[P, R]:
    """Have a function of tensors take NumPy's names for its options, and say so when it is given no tensor.

    What goes well is not checked beforehand, and costs little more than the call.
    """
    name, parameters = function.__name__, frozenset(inspect.signature(function).parameters)

    @functools.wraps(function)
    def call(*args: P.args, **options: P.kwargs) -> R:
        try:
            return function(*args, **(renamed(name, parameters, options) if options else options))
        except AttributeError as error:
            mistake = not_a_tensor(name, error.obj)
            if mistake is None:
                raise
        raise mistake

    return call
