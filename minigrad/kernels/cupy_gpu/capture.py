"""A function of arrays as one CUDA graph: captured once, replayed without Python and without its launches.

A small network's step is bound by what the host does: some hundred launches at 5 to 20 microseconds. The
card's own time is often a tenth of that. A graph holds all launches of a step with their arguments; to replay
it is one call.
"""

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.devices.capturing import captured_by
from minigrad.kernels.reference.arrays import Array


class SideStream:
    """Where a function is warmed up and captured: a stream and a memory pool that nothing else uses.

    The arrays of a graph stay where they were when it was captured, so no other array may come to lie there.
    """

    def __init__(self) -> None:
        import cupy

        self.cupy = cupy
        self.stream = cupy.cuda.Stream(non_blocking=True)
        self.pool = cupy.cuda.MemoryPool()

    def run(self, function: Callable[[], Any]) -> Any:
        """What the function returns, run here and in order with what runs on the current stream."""
        cupy = self.cupy
        outside = cupy.cuda.get_current_stream()
        self.stream.wait_event(outside.record())
        with self.stream, cupy.cuda.using_allocator(self.pool.malloc):
            result = function()
        outside.wait_event(self.stream.record())
        return result


class Graph:
    """A function of arrays, captured: ``graph.replay(arrays)`` computes what it computed.

    The function runs once, launching nothing, when the graph is made; what it did on the host is not done
    again, but for what was registered by `capturing.before_replay`. What it returned is ``result``.
    """

    def __init__(self, function: Callable[..., Any], inputs: tuple[Array, ...], side: SideStream) -> None:
        self._side = side  # whose memory the graph uses
        self._kept: list[Array] = []
        self._actions: list[Callable[[], object]] = []
        self._replayed = 0
        self.inputs = inputs
        self.replays = self.sent(np.zeros(1, np.uint64), int(side.cupy.cuda.Device().id))
        side.run(lambda: self._capture(function))

    def _capture(self, function: Callable[..., Any]) -> None:
        runtime, stream = self._side.cupy.cuda.runtime, self._side.stream
        stream.begin_capture(mode=runtime.streamCaptureModeRelaxed)
        try:
            with captured_by(self):
                self.result = function(*self.inputs)
        except BaseException:
            with contextlib.suppress(runtime.CUDARuntimeError):  # what went wrong is being raised already
                stream.end_capture()  # the stream is of no use before
            raise
        self._graph = stream.end_capture()

    def sent(self, host: Array, where: int) -> Array:
        """``host`` on the card, by a stream of its own, which is not captured."""
        cuda = self._side.cupy.cuda
        with cuda.Device(where), cuda.Stream(non_blocking=True) as stream:
            array: Array = self._side.cupy.asarray(host)
            stream.synchronize()
        self._kept.append(array)
        return array

    def before_replay(self, action: Callable[[], object]) -> None:
        """Do this before each replay but the first."""
        self._actions.append(action)

    def replay(self, arrays: tuple[Any, ...]) -> Any:
        """Run the function on new inputs, of the same shapes. The next replay overwrites the result."""
        for mine, new in zip(self.inputs, arrays, strict=True):
            if isinstance(new, np.ndarray):
                mine.set(np.ascontiguousarray(new))  # type: ignore[attr-defined]
            else:
                mine[...] = new
        if self._replayed:
            for action in self._actions:
                action()
            self.replays.fill(self._replayed)
        self._replayed += 1
        self._graph.launch()  # on the current stream
        return self.result
