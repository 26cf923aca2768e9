"""The functions that layers are made of, under PyTorch's names."""

import math
import warnings
from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.devices import capturing
from minigrad.engine.explain import to_count
from minigrad.engine.inplace import assign
from minigrad.engine.op import Array, of_tensors, raw
from minigrad.engine.source import stacklevel
from minigrad.errors import DtypeError, ShapeError
from minigrad.ops import activation
from minigrad.ops.activation import gelu, softplus
from minigrad.ops.activation import log_softmax as _log_softmax
from minigrad.ops.activation import softmax as _softmax
from minigrad.ops.adaptive_pool import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
)
from minigrad.ops.compare import where
from minigrad.ops.conv import conv1d, conv2d, conv_transpose1d, conv_transpose2d
from minigrad.ops.dropout import dropout as _dropout
from minigrad.ops.elementwise import sigmoid, tanh
from minigrad.ops.index import one_hot, repeat_interleave
from minigrad.ops.index import rows as _rows
from minigrad.ops.linalg import linear, matmul
from minigrad.ops.loss import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    kl_div,
    l1_loss,
    mse_loss,
    nll_loss,
    smooth_l1_loss,
)
from minigrad.ops.norm import batch_norm, group_norm, instance_norm, layer_norm, normalize
from minigrad.ops.pad import pad
from minigrad.ops.pool import avg_pool1d, avg_pool2d, max_pool1d, max_pool2d, max_unpool1d, max_unpool2d
from minigrad.ops.reduce import largest
from minigrad.ops.resize import interpolate, pixel_shuffle, pixel_unshuffle
from minigrad.ops.shape import transpose
from minigrad.ops.unfold import fold, unfold
from minigrad.ops.window import same_padding
from minigrad.random import rng_of

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


@of_tensors
def dropout(input: Array, p: float = 0.5, training: bool = True, inplace: bool = False) -> Array:
    """y = x with each element made 0 with probability p and the others divided by 1 - p, so that the mean
    stays.

    Without ``training`` y = x. Srivastava et al. 2014.

    Shapes: y as x. Raises ValueError for a p that is no probability, DtypeError for integers.
    """
    if not 0 <= p <= 1:
        raise ValueError(f"dropout: p is a probability from 0 to 1, not {p}")
    if not training or p == 0:
        return input
    if raw(input).dtype.kind != "f":
        raise DtypeError(f"dropout: expected a floating tensor, got {input.dtype}. Convert with x.float().")
    seed = int(rng_of(None).integers(2**63))
    y = _dropout(input, p, seed)
    return assign(input, y, "dropout_") if inplace else y


@of_tensors
def dropout1d(input: Array, p: float = 0.5, training: bool = True, inplace: bool = False) -> Array:
    """dropout of whole channels: each x[n, c, :] is made 0 with probability p, or divided by 1 - p.

    Shapes: (N, C, L) or (C, L). Tompson et al. 2015.

    Raises ShapeError for another number of axes, and what dropout raises.
    """
    if input.ndim not in (2, 3):
        raise ShapeError(f"dropout1d: expected x of shape (N, C, L) or (C, L), got {tuple(input.shape)}")
    return _channel_dropout("dropout1d", input, p, training, inplace, input.ndim - 1)


@of_tensors
def dropout2d(input: Array, p: float = 0.5, training: bool = True, inplace: bool = False) -> Array:
    """dropout of whole channels: each x[n, c, :, :] is made 0 with probability p, or divided by 1 - p.

    Shapes: (N, C, H, W). Three axes are taken for (N, C, L), with a warning, as in PyTorch. Tompson et al.
    2015.

    Raises ShapeError for another number of axes, and what dropout raises.
    """
    if input.ndim not in (3, 4):
        raise ShapeError(f"dropout2d: expected x of shape (N, C, H, W), got {tuple(input.shape)}")
    if input.ndim == 3:
        warnings.warn(
            f"dropout2d: x of shape {tuple(input.shape)} is taken for (N, C, L). For one image (C, H, W) put "
            "the batch in: x.unsqueeze(0); for sequences use dropout1d.",
            stacklevel=stacklevel(),
        )
    return _channel_dropout("dropout2d", input, p, training, inplace, 2)


def _channel_dropout(name: str, input: Array, p: float, training: bool, inplace: bool, leading: int) -> Array:
    """dropout with one draw for each place in the first ``leading`` axes."""
    if not 0 <= p <= 1:
        raise ValueError(f"{name}: p is a probability from 0 to 1, not {p}")
    if not training or p == 0:
        return input
    if raw(input).dtype.kind != "f":
        raise DtypeError(f"{name}: expected a floating tensor, got {input.dtype}. Convert with x.float().")
    channels = np.ones_like(
        raw(input), shape=input.shape[:leading] + (1,) * (input.ndim - leading), order="C"
    )
    y = input * kernels.dropout(channels, p, int(rng_of(None).integers(2**63)))
    return assign(input, y, f"{name}_") if inplace else y


