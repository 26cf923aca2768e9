"""Every kernel in plain array code: the specification that each backend is tested against."""

from minigrad.kernels.reference.activation import *
from minigrad.kernels.reference.conv import *
from minigrad.kernels.reference.functions import *
from minigrad.kernels.reference.loss import *
from minigrad.kernels.reference.matmul import *
from minigrad.kernels.reference.norm import *
from minigrad.kernels.reference.optimisers import *
from minigrad.kernels.reference.pool import *
from minigrad.kernels.reference.random import *
