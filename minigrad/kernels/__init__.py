"""The kernel seam: fast functions of arrays, each beside a plain version that says what it computes.

A kernel takes arrays and numbers, returns arrays or writes into the arrays that it is told to, and knows
nothing of graphs. `reference/` specifies every kernel in plain array code; `numba_cpu/`, for NumPy's arrays,
and `cupy_gpu/`, for those on a card, hold functions of the same name and signature for what they compute
faster. `max_pool2d_pick` is a card's alone: NumPy itself is fast at it.

Who runs is decided here, call by call, by the first array (of an optimiser's lists, the first of the first):

1. A NumPy array of float32 or float64: `numba_cpu/` if numba is installed, else the reference;
   ``with backend(...):`` chooses another.
2. An array of these dtypes on a card (with a ``__cuda_array_interface__``, as CuPy's): `cupy_gpu/`.
3. Anything else: the reference, whose NumPy calls carry over to any array library that answers NumPy's
   protocols. Tensors are among them: a gradient's kernel that is given them records the reference's
   operations, and there are derivatives of every order.

A kernel that the backend does not have runs the reference. Numba and CuPy are imported when a kernel is first
called for their arrays, never by ``import minigrad``.
"""

import functools
import importlib
import threading
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any, Literal, ParamSpec, TypeVar

import numpy as np

from minigrad.kernels import reference
from minigrad.settings import Setting

P = ParamSpec("P")
R = TypeVar("R")

INSTALL_NUMBA = "install it with `pip install numba`, or use backend('reference')"


class _Choice(threading.local):
    """Per thread: the backend that the innermost ``with backend(...)`` asked for, None outside of any."""

    name: str | None = None


choice = _Choice()


class backend(Setting):  # noqa: N801 (a context manager that reads as a verb, as no_grad does)
    """Inside ``with backend(name):``, this thread runs the CPU kernels of that name.

    ``"reference"`` is the plain code, ``"numba"`` the compiled one, and ``"cuda_on_cpu"`` the kernels for a
    card, run on the CPU one thread after the other: slow, and for looking at them where there is no card.
    Without this context numba runs when it is installed. Asking for numba where it cannot be loaded raises
    ImportError; any other name raises ValueError.
    """

    def __init__(self, name: Literal["reference", "numba", "cuda_on_cpu"]) -> None:
        if name not in ("reference", "numba", "cuda_on_cpu"):
            raise ValueError(f"backend: expected 'reference', 'numba' or 'cuda_on_cpu', got {name!r}")
        if name == "numba" and _numba_cpu() is None:
            raise ImportError(f"backend('numba'): numba cannot be loaded; {INSTALL_NUMBA}")
        super().__init__(choice, "name", name)


@functools.cache
def _numba_cpu() -> ModuleType | None:
    """The module of the numba kernels, or None where numba cannot be imported, or must not compile."""
    try:
        if importlib.import_module("numba").config.DISABLE_JIT:  # what the loops are made of is compiled code
            return None
        return importlib.import_module("minigrad.kernels.numba_cpu")
    except ValueError as error:  # which an operation would take for one about its shapes
        raise RuntimeError(f"numba does not start; do the variables NUMBA_... hold? {error}") from error
    except ImportError as error:
        if error.name != "numba":  # it is installed and broken, say by a NumPy that is newer than it knows
            warnings.warn(
                f"numba is installed but cannot be loaded ({error}). The plain kernels run instead, which is "
                "slower. A release that fits your NumPy usually helps: pip install --upgrade numba",
                RuntimeWarning,
                stacklevel=2,
            )
        return None


@functools.cache
def _cupy_gpu() -> ModuleType:
    """The module of the CUDA kernels; it imports CuPy only for arrays of CuPy."""
    return importlib.import_module("minigrad.kernels.cupy_gpu")


def _implementation(array: Any) -> ModuleType:
    """The module that computes on ``array``, or on a list that begins with it."""
    if isinstance(array, np.ndarray) and array.dtype.char in "fd" and choice.name != "reference":
        return _cupy_gpu() if choice.name == "cuda_on_cpu" else _numba_cpu() or reference
    if isinstance(array, list | tuple) and array:
        return _implementation(array[0])
    if hasattr(array, "__cuda_array_interface__") and array.dtype.char in "fd":
        return _cupy_gpu()
    return reference


def _kernel(specification: Callable[P, R]) -> Callable[P, R]:
    """The dispatching kernel for a function of `reference/`, with its name, signature and docstring."""
    name = specification.__name__

    @functools.wraps(specification)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        compute: Callable[P, R] = getattr(_implementation(args[0]), name, specification)
        return compute(*args, **kwargs)

    return run


sgd_step = _kernel(reference.sgd_step)
adam_step = _kernel(reference.adam_step)
nadam_step = _kernel(reference.nadam_step)
adagrad_step = _kernel(reference.adagrad_step)
rmsprop_step = _kernel(reference.rmsprop_step)
erf = _kernel(reference.erf)
index_add_rows = _kernel(reference.index_add_rows)
matmul = _kernel(reference.matmul)
conv2d = _kernel(reference.conv2d)
conv2d_input_grad = _kernel(reference.conv2d_input_grad)
conv2d_weight_grad = _kernel(reference.conv2d_weight_grad)
dropout = _kernel(reference.dropout)

channel_sums = _kernel(reference.channel_sums)
moments = _kernel(reference.moments)
scale_and_shift = _kernel(reference.scale_and_shift)
norm_grad = _kernel(reference.norm_grad)
max_pool2d = _kernel(reference.max_pool2d)
max_pool2d_grad = _kernel(reference.max_pool2d_grad)
max_pool2d_pick = _kernel(reference.max_pool2d_pick)
avg_pool2d = _kernel(reference.avg_pool2d)
avg_pool2d_grad = _kernel(reference.avg_pool2d_grad)

relu = _kernel(reference.relu)
relu_ = _kernel(reference.relu_)
relu_grad = _kernel(reference.relu_grad)
relu_grad_ = _kernel(reference.relu_grad_)
leaky_relu = _kernel(reference.leaky_relu)
leaky_relu_grad = _kernel(reference.leaky_relu_grad)
leaky_relu_grad_ = _kernel(reference.leaky_relu_grad_)
silu = _kernel(reference.silu)
silu_ = _kernel(reference.silu_)
silu_grad = _kernel(reference.silu_grad)
softmax_cross_entropy = _kernel(reference.softmax_cross_entropy)
softmax_cross_entropy_grad = _kernel(reference.softmax_cross_entropy_grad)
