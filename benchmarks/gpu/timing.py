"""Times by the card's own clock, for both libraries alike."""

import statistics
from collections.abc import Callable
from typing import Any

import cupy
import torch

Run = Callable[[], Any]


def of_cupy(run: Run, calls: int, rounds: int) -> float:
    """Milliseconds of one call: the median of the rounds, each so many calls in a row."""
    times = []
    for _ in range(rounds):
        begin, end = cupy.cuda.Event(), cupy.cuda.Event()
        begin.record()
        for _ in range(calls):
            run()
        end.record()
        end.synchronize()
        times.append(cupy.cuda.get_elapsed_time(begin, end) / calls)
    return statistics.median(times)


def of_torch(run: Run, calls: int, rounds: int) -> float:
    """The same for PyTorch."""
    times = []
    for _ in range(rounds):
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        for _ in range(calls):
            run()
        end.record()
        torch.cuda.synchronize()
        times.append(begin.elapsed_time(end) / calls)
    return statistics.median(times)


def captured_by_cupy(run: Run, calls: int) -> Run:
    """So many calls as one graph, launched by the function that is returned."""
    from minigrad.kernels.cupy_gpu.capture import SideStream

    side = SideStream()
    for _ in range(2):
        side.run(run)
    with side.stream, cupy.cuda.using_allocator(side.pool.malloc):
        side.stream.begin_capture(mode=cupy.cuda.runtime.streamCaptureModeRelaxed)
        for _ in range(calls):
            run()
        graph = side.stream.end_capture()
    return lambda: (graph.launch(), side)


def captured_by_torch(run: Run, calls: int) -> Run:
    """The same for PyTorch."""
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for _ in range(3):
            run()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for _ in range(calls):
            run()
    return graph.replay
