"""Products of vectors, matrices and stacks of matrices."""

import math

import numpy as np

from minigrad import kernels
from minigrad.engine.explain import to_broadcast
from minigrad.engine.op import Array, Tensor, is_tensor, of_tensors, op
from minigrad.errors import DtypeError, ShapeError
from minigrad.ops.checks import to_scale
from minigrad.ops.shape import reshape, unsqueeze

__all__ = [
    "bmm",
    "dot",
    "matmul",
    "mm",
    "mv",
    "outer",
]

LARGE = 1 << 18
"""Products of numbers from which on a matrix product is a kernel's: from so many on OpenBLAS has threads,
which wait for its next call on the cores that the other kernels need. (A step of the deep network of lesson 7
took 43 ms, and takes 1.)
"""


def _product(a: Array, b: Array, bias: Array = None) -> Array:
    """a @ b + bias, of arrays."""
    matrices = a.ndim >= 2 and b.ndim >= 2 and a.shape[-1] == b.shape[-2]
    large = a.ndim == 2 == b.ndim and a.size * b.shape[1] >= LARGE
    if matrices and (large or not isinstance(a, np.ndarray)):
        return kernels.matmul(a, b, bias)
    y = a @ b  # which says what is wrong, if they do not fit
    if bias is not None:
        y += bias  # y is new: no second array
    return y


@op(promote="common", name="matmul")
def matrix_product(input: Array, other: Array) -> Array:
    """y = x @ other for matrices or stacks of them: (..., n, k) @ (..., k, m) -> (..., n, m)"""
    return _product(input, other)


@matrix_product.grad("input")
def _(dy: Array, other: Array) -> Array:
    return matrix_product(dy, np.swapaxes(other, -1, -2))  # (..., n, m) @ (..., m, k) -> (..., n, k)


@matrix_product.grad("other")
def _(dy: Array, input: Array) -> Array:
    return matrix_product(np.swapaxes(input, -1, -2), dy)  # (..., k, n) @ (..., n, m) -> (..., k, m)


@matrix_product.explains
def _(input: Array, other: Array) -> str | None:
    a, b = input.shape, other.shape
    if a[-1] == b[-2]:
        return (
            f"the stacks {a[:-2]} and {b[:-2]} of matrices {a[-2:]} and {b[-2:]} do not broadcast."
            + to_broadcast([a[:-2], b[:-2]], stacks=True)
        )
    return _misfit(a, b)


def _misfit(a: tuple[int, ...], b: tuple[int, ...]) -> str:
    if len(b) == 1:
        return f"{a} @ {b}: the vector must have {a[-1]} elements, as many as the first has columns."
    text = f"{a} @ {b}: the {a[-1]} columns of the first must be as many as the {b[-2]} rows of the second."
    if a[-1] == b[-1]:
        text += f" They fit with the second transposed: x @ w.{'T' if len(b) == 2 else 'mT'}"
    elif len(a) > 1 and a[-2] == b[-2]:
        text += f" They fit with the first transposed: x.{'T' if len(a) == 2 else 'mT'} @ w"
    return text


def _columns_and_rows(name: str, input: Array, other: Array) -> None:
    """Raise, in the name of the function that was called, if these do not multiply."""
    if input.shape[-1] != other.shape[0 if other.ndim == 1 else -2]:
        raise ShapeError(f"{name}: {_misfit(tuple(input.shape), tuple(other.shape))}")


@of_tensors
def matmul(input: Array, other: Array) -> Tensor:
    """y = x @ other.

    Shapes: (k) @ (k) -> (); (n, k) @ (k) -> (n); (k) @ (k, m) -> (m); (..., n, k) @ (..., k, m) -> (..., n,
    m), where the dimensions in front broadcast.

    Raises ShapeError for sizes that do not fit, and for numbers.
    """
    if not input.ndim or not other.ndim:
        raise ShapeError(
            f"matmul: both need at least one dimension; got shapes {tuple(input.shape)} and "
            f"{tuple(other.shape)}. To scale by a number, use *."
        )
    if input.ndim > 1 and other.ndim > 1:
        return matrix_product(input, other)
    _columns_and_rows("matmul", input, other)
    # A vector is a matrix of one row on the left, of one column on the right; that axis goes again at the
    # end.
    left = unsqueeze(input, 0) if input.ndim == 1 else input
    right = unsqueeze(other, 1) if other.ndim == 1 else other
    y = matrix_product(left, right)
    if other.ndim == 1:
        y = reshape(y, y.shape[:-1])
    elif input.ndim == 1:
        y = reshape(y, (*y.shape[:-2], y.shape[-1]))
    return reshape(y, ()) if input.ndim == other.ndim == 1 else y


def _ranks(name: str, input: Array, other: Array, a: int, b: int) -> None:
    if input.ndim != a or other.ndim != b:
        raise ShapeError(
            f"{name}: expected tensors of {a} and {b} dimensions, got shapes {tuple(input.shape)} and "
            f"{tuple(other.shape)}. matmul takes every combination."
        )


@of_tensors
def mm(input: Array, mat2: Array) -> Tensor:
    """The product of two matrices: (n, k) @ (k, m) -> (n, m)"""
    _ranks("mm", input, mat2, 2, 2)
    _columns_and_rows("mm", input, mat2)
    return matrix_product(input, mat2)


