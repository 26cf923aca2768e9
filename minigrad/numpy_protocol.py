"""NumPy's functions on tensors: ``np.exp(t)`` is ``mg.exp(t)``.

This is what lets a rule be written once: the same ``np.sum(dy * y)`` runs on arrays in the fast path and on
Tensors when the backward pass is recorded itself.
"""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.devices import place
from minigrad.engine import writes
from minigrad.engine.op import is_tensor, raw
from minigrad.ops import arithmetic, compare, elementwise, join, linalg, order, reduce, shape
from minigrad.ops.einsum import einsum

UFUNCS: dict[Any, Callable[..., Any]] = {
    np.add: arithmetic.plus,
    np.subtract: arithmetic.minus,
    np.multiply: arithmetic.mul,
    np.true_divide: arithmetic.true_divide,
    np.floor_divide: arithmetic.floor_divide,
    np.remainder: arithmetic.remainder,
    np.power: arithmetic.pow,
    np.matmul: linalg.matmul,
    np.negative: arithmetic.neg,
    np.positive: arithmetic.positive,
    np.absolute: arithmetic.abs,
    np.sign: elementwise.sign,
    np.sqrt: elementwise.sqrt,
    np.square: elementwise.square,
    np.reciprocal: elementwise.reciprocal,
    np.exp: elementwise.exp,
    np.expm1: elementwise.expm1,
    np.log: elementwise.log,
    np.log1p: elementwise.log1p,
    np.log2: elementwise.log2,
    np.sin: elementwise.sin,
    np.cos: elementwise.cos,
    np.tanh: elementwise.tanh,
    np.maximum: compare.maximum,
    np.minimum: compare.minimum,
    np.equal: compare.eq,
    np.not_equal: compare.ne,
    np.less: compare.lt,
    np.less_equal: compare.le,
    np.greater: compare.gt,
    np.greater_equal: compare.ge,
    np.logical_not: compare.logical_not,
    np.logical_and: compare.logical_and,
    np.logical_or: compare.logical_or,
    np.logical_xor: compare.logical_xor,
    np.invert: compare.bitwise_not,
    np.bitwise_and: compare.bitwise_and,
    np.bitwise_or: compare.bitwise_or,
    np.bitwise_xor: compare.bitwise_xor,
    np.isnan: compare.isnan,
    np.isinf: compare.isinf,
    np.isfinite: compare.isfinite,
    np.floor: elementwise.floor,
    np.ceil: elementwise.ceil,
}


def _transpose(a: Any, axes: Any = None) -> Any:
    return shape.permute(a, tuple(reversed(range(a.ndim))) if axes is None else tuple(axes))


def _expand_dims(a: Any, axis: Any) -> Any:
    new = (axis,) if isinstance(axis, int) else axis
    for dim in sorted(dim % (a.ndim + len(new)) for dim in new):
        a = shape.unsqueeze(a, dim)
    return a


def _flip(m: Any, axis: Any = None) -> Any:
    return shape.flip(m, tuple(range(m.ndim)) if axis is None else axis)


def _cumsum(a: Any, axis: int | None = None, *, dtype: Any = None) -> Any:
    if axis is None:
        a, axis = shape.flatten(a), 0
    return reduce.cumsum(a, axis, dtype=dtype)


