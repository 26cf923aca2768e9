"""Tensors as a person reads them."""

from typing import Any

import numpy as np

_options: dict[str, Any] = {"precision": 4, "threshold": 1000, "edgeitems": 3, "max_line_width": 80}


def set_printoptions(
    precision: int | None = None,
    threshold: int | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
) -> None:
    """Set the digits after the point, the size from which the middle is left out, the items shown at its
    edges, and the width of a line.
    """
    given = {
        "precision": precision,
        "threshold": threshold,
        "edgeitems": edgeitems,
        "max_line_width": linewidth,
    }
    _options.update({name: value for name, value in given.items() if value is not None})


def format_tensor(tensor: Any, default_dtype: np.dtype[Any]) -> str:
    """``tensor([1., 2.], requires_grad=True)``: the numbers, then what is not the usual."""
    array = np.asarray(tensor._data)
    numbers = np.array2string(
        array, separator=", ", prefix="tensor(", suffix=")", floatmode="maxprec_equal", **_options
    )
    notes = []
    if array.size == 0:
        notes.append(f"size={array.shape}")
    if array.dtype not in (default_dtype, np.dtype("int64"), np.dtype(bool)):
        notes.append(f"dtype=minigrad.{array.dtype}")
    if tensor._node is not None:
        notes.append(f"grad_fn={tensor._node!r}")
    elif tensor._requires_grad:
        notes.append("requires_grad=True")
    return f"tensor({', '.join([numbers, *notes])})"
