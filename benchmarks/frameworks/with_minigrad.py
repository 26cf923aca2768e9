"""minigrad."""

import importlib
from collections.abc import Callable
from typing import Any

import minigrad as mg
from benchmarks.frameworks import pytorch_names, pytorch_networks, pytorch_operations
from minigrad import nn, optim

LIBRARY = pytorch_networks.Library(mg, nn, optim, lambda file: importlib.import_module(f"models.{file}"))


def dense_step() -> Callable[[], Any]:
    return pytorch_names.dense_step(mg, nn, optim)


def chain() -> Callable[[], Any]:
    return pytorch_names.chain(mg)


def network(name: str) -> Callable[[], Any]:
    return pytorch_networks.network(name, LIBRARY)


def network_without_dropout(name: str) -> Callable[[], Any]:
    return pytorch_networks.network(name, LIBRARY, dropout=False)


def multiply_adds(name: str) -> Callable[[], Any]:
    return pytorch_networks.multiply_adds(name, LIBRARY)


def operation(case: str) -> Callable[[], Any]:
    return pytorch_operations.operation(case, mg, nn)
