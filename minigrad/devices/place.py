"""Where arrays are, and which library's they are: NumPy's on the CPU, CuPy's on an NVIDIA GPU.

The formulas of minigrad are NumPy's functions, and an array of another library answers them itself (by
``__array_ufunc__`` and ``__array_function__``; a new array beside x is ``np.zeros_like(x)`` or
``np.arange(n, like=x)``). Left for here is what no operand can answer: to make an array where there is none
yet, to bring one from one place to another, and to tell where one is.

A place is a small class, `Place`; that of the GPU is in `cuda_place.py`, loaded when it is first named.
"""

import contextlib
import functools
import importlib
from typing import Any, TypeAlias

import numpy as np

from minigrad.devices.names import CPU, default, device
from minigrad.errors import DeviceError

Array: TypeAlias = Any
"""An array of any of the libraries; not `numpy.ndarray` to a type checker, for CuPy's have more."""


class Place:
    """One kind of place, and the library whose arrays are there. This class itself is the CPU, with NumPy's.

    ``library`` is the module with NumPy's functions, ``array`` its array type. ``index`` counts places of one
    kind.
    """

    kind = "cpu"
    library: Any = np
    array: type[Any] = np.ndarray

    def find(self, index: int | None) -> device:
        """The full name of the place with this number, the current one for None; DeviceError if none is."""
        if index:
            raise DeviceError(f"there is one CPU, {str(CPU)!r}; got 'cpu:{index}'")
        return CPU

    def device_of(self, array: Array) -> device:
        """Where an array of this library is."""
        return CPU

    def on(self, where: device) -> contextlib.AbstractContextManager[Any]:
        """Inside, new arrays of this library are made there."""
        return contextlib.nullcontext()

    def put(self, array: Array, where: device, non_blocking: bool) -> Array:
        """A NumPy array, or an array of this library, as one that is there; the array itself if it is."""
        return array

    def get(self, array: Array, non_blocking: bool) -> Array:
        """An array of this library as a NumPy array; with ``non_blocking`` it may not be filled yet."""
        return array

    def generator(self, seed: int, where: device, rng: Any = None) -> Any:
        """A source of random numbers there, with methods of numpy.random.Generator. ``rng`` is one that is no
        more needed, and may be started over.
        """
        # PCG64 seeds from non-negative numbers; PyTorch takes any 64-bit one.
        return np.random.Generator(np.random.PCG64(seed % 2**64))

    def get_state(self, rng: Any) -> Any:
        """The state of a source of random numbers, as values that can be saved."""
        return rng.bit_generator.state

    def set_state(self, rng: Any, state: Any) -> None:
        """Put a source of random numbers back into a state."""
        rng.bit_generator.state = state

    def writeable(self, array: Array) -> bool:
        """Whether the array's memory may be written."""
        return bool(array.flags.writeable)

    def pinned(self, array: Array) -> Array:
        """A NumPy array in memory that this place reads by itself; the CPU reads any."""
        return array

    def is_pinned(self, array: Array) -> bool:
        """Whether a NumPy array is in such memory."""
        return False


_MODULES = {"cuda": "minigrad.devices.cuda_place"}  # where the places are that are not loaded from the start
_places: dict[str, Place] = {}
_place_of: dict[type, Place] = {}


def add(place: Place) -> None:
    """Make a place known: by its name, and by the type of its arrays."""
    _places[place.kind] = _place_of[place.array] = place


add(Place())

ARRAYS = _place_of
"""The types of arrays there are: ``type(x) in ARRAYS`` tells arrays from numbers, lists and Tensors."""


def as_array(value: Any) -> Array:
    """A result as an array: of no dimension NumPy makes numbers, at times."""
    return value if type(value) in ARRAYS else np.asarray(value)


def is_array(value: Any) -> bool:
    """Whether a value is an array, of any of the libraries, and neither a number nor a Tensor."""
    return type(value) in ARRAYS or isinstance(value, np.ndarray)


def _of(array: Array) -> Place:
    """The place of an array."""
    place = _place_of.get(type(array))
    return _places["cpu"] if place is None else place  # a subclass of NumPy's arrays


