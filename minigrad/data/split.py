"""Splits that leave every class its share."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from minigrad.data._seam import Array, to_array
from minigrad.data.dataset import Dataset, Subset, sizes_of
from minigrad.errors import DtypeError, ShapeError
from minigrad.random import rng_of


def stratified_split(
    dataset: Dataset[Any],
    lengths: Sequence[int | float],
    targets: npt.ArrayLike | None = None,
    generator: Any = None,
) -> list[Subset[Any]]:
    """Cut a data set at random into subsets that do not overlap, each with the same mixture of classes.

    Of each class, each of two subsets gets its share rounded up or down; of k subsets, none is k - 1 samples
    or more off its share. (With ``random_split`` the shares are left to chance: of 6,000 of 60,000 images,
    the classes would have between about 550 and 650.)

    Args:
        dataset: what to cut.
        lengths: the size of each subset, adding up to ``len(dataset)``; or fractions adding up to 1.
        targets: the class numbers of all samples, (N,); by default ``dataset.targets``.
        generator: a ``minigrad.Generator``; the same seed gives the same subsets.

    Raises:
        ValueError: the lengths do not add up, or a class has too few samples for each subset to get one.
    """
    classes = _classes(dataset, targets)
    sizes = sizes_of("stratified_split", lengths, len(classes))
    shuffled = rng_of(generator).permutation(len(classes))
    rest = shuffled[np.argsort(classes[shuffled], kind="stable")]  # class after class
    subsets = []
    for size in sizes[:-1]:
        # Of every len(rest) / size samples in this order one is taken, so of each class its share.
        steps = np.arange(len(rest) + 1) * size // max(len(rest), 1)
        taken = steps[1:] > steps[:-1]
        subsets.append(rest[taken])
        rest = rest[~taken]
    subsets.append(rest)
    for number, (subset, size) in enumerate(zip(subsets, sizes, strict=True)):
        missing = np.setdiff1d(classes, classes[subset])
        if size and len(missing):
            raise ValueError(
                f"stratified_split: class {missing[0]} has {int((classes == missing[0]).sum())} samples, too "
                f"few for subset {number} of {size} samples to get one. Make that subset larger, add samples "
                "of the class, or leave it out."
            )
    rng = rng_of(generator)
    return [Subset(dataset, rng.permutation(subset).tolist()) for subset in subsets]


def _classes(dataset: Dataset[Any], targets: npt.ArrayLike | None) -> Array:
    found = getattr(dataset, "targets", None) if targets is None else targets
    if found is None and isinstance(dataset, Subset) and hasattr(dataset.dataset, "targets"):
        found = to_array(dataset.dataset.targets)[np.asarray(dataset.indices, np.intp)]
    if found is None:
        raise ValueError(
            f"stratified_split: {type(dataset).__name__} has no attribute targets; give the class numbers: "
            "stratified_split(dataset, lengths, targets)."
        )
    classes = to_array(found)
    if not len(classes):
        raise ValueError("stratified_split: there are no samples to divide. Is the data set empty?")
    if classes.shape != (len(dataset),):  # type: ignore[arg-type]
        raise ShapeError(
            f"stratified_split: expected one class number for each of the {len(dataset)} samples, got shape "  # type: ignore[arg-type]
            f"{classes.shape}."
        )
    if classes.dtype.kind not in "iu":
        raise DtypeError(f"stratified_split: expected class numbers, integers; got {classes.dtype}.")
    return classes
