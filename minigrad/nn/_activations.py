"""Activations as nn.functional has them: with ``inplace``, and with a ``dim`` that has to be named."""

from typing import Any

from minigrad.engine.inplace import assign, overwrite
from minigrad.engine.op import Array, Tensor, is_tensor
from minigrad.ops import activation

__all__ = ["elu", "hardtanh", "leaky_relu", "log_softmax", "relu", "silu", "softmax"]


def relu(input: Array, inplace: bool = False) -> Tensor:
    """y = max(x, 0), with derivative 0 at 0"""
    return _maybe_in_place(input, inplace, activation.relu)


def leaky_relu(input: Array, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """y = x where x > 0, negative_slope x elsewhere"""
    return _maybe_in_place(input, inplace, activation.leaky_relu, negative_slope)


def hardtanh(input: Array, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """y = min(max(x, min_val), max_val)

    Raises ValueError if min_val is above max_val.
    """
    if min_val > max_val:
        raise ValueError(f"hardtanh: min_val {min_val} is above max_val {max_val}")
    return _maybe_in_place(input, inplace, activation.hardtanh, min_val, max_val)


def elu(input: Array, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """y = x where x > 0, alpha (e ** x - 1) elsewhere"""
    return _maybe_in_place(input, inplace, activation.elu, alpha)


def silu(input: Array, inplace: bool = False) -> Tensor:
    """y = x sigmoid(x)"""
    return _maybe_in_place(input, inplace, activation.silu)


def _maybe_in_place(input: Array, inplace: bool, operation: Any, *options: float) -> Array:
    """``operation(input, *options)``, written over the input itself if ``inplace``."""
    if not inplace:
        return operation(input, *options)
    name, kernel = f"{operation.__name__}_", activation.WRITE_OVER.get(operation)
    if kernel is not None and is_tensor(input) and overwrite(input, kernel, name):
        return input
    return assign(input, operation(input, *options), name)


# _stacklevel is in PyTorch's third place and unused; kept so that dtype is the fourth, as there.
def softmax(input: Array, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """y_i = e ** x_i / (sum of e ** x_j over ``dim``): positive numbers that add up to 1

    Shapes: y as x. Raises TypeError without ``dim``, IndexError for an axis that x has not.
    """
    return activation.softmax(input, _named("softmax", dim), dtype)


def log_softmax(input: Array, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """y_i = x_i - ln(sum of e ** x_j over ``dim``)

    Shapes: y as x. Raises TypeError without ``dim``, IndexError for an axis that x has not.
    """
    return activation.log_softmax(input, _named("log_softmax", dim), dtype)


def _named(name: str, dim: int | None) -> int:
    if dim is None:
        raise TypeError(f"{name}: dim is missing. For rows of scores (N, C), dim=1: each row adds up to 1.")
    return dim
