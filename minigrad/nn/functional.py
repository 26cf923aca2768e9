"""The functions that layers are made of, under PyTorch's names."""

from typing import Any

from minigrad.engine.inplace import assign
from minigrad.engine.op import Array
from minigrad.ops import activation
from minigrad.ops.activation import gelu, prelu, softplus
from minigrad.ops.activation import log_softmax as _log_softmax
from minigrad.ops.activation import softmax as _softmax
from minigrad.ops.adaptive_pool import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
)
from minigrad.ops.attention import scaled_dot_product_attention
from minigrad.ops.class_loss import cross_entropy, nll_loss
from minigrad.ops.conv import conv1d, conv2d, conv_transpose1d, conv_transpose2d
from minigrad.ops.dropout import dropout, dropout1d, dropout2d
from minigrad.ops.elementwise import sigmoid, tanh
from minigrad.ops.embedding import embedding
from minigrad.ops.linalg import linear
from minigrad.ops.lookup import one_hot
from minigrad.ops.loss import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    kl_div,
    l1_loss,
    mse_loss,
    smooth_l1_loss,
)
from minigrad.ops.norm import batch_norm, group_norm, instance_norm, layer_norm, normalize
from minigrad.ops.pad import pad
from minigrad.ops.pool import avg_pool1d, avg_pool2d, max_pool1d, max_pool2d, max_unpool1d, max_unpool2d
from minigrad.ops.resize import interpolate, pixel_shuffle, pixel_unshuffle
from minigrad.ops.unfold import fold, unfold
from minigrad.ops.window import same_padding

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "avg_pool1d",
    "avg_pool2d",
    "batch_norm",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "conv1d",
    "conv2d",
    "conv_transpose1d",
    "conv_transpose2d",
    "cross_entropy",
    "dropout",
    "dropout1d",
    "dropout2d",
    "elu",
    "embedding",
    "fold",
    "gelu",
    "group_norm",
    "hardtanh",
    "instance_norm",
    "interpolate",
    "kl_div",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "linear",
    "log_softmax",
    "max_pool1d",
    "max_pool2d",
    "max_unpool1d",
    "max_unpool2d",
    "mse_loss",
    "nll_loss",
    "normalize",
    "one_hot",
    "pad",
    "pixel_shuffle",
    "pixel_unshuffle",
    "prelu",
    "relu",
    "same_padding",
    "scaled_dot_product_attention",
    "sigmoid",
    "silu",
    "smooth_l1_loss",
    "softmax",
    "softplus",
    "tanh",
    "unfold",
]


def relu(input: Array, inplace: bool = False) -> Array:
    """y = max(x, 0), with derivative 0 at 0"""
    return _maybe_in_place(input, inplace, activation.relu)


def leaky_relu(input: Array, negative_slope: float = 0.01, inplace: bool = False) -> Array:
    """y = x where x > 0, negative_slope x elsewhere"""
    return _maybe_in_place(input, inplace, activation.leaky_relu, negative_slope)


def hardtanh(input: Array, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Array:
    """y = min(max(x, min_val), max_val)

    Raises ValueError if min_val is above max_val.
    """
    if min_val > max_val:
        raise ValueError(f"hardtanh: min_val {min_val} is above max_val {max_val}")
    return _maybe_in_place(input, inplace, activation.hardtanh, min_val, max_val)


def elu(input: Array, alpha: float = 1.0, inplace: bool = False) -> Array:
    """y = x where x > 0, alpha (e ** x - 1) elsewhere"""
    return _maybe_in_place(input, inplace, activation.elu, alpha)


def silu(input: Array, inplace: bool = False) -> Array:
    """y = x sigmoid(x)"""
    return _maybe_in_place(input, inplace, activation.silu)


def _maybe_in_place(input: Array, inplace: bool, operation: Any, *options: float) -> Array:
    """``operation(input, *options)``, written over the input itself if ``inplace``."""
    y = operation(input, *options)
    return assign(input, y, f"{operation.__name__}_") if inplace else y


# _stacklevel is in PyTorch's third place and unused; kept so that dtype is the fourth, as there.
def softmax(input: Array, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Array:
    """y_i = e ** x_i / (sum of e ** x_j over ``dim``): positive numbers that add up to 1

    Shapes: y as x. Raises TypeError without ``dim``, IndexError for an axis that x has not.
    """
    return _softmax(input, _named("softmax", dim), dtype)


def log_softmax(input: Array, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Array:
    """y_i = x_i - ln(sum of e ** x_j over ``dim``)

    Shapes: y as x. Raises TypeError without ``dim``, IndexError for an axis that x has not.
    """
    return _log_softmax(input, _named("log_softmax", dim), dtype)


def _named(name: str, dim: int | None) -> int:
    if dim is None:
        raise TypeError(f"{name}: dim is missing. For rows of scores (N, C), dim=1: each row adds up to 1.")
    return dim
