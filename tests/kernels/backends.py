"""The backends of kernels, as what a test of kernels is run with.

    @every_backend                      reference and all that are here, or @fast_backends: without reference
    def test_convolution(backend):
        y = backend.conv2d(x, w, ...)   NumPy arrays in, NumPy arrays out

`cuda_on_cpu` are the kernels for a card, run on the CPU. `card` are the same on a card: it is there where
CuPy and a card are, and then the tests need no other command; ``-k card`` runs it alone.
"""

import importlib
import inspect
from types import ModuleType

import numpy as np
import pytest
from hypothesis import settings

from minigrad.kernels import reference
from minigrad.kernels.cupy_gpu import on_cpu

HOST_ARRAYS = {"avg_pool2d": (1, 2, 3), "avg_pool2d_grad": (1, 2, 3)}  # arguments that are not on a card
WRITTEN = {  # and those that a kernel writes into
    "max_pool2d": (5,),
    "relu_": (0,),
    "relu_grad_": (0,),
    "leaky_relu_grad_": (0,),
    "silu_": (0,),
}
OPTIMISERS = ("sgd_step", "adam_step", "nadam_step", "adagrad_step", "rmsprop_step")


def kernels_of(module: ModuleType) -> set[str]:
    """The names of the functions that a package of kernels has."""
    return {name for name, value in vars(module).items() if inspect.isfunction(value) and name[0] != "_"}


class Backend:
    """A backend's kernels, and the reference's where it has none; ``examples``: how often to draw."""

    def __init__(self, name: str, module: ModuleType, examples: int = 100) -> None:
        self.name, self.module, self.examples = name, module, examples

    def __getattr__(self, kernel: str):
        return getattr(self.module, kernel, getattr(reference, kernel))

    @property
    def least(self) -> float:
        """The smallest positive float32 that is not 0 to it: on a card subnormal numbers are, to what CuPy
        compiles."""
        return float(
            np.finfo(np.float32).tiny if self.name == "card" else np.finfo(np.float32).smallest_subnormal
        )


class Card(Backend):
    """The kernels on a card for arrays of the host, which go there and back."""

    def __getattr__(self, name: str):
        kernel = getattr(self.module, name, None)
        return getattr(reference, name) if kernel is None else lambda *args: self._call(name, kernel, args)

    def _call(self, name, kernel, args):
        host, memory = HOST_ARRAYS.get(name, ()), {}
        sent = [a if i in host else self._send(a, memory) for i, a in enumerate(args)]
        result = self._fetch(kernel(*sent))
        if name in OPTIMISERS:
            written = [i for i, a in enumerate(args) if isinstance(a, list) and i != 1]
        else:
            written = WRITTEN.get(name, ())
        for i in written:
            self._copy_back(args[i], sent[i])
        return result

    def _copy_back(self, mine, theirs):
        if isinstance(mine, list):
            for a, b in zip(mine, theirs, strict=True):
                self._copy_back(a, b)
        else:
            mine[...] = theirs.get()

    def _send(self, x, memory):
        """``x`` on the card, as it lies in memory here: a view into a copy of all that it is a view of.

        ``memory`` holds the copies, so that views of one array are views of one copy.
        """
        import cupy

        if isinstance(x, list):
            return [self._send(a, memory) for a in x]
        if not isinstance(x, np.ndarray):
            return x
        base = x
        while isinstance(base.base, np.ndarray):
            base = base.base
        if not base.flags.forc:
            return cupy.asarray(x)
        copy = memory.setdefault(id(base), cupy.asarray(base))
        begin = x.ctypes.data - base.ctypes.data
        return cupy.ndarray(x.shape, x.dtype, copy.data + begin, x.strides)

    def _fetch(self, x):
        if isinstance(x, tuple):
            return tuple(map(self._fetch, x))
        return x.get() if hasattr(x, "get") else x


def drawn(backend: Backend, examples: int = 100) -> settings:
    """Settings of a drawn test: no deadline, for the first example of a type waits for the compiler; fewer
    examples where a kernel is slow."""
    return settings(deadline=None, max_examples=min(examples, backend.examples))


def _card() -> Backend | None:
    try:
        cupy = importlib.import_module("cupy")
    except ImportError:
        return None
    if not cupy.cuda.is_available():
        return None
    return Card("card", importlib.import_module("minigrad.kernels.cupy_gpu"), 60)


def _fast() -> list:
    """A parameter for each backend but the reference; what cannot run here is skipped, and says why."""
    found = []
    try:
        numba_cpu = Backend("numba_cpu", importlib.import_module("minigrad.kernels.numba_cpu"))
        found.append(pytest.param(numba_cpu, id="numba_cpu"))
    except ImportError as error:
        found.append(pytest.param(None, id="numba_cpu", marks=pytest.mark.skip(f"no numba: {error}")))
    on_the_cpu = Backend("cuda_on_cpu", importlib.import_module("minigrad.kernels.cupy_gpu"), 15)
    no_compiler = pytest.mark.skipif(on_cpu.compiler() is None, reason="no C++ compiler is found")
    found.append(pytest.param(on_the_cpu, id="cuda_on_cpu", marks=no_compiler))
    card = _card()
    return found if card is None else [*found, pytest.param(card, id="card")]


FAST = _fast()
fast_backends = pytest.mark.parametrize("backend", FAST)
every_backend = pytest.mark.parametrize(
    "backend", [pytest.param(Backend("reference", reference), id="reference"), *FAST]
)
cuda_backends = pytest.mark.parametrize("backend", [p for p in FAST if p.id in ("cuda_on_cpu", "card")])
