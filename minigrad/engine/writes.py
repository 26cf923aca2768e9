"""In-place writes, seen: a clock that nodes and writes share.

Every node of the graph and every write into a tensor's memory takes the next tick of one clock. A value that
a node saved is stale exactly when its memory was written at a later tick than the node's. So tensors carry no
counters, a view and its base agree by construction (they have one memory), and as long as nothing was written
since a node was made, which is the common case, checking its values is one comparison of two integers.
"""

import itertools
import threading
import weakref
from typing import Any, NamedTuple

from minigrad.callsite import Place, learner_place
from minigrad.devices.place import is_array
from minigrad.forks import in_child

PLAIN = frozenset({int, float, bool, str, slice, type(None)})
"""Types that hold no array, and that most saved options are of."""

tick = itertools.count(1).__next__
"""The next moment of the clock. Atomic: threads may share it."""


class Write(NamedTuple):
    """The last write into one block of memory: when, and which line of the learner's did it."""

    time: int
    place: Place


_writes: dict[int, Write] = {}  # id of the array that owns the memory -> its last write
_lock = threading.Lock()
_latest = 0


@in_child
def _unlock() -> None:
    """Whichever thread was noting a write has stayed with the parent."""
    global _lock
    _lock = threading.Lock()


def latest() -> int:
    """The time of the latest write into any memory; 0 before the first."""
    return _latest


def owner(array: Any) -> Any:
    """The array that owns ``array``'s memory: itself, unless it is a view."""
    while isinstance(getattr(array, "base", None), type(array)):
        array = array.base
    return array


def mark(array: Any, *more: Any) -> None:
    """Record that the memory of each given array has just been overwritten, by the learner's current line.

    Call it after the write. Given several arrays (an optimiser's parameters) it looks the line up once.
    """
    global _latest
    place, blocks = learner_place(), [owner(written) for written in (array, *more)]
    with _lock:
        _latest = tick()
        write = Write(_latest, place)
        for block in blocks:
            if id(block) not in _writes:
                # An id may be given to another array after this one is gone: its record must go first.
                weakref.finalize(block, _writes.pop, id(block), None).atexit = False
            _writes[id(block)] = write


def since(time: int, value: Any) -> Write | None:
    """The last write into the memory of ``value`` if it came later than ``time``, else None.

    Of an index, a tuple that may hold arrays, the first such write. Other options have no memory.
    """
    if type(value) in PLAIN:
        return None
    if is_array(value):
        write = _writes.get(id(owner(value)))
        return write if write is not None and write.time > time else None
    if isinstance(value, (tuple, list)):
        for part in value:
            if type(part) not in PLAIN and (write := since(time, part)) is not None:
                return write
    return None
