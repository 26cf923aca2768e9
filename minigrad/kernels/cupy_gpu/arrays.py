"""Arrays for kernels: where they lie, and in which order."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigrad.devices.capturing import before_replay, recorder
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


Where = str | int
"""Where an array lies: "host", or the number of a card."""


def where_is(x: Array) -> Where:
    """Where x lies; what tells devices apart in the key of a cache."""
    return "host" if isinstance(x, np.ndarray) else int(x.device.id)


def sent(numbers: Sequence[int] | Array, where: Where) -> Array:
    """Numbers of the host in an array at ``where``; int32 where they have no dtype."""
    host = np.asarray(numbers, dtype=None if isinstance(numbers, np.ndarray) else np.int32)
    if where == "host":
        return host
    capture = recorder()
    if capture is not None:
        return capture.sent(host, int(where))  # type: ignore[no-any-return]
    import cupy

    with cupy.cuda.Device(where):
        return cupy.asarray(host)  # type: ignore[no-any-return]


def live_numbers(numbers: Callable[[], Sequence[float]], where: Where) -> Array:
    """The numbers as float64 at ``where``; in a captured graph, as they are at each replay."""
    array: Any = sent(np.array(numbers(), np.float64), where)

    def renew() -> None:
        host = np.array(numbers(), np.float64)
        if where == "host":
            array[...] = host
        else:
            array.set(host)

    before_replay(renew)
    return array  # type: ignore[no-any-return]


def replays() -> Array | None:
    """While capturing, the number of the replay, one uint64 where the graph is; otherwise None."""
    capture = recorder()
    return None if capture is None else capture.replays
