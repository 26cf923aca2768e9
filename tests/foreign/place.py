"""The place "foreign", for minigrad's ``device=``."""

from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np

from minigrad.devices import device
from minigrad.devices import place as places
from minigrad.errors import DeviceError
from tests.foreign import cupy_api
from tests.foreign.array import ForeignArray, call

_ONLY = device("foreign", 0)


def _function(name: str) -> Any:
    def run(*args: Any, **options: Any) -> Any:
        return call(getattr(np, name), name, args, options)

    return run


class Generator:
    """A source of random numbers with what CuPy's has: no ``permutation``, no ``choice``."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.Generator(np.random.PCG64(seed % 2**64))

    def random(self, size: Any = None, dtype: Any = np.float64) -> Any:
        return ForeignArray(np.asarray(self._rng.random(size, dtype)))

    def standard_normal(self, size: Any = None, dtype: Any = np.float64) -> Any:
        return ForeignArray(np.asarray(self._rng.standard_normal(size, dtype)))

    def integers(self, low: int, high: Any = None, size: Any = None, dtype: Any = np.int64) -> Any:
        return ForeignArray(np.asarray(self._rng.integers(low, high, size, dtype)))

    def uniform(self, low: float = 0.0, high: float = 1.0, size: Any = None) -> Any:
        return ForeignArray(np.asarray(self._rng.uniform(low, high, size)))


class Foreign(places.Place):
    """One place, numbered 0."""

    kind = "foreign"
    array = ForeignArray
    _pinned: ClassVar[dict[int, Any]] = {}
    library = SimpleNamespace(**{name: _function(name) for name in cupy_api.FUNCTIONS if "." not in name})

    def find(self, index: int | None) -> device:
        if index:
            raise DeviceError("there is one foreign place, 'foreign:0'")
        return _ONLY

    def device_of(self, array: Any) -> device:
        return _ONLY

    def put(self, array: Any, where: device, non_blocking: bool) -> Any:
        return array if type(array) is ForeignArray else ForeignArray(np.array(array))

    def get(self, array: Any, non_blocking: bool) -> Any:
        return array.get()

    def generator(self, seed: int, where: device, rng: Any = None) -> Any:
        return Generator(seed)

    def get_state(self, rng: Any) -> Any:
        return rng._rng.bit_generator.state

    def set_state(self, rng: Any, state: Any) -> None:
        rng._rng.bit_generator.state = state

    def writeable(self, array: Any) -> bool:
        axes = zip(array.shape, array.strides, strict=True)
        return not array.size or not any(size > 1 and not step for size, step in axes)

    def pinned(self, array: Any) -> Any:
        pinned = array.copy()
        self._pinned[id(pinned)] = pinned
        return pinned

    def is_pinned(self, array: Any) -> bool:
        return id(array) in self._pinned


place = Foreign()
places.add(place)
