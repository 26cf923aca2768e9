"""Samples to a batch: a list of samples of one structure becomes that structure of stacked tensors."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minigrad.data._seam import to_array, to_tensor
from minigrad.errors import ShapeError
from minigrad.tensor import Tensor


def default_collate(batch: Sequence[Any]) -> Any:
    """Stack samples along a new first dimension.

    ==============================  =====================================================
    samples                         batch
    ==============================  =====================================================
    tensors, arrays, NumPy numbers  a tensor (N, ...) of their dtype
    int, float, bool                a tensor (N,): int64, float64, bool
    strings, bytes                  the strings as they are
    mappings                        a mapping of batches, key by key
    named tuples                    a named tuple of batches
    tuples, lists                   a list of batches, place by place
    ==============================  =====================================================

    Raises:
        ShapeError: arrays of different shapes. Crop or pad them to one shape, or pass your own
            ``collate_fn``.
        RuntimeError: tuples or lists of different lengths.
        TypeError: samples of a type that is not in the table.
    """
    first = batch[0]
    if isinstance(first, Tensor):
        if any(isinstance(t, Tensor) and t.requires_grad for t in batch):
            from minigrad.ops.join import stack

            return stack(list(batch))
        return to_tensor(_stack([to_array(t) for t in batch]))
    if isinstance(first, np.ndarray | np.generic):
        arrays = [np.asarray(a) for a in batch]
        if arrays[0].dtype.kind not in "biufc":
            raise TypeError(f"default_collate: an array of dtype {arrays[0].dtype} cannot become a tensor.")
        return to_tensor(_stack(arrays))
    if isinstance(first, bool):
        return to_tensor(np.array(batch))
    if isinstance(first, int):
        return to_tensor(np.array(batch, np.int64))
    if isinstance(first, float):
        return to_tensor(np.array(batch, np.float64))
    if isinstance(first, str | bytes):
        return batch
    if isinstance(first, Mapping):
        return {key: default_collate([sample[key] for sample in batch]) for key in first}
    if isinstance(first, Sequence):
        lengths = {len(sample) for sample in batch}
        if len(lengths) > 1:
            raise RuntimeError(
                "default_collate: every sample of a batch should have the same number of parts, got "
                f"{sorted(lengths)}."
            )
        places = [default_collate(place) for place in zip(*batch, strict=True)]
        return type(first)(*places) if hasattr(first, "_fields") else places
    raise TypeError(
        "default_collate: a batch must be made of tensors, arrays, numbers, strings, mappings, tuples or "
        f"lists; got {type(first).__name__}. Convert it in the data set, or pass collate_fn."
    )


def default_convert(sample: Any) -> Any:
    """A single sample without a batch dimension: arrays become tensors, all else stays as it is."""
    if isinstance(sample, np.ndarray | np.generic) and sample.dtype.kind in "biufc":
        return to_tensor(np.asarray(sample))
    if isinstance(sample, Mapping):
        return {key: default_convert(value) for key, value in sample.items()}
    if isinstance(sample, tuple) and hasattr(sample, "_fields"):
        return type(sample)(*map(default_convert, sample))
    if isinstance(sample, Sequence) and not isinstance(sample, str | bytes):
        return [default_convert(part) for part in sample]
    return sample


def _stack(arrays: list[Any]) -> Any:
    shape = arrays[0].shape
    for place, array in enumerate(arrays):
        if array.shape != shape:
            raise ShapeError(
                "default_collate: the samples of a batch should have one shape; sample 0 of the batch has "
                f"{shape}, sample {place} has {array.shape}. Bring them to one shape in the data set, or "
                "pass collate_fn."
            )
    return np.stack(arrays)
