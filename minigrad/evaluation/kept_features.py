"""Features of images, computed once: what a frozen network sees does not change, so it looks once."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from minigrad.data.npy import read_npy
from minigrad.errors import DataError
from minigrad.evaluation.generated.features import features
from minigrad.evaluation.measured import Array
from minigrad.files import DEAD, make_folder, sweep, write_array
from minigrad.nn import Module
from minigrad.tensor import Tensor

FORMAT = 1  # of the files; another number computes all features anew


def kept_features(
    model: Module,
    images: Any,
    folder: str | os.PathLike[str],
    transform: Callable[[Any], Any] | None = None,
    *,
    layer: Module | None = None,
    together: int = 16,
    tell: Callable[[int, int], None] | None = None,
) -> Array:
    """What ``model`` sees in images, in evaluation mode: the input of its last linear layer. What was
    computed before is read from the folder.

    A file there holds the features of ``together`` images. Its name is a hash of all that they depend on: the
    network's layers, their settings and every number in them, the images, what is done to them. So another
    network or another image computes anew what depends on it and nothing else, and a run that is killed goes
    on where it was.

    Args:
        model: a network.
        images: an array (N, ...), such as the ``data`` of ``CachedImages``.
        folder: where features are kept; made if need be.
        transform: makes what the network takes of an array of images: the ``batch`` of a transform. It has a
            ``repr`` that says what it does; a function's has its name only.
        layer: the layer whose input is taken instead.
        together: how many images are looked at at once.
        tell: called with (images done, images in all) after each file that had to be computed.

    Returns:
        The features, (N, D), of float32.

    Raises ValueError as ``features``, and OSError if the folder cannot be written.
    """
    place = Path(folder)
    make_folder(place, "kept_features")
    sweep(place, DEAD)
    about = _hash_of(model, layer, transform)
    found = []
    for start in range(0, len(images), together):
        part = np.ascontiguousarray(images[start : start + together])
        digest = about.copy()
        digest.update(repr((part.shape, part.dtype.str)).encode())
        digest.update(part.data)
        path = place / f"{digest.hexdigest()[:24]}.npy"
        values = _read(path, len(part))
        if values is None:
            given = part if transform is None else transform(part)
            values = features(model, given, layer, len(part)).values.astype(np.float32)
            write_array(path, values, "kept_features")
            if tell is not None:
                tell(min(start + together, len(images)), len(images))
        found.append(values)
    if not found:
        raise ValueError("kept_features: there are no images to look at.")
    return np.concatenate(found)


def _hash_of(model: Module, layer: Module | None, transform: Callable[[Any], Any] | None) -> Any:
    named = next((name for name, module in model.named_modules() if module is layer), "") if layer else ""
    owner = getattr(transform, "__self__", transform)  # of a bound method, the object whose it is
    settings = [(name, _settings(module)) for name, module in model.named_modules()]
    digest = hashlib.sha256(repr((FORMAT, repr(model), settings, named, repr_of(owner))).encode())
    for name, value in model.state_dict().items():
        array = np.ascontiguousarray(value.cpu().numpy() if isinstance(value, Tensor) else value)
        digest.update(repr((name, array.shape, array.dtype.str)).encode())
        digest.update(array.data if array.ndim else array.tobytes())
    return digest


def _settings(module: Module) -> list[tuple[str, Any]]:
    """Plain values that its ``forward`` may go by, and that no ``repr`` need show. The mode is evaluation."""
    return sorted(
        (name, value)
        for name, value in vars(module).items()
        if name not in ("training", "frozen") and isinstance(value, bool | int | float | str)
    )


def repr_of(transform: Any) -> str:
    """What a transform says of itself; of a function its name, as its ``repr`` has an address in memory."""
    name = getattr(transform, "__qualname__", None)
    return repr(transform) if name is None else f"{transform.__module__}.{name}"


def _read(path: Path, count: int) -> Array | None:
    """The features in a file; None if there is none, or a damaged one."""
    try:
        values = read_npy(path, "It is made again.")
    except DataError:
        return None
    return values if values.ndim == 2 and len(values) == count and values.dtype == np.float32 else None
