"""Tensors as a person reads them, digit for digit as PyTorch prints them."""

from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.devices import CPU, place

_PROFILES: dict[str, dict[str, Any]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80, "sci_mode": None},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80, "sci_mode": None},
    "full": {"precision": 4, "threshold": float("inf"), "edgeitems": 3, "linewidth": 80, "sci_mode": None},
}
_options = dict(_PROFILES["default"])


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Set how tensors are printed.

    ``precision``: digits after the point. ``threshold``: more numbers than this are not all shown, but only
    ``edgeitems`` at each end. ``linewidth``: characters in a line. ``sci_mode``: whether numbers are written
    as 1.0000e+05 (None: where sizes differ much). ``profile``: all of these, "default", "short" or "full";
    what else is given comes on top.
    """
    if profile is not None:
        if profile not in _PROFILES:
            raise ValueError(f"set_printoptions: profile is one of {', '.join(_PROFILES)}, not {profile!r}")
        _options.update(_PROFILES[profile])
    given = {
        "precision": precision,
        "threshold": threshold,
        "edgeitems": edgeitems,
        "linewidth": linewidth,
        "sci_mode": sci_mode,
    }
    _options.update({name: value for name, value in given.items() if value is not None})


def _shown(array: Any) -> Any:
    """The numbers that will be printed: of a large array, those at the edges."""
    edge = _options["edgeitems"]
    if array.size <= _options["threshold"]:
        return array
    kept = [np.r_[:edge, size - edge : size] if size > 2 * edge else np.arange(size) for size in array.shape]
    return array[np.ix_(*kept)]


def _float_writer(array: Any) -> Callable[[Any], str]:
    """How to write the floating numbers of an array so that they all look alike."""
    sizes = np.abs(array[np.isfinite(array) & (array != 0)]).astype(np.float64)
    low, high = (sizes.min(), sizes.max()) if sizes.size else (1.0, 1.0)
    whole = bool((sizes == np.ceil(sizes)).all())
    scientific = _options["sci_mode"]
    if scientific is None:
        scientific = high / low > 1000 or high > 1e8 or (not whole and low < 1e-4)
    digits = _options["precision"]
    if scientific:
        return lambda x: f"{x:.{digits}e}"
    if whole:
        return lambda x: f"{x:.0f}." if np.isfinite(x) else f"{x}"
    return lambda x: f"{x:.{digits}f}"


def _numbers(array: Any) -> str:
    shown = _shown(array)
    write = _float_writer(shown) if array.dtype.kind == "f" else str
    width = max((len(write(x)) for x in shown.ravel()), default=0)
    return np.array2string(
        array,
        separator=", ",
        prefix="tensor(",
        suffix=")",
        formatter={"all": lambda x: write(x).rjust(width)},
        threshold=_options["threshold"],
        edgeitems=_options["edgeitems"],
        max_line_width=_options["linewidth"],
    )


def format_tensor(tensor: Any, default_dtype: np.dtype[Any]) -> str:
    """``tensor([1., 2.], requires_grad=True)``: the numbers, then what is not the usual."""
    array = place.to_host(tensor._data)
    notes = [_numbers(array)]
    if tensor.device != CPU:
        notes.append(f"device={str(tensor.device)!r}")
    usual = (default_dtype, np.dtype("int64"), np.dtype(bool))
    if array.size == 0 and array.ndim != 1:
        notes.append(f"size={array.shape}")
    if array.dtype not in (usual if array.size else usual[:1]):
        notes.append(f"dtype=minigrad.{array.dtype}")
    if tensor._node is not None:
        notes.append(f"grad_fn={tensor._node!r}")
    elif tensor._requires_grad:
        notes.append("requires_grad=True")
    return f"tensor({', '.join(notes)})"
