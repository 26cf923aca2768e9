"""Attention: a mean of values, weighted by how well their keys fit a query."""

import math

import numpy as np

from minigrad.engine.op import Array, Tensor, of_tensors, raw
from minigrad.errors import ShapeError
from minigrad.ops.activation import softmax
from minigrad.ops.compare import where
from minigrad.ops.dropout import dropout
from minigrad.ops.linalg import matmul
from minigrad.ops.lookup import repeat_interleave
from minigrad.ops.reduce import largest
from minigrad.ops.shape import transpose

__all__ = ["scaled_dot_product_attention"]


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
) -> Tensor:
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
        weights = softmax(scores, -1)
    else:  # a query that may look at nothing sees 0, where softmax alone would give 0 / 0
        nothing = largest(raw(scores), -1) == -math.inf
        weights = where(nothing, 0.0, softmax(where(nothing, 0.0, scores), -1))
    return matmul(dropout(weights, dropout_p), value)
