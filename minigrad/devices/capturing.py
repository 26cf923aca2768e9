"""What is done otherwise while a step is captured as a graph of launches: see kernels/cupy_gpu/capture.py.

A captured graph holds the launches with their arguments as they were. So a number that changes from replay to
replay has to lie in the card's memory, and be written anew before each: `live` numbers. And nothing may be
read back from the card, for what is captured has not been computed yet.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from minigrad.devices.place import Array


class Recorder(Protocol):
    """A capture in progress."""

    replays: Array  # one uint64 on the card: the number of the replay

    def sent(self, host: Array, where: int) -> Array:
        """``host`` on the card at once, not when the graph is replayed; kept as long as the graph."""

    def before_replay(self, action: Callable[[], object]) -> None:
        """Do this on the host before each replay but the first, which is the call that was captured."""


_recorder: Recorder | None = None


def recorder() -> Recorder | None:
    """The capture in progress."""
    return _recorder


def is_capturing() -> bool:
    """Whether a step is being captured."""
    return _recorder is not None


@contextlib.contextmanager
def captured_by(capture: Recorder) -> Iterator[None]:
    """Inside, ``capture`` is the capture in progress."""
    global _recorder
    before, _recorder = _recorder, capture
    try:
        yield
    finally:
        _recorder = before


def before_replay(action: Callable[[], object]) -> None:
    """While capturing: do this on the host before each later replay."""
    if _recorder is not None:
        _recorder.before_replay(action)


class LiveInt(int):
    """A whole number that a kernel is given while capturing, and how to ask for it again before a replay."""

    now: Callable[[], float]


class LiveFloat(float):
    """The same for a number."""

    now: Callable[[], float]


def live(read: Callable[[], Any]) -> Any:
    """``read()``; while capturing, as a number that is asked for again before each replay."""
    value = read()
    if _recorder is None:
        return value
    number: LiveInt | LiveFloat = LiveInt(value) if isinstance(value, int) else LiveFloat(value)
    number.now = read
    return number


def now(number: float) -> Any:
    """What a live number is now; any other number is what it is."""
    return number.now() if isinstance(number, LiveInt | LiveFloat) else number
