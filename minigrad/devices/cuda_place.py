"""NVIDIA GPUs, by CuPy: the place "cuda". Loaded when a program first names it, and CuPy with it.

What CuPy or the driver say when something is missing is said here in terms of what to do about it.
"""

import contextlib
import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.devices.names import device
from minigrad.devices.place import Array, Place
from minigrad.errors import DeviceError, OutOfMemoryError

INSTALL = (
    "pip install cupy-cuda13x for CUDA 13, cupy-cuda12x for CUDA 12 (minigrad's extras gpu-cu13 and gpu-cu12 "
    "bring them); nvidia-smi shows up to which CUDA the driver goes"
)
WITHOUT = 'Without a GPU leave the device out, or write "cuda" if mg.cuda.is_available() else "cpu".'

HELP = (
    "What usually helps: a smaller batch; evaluation under mg.no_grad(), which keeps nothing for a gradient; "
    "loss.item() where losses are added up, for a loss that is kept keeps its whole graph; del of what is no "
    "longer needed. mg.cuda.empty_cache() gives what minigrad holds in reserve back to other programs."
)


def load_cupy() -> Any:
    """CuPy, or DeviceError with what to install."""
    try:
        return importlib.import_module("cupy")
    except ImportError as error:
        if isinstance(error, ModuleNotFoundError) and error.name == "cupy":
            said = f"CuPy, which computes on the GPU, is not installed: {INSTALL}. {WITHOUT}"
            raise DeviceError(said) from None
        raise DeviceError(
            f"CuPy is installed but cannot be loaded ({error}). It has to fit the CUDA of the driver: "
            f"{INSTALL}. There may be one cupy package only: pip list shows which there are. {WITHOUT}"
        ) from error


class Cuda(Place):
    """The GPUs of this machine, numbered by CUDA from 0. Made only where CuPy and a driver are."""

    kind = "cuda"

    def __init__(self) -> None:
        self.library = cupy = load_cupy()
        try:
            self.count = cupy.cuda.runtime.getDeviceCount()
        except cupy.cuda.runtime.CUDARuntimeError as error:
            raise DeviceError(
                f"CuPy is installed, but CUDA finds no GPU ({error}). Does nvidia-smi show one, and a driver "
                f"that knows this CuPy's CUDA? Otherwise: {INSTALL}. {WITHOUT}"
            ) from None
        self.array = cupy.ndarray
        self._names = [device("cuda", number) for number in range(self.count)]
        self.peaks = [0] * self.count
        """The most bytes that arrays of minigrad have taken at a time, on each GPU."""
        cupy.cuda.set_allocator(self.allocator(cupy.cuda.get_allocator()))

    def find(self, index: int | None) -> device:
        if index is None:
            index = int(self.library.cuda.runtime.getDevice())
        if index >= self.count:
            there = ", ".join(map(repr, map(str, self._names)))
            raise DeviceError(f"there is no such GPU; there is {there}")
        return self._names[index]

    def device_of(self, array: Array) -> device:
        number: int = array.device.id
        return self._names[number]

    def on(self, where: device) -> contextlib.AbstractContextManager[Any]:
        if where.index is None or where.index == self.library.cuda.runtime.getDevice():
            return contextlib.nullcontext()
        return self.library.cuda.Device(where.index)  # type: ignore[no-any-return]

    def put(self, array: Array, where: device, non_blocking: bool) -> Array:
        if type(array) is self.array and array.device.id == where.index:
            return array
        with self.on(where):
            if type(array) is self.array:
                return self.library.array(array)  # from one GPU to another
            # From pinned memory the copy runs beside the program; CuPy keeps the memory until it is done.
            return self.library.asarray(array, blocking=not non_blocking)

    def get(self, array: Array, non_blocking: bool) -> Array:
        return array.get(blocking=not non_blocking)

    def generator(self, seed: int, where: device, rng: Any = None) -> Any:
        random = self.library.random
        with self.on(where):
            fresh = random.Generator(random.Philox4x3210(seed % 2**64))
            if rng is None:
                return fresh
            rng.bit_generator._state[...] = fresh.bit_generator._state
            return rng

    def get_state(self, rng: Any) -> Any:
        return rng.bit_generator._state.get()  # CuPy has no public name for it

    def set_state(self, rng: Any, state: Any) -> None:
        rng.bit_generator._state.set(np.asarray(state, np.int8))

    def writeable(self, array: Array) -> bool:
        # CuPy has no read-only arrays. In one that was stretched, one number stands for several.
        axes = zip(array.shape, array.strides, strict=True)
        return not array.size or not any(size > 1 and not step for size, step in axes)

    def allocator(self, allocate: Callable[[int], Any]) -> Callable[[int], Any]:
        """``allocate`` with an error that helps where memory is exhausted, and the peak noted."""
        cupy, peaks = self.library, self.peaks
        pool, number, exhausted = (
            cupy.get_default_memory_pool(),
            cupy.cuda.runtime.getDevice,
            cupy.cuda.memory.OutOfMemoryError,
        )

        def run(size: int) -> Any:
            try:
                memory = allocate(size)
            except exhausted:
                raise self._exhausted(size) from None
            used, here = pool.used_bytes(), number()
            if used > peaks[here]:
                peaks[here] = used
            return memory

        return run

    def _exhausted(self, size: int) -> OutOfMemoryError:
        cuda, pool = self.library.cuda, self.library.get_default_memory_pool()
        free, total = cuda.runtime.memGetInfo()
        used, held = pool.used_bytes(), pool.total_bytes()
        limit = f" of the {_bytes(pool.get_limit())} that CuPy is limited to" if pool.get_limit() else ""
        return OutOfMemoryError(
            f"cuda:{cuda.runtime.getDevice()} has no room for another {_bytes(size)}: arrays take "
            f"{_bytes(used)}{limit}, {_bytes(held - used)} is held in reserve in pieces that do not fit, and "
            f"of the {_bytes(total)} of the card {_bytes(free)} is free; the rest is other programs'. {HELP}"
        )

    def pinned(self, array: Array) -> Array:
        # Page-locked: the system may not move it, so the GPU can read it while the program goes on.
        cuda = self.library.cuda
        memory = cuda.alloc_pinned_memory(max(array.nbytes, 1))
        copy = np.frombuffer(memory, array.dtype, array.size).reshape(array.shape)
        copy[...] = array
        return copy

    def is_pinned(self, array: Array) -> bool:
        return bool(self.library.cuda.pinned_memory.is_memory_pinned(array.ctypes.data))


def _bytes(count: int) -> str:
    """A number of bytes as a person reads it: 1.50 GiB."""
    size, unit = float(count), 0
    while size >= 1024 and unit < 4:
        size, unit = size / 1024, unit + 1
    return f"{count} bytes" if not unit else f"{size:.2f} {('KiB', 'MiB', 'GiB', 'TiB')[unit - 1]}"


place = Cuda()
