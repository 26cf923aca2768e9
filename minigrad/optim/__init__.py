"""Optimisers and learning-rate schedules. ``from minigrad import optim``."""

from minigrad.optim import lr_scheduler as lr_scheduler
from minigrad.optim import swa_utils as swa_utils
from minigrad.optim.adagrad import *
from minigrad.optim.adam import *
from minigrad.optim.nadam import *
from minigrad.optim.optimizer import *
from minigrad.optim.rmsprop import *
from minigrad.optim.sgd import *