def _clip(a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Any:
    return compare.clamp(a, a_min if min is None else min, a_max if max is None else max)


def _where(condition: Any, x: Any = None, y: Any = None) -> Any:
    if x is None:
        return np.nonzero(raw(condition))
    condition = raw(condition)
    return compare.where(
        condition.astype(np.bool_) if hasattr(condition, "astype") else bool(condition), x, y
    )


def _dot(a: Any, b: Any) -> Any:
    if max(np.ndim(raw(a)), np.ndim(raw(b))) > 2:
        raise TypeError("np.dot of stacks of matrices is not supported; use np.matmul or np.einsum")
    return linalg.matmul(a, b) if np.ndim(raw(a)) and np.ndim(raw(b)) else arithmetic.mul(a, b)


def _outer(a: Any, b: Any) -> Any:
    return linalg.outer(shape.flatten(a), shape.flatten(b))


def _round(a: Any, decimals: int = 0) -> Any:
    return elementwise.round(a, decimals=decimals)


def _var(a: Any, axis: Any = None, *, ddof: float = 0, keepdims: bool = False) -> Any:
    return reduce.var(a, axis, None, keepdims, correction=ddof)


def _std(a: Any, axis: Any = None, *, ddof: float = 0, keepdims: bool = False) -> Any:
    return reduce.std(a, axis, None, keepdims, correction=ddof)


def _reshape(a: Any, shape_: Any) -> Any:
    return shape.reshape(a, shape.sizes((shape_,)))


def _roll(a: Any, shift: Any, axis: Any = None) -> Any:
    return shape.roll(a, shift, axis)


# These take axis and keepdims, which every operation reads as dim and keepdim. The places of NumPy's other
# arguments are different: they are handed on by name.
REDUCTIONS: dict[Any, Callable[..., Any]] = {
    np.sum: reduce.sum,
    np.mean: reduce.mean,
    np.prod: reduce.prod,
    np.max: reduce.amax,
    np.min: reduce.amin,
    np.amax: reduce.amax,
    np.amin: reduce.amin,
    np.argmax: order.argmax,
    np.argmin: order.argmin,
    np.any: reduce.any,
    np.all: reduce.all,
    np.cumsum: _cumsum,
    np.var: _var,
    np.std: _std,
}

FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.where: _where,
    np.clip: _clip,
    np.reshape: _reshape,
    np.transpose: _transpose,
    np.swapaxes: shape.transpose,
    np.moveaxis: shape.movedim,
    np.expand_dims: _expand_dims,
    np.squeeze: shape.squeeze,
    np.broadcast_to: shape.broadcast_to,
    np.flip: _flip,
    np.roll: _roll,
    np.tril: shape.tril,
    np.triu: shape.triu,
    np.concatenate: join.cat,
    np.stack: join.stack,
    np.einsum: einsum,
    np.outer: _outer,
    np.dot: _dot,
    np.round: _round,
    np.ravel: shape.flatten,
}

# What they answer has no gradient anyway, so it does not matter whether the tensor requires one.
FLAT = {
    np.zeros_like,
    np.ones_like,
    np.empty_like,
    np.full_like,
    np.allclose,
    np.isclose,
    np.array_equal,
    np.array_equiv,
    np.shape,
    np.size,
    np.ndim,
    np.argsort,
    np.searchsorted,
    np.nonzero,
    np.count_nonzero,
    np.result_type,
    np.shares_memory,
    np.may_share_memory,
}

# These overwrite their first argument.
WRITERS = {np.copyto, np.put, np.place, np.putmask, np.fill_diagonal}


def _arrays(values: Any, name: str = "") -> Any:
    """The values with arrays in place of tensors. The function ``name`` would lose the gradient of any."""
    if isinstance(values, (tuple, list)):
        return type(values)(_arrays(value, name) for value in values)
    if not is_tensor(values):
        return values
    if name and values._requires_grad:
        raise TypeError(
            f"np.{name} has no gradient in minigrad, and the tensor requires one. Call it on t.detach(), or "
            "write it with operations that minigrad has."
        )
    return values._data


def call_ufunc(tensor: Any, ufunc: Any, method: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """What ``ufunc(*inputs, **options)`` is when one of the inputs is a Tensor."""
    if method == "__call__" and not options and ufunc in UFUNCS:
        return UFUNCS[ufunc](*inputs)
    name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
    if options:
        name += f" with {' and '.join(f'{option}=' for option in options)}"
    given = {option: _arrays(value, name) for option, value in options.items()}
    y = getattr(ufunc, method)(*_arrays(inputs, name), **given)
    if "out" in options:
        outputs = options["out"]
        _mark(outputs)
        return outputs[0] if len(outputs) == 1 else outputs
    if method == "at":
        _mark(inputs[:1])
    return tensor._wrap(place.as_array(y)) if place.is_array(y) or isinstance(y, np.generic) else y


def _mark(written: tuple[Any, ...]) -> None:
    for value in written:
        if is_tensor(value):
            writes.mark(value._data)


def call_function(function: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """What ``function(*args, **options)`` is when there is a Tensor among the arguments."""
    if function in REDUCTIONS:
        if len(args) > 2:
            names = list(inspect.signature(function).parameters)
            given = {
                name: value for name, value in zip(names[2:], args[2:], strict=False) if value is not None
            }
            args, options = args[:2], given | options
        return REDUCTIONS[function](*args, **options)
    if function in FUNCTIONS:
        return FUNCTIONS[function](*args, **options)
    name = "" if function in FLAT else getattr(function, "__name__", str(function))
    y = function(*_arrays(args, name), **{key: _arrays(value, name) for key, value in options.items()})
    if function in WRITERS:
        _mark(args[:1])
    return y
