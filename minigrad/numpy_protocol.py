"""NumPy's functions on tensors: ``np.exp(t)`` is ``mg.exp(t)``.

This is what lets a rule be written once: the same ``np.sum(dy * y)`` runs on arrays in the fast path and on
Tensors when the backward pass is recorded itself.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.ops import elementwise as e
from minigrad.ops import linalg, reduce, shape

UFUNCS: dict[Any, Callable[..., Any]] = {
    np.add: e.plus,
    np.subtract: e.minus,
    np.multiply: e.mul,
    np.true_divide: e.true_divide,
    np.floor_divide: e.floor_divide,
    np.remainder: e.remainder,
    np.power: e.pow,
    np.matmul: linalg.matmul,
    np.negative: e.neg,
    np.positive: e.positive,
    np.absolute: e.abs,
    np.sign: e.sign,
    np.sqrt: e.sqrt,
    np.square: e.square,
    np.reciprocal: e.reciprocal,
    np.exp: e.exp,
    np.expm1: e.expm1,
    np.log: e.log,
    np.log1p: e.log1p,
    np.log2: e.log2,
    np.sin: e.sin,
    np.cos: e.cos,
    np.tanh: e.tanh,
    np.maximum: e.maximum,
    np.minimum: e.minimum,
    np.equal: e.eq,
    np.not_equal: e.ne,
    np.less: e.lt,
    np.less_equal: e.le,
    np.greater: e.gt,
    np.greater_equal: e.ge,
    np.logical_not: e.logical_not,
    np.logical_and: e.logical_and,
    np.logical_or: e.logical_or,
    np.logical_xor: e.logical_xor,
    np.invert: e.bitwise_not,
    np.bitwise_and: e.bitwise_and,
    np.bitwise_or: e.bitwise_or,
    np.bitwise_xor: e.bitwise_xor,
    np.isnan: e.isnan,
    np.isinf: e.isinf,
    np.isfinite: e.isfinite,
    np.floor: e.floor,
    np.ceil: e.ceil,
}


def _squeeze(a: Any, axis: Any = None) -> Any:
    return shape.squeeze(a, axis)


def _transpose(a: Any, axes: Any = None) -> Any:
    return shape.permute(a, tuple(reversed(range(a.ndim))) if axes is None else tuple(axes))


def _expand_dims(a: Any, axis: int) -> Any:
    return shape.unsqueeze(a, axis)


def _flip(m: Any, axis: Any = None) -> Any:
    return shape.flip(m, tuple(range(m.ndim)) if axis is None else axis)


def _cumsum(a: Any, axis: int | None = None) -> Any:
    return reduce.cumsum(shape.flatten(a), 0) if axis is None else reduce.cumsum(a, axis)


def _clip(a: Any, a_min: Any = None, a_max: Any = None) -> Any:
    return e.clamp(a, a_min, a_max)


def _var(a: Any, axis: Any = None, *, ddof: float = 0, keepdims: bool = False) -> Any:
    return reduce.var(a, axis, None, keepdims, correction=ddof)


def _std(a: Any, axis: Any = None, *, ddof: float = 0, keepdims: bool = False) -> Any:
    return reduce.std(a, axis, None, keepdims, correction=ddof)


def _concatenate(arrays: Any, axis: int = 0) -> Any:
    return shape.cat(arrays, axis)


def _stack(arrays: Any, axis: int = 0) -> Any:
    return shape.stack(arrays, axis)


def _reshape(a: Any, shape_: Any) -> Any:
    return shape.reshape(a, shape.sizes((shape_,)))


def _roll(a: Any, shift: Any, axis: Any = None) -> Any:
    return shape.roll(a, shift, axis)


# These take axis and keepdims, which every operation reads as dim and keepdim.
FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.sum: reduce.sum,
    np.mean: reduce.mean,
    np.prod: reduce.prod,
    np.max: reduce.amax,
    np.min: reduce.amin,
    np.argmax: reduce.argmax,
    np.argmin: reduce.argmin,
    np.any: reduce.any,
    np.all: reduce.all,
    np.cumsum: _cumsum,
    np.var: _var,
    np.std: _std,
    np.where: e.where,
    np.clip: _clip,
    np.reshape: _reshape,
    np.transpose: _transpose,
    np.swapaxes: shape.transpose,
    np.moveaxis: shape.movedim,
    np.expand_dims: _expand_dims,
    np.squeeze: _squeeze,
    np.broadcast_to: shape.broadcast_to,
    np.flip: _flip,
    np.roll: _roll,
    np.tril: shape.tril,
    np.triu: shape.triu,
    np.concatenate: _concatenate,
    np.stack: _stack,
    np.einsum: linalg.einsum,
    np.outer: linalg.outer,
}


def _detached(name: str, values: Any) -> Any:
    """The values with arrays in place of tensors, for a NumPy function that knows no gradients."""
    if isinstance(values, (tuple, list)):
        return type(values)(_detached(name, value) for value in values)
    if not hasattr(values, "_requires_grad"):
        return values
    if values._requires_grad:
        raise TypeError(
            f"np.{name} has no gradient in minigrad, and the tensor requires one. Call it on t.detach(), or "
            "write it with operations that minigrad has."
        )
    return values._data


def call_ufunc(tensor: Any, ufunc: Any, method: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """What ``ufunc(*inputs, **options)`` is when one of the inputs is a Tensor."""
    if method == "__call__" and not options and ufunc in UFUNCS:
        return UFUNCS[ufunc](*inputs)
    options = {name: _detached(ufunc.__name__, value) for name, value in options.items()}
    y = getattr(ufunc, method)(*_detached(ufunc.__name__, inputs), **options)
    return (
        y if "out" in options or not isinstance(y, (np.ndarray, np.generic)) else tensor._wrap(np.asarray(y))
    )


def call_function(function: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """What ``function(*args, **options)`` is when there is a Tensor among the arguments."""
    if function in FUNCTIONS:
        return FUNCTIONS[function](*args, **options)
    name = getattr(function, "__name__", str(function))
    return function(*_detached(name, args), **{key: _detached(name, value) for key, value in options.items()})
