"""Samples to a batch: a list of samples of one structure becomes that structure of stacked tensors."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minigrad.data._seam import Array, to_array, to_tensor
from minigrad.dtypes import get_default_dtype
from minigrad.errors import ShapeError
from minigrad.tensor import Tensor


def default_collate(batch: Sequence[Any]) -> Any:
    """Stack samples along a new first dimension.

    ==============================  =====================================================
    samples                         batch
    ==============================  =====================================================
    tensors, arrays, NumPy numbers  a tensor (N, ...) of their dtype
    int, float, bool                a tensor (N,): int64, float64, bool; of bool and int
                                    together int64; with a float among them float64 if the
                                    first is one, else the default dtype (as in PyTorch)
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
    if isinstance(first, int | float):
        return to_tensor(_numbers(batch))
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
        f"lists; got {type(first).__name__}. "
        + (
            "Did __getitem__ forget to return the sample?"
            if first is None
            else "Convert it in the data set, or pass collate_fn."
        )
    )


def default_convert(data: Any) -> Any:
    """A single sample without a batch dimension: arrays become tensors, all else stays as it is."""
    if isinstance(data, np.ndarray | np.generic) and data.dtype.kind in "biufc":
        return to_tensor(np.asarray(data))
    if isinstance(data, Mapping):
        return {key: default_convert(value) for key, value in data.items()}
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*map(default_convert, data))
    if isinstance(data, Sequence) and not isinstance(data, str | bytes):
        return [default_convert(part) for part in data]
    return data


def _numbers(batch: Sequence[Any]) -> Array:
    """Python's numbers, the first of which may be a whole one by chance, as one array."""
    values = [value.item() if isinstance(value, Tensor | np.generic) else value for value in batch]
    for place, value in enumerate(values):
        if not isinstance(value, int | float):
            raise TypeError(
                "default_collate: expected plain numbers in all samples of a batch whose first has one; "
                f"sample {place} has a {type(value).__name__}. Make them of one kind in the data set."
            )
    if any(isinstance(value, float) for value in values):
        return np.array(values, np.float64 if isinstance(values[0], float) else get_default_dtype())
    return np.array(values, np.bool_ if all(isinstance(value, bool) for value in values) else np.int64)


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
