"""In which order a loader visits its samples: iterables of indices, and of lists of indices."""

import itertools
from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import Any, Generic, TypeVar

import numpy as np

from minigrad.data._seam import to_array
from minigrad.random import rng_of

T_co = TypeVar("T_co", covariant=True)


class Sampler(Generic[T_co]):
    """Indices in some order. A subclass defines ``__iter__``, and ``__len__`` if it is known."""

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError(f"{type(self).__name__} must define __iter__(self).")


class SequentialSampler(Sampler[int]):
    """0, 1, 2, ... as many as ``data_source`` has."""

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """Every index once in random order, or draws with replacement.

    The whole order is drawn when the iteration begins, so it does not depend on what else draws from the
    generator while the samples are used.

    Args:
        data_source: something with a length.
        replacement: whether an index may come twice.
        num_samples: how many to draw; all by default. Without replacement, more than there are begin a new
            order.
        generator: a ``minigrad.Generator``; by default the one that ``manual_seed`` sets.
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Any = None,
    ) -> None:
        if num_samples is not None and (not isinstance(num_samples, int) or num_samples < 0):
            raise ValueError(
                f"RandomSampler: num_samples must be an integer of at least 0, got {num_samples!r}."
            )
        if not isinstance(replacement, bool):
            raise TypeError(f"RandomSampler: replacement must be True or False, got {replacement!r}.")
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator

    @property
    def num_samples(self) -> int:
        """How many indices an epoch has: as many as samples, unless told."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        rng, n, count = rng_of(self.generator), len(self.data_source), self.num_samples
        if n == 0 and count:
            raise ValueError(f"RandomSampler: num_samples={count}, but the data set has no samples to draw.")
        if n == 0:
            return iter(())
        if self.replacement:
            return iter(rng.integers(n, size=count).tolist())
        orders = [rng.permutation(n) for _ in range(-(-count // n))]
        return itertools.islice(itertools.chain.from_iterable(order.tolist() for order in orders), count)

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """The given indices in random order."""

    def __init__(self, indices: Sequence[int], generator: Any = None) -> None:
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        order = rng_of(self.generator).permutation(len(self.indices)).tolist()
        return iter([self.indices[i] for i in order])

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """Index i with probability ``weights[i] / sum(weights)``.

    Args:
        weights: numbers of at least 0; they need not add up to 1.
        num_samples: how many to draw.
        replacement: whether an index may come twice.
        generator: a ``minigrad.Generator``; by default the one that ``manual_seed`` sets.
    """

    def __init__(
        self, weights: Sequence[float], num_samples: int, replacement: bool = True, generator: Any = None
    ) -> None:
        p = to_array(weights).astype(np.float64)
        if p.ndim != 1 or not np.isfinite(p).all() or (p < 0).any() or p.sum() == 0:
            raise ValueError(
                "WeightedRandomSampler: expected a flat sequence of weights of at least 0, one of them "
                f"positive; got shape {p.shape}{f', smallest {p.min()}' if p.size else ''}."
            )
        if not isinstance(num_samples, int) or num_samples <= 0:
            raise ValueError(
                f"WeightedRandomSampler: num_samples must be a positive integer, got {num_samples!r}."
            )
        if not replacement and num_samples > np.count_nonzero(p):
            raise ValueError(
                f"WeightedRandomSampler: {num_samples} samples without replacement need as many positive "
                f"weights; there are {np.count_nonzero(p)}."
            )
        if not isinstance(replacement, bool):
            raise ValueError(
                f"WeightedRandomSampler: replacement must be True or False, got {replacement!r}."
            )
        self.weights = weights
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator
        self._p = p / p.sum()

    def __iter__(self) -> Iterator[int]:
        rng = rng_of(self.generator)
        return iter(rng.choice(len(self._p), self.num_samples, self.replacement, self._p).tolist())

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """The indices of ``sampler`` in lists of ``batch_size``; ``drop_last`` leaves out a last shorter one."""

    def __init__(self, sampler: Iterable[int], batch_size: int, drop_last: bool) -> None:
        if not isinstance(batch_size, int) or isinstance(batch_size, bool) or batch_size <= 0:
            raise ValueError(f"batch_size must be a positive integer, got {batch_size!r}.")
        if not isinstance(drop_last, bool):
            raise ValueError(f"drop_last must be True or False, got {drop_last!r}.")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        indices = iter(self.sampler)
        while batch := list(itertools.islice(indices, self.batch_size)):
            if len(batch) < self.batch_size and self.drop_last:
                return
            yield batch

    def __len__(self) -> int:
        n = len(self.sampler)  # type: ignore[arg-type]
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)
