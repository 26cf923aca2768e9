"""PyTorch on the CPU, as it comes: eager mode and the optimiser's defaults."""

import os
from collections.abc import Callable
from typing import Any

import torch
from torch import nn, optim

from benchmarks.frameworks import pytorch_names

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))


def dense_step() -> Callable[[], Any]:
    return pytorch_names.dense_step(torch, nn, optim)


def chain() -> Callable[[], Any]:
    return pytorch_names.chain(torch)
