"""What acts on a module's parameters from outside. ``from minigrad.nn import utils``."""

from minigrad.nn.utils.clip_grad import *
from minigrad.nn.utils.spectral_norm import *