@of_tensors
def bmm(input: Array, mat2: Array) -> Tensor:
    """The products of two stacks of matrices: (b, n, k) @ (b, k, m) -> (b, n, m)

    Raises ShapeError for stacks that do not fit.
    """
    _ranks("bmm", input, mat2, 3, 3)
    if input.shape[0] != mat2.shape[0]:
        raise ShapeError(
            f"bmm: the stacks {tuple(input.shape)} and {tuple(mat2.shape)} have {input.shape[0]} and "
            f"{mat2.shape[0]} matrices; they must have as many"
        )
    _columns_and_rows("bmm", input, mat2)
    return matrix_product(input, mat2)


@of_tensors
def mv(input: Array, vec: Array) -> Tensor:
    """The product of a matrix and a vector: (n, k) @ (k) -> (n)"""
    _ranks("mv", input, vec, 2, 1)
    _columns_and_rows("mv", input, vec)
    return matmul(input, vec)


@of_tensors
def dot(input: Array, tensor: Array) -> Tensor:
    """The inner product of two vectors: (k), (k) -> ()

    Raises ShapeError for what are no vectors of one length.
    """
    _ranks("dot", input, tensor, 1, 1)
    if input.shape != tensor.shape:
        raise ShapeError(
            f"dot: the vectors {tuple(input.shape)} and {tuple(tensor.shape)} must have as many elements"
        )
    return matmul(input, tensor)


@of_tensors
def outer(input: Array, vec2: Array) -> Tensor:
    """The outer product of two vectors: (n), (m) -> (n, m)"""
    _ranks("outer", input, vec2, 1, 1)
    return unsqueeze(input, 1) * unsqueeze(vec2, 0)


# The dense layer --------------------------------------------------------------------------------------------


@op
def linear(input: Array, weight: Array, bias: Array = None) -> Array:
    """y = x @ weight.T + bias.

    Shapes: x (..., in), weight (out, in), bias (out), or (1) or () for all -> y (..., out).

    Raises ShapeError for sizes that do not fit, DtypeError for dtypes that differ.
    """
    if input.shape[-1:] != weight.shape[-1:]:
        raise ShapeError(
            f"linear: the input of shape {input.shape} has {_last(input)} features, the weight of shape "
            f"{weight.shape}, (out, in), takes {_last(weight)}. {_features_hint(input, weight)}"
        )
    if input.dtype != weight.dtype or (bias is not None and bias.dtype != weight.dtype):
        raise DtypeError(
            f"linear: the input is {input.dtype}, the weight {weight.dtype}"
            f"{'' if bias is None else f', the bias {bias.dtype}'}; give all the same dtype: x.float()"
            f"{to_scale(input)}"
        )
    if bias is not None and bias.shape not in _shapes_of_a_bias(weight):
        raise ShapeError(
            f"linear: the bias has shape {bias.shape}, expected {weight.shape[:-1]}: one number per output "
            "(or one for all)"
        )
    return _product(input, weight.T, bias)


def _shapes_of_a_bias(weight: Array) -> tuple[tuple[int, ...], ...]:
    each: tuple[int, ...] = weight.shape[:-1]
    return (each, (), (1,)) if each else ((),)


def _last(x: Array) -> int | str:
    return int(x.shape[-1]) if x.ndim else "no"


def _features_hint(input: Array, weight: Array) -> str:
    """The likely fix for a number of features that does not fit."""
    if input.ndim > 2 and weight.ndim == 2 and math.prod(input.shape[1:]) == weight.shape[1]:
        return "Flatten the images first: x.flatten(1)."
    if input.ndim == 1 and weight.ndim == 2 and weight.shape[1] and input.size % weight.shape[1] == 0:
        return "Was a whole batch flattened into one row? x.flatten(1) leaves the first axis as it is."
    if input.ndim == 2 == weight.ndim and input.size == weight.shape[1]:
        return "One image? x.flatten() makes a row of it; a batch of images has an axis more."
    if input.ndim >= 2 == weight.ndim:
        return f"A layer for this input is nn.Linear({input.shape[-1]}, {weight.shape[0]})."
    return ""


def _multiplied(a: Array, b: Array) -> Array:
    """a @ b in a rule: of a tensor it is to be differentiated again."""
    return matrix_product(a, b) if is_tensor(a) else _product(a, b)


@linear.grad("input")
def _(dy: Array, weight: Array) -> Array:
    if weight.ndim != 2:
        return np.expand_dims(dy, -1) * weight
    return _multiplied(dy, weight) if dy.ndim > 1 else dy @ weight


@linear.grad("weight")
def _(dy: Array, input: Array, weight_shape: tuple[int, ...]) -> Array:
    if input.ndim == 2 == len(weight_shape):
        return _multiplied(dy.T, input)  # (out, N) @ (N, in) -> (out, in)
    n = math.prod(input.shape[:-1])
    rows = np.reshape(input, (n, input.shape[-1]))  # (N, in)
    upstream = np.reshape(dy, (n, math.prod(weight_shape[:-1])))  # (N, out)
    dw = _multiplied(upstream.T, rows)
    return dw if len(weight_shape) == 2 else np.reshape(dw, weight_shape)  # a view would be copied


@linear.grad("bias")
def _(dy: Array) -> Array:
    return dy  # the engine sums over the rows
