"""NCCL: NVIDIA's collective operations, from card to card, by way of CuPy.

It is written to CuPy's documentation of ``cupy.cuda.nccl`` and has not been run on cards yet.
"""

from typing import Any

import numpy as np

from minigrad.devices.place import Array

NAME_BYTES = 128
"""How long the name of a communicator is."""

_OPS = {"sum": "NCCL_SUM", "prod": "NCCL_PROD", "min": "NCCL_MIN", "max": "NCCL_MAX"}


def available() -> bool:
    """Whether this CuPy brings NCCL."""
    try:
        from cupy.cuda import nccl
    except ImportError:
        return False
    return bool(getattr(nccl, "available", True))


def new_name() -> Array:
    """A name for a communicator, (128) uint8: one rank draws it and tells the others."""
    from cupy.cuda import nccl

    name = nccl.get_unique_id()
    numbers = np.frombuffer(name, np.uint8) if isinstance(name, bytes) else np.array(name).astype(np.uint8)
    return numbers.copy()


class Sent:
    """An operation that a card has been given."""

    def __init__(self, stream: Any) -> None:
        self._event = stream.record()

    def Test(self) -> bool:
        """Whether it is done."""
        return bool(self._event.done)

    def join(self) -> None:
        """Have what the card's current stream is given from now on come after it."""
        import cupy

        cupy.cuda.get_current_stream().wait_event(self._event)


class Communicator:
    """The cards of all ranks. What it is asked for runs on a stream of its own, beside the program's."""

    def __init__(self, size: int, name: Array, rank: int) -> None:
        import cupy
        from cupy.cuda import nccl

        self._nccl = nccl
        self._stream = cupy.cuda.Stream(non_blocking=True)
        old = isinstance(nccl.get_unique_id(), tuple)  # as it was before CuPy 13
        identity = tuple(name.view(np.int8).tolist()) if old else name.tobytes()
        self._communicator = nccl.NcclCommunicator(size, identity, rank)

    def all_reduce(self, array: Array, op: str) -> Sent:
        """Put the "sum", "prod", "min" or "max" over all ranks into ``array``, contiguous."""
        pointer, stream = self._begin(array)
        what = getattr(self._nccl, _OPS[op])
        self._communicator.allReduce(pointer, pointer, array.size, self._dtype(array), what, stream)
        return Sent(self._stream)

    def broadcast(self, array: Array, root: int) -> Sent:
        """Put what ``array`` holds on the rank ``root`` into those of all."""
        pointer, stream = self._begin(array)
        self._communicator.broadcast(pointer, pointer, array.nbytes, self._nccl.NCCL_UINT8, root, stream)
        return Sent(self._stream)

    def _begin(self, array: Array) -> tuple[int, int]:
        """The array's address and the stream's, which waits for what is being computed."""
        import cupy

        if not array.flags.c_contiguous:
            raise ValueError(f"NCCL takes contiguous arrays; this one, of shape {array.shape}, is not")
        self._stream.wait_event(cupy.cuda.get_current_stream().record())
        return int(array.data.ptr), int(self._stream.ptr)

    def _dtype(self, array: Array) -> int:
        return int(getattr(self._nccl, f"NCCL_{array.dtype.name.upper()}"))
