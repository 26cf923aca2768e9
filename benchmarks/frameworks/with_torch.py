"""PyTorch on the CPU, as it comes: eager mode and the optimiser's defaults."""

import os
from collections.abc import Callable
from typing import Any

import torch
from torch import nn, optim

from benchmarks.frameworks import matrix_product as product
from benchmarks.frameworks import pytorch_names, pytorch_networks, pytorch_operations, torch_models

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
LIBRARY = pytorch_networks.Library(torch, nn, optim, torch_models.models)


def dense_step() -> Callable[[], Any]:
    return pytorch_names.dense_step(torch, nn, optim)


def chain() -> Callable[[], Any]:
    return pytorch_names.chain(torch)


def network(name: str) -> Callable[[], Any]:
    return pytorch_networks.network(name, LIBRARY)


def network_without_dropout(name: str) -> Callable[[], Any]:
    return pytorch_networks.network(name, LIBRARY, dropout=False)


def multiply_adds(name: str) -> Callable[[], Any]:
    return pytorch_networks.multiply_adds(name, LIBRARY)


def operation(case: str) -> Callable[[], Any]:
    return pytorch_operations.operation(case, torch, nn)


def matrix_product() -> Callable[[], Any]:
    return product.best(lambda a, b, y: torch.matmul(a, b, out=y), torch.rand)
