"""Class numbers, checked; and what a measurement is, for the files beside this one."""

from typing import Any

import numpy as np
import numpy.typing as npt

from minigrad.measured import Measured, as_csv, table

__all__ = ["Array", "Measured", "as_csv", "labels_of", "table"]

Array = npt.NDArray[Any]


def labels_of(name: str, values: npt.ArrayLike, classes: int) -> Array:
    """Class numbers (N,), checked: at least one, whole numbers, all of them in range."""
    labels = np.asarray(values)
    if labels.ndim != 1:
        raise ValueError(f"{name}: expected class numbers (N,), got shape {labels.shape}.")
    if not len(labels):
        raise ValueError(f"{name}: there are no samples to measure. Is the data set empty?")
    if labels.dtype.kind not in "iu":
        raise ValueError(f"{name}: expected class numbers, integers; got {labels.dtype}.")
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(
            f"{name}: {classes} classes have the numbers 0 to {classes - 1}; got {labels.min()} to "
            f"{labels.max()}. Are the names of all classes given, and do the numbers start at 0?"
        )
    return labels
