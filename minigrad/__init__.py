"""minigrad: tensors and reverse-mode automatic differentiation, to be read and to be used.

    import minigrad as mg
    from minigrad import nn, optim

The names are PyTorch's. Importing it loads NumPy and nothing heavier.
"""

import math as _math
import typing as _typing
from importlib import import_module as _import_module

from minigrad import autograd as autograd  # with "as", or by a star, a type checker takes a name for public
from minigrad import cuda as cuda
from minigrad import elsewhere as _elsewhere
from minigrad import nn as nn
from minigrad import optim as optim
from minigrad import random as random
from minigrad._version import __version__ as __version__
from minigrad.creation.at_random import *
from minigrad.creation.from_data import *
from minigrad.creation.of_shape import *
from minigrad.devices.names import *
from minigrad.dtypes import *
from minigrad.engine.modes import *
from minigrad.engine.op import is_tensor as is_tensor
from minigrad.engine.op import op as op
from minigrad.errors import ShapeError as ShapeError
from minigrad.inspection.summary import summary as summary
from minigrad.kernels import backend as backend
from minigrad.kernels.precision import *
from minigrad.kernels.threads import *
from minigrad.ops.activation import *
from minigrad.ops.arithmetic import *
from minigrad.ops.compare import *
from minigrad.ops.draws import *
from minigrad.ops.einsum import *
from minigrad.ops.elementwise import *
from minigrad.ops.index import *
from minigrad.ops.join import *
from minigrad.ops.linalg import *
from minigrad.ops.lookup import *
from minigrad.ops.order import *
from minigrad.ops.reduce import *
from minigrad.ops.shape import *
from minigrad.printing import set_printoptions as set_printoptions
from minigrad.random import *
from minigrad.serialization import *
from minigrad.tensor import Tensor as Tensor

concat, clip = cat, clamp
e, inf, nan, pi = _math.e, _math.inf, _math.nan, _math.pi
newaxis = None


if _typing.TYPE_CHECKING:
    from minigrad import course as course
    from minigrad import data as data
    from minigrad import diagnosis as diagnosis
    from minigrad import distributed as distributed
    from minigrad import evaluation as evaluation
    from minigrad import onnx as onnx
    from minigrad import train as train
    from minigrad import utils as utils
    from minigrad import viz as viz
    from minigrad import weights as weights
    from minigrad.diagnosis import explain_gradient as explain_gradient
else:
    # These take a moment to load, which a program that does without need not wait for.
    _LATER = {
        "course",
        "data",
        "diagnosis",
        "distributed",
        "evaluation",
        "onnx",
        "train",
        "utils",
        "viz",
        "weights",
    }

    def __getattr__(name):
        if name in _LATER:
            return _import_module(f"minigrad.{name}")
        if name == "explain_gradient":
            return autograd.explain_gradient
        raise _elsewhere.unknown("minigrad", name, _elsewhere.found(name))

    def __dir__():
        return sorted({*globals(), *_LATER, "explain_gradient"})
