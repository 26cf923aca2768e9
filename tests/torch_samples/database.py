"""The operators, modules and optimisers that PyTorch's tests know, and the samples of operators."""

import functools
import sys
import types
import unittest
import warnings
from collections.abc import Iterator
from typing import Any

DTYPES = ("float32", "float64", "int64", "bool")
"""The dtypes that samples are asked for."""


def _testing() -> None:
    """Make PyTorch's testing package ready to be imported."""
    if "expecttest" not in sys.modules:
        # The package imports it for what is not used here: comparisons with text in a file.
        stand_in: Any = types.ModuleType("expecttest")
        stand_in.TestCase = unittest.TestCase
        sys.modules["expecttest"] = stand_in


@functools.cache
def operators() -> dict[str, list[Any]]:
    """Each operator by its name and by its aliases. Some names stand for several: "max" has one per use."""
    _testing()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch.testing._internal.common_methods_invocations import op_db
    found: dict[str, list[Any]] = {}
    for operator in op_db:
        for name in (operator.name, *(alias.name for alias in operator.aliases)):
            found.setdefault(name, []).append(operator)
    return found


@functools.cache
def modules() -> dict[str, Any]:
    """Each module by the name of its class."""
    _testing()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch.testing._internal.common_modules import module_db
    return {info.module_cls.__name__: info for info in module_db}


@functools.cache
def optimisers() -> dict[str, Any]:
    """Each optimiser by the name of its class."""
    _testing()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch.testing._internal.common_optimizers import optim_db
    return {info.name: info for info in optim_db}


def samples(operator: Any, dtype: str, kind: str) -> Iterator[Any]:
    """The calls that PyTorch takes. ``kind``: "sample", or "reference", more of them for some operators.

    Inputs of float64 require gradients if the operator has any; those of references never do.
    """
    import torch

    # Not operator.sample_inputs(...): it looks through the whole stack, which is deep in a test, each time.
    function, number = getattr(operator, f"{kind}_inputs_func"), getattr(torch, dtype)
    if function is not None and number in operator.supported_dtypes("cpu"):
        grad = dtype == "float64" and kind == "sample" and operator.supports_autograd
        yield from function(operator, "cpu", number, grad)


def errors(operator: Any) -> Iterator[Any]:
    """The calls that PyTorch refuses."""
    if operator.error_inputs_func is not None:
        for error in operator.error_inputs_func(operator, "cpu"):
            yield error.sample_input