def at(where: device, owner: str = "") -> Place:
    """The place that a device is of; ``owner`` is who was asked for it."""
    place = _places.get(where.type)
    if place is None:
        if where.type not in _MODULES:
            raise NotImplementedError(
                f"{owner}{': ' if owner else ''}device={str(where)!r} is not supported: tensors are on "
                '"cpu" or "cuda"'
            )
        place = importlib.import_module(_MODULES[where.type]).place
        assert isinstance(place, Place)
        add(place)
    return place


def find(name: Any, owner: str = "") -> device:
    """The device that is meant by a name or a number, in full ("cuda:0" for "cuda"); the default for None.

    ``owner`` is who was asked for it. Raises DeviceError if it is not there, and NotImplementedError for a
    kind of place that minigrad does not know.
    """
    wanted = default.get() if name is None else name
    if wanted is CPU:
        return CPU
    if not isinstance(wanted, (str, int)) or isinstance(wanted, bool):
        raise TypeError(f'{owner}: a device is named by a string such as "cuda:0" or a number, got {name!r}')
    named = wanted if isinstance(wanted, device) else device(wanted)
    try:
        return at(named, owner).find(named.index)
    except DeviceError as error:
        raise DeviceError(f"{owner}{': ' if owner else ''}device={str(named)!r}: {error}") from None


def device_of(array: Array) -> device:
    """The device that an array is on."""
    return CPU if type(array) is np.ndarray else _of(array).device_of(array)


def make(function: Any, where: device, *args: Any, **options: Any) -> Array:
    """What a function of NumPy makes, on a device: ``make(np.zeros, where, (2, 3), dtype)``."""
    if where is CPU:
        return function(*args, **options)
    place = at(where)
    with place.on(where):
        return getattr(place.library, function.__name__)(*args, **options)


def put(array: Array, where: device, non_blocking: bool = False) -> Array:
    """An array as one on the device ``where``: itself if it is there, else a copy."""
    own = _of(array)
    if own.kind == where.type:
        return own.put(array, where, non_blocking)
    if own.kind != CPU.type:
        array = own.get(array, non_blocking and where is CPU)
    return at(where).put(array, where, non_blocking)


def to_host(array: Array) -> Any:
    """An array's numbers as a NumPy array: itself if it is one."""
    return _of(array).get(array, non_blocking=False)


def writeable(array: Array) -> bool:
    """Whether an array's memory may be written: it is not read-only, and no number stands for several."""
    return array.flags.writeable if type(array) is np.ndarray else _of(array).writeable(array)


def beside(array: Array, value: Any) -> Array:
    """A number or an array as an array on the device of ``array``."""
    return put(as_array(value), device_of(array))


def constant(array: Array, numbers: Any) -> Array:
    """A small NumPy array that is never written, on the device of ``array``: sent there once, and kept."""
    if type(array) is np.ndarray:
        return numbers
    return _sent(numbers.tobytes(), numbers.dtype.str, numbers.shape, device_of(array))


@functools.lru_cache(1024)
def _sent(content: bytes, dtype: str, shape: tuple[int, ...], where: device) -> Array:
    return put(np.frombuffer(content, dtype).reshape(shape), where)


def adopt(value: Any) -> Array:
    """An array that shares the memory of what offers it by the CUDA array interface, CuPy's own as it is."""
    library = at(device("cuda")).library
    return value if type(value) in ARRAYS else library.asarray(value)


def from_dlpack(source: Any) -> Array:
    """An array that shares the memory of another library's, where that is."""
    kinds = {1: "cpu", 2: "cuda", 3: "cpu", 13: "cuda"}  # DLPack's DLDeviceType: CPU, CUDA, CUDAHost, managed
    number = int(source.__dlpack_device__()[0])
    if number not in kinds:
        raise DeviceError(f"from_dlpack: the memory is on a device of DLPack's type {number}; known: {kinds}")
    return at(device(kinds[number])).library.from_dlpack(source)


def arrays(values: Any) -> list[tuple[Array, device]]:
    """The arrays among the values, and in tuples and lists of them, each with its device."""
    found: list[Any] = []
    for value in values:
        if type(value) in (tuple, list):
            found += arrays(value)
        elif is_array(value):
            found.append((value, device_of(value)))
    return found


def apart(values: Any) -> bool:
    """Whether the arrays among the values are not all on one device."""
    return len({where for _, where in arrays(values)}) > 1
