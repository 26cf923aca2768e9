"""The options of an operation, as the learner gives them to the function of that name."""

from collections.abc import Mapping
from typing import Any

import numpy as np

_INTERNAL = {"eps", "keepdim", "correction", "path", "widths", "value", "seed", "blocks", "size"}
_USUAL = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}  # the rules' arguments have no defaults

STATISTICS = {
    (norm, name) for norm in ("batch_norm", "group_norm", "instance_norm") for name in ("mean", "rstd")
}
"""Arrays that an operation has computed for itself before it began: no one gave them."""


def options_of(name: str, saved: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """What is worth saying of the ``saved`` options: not what is usual, nor what only the engine knows."""
    said: dict[str, Any] = {}
    for option, value in saved.items():
        if option == "windows":
            said |= _windows(value)
        elif option == "constant":  # batch norm in evaluation: its mean and variance are not those of x
            said |= {"training": False} if value is True and name == "batch_norm" else {}
        elif option in _INTERNAL or hasattr(value, "shape") or value is None or value is False:
            continue
        elif option in _USUAL:
            said |= _unless(option, _per_axis(value), _USUAL[option])
        elif value != defaults.get(option) or option == "dim":
            said[option] = value
    return said


def _windows(windows: Any) -> dict[str, Any]:
    """The options of pooling: from their layout, or from the rows and columns that each window has."""
    if hasattr(windows, "layout"):
        kernel_size, *others = (_per_axis(value) for value in windows.layout)
        stride, padding, dilation = others
        rest = _unless("padding", padding, 0) | _unless("dilation", dilation, 1)
    else:
        bounds = (windows.rows, windows.columns)
        sizes = [int(np.max(b[:, 1] - b[:, 0], initial=0)) for b in bounds]
        kernel_size = _per_axis(tuple(sizes))
        steps = [int(np.max(np.diff(b[:, 0]), initial=0)) or k for b, k in zip(bounds, sizes, strict=True)]
        stride, rest = _per_axis(tuple(steps)), {}
    return {"kernel_size": kernel_size} | _unless("stride", stride, kernel_size) | rest


def _unless(option: str, value: Any, usual: Any) -> dict[str, Any]:
    return {} if value == usual else {option: value}


def _per_axis(value: Any) -> Any:
    """One number where both axes, and both ends of each, have the same: 1 for ((1, 1), (1, 1))."""
    if not isinstance(value, tuple):
        return value
    each = tuple(_per_axis(part) for part in value)
    return each[0] if each and all(part == each[0] for part in each) else each
