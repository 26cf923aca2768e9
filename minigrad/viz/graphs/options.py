"""The options of an operation, as the learner gives them to the function of that name."""

from collections.abc import Mapping
from typing import Any

import numpy as np

_INTERNAL = {"eps", "keepdim", "correction", "path", "widths", "value", "seed", "blocks", "size"}
_USUAL = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}  # the rules' arguments have no defaults

COMPUTED = {
    *(
        (norm, name)
        for norm in ("batch_norm", "group_norm", "instance_norm")
        for name in ("mean", "variance")
    ),
    *(("max_pool2d", name) for name in ("places", "found")),
}
"""Arrays that an operation has computed for itself before it began: no one gave them."""


def options_of(name: str, saved: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """What is worth saying of the ``saved`` options: not what is usual, nor what only the engine knows."""
    said: dict[str, Any] = {}
    for option, value in saved.items():
        if option == "windows":
            said |= _windows(value, usual_stride=1 if name in ("unfold", "fold") else None)
        elif option == "layout":
            said |= options_of(name, value._asdict(), defaults)
        elif option == "constant":  # batch norm in evaluation: its mean and variance are not those of x
            said |= {"training": False} if value is True and name == "batch_norm" else {}
        elif option in _INTERNAL or hasattr(value, "shape") or value is None or value is False:
            continue
        elif option in _USUAL:
            said |= _unless(option, _per_axis(value), _USUAL[option])
        elif value != defaults.get(option) or option == "dim":
            said[option] = value
    return said


def _windows(windows: Any, usual_stride: int | None) -> dict[str, Any]:
    """The options of pooling, in this order, or from the rows and columns that each window has. The stride is
    the size of the window, if none is usual.
    """
    layout = windows
    if hasattr(windows, "rows"):
        rows, columns = _moved(windows.rows), _moved(windows.columns)
        if (
            rows is None or columns is None
        ):  # adaptive pooling: the size of the result, which is drawn, says all
            return {}
        layout = (*zip(rows, columns, strict=True), 1)
    kernel_size, stride, padding, dilation = (_per_axis(value) for value in layout)
    said = {"kernel_size": kernel_size} | _unless("stride", stride, usual_stride or kernel_size)
    return said | _unless("padding", padding, 0) | _unless("dilation", dilation, 1)


def _moved(bounds: Any) -> tuple[int, int, int] | None:
    """Kernel size, stride and padding of windows (first, one after the last); None if no such three fit."""
    first, stop = bounds[:, 0], bounds[:, 1]
    size = int(np.max(stop - first, initial=0))
    stride = int(np.max(np.diff(first), initial=0)) or size
    padding = size - int(np.min(stop, initial=size))
    moved = np.arange(len(bounds)) * stride - padding
    same = np.array_equal(first, np.maximum(moved, 0)) and np.array_equal(
        stop, np.minimum(moved + size, np.max(stop, initial=0))
    )
    return (size, stride, padding) if same else None


def _unless(option: str, value: Any, usual: Any) -> dict[str, Any]:
    return {} if value == usual else {option: value}


def _per_axis(value: Any) -> Any:
    """One number where both axes, and both ends of each, have the same: 1 for ((1, 1), (1, 1))."""
    if not isinstance(value, tuple):
        return value
    each = tuple(_per_axis(part) for part in value)
    return each[0] if each and all(part == each[0] for part in each) else each
