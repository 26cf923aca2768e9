"""What CuPy is asked for by a capture and by cuBLAS, without a card: streams that keep account.

A stream runs what it is given at once, and notes it; while it is captured it keeps it instead, as CUDA does,
and a launch of the graph runs it. What CUDA refuses while a stream is captured is refused here.
"""

import contextlib
import weakref
from types import SimpleNamespace

import numpy as np

RELAXED = 2  # cudaStreamCaptureModeRelaxed


class CUDARuntimeError(RuntimeError):
    """An error of the driver."""


class Array:
    """An array on the card, and no array of NumPy: numbers come to it by the current stream."""

    def __init__(self, card, numbers):
        self.card, self.numbers = card, numbers
        self.shape, self.dtype, self.nbytes = numbers.shape, numbers.dtype, numbers.nbytes
        self.data = SimpleNamespace(ptr=numbers.ctypes.data)

    def __getitem__(self, index):
        return self.numbers[index]

    def __setitem__(self, index, other):
        """From another array on the card."""
        numbers = other.numbers
        self.card.do(lambda: self.numbers.__setitem__(index, numbers))

    def set(self, host):
        """Only C-ordered arrays of the host, of the same shape and kind: CuPy copies their bytes."""
        assert type(host) is np.ndarray and host.flags.c_contiguous
        assert (host.shape, host.dtype) == (self.shape, self.dtype)
        self.card.do(lambda: np.copyto(self.numbers, host))

    def fill(self, value):
        self.card.do(lambda: self.numbers.fill(value))

    def tolist(self):
        return self.numbers.tolist()


class Stream:
    """A queue of the card. ``kept`` is what was given to it while it was captured, None when it is not."""

    def __init__(self, card, non_blocking=False):
        self.card, self.non_blocking, self.kept, self.after = card, non_blocking, None, []
        self.synchronized = 0

    ptr = property(id)

    def __enter__(self):
        self.card.streams.append(self)
        return self

    def __exit__(self, *_):
        assert self.card.streams.pop() is self

    def record(self):
        """An event: all that was given to the stream until now."""
        return (self, self.card.done)

    def wait_event(self, event):
        self.after.append(event)

    def synchronize(self):
        self.synchronized += 1

    def begin_capture(self, mode):
        assert mode == RELAXED and self.kept is None
        self.kept = []

    def end_capture(self):
        kept, self.kept = self.kept, None
        if any(action is None for action in kept):
            raise CUDARuntimeError("the capture was made invalid")
        return SimpleNamespace(launch=lambda: self.card.do(lambda: [action() for action in kept]))


class Device:
    """One of the cards; within, it is the current one."""

    def __init__(self, card, number):
        self.card, self.id = card, number

    def __enter__(self):
        self.card.devices.append(self.id)
        return self

    def __exit__(self, *_):
        assert self.card.devices.pop() == self.id


class Pool:
    """A pool of memory; ``malloc`` says whose memory it is."""

    def malloc(self, size):
        raise NotImplementedError


class Card:
    """A module ``cupy`` with one stand-in of a card for each of ``numbers``."""

    def __init__(self, numbers=(0,)):
        self.numbers = numbers
        self.devices, self.allocators = [0], ["the common pool"]
        self.streams, self.done = [], 0
        self.arrays = []  # (weak reference, device, stream, allocator), in the order in which they were made
        self.cuda = SimpleNamespace(
            Stream=lambda non_blocking=False: Stream(self, non_blocking),
            Device=self.device,
            MemoryPool=Pool,
            using_allocator=self.using_allocator,
            get_current_stream=lambda: self.streams[-1],
            runtime=SimpleNamespace(streamCaptureModeRelaxed=RELAXED, CUDARuntimeError=CUDARuntimeError),
        )
        self.streams.append(Stream(self))

    def do(self, action):
        """Run this on the current stream: now, or when the graph is launched in which it is captured."""
        stream = self.streams[-1]
        if stream.kept is None:
            action()
            self.done += 1
        else:
            stream.kept.append(action)

    def device(self, number=None):
        current = self.devices[-1] if number is None else number
        assert current in self.numbers
        return Device(self, current)

    @contextlib.contextmanager
    def using_allocator(self, malloc):
        self.allocators.append(malloc)
        yield
        self.allocators.pop()

    def _made(self, array):
        self.arrays.append((weakref.ref(array), self.devices[-1], self.streams[-1], self.allocators[-1]))
        return array

    def array(self, numbers):
        """A new array on the card. Numbers of the host cannot come to it while the stream is captured."""
        if self.streams[-1].kept is not None:
            self.streams[-1].kept.append(None)
            raise CUDARuntimeError("not permitted when a stream is capturing")
        return self._made(Array(self, np.array(numbers)))

    asarray = array

    def empty(self, shape, dtype):
        return self._made(Array(self, np.empty(shape, dtype)))
