"""Learning-rate schedules: objects that change ``group["lr"]`` of an optimiser as training goes on.

Call ``scheduler.step()`` after the optimiser's steps of an epoch (or after each step, if that is the unit you
count in). A schedule takes the present rate and changes it, as PyTorch's do, so several can act on one
optimiser. The docstrings give what results when one acts alone: lr_t for the rate of epoch t = 0, 1, ...,
lr_0 for the optimiser's.
"""

from minigrad.optim.lr_scheduler.base import *
from minigrad.optim.lr_scheduler.curves import *
from minigrad.optim.lr_scheduler.cycles import *
from minigrad.optim.lr_scheduler.plateau import *
from minigrad.optim.lr_scheduler.sequential import *
