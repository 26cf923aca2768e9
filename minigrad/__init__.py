"""minigrad: tensors and reverse-mode automatic differentiation, to be read and to be used.

    import minigrad as mg
    from minigrad import nn, optim

The names are PyTorch's. Importing it loads NumPy and nothing heavier.
"""

import math as _math
import typing as _typing
from importlib import import_module as _import_module

import numpy as _np

from minigrad import autograd, cuda, data, nn, optim, random, utils
from minigrad._version import __version__
from minigrad.autograd import enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled
from minigrad.creation import (
    arange,
    as_tensor,
    bernoulli,
    empty,
    empty_like,
    eye,
    from_dlpack,
    from_numpy,
    full,
    full_like,
    linspace,
    multinomial,
    normal,
    ones,
    ones_like,
    rand,
    rand_like,
    randint,
    randn,
    randn_like,
    randperm,
    tensor,
    zeros,
    zeros_like,
)
from minigrad.devices import device, get_default_device, set_default_device
from minigrad.engine.op import op
from minigrad.engine.promotion import get_default_dtype, promote_types, set_default_dtype
from minigrad.errors import ShapeError
from minigrad.kernels import backend
from minigrad.kernels.precision import (
    get_float32_conv_precision,
    get_float32_matmul_precision,
    set_float32_conv_precision,
    set_float32_matmul_precision,
)
from minigrad.kernels.threads import get_num_threads, set_num_threads
from minigrad.nn.summary import summary
from minigrad.ops.activation import *
from minigrad.ops.arithmetic import *
from minigrad.ops.compare import *
from minigrad.ops.elementwise import *
from minigrad.ops.index import *
from minigrad.ops.join import *
from minigrad.ops.linalg import *
from minigrad.ops.order import *
from minigrad.ops.reduce import *
from minigrad.ops.shape import *
from minigrad.printing import set_printoptions
from minigrad.random import Generator, get_rng_state, initial_seed, manual_seed, seed, set_rng_state
from minigrad.serialization import load, save
from minigrad.tensor import Tensor

float16 = half = _np.dtype("float16")
float32 = float = _np.dtype("float32")
float64 = double = _np.dtype("float64")
int8 = _np.dtype("int8")
int16 = _np.dtype("int16")
int32 = _np.dtype("int32")
int64 = long = _np.dtype("int64")
uint8 = _np.dtype("uint8")
uint16 = _np.dtype("uint16")
uint32 = _np.dtype("uint32")
uint64 = _np.dtype("uint64")
bool = _np.dtype("bool")
concat, clip = cat, clamp
e, inf, nan, pi = _math.e, _math.inf, _math.nan, _math.pi
newaxis = None


if _typing.TYPE_CHECKING:
    from minigrad import viz
    from minigrad.diagnosis import explain_gradient
else:

    def __getattr__(name):
        # These take a moment to load, which a program that does without need not wait for.
        if name == "viz":
            return _import_module("minigrad.viz")
        if name == "explain_gradient":
            return autograd.explain_gradient
        raise AttributeError(f"module 'minigrad' has no attribute {name!r}")

    def __dir__():
        return sorted({*globals(), "explain_gradient", "viz"})


def is_tensor(obj: object) -> _typing.TypeGuard[Tensor]:
    """Whether the object is a Tensor."""
    return isinstance(obj, Tensor)
