"""Data sets: things with a length and an item for every index, and ways to cut and join them.

A loader asks a data set for a batch in the first of three ways that it offers:

- ``__getbatch__(indices)`` returns the finished batch, or ``NotImplemented``. Data that lies in arrays offers
  it: one indexing operation fetches all samples at once. The name is minigrad's own.
- ``__getitems__(indices)`` returns a list of samples (as in PyTorch).
- ``__getitem__(index)`` returns one sample.
"""

import bisect
import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeVar

import numpy as np

from minigrad.callsite import warn
from minigrad.data._seam import Array, to_array, to_tensor
from minigrad.devices import place
from minigrad.errors import ShapeError
from minigrad.random import rng_of
from minigrad.tensor import Tensor

T_co = TypeVar("T_co", covariant=True)


class Dataset(Generic[T_co]):
    """Samples by index. A subclass defines ``__getitem__``, and ``__len__`` so that it can be shuffled."""

    def __getitem__(self, index: Any) -> T_co:
        raise NotImplementedError(f"{type(self).__name__} must define __getitem__(self, index).")

    def __add__(self, other: "Dataset[Any]") -> "ConcatDataset[Any]":
        return ConcatDataset([self, other])


class IterableDataset(Dataset[T_co]):
    """Samples one after another, for streams that have no index. A subclass defines ``__iter__``."""

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError(f"{type(self).__name__} must define __iter__(self).")

    def __getitem__(self, index: Any) -> T_co:
        raise TypeError(f"{type(self).__name__} is an IterableDataset: it has no index. Iterate over it.")


class TensorDataset(Dataset[tuple[Any, ...]]):
    """Sample i is ``(tensors[0][i], tensors[1][i], ...)``.

    Args:
        *tensors: tensors or arrays with the same first dimension.

    Raises:
        ShapeError: the first dimensions differ.
    """

    tensors: tuple[Any, ...]

    def __init__(self, *tensors: Tensor | Array) -> None:
        if not tensors:
            raise ValueError("TensorDataset: expected at least one tensor, got none.")
        shapes = [tuple(to_array(t).shape) for t in tensors]
        if any(len(shape) == 0 for shape in shapes) or len({shape[0] for shape in shapes}) > 1:
            raise ShapeError(
                "TensorDataset: expected tensors with the same first dimension, the number of samples; got "
                f"shapes {', '.join(map(str, shapes))}. Check that each tensor has one row per sample."
            )
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Any, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    def __len__(self) -> int:
        return int(self.tensors[0].shape[0])

    def __getbatch__(self, indices: Sequence[int]) -> Any:
        """The samples at ``indices``, stacked: a list of tensors, each made in one step."""
        if not inherits(self, TensorDataset):
            return NotImplemented
        rows = np.asarray(indices, np.intp)
        return [_rows(tensor, rows) for tensor in self.tensors]


class Subset(Dataset[T_co]):
    """The samples of ``dataset`` at ``indices``, in that order."""

    def __init__(self, dataset: Dataset[T_co], indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = indices

    def __getitem__(self, index: Any) -> T_co:
        if isinstance(index, slice):
            return self.dataset[[int(i) for i in self.indices[index]]]
        if isinstance(index, list):
            return self.dataset[self._mapped(index)]
        return self.dataset[int(self.indices[index])]

    def __len__(self) -> int:
        return len(self.indices)

    def __getitems__(self, indices: Sequence[int]) -> list[Any]:
        mapped = self._mapped(indices)
        if hasattr(self.dataset, "__getitems__"):
            return list(self.dataset.__getitems__(mapped))
        return [self.dataset[i] for i in mapped]

    def __getbatch__(self, indices: Sequence[int]) -> Any:
        if not inherits(self, Subset) or not hasattr(self.dataset, "__getbatch__"):
            return NotImplemented
        return self.dataset.__getbatch__(self._mapped(indices))

    def _mapped(self, indices: Sequence[int]) -> list[int]:
        return [int(self.indices[i]) for i in indices]


class ConcatDataset(Dataset[T_co]):
    """The samples of several data sets, one set after another."""

    def __init__(self, datasets: Sequence[Dataset[T_co]]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise ValueError("ConcatDataset: expected at least one data set, got none.")
        for dataset in self.datasets:
            if isinstance(dataset, IterableDataset):
                raise TypeError("ConcatDataset: an IterableDataset has no index. Use itertools.chain.")
        self.cumulative_sizes = list(itertools.accumulate(len(d) for d in self.datasets))  # type: ignore[arg-type]

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, index: Any) -> T_co:
        if not -len(self) <= index < len(self):
            raise IndexError(f"ConcatDataset: index {index} is out of range for {len(self)} samples.")
        index %= len(self)
        which = bisect.bisect_right(self.cumulative_sizes, index)
        before = self.cumulative_sizes[which - 1] if which else 0
        return self.datasets[which][index - before]


def random_split(
    dataset: Dataset[Any], lengths: Sequence[int | float], generator: Any = None
) -> list[Subset[Any]]:
    """Cut a data set at random into subsets that do not overlap.

    Args:
        dataset: what to cut.
        lengths: the size of each subset, adding up to ``len(dataset)``; or fractions adding up to 1, which
            are rounded down, the samples left over going to the first subsets, one each.
        generator: a ``minigrad.Generator``; the same seed gives the same subsets.

    Raises:
        ValueError: the lengths do not add up.
    """
    total = len(dataset)  # type: ignore[arg-type]
    sizes = sizes_of("random_split", lengths, total)
    order: list[int] = rng_of(generator).permutation(total).tolist()
    ends = itertools.accumulate(sizes)
    return [Subset(dataset, order[end - size : end]) for size, end in zip(sizes, ends, strict=True)]


def sizes_of(name: str, lengths: Sequence[int | float], total: int) -> list[int]:
    """The sizes of the subsets that ``total`` samples are cut into, from sizes or from fractions.

    Raises:
        ValueError: they do not add up; the message begins with ``name``.
    """
    sizes = _sizes_of_fractions(name, lengths, total) if math.isclose(sum(lengths), 1) else list(lengths)
    if sum(sizes) != total or any(size != int(size) or size < 0 for size in sizes):
        raise ValueError(
            f"{name}: expected lengths that add up to the data set's {total} samples, or fractions "
            f"that add up to 1; got {list(lengths)}, which add up to {sum(lengths)}."
        )
    return [int(size) for size in sizes]


def _sizes_of_fractions(name: str, fractions: Sequence[float], total: int) -> list[int]:
    if any(not 0 <= fraction <= 1 for fraction in fractions):
        raise ValueError(f"{name}: expected fractions between 0 and 1, got {list(fractions)}.")
    sizes = [math.floor(total * fraction) for fraction in fractions]
    for i in range(total - sum(sizes)):
        sizes[i % len(sizes)] += 1
    for i, size in enumerate(sizes):
        if size == 0:
            warn(f"{name}: subset {i} has no samples.")
    return sizes


def inherits(dataset: Dataset[Any], owner: type[Dataset[Any]]) -> bool:
    """Whether single samples are still ``owner``'s: a subclass's own ``__getitem__`` has to be called."""
    kind = type(dataset)
    return kind.__getitem__ is owner.__getitem__ and (
        getattr(kind, "__getitems__", None) is getattr(owner, "__getitems__", None)
    )


def _rows(tensor: Any, rows: Array) -> Tensor:
    if isinstance(tensor, Tensor) and tensor.requires_grad:
        return tensor[rows]  # recorded, so that a gradient reaches the data
    array = to_array(tensor)
    return to_tensor(array.take(place.beside(array, rows), axis=0))
