"""minigrad."""

from collections.abc import Callable
from typing import Any

import minigrad as mg
from benchmarks.frameworks import pytorch_names
from minigrad import nn, optim


def dense_step() -> Callable[[], Any]:
    return pytorch_names.dense_step(mg, nn, optim)


def chain() -> Callable[[], Any]:
    return pytorch_names.chain(mg)
