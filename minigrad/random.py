"""Where random numbers come from: generators, reproducible by seed. What is drawn is in ops/draws.py."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from typing import Any

import numpy as np

from minigrad.devices import CPU, device, place
from minigrad.errors import DeviceError, refuse
from minigrad.forks import in_child

__all__ = ["Generator", "fork_rng", "get_rng_state", "initial_seed", "manual_seed", "seed", "set_rng_state"]


class Generator:
    """A source of random numbers on a device. Two with the same seed give the same numbers; a GPU's are not
    the CPU's.

    ``rng`` is the numpy.random.Generator behind it, or CuPy's, for code that works on arrays.
    """

    def __init__(self, device: Any = "cpu") -> None:
        self.device = place.find(device, "Generator")
        self.seed()

    def manual_seed(self, seed: int) -> "Generator":
        """Start over from ``seed``; returns the generator."""
        try:
            self._seed = int(seed)
        except (TypeError, ValueError) as error:
            raise type(error)(f"manual_seed: expected an integer, got {seed!r}") from None
        # Started over in place: a recorded graph of the GPU's goes on drawing from it.
        self.rng = place.at(self.device).generator(self._seed, self.device, getattr(self, "rng", None))
        return self

    def seed(self) -> int:
        """Start over from a seed drawn from the system, and return it."""
        self.manual_seed(int(np.random.SeedSequence().generate_state(1, np.uint64)[0]))
        return self._seed

    def initial_seed(self) -> int:
        """The seed that it last started from."""
        return self._seed

    def get_state(self) -> dict[str, Any]:
        """The whole state, to be given to ``set_state`` later."""
        return {"seed": self._seed, "rng": place.at(self.device).get_state(self.rng)}

    def set_state(self, state: dict[str, Any]) -> "Generator":
        """Go on from a state that ``get_state`` returned."""
        self._seed = state["seed"]
        place.at(self.device).set_state(self.rng, state["rng"])
        return self


default_generator = Generator()
"""Where random numbers come from unless a generator is named, on the CPU."""


@in_child
def _unlock() -> None:
    """A thread that was drawing has stayed with the parent, and the lock of NumPy's generator with it."""
    default_generator.rng = copy.deepcopy(default_generator.rng)


_of_gpus: dict[str, Generator] = {}
"""The default generators of the GPUs. Each is made when its first number is drawn."""


class StandIn(Generator):
    """Stands in for the default generators, the CPU's and the GPUs', and is made when a number is drawn.

    Two with the same two numbers, a seed and which of its stand-ins it is, give the same.
    """

    def __init__(self, seed: int, number: int) -> None:
        self.device = CPU
        self._seed, self._numbers = seed, (seed, number)
        self._gpus_seed: int | None = None
        self._of_gpus: dict[str, Generator] = {}

    @cached_property
    def rng(self) -> np.random.Generator:
        """The generator behind it, begun when the first number is drawn."""
        return np.random.Generator(np.random.PCG64(self._numbers))

    def manual_seed(self, seed: int) -> "Generator":
        super().manual_seed(seed)
        self._gpus_seed = self._seed
        self._of_gpus.clear()
        return self

    def on(self, where: device) -> Generator:
        """The one for a GPU."""
        if self._gpus_seed is None:
            self._gpus_seed = int(np.random.SeedSequence(self._numbers).generate_state(1, np.uint64)[0])
        if where not in self._of_gpus:
            self._of_gpus[where] = Generator(where).manual_seed(self._gpus_seed)
        return self._of_gpus[where]


class _Copies(StandIn):
    """Stands in for the default generators, and goes on from where each of them is."""

    def __init__(self, originals: dict[str, Generator]) -> None:
        cpus = originals[CPU]
        self.device = CPU
        self._seed = self._gpus_seed = cpus.initial_seed()
        self.rng = copy.deepcopy(cpus.rng)
        self._of_gpus = {
            where: Generator(where).set_state(original.get_state())
            for where, original in originals.items()
            if original is not cpus
        }


in_place_of_default: ContextVar[StandIn | None] = ContextVar("in_place_of_default", default=None)
"""What stands in for the default generators in this context. A loader sets one for each batch, so that what a
data set draws in a thread does not depend on what the program draws meanwhile."""


@contextmanager
def fork_rng(devices: None = None, enabled: bool = True) -> Iterator[None]:
    """Inside, this thread's default generators are copies: nothing drawn or seeded there is felt outside, and
    nothing that is drawn outside, in other threads, there.

    So trainings in threads side by side come out as they do one after the other::

        with mg.random.fork_rng():
            mg.manual_seed(0)
            train.fit(...)

    It holds for the thread that enters it and for the workers of its loaders. With ``enabled=False`` it does
    nothing.

    Raises NotImplementedError for ``devices``: the generators of all devices are copied.
    """
    refuse("fork_rng", "the generators of all devices are copied", devices=devices)
    if not enabled:
        yield
        return
    token = in_place_of_default.set(_Copies(default_generators()))
    try:
        yield
    finally:
        in_place_of_default.reset(token)


def _current() -> Generator:
    """The default generator, or what stands in for it here."""
    return in_place_of_default.get() or default_generator


def default_of(where: device) -> Generator:
    """The default generator of a device. Those of GPUs begin at the CPU's seed."""
    if where is CPU:
        return _current()
    if (stand_in := in_place_of_default.get()) is not None:
        return stand_in.on(where)
    if where not in _of_gpus:
        _of_gpus[where] = Generator(where).manual_seed(default_generator.initial_seed())
    return _of_gpus[where]


def default_generators() -> dict[str, Generator]:
    """The default generators by their device, or what stands in for them here: the CPU's, and those of the
    GPUs that have drawn.
    """
    stand_in = in_place_of_default.get()
    if stand_in is not None:
        return {str(CPU): stand_in, **stand_in._of_gpus}
    return {str(CPU): default_generator, **_of_gpus}


def manual_seed(seed: int) -> Generator:
    """Seed the default generator, and those of the GPUs; returns it."""
    generator = _current().manual_seed(seed)
    _seed_gpus(generator)
    return generator


def seed() -> int:
    """Seed the default generator from the system, and those of the GPUs; returns the seed."""
    seed = _current().seed()
    _seed_gpus(_current())
    return seed


def _seed_gpus(generator: Generator) -> None:
    if generator is default_generator:
        for other in _of_gpus.values():
            other.manual_seed(generator.initial_seed())


def initial_seed() -> int:
    """The seed that the default generator started from."""
    return _current().initial_seed()


def get_rng_state() -> dict[str, Any]:
    """The state of the default generator."""
    return _current().get_state()


def set_rng_state(new_state: dict[str, Any]) -> None:
    """Put the default generator back into a state."""
    _current().set_state(new_state)


def rng_of(generator: Generator | None, where: device = CPU) -> Any:
    """What ``generator``, or the device's default one, draws with: a NumPy generator, or CuPy's on a GPU."""
    if generator is None:
        return default_of(where).rng
    if not isinstance(generator, Generator):
        raise TypeError(f"generator: expected a minigrad.Generator, got {type(generator).__name__}")
    if generator.device != where:
        raise DeviceError(
            f"generator: it draws on {generator.device}, and the numbers are to be on {where}. Make it "
            f'there, mg.Generator("{where}"), or draw where it is and take .to("{where}") of the result.'
        )
    return generator.rng