@of_tensors
def embedding(
    input: Array,
    weight: Array,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Array:
    """y = weight[x]: for each integer a row of the table. The row ``padding_idx`` receives no gradient.

    Shapes: x (...) of integers, weight (number of rows, D) -> y (..., D).

    Raises DtypeError unless x is of integers, IndexError for one that is no row, ValueError for a padding_idx
    that is none, NotImplementedError for the other options.
    """
    for name, value in (
        ("max_norm", max_norm),
        ("scale_grad_by_freq", scale_grad_by_freq),
        ("sparse", sparse),
    ):
        if value:
            raise NotImplementedError(f"embedding: {name}={value!r} is not supported")
    if weight.ndim != 2:
        raise ShapeError(f"embedding: expected a table of shape (rows, D), got {tuple(weight.shape)}")
    index = raw(input)
    rows = weight.shape[0]
    if index.dtype.kind not in "iu":
        raise DtypeError(f"embedding: expected integers, got {index.dtype}. Convert with .long().")
    if index.size and not capturing.is_capturing() and not 0 <= index.min() <= index.max() < rows:
        raise IndexError(
            f"embedding: the table has rows 0 to {rows - 1}; asked for {index.min()} to {index.max()}."
            + to_count(index.min(), index.max(), rows)
        )
    y = _rows(weight, index)
    if padding_idx is None:
        return y
    if not -rows <= padding_idx < rows:
        raise ValueError(f"embedding: padding_idx {padding_idx} is no row of a table with {rows} rows")
    padding = np.expand_dims(index == padding_idx % rows, -1)
    return where(padding, raw(y), y)  # the same numbers, cut off from the graph: no gradient to that row


@of_tensors
def scaled_dot_product_attention(
    query: Array,
    key: Array,
    value: Array,
    attn_mask: Array = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Array:
    """y = softmax(q k^T scale + mask) v, scale = 1 / sqrt(E) unless given. Vaswani et al. 2017.

    ``attn_mask`` is bool (True: may be looked at) or numbers that are added; ``is_causal`` lets a query look
    at keys up to its own place. ``enable_gqa`` shares each key head between several query heads.
    Shapes: q (..., L, E), k (..., S, E), v (..., S, Ev) -> y (..., L, Ev).

    Raises ShapeError when the sizes of query, key and value do not fit, RuntimeError for ``attn_mask`` and
    ``is_causal`` together.
    """
    if is_causal and attn_mask is not None:
        raise RuntimeError("scaled_dot_product_attention: attn_mask and is_causal exclude each other")
    if query.shape[-1] != key.shape[-1] or key.shape[-2] != value.shape[-2]:
        raise ShapeError(
            "scaled_dot_product_attention: query and key must agree in their last size, key and value in "
            f"the one before; got {tuple(query.shape)}, {tuple(key.shape)}, {tuple(value.shape)}"
        )
    if enable_gqa:
        shapes = [tuple(t.shape) for t in (query, key, value)]
        if min(map(len, shapes)) < 3 or any(not s[-3] or shapes[0][-3] % s[-3] for s in shapes):
            raise ShapeError(
                "scaled_dot_product_attention: enable_gqa shares heads, the third size from the end, so "
                "there must be three axes, and the number of heads of key and of value must divide query's; "
                f"got {', '.join(map(str, shapes))}"
            )
        key = repeat_interleave(key, query.shape[-3] // key.shape[-3], -3)
        value = repeat_interleave(value, query.shape[-3] // value.shape[-3], -3)
    scores = matmul(query, transpose(key, -2, -1)) * (
        1 / math.sqrt(query.shape[-1]) if scale is None else scale
    )
    if is_causal:
        attn_mask = np.tril(np.ones_like(raw(scores), dtype=bool, shape=scores.shape[-2:]))
    if attn_mask is not None:
        scores = (
            where(raw(attn_mask), scores, -math.inf)
            if raw(attn_mask).dtype == np.bool_
            else scores + attn_mask
        )
    if attn_mask is None:
        weights = _softmax(scores, -1)
    else:  # a query that may look at nothing sees 0, where softmax alone would give 0 / 0
        nothing = largest(raw(scores), -1) == -math.inf
        weights = where(nothing, 0.0, _softmax(where(nothing, 0.0, scores), -1))
    return matmul(dropout(weights, dropout_p), value)
