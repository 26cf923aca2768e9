"""What can be asked and told about NVIDIA GPUs, by PyTorch's names. CuPy is loaded at the first call.

Tensors get there by ``x.to("cuda")``, models by ``model.to("cuda")``; the guide "On the GPU" has the rest.
"""

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from minigrad import random
from minigrad.devices import device as _device
from minigrad.devices import place
from minigrad.errors import CaptureError, DeviceError, OutOfMemoryError
from minigrad.tensor import Tensor

__all__ = [
    "OutOfMemoryError",
    "capture",
    "current_device",
    "device",
    "device_count",
    "empty_cache",
    "get_device_capability",
    "get_device_name",
    "get_rng_state",
    "initial_seed",
    "is_available",
    "manual_seed",
    "manual_seed_all",
    "max_memory_allocated",
    "mem_get_info",
    "memory_allocated",
    "memory_reserved",
    "reset_peak_memory_stats",
    "set_device",
    "set_rng_state",
    "synchronize",
]


def _cuda(device: Any = None) -> tuple[Any, Any]:
    """CuPy's ``cuda``, and the GPU that is meant: the current one for None."""
    where = place.find("cuda" if device is None else device, "cuda")
    if where.type != "cuda":
        raise ValueError(f"expected a GPU, such as 'cuda:0' or its number, got {str(where)!r}")
    return place.at(where).library, where


def is_available() -> bool:
    """Whether tensors can be on a GPU: CuPy is installed and CUDA finds one."""
    return device_count() > 0


def device_count() -> int:
    """How many GPUs tensors can be on."""
    try:
        return int(_cuda()[0].cuda.runtime.getDeviceCount())
    except DeviceError:
        return 0


def current_device() -> int:
    """The number of the GPU that "cuda" stands for."""
    return int(_cuda()[1].index)


def set_device(device: Any) -> None:
    """Have "cuda" stand for another GPU, in this thread."""
    cupy, where = _cuda(device)
    cupy.cuda.runtime.setDevice(where.index)


@contextlib.contextmanager
def device(device: Any) -> Iterator[None]:
    """``with mg.cuda.device(1):`` inside, "cuda" stands for that GPU. Compute there inside: CuPy runs each
    operation on the current GPU.
    """
    cupy, where = _cuda(device)
    with cupy.cuda.Device(where.index):
        yield


def synchronize(device: Any = None) -> None:
    """Wait until the GPU has done all that it was told. Before taking the time: a GPU works on alone."""
    cupy, where = _cuda(device)
    cupy.cuda.Device(where.index).synchronize()


# What it is -------------------------------------------------------------------------------------------------


def get_device_name(device: Any = None) -> str:
    """What the card is called: "NVIDIA H100"."""
    cupy, where = _cuda(device)
    return str(cupy.cuda.runtime.getDeviceProperties(where.index)["name"].decode())


def get_device_capability(device: Any = None) -> tuple[int, int]:
    """The version of its architecture: (9, 0) for Hopper."""
    cupy, where = _cuda(device)
    capability = cupy.cuda.Device(where.index).compute_capability  # "90", "100"
    return int(capability[:-1]), int(capability[-1])


# Its memory -------------------------------------------------------------------------------------------------


def memory_allocated(device: Any = None) -> int:
    """How many bytes tensors take now."""
    return _of_pool(device, "used_bytes")


def memory_reserved(device: Any = None) -> int:
    """How many bytes minigrad has from CUDA: for tensors, and freed ones kept for the next."""
    return _of_pool(device, "total_bytes")


def max_memory_allocated(device: Any = None) -> int:
    """The most bytes that tensors took at a time, since the start or ``reset_peak_memory_stats``."""
    _, where = _cuda(device)
    return int(_peaks(where)[where.index])


def reset_peak_memory_stats(device: Any = None) -> None:
    """Have ``max_memory_allocated`` begin with what tensors take now."""
    _, where = _cuda(device)
    _peaks(where)[where.index] = memory_allocated(where)


def mem_get_info(device: Any = None) -> tuple[int, int]:
    """(free, all) bytes of the card, with what other programs take."""
    cupy, where = _cuda(device)
    with cupy.cuda.Device(where.index):
        free, total = cupy.cuda.runtime.memGetInfo()
    return int(free), int(total)


def empty_cache() -> None:
    """Give memory that no tensor takes back to CUDA, for other programs. minigrad itself needs it no less."""
    _cuda()[0].get_default_memory_pool().free_all_blocks()


def _peaks(where: Any) -> Any:
    return place.at(where).peaks  # type: ignore[attr-defined]


def _of_pool(device: Any, question: str) -> int:
    cupy, where = _cuda(device)
    with cupy.cuda.Device(where.index):
        return int(getattr(cupy.get_default_memory_pool(), question)())


# Its random numbers -----------------------------------------------------------------------------------------


def manual_seed(seed: int) -> None:
    """Seed the random numbers of the current GPU; ``mg.manual_seed`` seeds the CPU's as well. Without a GPU
    nothing happens.
    """
    if is_available():
        random.default_of(_cuda()[1]).manual_seed(seed)


def manual_seed_all(seed: int) -> None:
    """Seed the random numbers of every GPU."""
    for number in range(device_count()):
        random.default_of(_device("cuda", number)).manual_seed(seed)


def initial_seed() -> int:
    """The seed that the current GPU's random numbers started from."""
    return random.default_of(_cuda()[1]).initial_seed()


def get_rng_state(device: Any = "cuda") -> dict[str, Any]:
    """The state of a GPU's random numbers."""
    return random.default_of(_cuda(device)[1]).get_state()


def set_rng_state(new_state: dict[str, Any], device: Any = "cuda") -> None:
    """Put a GPU's random numbers back into a state."""
    random.default_of(_cuda(device)[1]).set_state(new_state)


# A training step as one graph -------------------------------------------------------------------------------

WARM_UPS = 2
"""Calls of each shape that run as they are: what is made at a first call (compiled code, tables, an
optimiser's state) does not belong into a graph."""


def capture(step: Callable[..., Any]) -> "CapturedStep":
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
        except RuntimeError as error:
            # CUDA's, or CuPy's own "the current stream is capturing, so D2H transfers are disallowed"
            of_cuda = isinstance(error, side.cupy.cuda.runtime.CUDARuntimeError)
            if not of_cuda and "stream is capturing" not in str(error):
                raise
            raise CaptureError(
                f"capture: the step does what a captured one cannot ({error}). It may read nothing back from "
                "the card while it runs: no loss.item(), float(x), print(x), x.numpy() or `if` on a tensor, "
                "and no tensor made of numbers. Return the loss, and read it after the call."
            ) from error
        self._graphs[key] = graph
        return graph.replay(arrays)


def _array(arg: Any, number: int) -> Any:
    if isinstance(arg, Tensor):
        return arg._data
    if isinstance(arg, np.ndarray) or hasattr(arg, "__cuda_array_interface__"):
        return arg
    raise TypeError(f"a captured step takes tensors; argument {number} is a {type(arg).__name__}")
