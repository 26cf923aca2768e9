"""Embedding: rows of a table, looked up by their numbers."""

import numpy as np

from minigrad.engine.op import Array, Tensor, of_tensors, op, raw
from minigrad.errors import DtypeError, ShapeError, refuse
from minigrad.ops.checks import outside, span, to_count
from minigrad.ops.compare import where
from minigrad.ops.index import scatter_into
from minigrad.ops.shape import Shape

__all__ = ["embedding"]


@op(name="embedding")
def rows(table: Array, index: Array) -> Array:
    """y = table[index]: for each integer a row. Shapes: table (number of rows, ...), index (...)."""
    return table[index]


@rows.grad("table")
def _(dy: Array, table_shape: Shape, index: Array) -> Array:
    return scatter_into(dy, table_shape, index)


@of_tensors
def embedding(
    input: Array,
    weight: Array,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """y = weight[x]: for each integer a row of the table. The row ``padding_idx`` receives no gradient.

    Shapes: x (...) of integers, weight (number of rows, D) -> y (..., D).

    Raises DtypeError unless x is of integers, IndexError for one that is no row, ValueError for a padding_idx
    that is none, NotImplementedError for the other options.
    """
    if max_norm is not None or scale_grad_by_freq or sparse:
        refuse("embedding", max_norm=max_norm, scale_grad_by_freq=scale_grad_by_freq, sparse=sparse)
    if weight.ndim != 2:
        raise ShapeError(f"embedding: expected a table of shape (rows, D), got {tuple(weight.shape)}")
    index, many = raw(input), weight.shape[0]
    if index.dtype.kind not in "iu":
        raise DtypeError(f"embedding: expected integers, got {index.dtype}. Convert with .long().")
    wrong = outside(index, many - 1)
    if wrong is not None:
        raise IndexError(
            f"embedding: the table has rows 0 to {many - 1}; asked for {span(*wrong)}."
            + to_count(*wrong, many)
        )
    y = rows(weight, index)
    if padding_idx is None:
        return y
    if not -many <= padding_idx < many:
        raise ValueError(f"embedding: padding_idx {padding_idx} is no row of a table with {many} rows")
    padding = np.expand_dims(index == padding_idx % many, -1)
    return where(padding, raw(y), y)  # the same numbers, cut off from the graph: no gradient to that row
