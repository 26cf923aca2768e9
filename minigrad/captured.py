"""A training step captured as a CUDA graph: `minigrad.cuda.capture`."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.devices import place
from minigrad.errors import CaptureError
from minigrad.tensor import Tensor

WARM_UPS = 2
"""Calls of each shape that run as they are: what is made at a first call (compiled code, tables, an
optimiser's state) does not belong into a graph."""


class CapturedStep:
    """A step that is run as it is twice, then captured, and replayed from then on; see `capture`."""

    def __init__(self, step: Callable[..., Any]) -> None:
        functools.update_wrapper(self, step)
        self._step = step
        self._side: Any = None
        self._calls: dict[Any, int] = {}
        self._graphs: dict[Any, Any] = {}

    def __call__(self, *args: Any) -> Any:
        from minigrad.kernels.cupy_gpu.capture import Graph, SideStream

        arrays = tuple(_array(arg, number) for number, arg in enumerate(args))
        key = tuple((array.shape, array.dtype) for array in arrays)
        graph = self._graphs.get(key)
        if graph is not None:
            return graph.replay(arrays)
        if self._side is None:
            place.find("cuda", "capture")  # or say what is missing
            self._side = SideStream()
        side, seen = self._side, self._calls.get(key, 0)
        self._calls[key] = seen + 1
        inputs = side.run(lambda: tuple(side.cupy.array(array) for array in arrays))

        def run(*inputs: Any) -> Any:
            return self._step(*map(Tensor._wrap, inputs))

        if seen < WARM_UPS:
            return side.run(lambda: run(*inputs))
        try:
            graph = Graph(run, inputs, side)
        except side.cupy.cuda.runtime.CUDARuntimeError as error:
            raise CaptureError(
                f"capture: the step does what a captured one cannot ({error}). It may read nothing back from "
                "the card while it runs: no loss.item(), float(x), print(x), x.numpy() or `if` on a tensor, "
                "and no tensor made of numbers. Return the loss, and read it after the call."
            ) from error
        self._graphs[key] = graph
        return graph.replay(arrays)


def capture(step: Callable[..., Any]) -> CapturedStep:
    """The step as one CUDA graph, so that a small network is not bound by Python and by launches.

        @mg.cuda.capture
        def step(x, target):
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), target)
            loss.backward()
            optimizer.step()
            return loss

        for x, target in loader:
            loss = step(x, target)

    The first two calls run the step as it is. The third captures it: from then on a call copies the inputs
    to where the graph reads them, and replays all launches at once. Every call is one step, and trains as it
    would without; learning rates, an optimiser's count of steps and dropout go on. Inputs, tensors or arrays
    on the card or on the host, of another shape or dtype are another graph.

    What else the step does in Python is done at the first three calls only: printing, counting, appending.
    What it returns is overwritten by the next call; ``loss.item()`` or ``loss.clone()`` keeps it. A step that
    reads from the card (``loss.item()`` inside) cannot be captured, and raises CaptureError, a RuntimeError.

    PyTorch has it as torch.cuda.make_graphed_callables and torch.cuda.graph.
    """
    return CapturedStep(step)


def _array(arg: Any, number: int) -> Any:
    if isinstance(arg, Tensor):
        return arg._data
    if isinstance(arg, np.ndarray) or hasattr(arg, "__cuda_array_interface__"):
        return arg
    raise TypeError(f"a captured step takes tensors; argument {number} is a {type(arg).__name__}")
