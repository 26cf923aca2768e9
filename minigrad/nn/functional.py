"""The functions that layers are made of, under PyTorch's names."""

from minigrad.nn._activations import *
from minigrad.ops.activation import gelu as gelu
from minigrad.ops.activation import prelu as prelu
from minigrad.ops.activation import softplus as softplus
from minigrad.ops.adaptive_pool import *
from minigrad.ops.attention import *
from minigrad.ops.class_loss import *
from minigrad.ops.conv import *
from minigrad.ops.dropout import *
from minigrad.ops.elementwise import sigmoid as sigmoid  # of a file whose __all__ is for minigrad itself
from minigrad.ops.elementwise import tanh as tanh
from minigrad.ops.embedding import *
from minigrad.ops.linalg import linear as linear
from minigrad.ops.lookup import one_hot as one_hot
from minigrad.ops.loss import *
from minigrad.ops.norm import *
from minigrad.ops.pad import *
from minigrad.ops.pool import *
from minigrad.ops.resize import *
from minigrad.ops.unfold import *
from minigrad.ops.window import *
