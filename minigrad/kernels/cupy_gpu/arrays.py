"""Arrays for kernels: where they lie, and in which order."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigrad.kernels.capturing import before_replay, recorders
from minigrad.kernels.reference.arrays import Array


def c_ordered(x: Array) -> Array:
    """x, or a copy of it in C order: what kernels take."""
    return x if x.flags.c_contiguous else x.copy(order="C")


def empty(shape: tuple[int, ...], like: Array) -> Array:
    """A new array, nothing in it, of the library, device and dtype of ``like``."""
    return new(shape, like.dtype, like)


def new(shape: tuple[int, ...], dtype: Any, like: Array) -> Array:
    """The same, of another dtype. (np.empty_like on a card takes some 20 microseconds more.)"""
    array: Array = (np.ndarray if isinstance(like, np.ndarray) else type(like))(shape, dtype)
    return array


Place = str | int
"""Where an array lies: "host", or the number of a card."""


def place_of(x: Array) -> Place:
    """Where x lies; what tells devices apart in the key of a cache."""
    return "host" if isinstance(x, np.ndarray) else int(x.device.id)


def sent(numbers: Sequence[int] | Array, place: Place) -> Array:
    """Numbers of the host in an array at ``place``; int32 where they have no dtype."""
    host = np.asarray(numbers, dtype=None if isinstance(numbers, np.ndarray) else np.int32)
    if place == "host":
        return host
    if recorders:
        return recorders[-1].sent(host, int(place))
    import cupy

    with cupy.cuda.Device(place):
        return cupy.asarray(host)  # type: ignore[no-any-return]


def live_numbers(numbers: Callable[[], Sequence[float]], place: Place) -> Array:
    """The numbers as float64 at ``place``; in a captured graph, as they are at each replay."""
    array: Any = sent(np.array(numbers(), np.float64), place)

    def renew() -> None:
        host = np.array(numbers(), np.float64)
        if place == "host":
            array[...] = host
        else:
            array.set(host)

    before_replay(renew)
    return array  # type: ignore[no-any-return]


def replays() -> Array | None:
    """While capturing, the number of the replay, one uint64 where the graph is; otherwise None."""
    return recorders[-1].replays if recorders else None
