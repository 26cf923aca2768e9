"""Layers, containers and losses. ``from minigrad import nn``."""

import typing as _typing

from minigrad import elsewhere as _elsewhere
from minigrad.nn import functional as functional
from minigrad.nn import init as init
from minigrad.nn import utils as utils
from minigrad.nn.activation import *
from minigrad.nn.containers import *
from minigrad.nn.conv import *
from minigrad.nn.dropout import *
from minigrad.nn.embedding import *
from minigrad.nn.linear import *
from minigrad.nn.loss import *
from minigrad.nn.module import *
from minigrad.nn.normalization import *
from minigrad.nn.padding import *
from minigrad.nn.parameter import *
from minigrad.nn.pooling import *
from minigrad.nn.shape import *
from minigrad.nn.upsampling import *

if not _typing.TYPE_CHECKING:

    def __getattr__(name):
        raise _elsewhere.unknown("minigrad.nn", name, _elsewhere.LAYERS.get(name, ""))
