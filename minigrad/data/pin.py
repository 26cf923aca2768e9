"""Batches in pinned memory: page-locked, so that a GPU reads them by itself while the program goes on."""

from collections.abc import Callable, Mapping
from typing import Any

from minigrad.callsite import warn
from minigrad.data._seam import to_array, to_tensor
from minigrad.devices import place
from minigrad.errors import DeviceError
from minigrad.tensor import Tensor


def pinning(device: str) -> Callable[[Any], Any] | None:
    """What pins a batch for the GPU ``device`` ("" is the current one); without a GPU None, and a warning."""
    try:
        there = place.at(place.find(device or "cuda"))
    except DeviceError as error:
        warn(f"DataLoader: pin_memory=True is for a GPU, and does nothing here: {error}")
        return None
    return lambda batch: _pinned(batch, there)


def _pinned(batch: Any, there: place.Place) -> Any:
    """The batch with its CPU tensors copied into pinned memory; what else is in it stays."""
    if isinstance(batch, Tensor):
        on_cpu = batch.device == "cpu" and not batch.requires_grad
        return to_tensor(there.pinned(to_array(batch))) if on_cpu else batch
    if isinstance(batch, Mapping):
        return {key: _pinned(value, there) for key, value in batch.items()}
    if isinstance(batch, tuple) and hasattr(batch, "_fields"):
        return type(batch)(*(_pinned(part, there) for part in batch))
    if isinstance(batch, (tuple, list)):
        return type(batch)(_pinned(part, there) for part in batch)
    return batch
