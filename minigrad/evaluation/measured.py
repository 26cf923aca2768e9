"""Class numbers, checked; and what a measurement is, for the files beside this one."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from minigrad.measured import Measured, as_csv, table

__all__ = ["Array", "Measured", "as_csv", "labels_of", "labels_pair", "names_of", "table"]

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


def labels_pair(
    name: str, targets: npt.ArrayLike, predictions: npt.ArrayLike, classes: int
) -> tuple[Array, Array]:
    """What samples are and what they were called, (N,) each, checked."""
    labels, said = labels_of(name, targets, classes), labels_of(name, predictions, classes)
    if len(labels) != len(said):
        raise ValueError(f"{name}: there are {len(labels)} targets and {len(said)} predictions.")
    return labels, said


def names_of(name: str, classes: Sequence[Any]) -> list[str]:
    """The names of the classes, checked: each stands for one class, or figures of another would be lost."""
    if isinstance(classes, str) or not isinstance(classes, Iterable):
        raise TypeError(
            f'{name}: expected the names of the classes in the order of their numbers, ["cat", "dog"] say; '
            f"got {classes!r}. Where they have none, their numbers will do: range(10)."
        )
    names = [str(one) for one in classes]
    twice = next((one for one in names if names.count(one) > 1), None)
    if twice is not None:
        raise ValueError(f"{name}: {twice!r} is the name of more than one class. Give each its own.")
    return names
