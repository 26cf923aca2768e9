"""Slips of shape: transposed products, axes not summed, wrong axes, gradients of the wrong shape."""

import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np

from minigrad.diagnosis.guess import Guess, replaced
from minigrad.diagnosis.recording import Array, Recording, Step, stretches


def _t(x: Array) -> Array:
    return np.swapaxes(x, -1, -2)


# Matrix products --------------------------------------------------------------------------------------------


def _factors(step: Step, way: int) -> tuple[str, Array] | None:
    """The other factor of a product, with its name."""
    if step.op.builtin not in ("matmul", "linear") or step.parameter(way) == "bias":
        return None
    name = next(name for i, name in enumerate(step.op.parameters) if i != way)
    return name, step.named[name]


def transposed_product(recording: Recording) -> Iterator[Guess]:
    """A product of the right two matrices, one of them transposed wrongly, or in the wrong order."""
    for step in recording.steps:
        for way in step.ways:
            factors = _factors(step, way)
            if factors is None:
                continue
            if _is_outer(step, way, recording):
                yield _outer_exchanged(step, way, factors[0], recording)
                continue
            right = _right_product(step, way)
            dy = f" (dy is what arrives at {step.name})" if len(recording.steps) > 1 else ""
            for t, t1, t2, first in itertools.product(*[(False, True)] * 3, (True, False)):
                names = [("dy", t1), (_short(step, factors[0]), t2)]
                text = " @ ".join(n + ".T" * flag for n, flag in (names if first else names[::-1]))
                text = f"({text}).T" if t else text
                yield Guess(
                    f"yours is {text} where {right} is right{dy}",
                    replaced(step, partial(_product, way, first, t1, t2, t)),
                    step=step,
                    fix=f"use {right}: of matrices that are not square the shapes fit in no other way",
                )
            yield Guess(
                f"yours is dy * {_short(step, factors[0])}, element by element, where {right} is right",
                replaced(step, partial(_elementwise, way)),
                step=step,
                title="a product of elements (*) in place of a matrix product (@)",
                fix=f"use {right}",
            )
    if any(step.op.builtin in ("matmul", "linear", "einsum") for step in recording.steps):
        yield Guess(
            "yours, transposed, is right",
            repair=lambda yours, r: _t(yours),
            fix="(a @ b).T is b.T @ a.T: the two factors are in the wrong order",
        )


def _is_outer(step: Step, way: int, recording: Recording) -> bool:
    """Whether the other factor and the result are vectors, so that the gradient is an outer product.

    matmul computes with a column or a row in place of a vector; a reshape after it takes the axis away again.
    """
    if step.op.builtin != "matmul":
        return False
    other = np.shape(step.values[1 - way])
    if len(other) != 2 or other[1 if way == 0 else 0] != 1:
        return False
    after = [s for s in recording.steps if any(edge is step.node for edge in s.node.edges)]
    return len(after) == 1 and after[0].op.builtin == "reshape" and after[0].y.ndim == 1


def _outer_exchanged(step: Step, way: int, factor: str, recording: Recording) -> Guess:
    other = _short(step, factor)
    right, wrong = f"np.outer(dy, {other})", f"np.outer({other}, dy)"
    right, wrong = (right, wrong) if way == 0 else (wrong, right)
    inner = step.place + 2 < len(recording.steps)  # more than the reshape comes after it
    arrives = f" (dy is what arrives at {step.name})" if inner else ""
    return Guess(
        f"yours is {wrong} where {right} is right{arrives}",
        replaced(step, partial(_product, way, way == 1, True, False, False)),
        step=step,
        title="an outer product with its two vectors exchanged",
        fix=f"use {right}: the gradient has an axis of the matrix for each of the two, in this order",
    )


def _short(step: Step, name: str) -> str:
    """The name of a factor: fn's, or the operation's own."""
    return step.names.get(name, name) if step.names.get(name, name).isidentifier() else name


def _right_product(step: Step, way: int) -> str:
    first, second = _short(step, step.op.parameters[0]), _short(step, step.op.parameters[1])
    if step.op.builtin == "linear":
        return f"dy @ {second}" if way == 0 else f"dy.T @ {first}"
    return f"dy @ {second}.T" if way == 0 else f"{first}.T @ dy"


def _product(way: int, first: bool, t1: bool, t2: bool, t: bool, step: Step, dy: Array) -> dict[int, Array]:
    factors = _factors(step, way)
    assert factors is not None
    a, b = _t(dy) if t1 else dy, _t(factors[1]) if t2 else factors[1]
    product = a @ b if first else b @ a
    return {**step.local(dy), way: _t(product) if t else product}


def _elementwise(way: int, step: Step, dy: Array) -> dict[int, Array]:
    factors = _factors(step, way)
    assert factors is not None
    return {**step.local(dy), way: dy * factors[1]}


# Axes -------------------------------------------------------------------------------------------------------


def _other_axes(step: Step) -> Iterator[tuple[str, Any]]:
    """Other values of the operation's dim."""
    ndim = np.ndim(step.values[0])
    for name in ("dim", "dims"):
        if name not in step.named or ndim == 0:
            continue
        current = step.named[name]
        if isinstance(current, int):
            yield from ((name, dim) for dim in range(ndim) if dim != current % ndim)
            yield name, tuple(range(ndim))
        elif current is None:
            yield from ((name, dim) for dim in range(ndim))
        elif isinstance(current, (tuple, list)):
            used = {dim % ndim for dim in current}
            yield from ((name, dims) for dims in _subsets(range(ndim)) if set(dims) != used)


def wrong_axis(recording: Recording) -> Iterator[Guess]:
    """The gradient of an operation over an axis, with another axis."""
    for step in recording.steps:
        if _may_lack_keepdims(step):
            yield Guess(
                "yours is what comes out when the sums of the rows are laid along the rows: of square "
                "matrices that gives no error",
                replaced(step, _without_keepdims),
                step=step,
                title="keepdims=True is missing, so that the wrong axis is stretched",
                fix=f"keepdims=True, or [:, None], with axis {step.named['dim']}",
            )
        for name, dim in _other_axes(step):
            for again, moved in ((False, True), (True, True), (True, False)):
                yield Guess(
                    f"yours is what comes out with {name}={dim}; fn has {name}={step.named[name]}",
                    replaced(step, partial(_over_another_axis, name, dim, again, moved)),
                    step=step,
                    title=f"the wrong axis of {step.name}",
                    fix=f"use {name}={step.named[name]} in the rule as well, with keepdims=True",
                )
            if softmax_over := _softmax_within(step, recording):
                yield Guess(
                    f"yours has the softmax over {_axis_of(dim)}; fn has {name}={step.named[name]}",
                    replaced(step, partial(softmax_over, dim)),
                    step=step,
                    title=f"the wrong axis of {'the softmax' if step.op.builtin == 'sum' else step.name}",
                    fix=f"take the softmax over {_axis_of(step.named[name])}, with keepdims=True",
                )
            if step.op.builtin == "layer_norm" and isinstance(dim, tuple):
                yield Guess(
                    f"yours takes the means of dy and of dy * y over {dim}; fn has {name}={step.named[name]}",
                    replaced(step, partial(_means_over, dim)),
                    step=step,
                    title=f"the wrong axis of {step.name}",
                    fix=f"take these means over {step.named[name]} as well, with keepdims=True",
                )
    yield from _summed_over_another_axis(recording)


def _may_lack_keepdims(step: Step) -> bool:
    """Whether it is over the last axis of a square matrix, where an axis that was lost is not missed."""
    shape = np.shape(step.values[0])
    square = len(shape) == 2 and shape[0] == shape[1]
    over_last = step.named.get("dim") in (1, -1, (1,), (-1,))
    kept = step.named.get("keepdim", False)
    return square and over_last and not kept and step.op.builtin in ("sum", "mean", "softmax", "log_softmax")


def _without_keepdims(step: Step, dy: Array) -> dict[int, Array]:
    size = len(step.values[0])
    if step.values[0].shape != (size, size):
        raise ValueError("an axis that is lost makes an error here")
    if step.op.builtin == "softmax":
        return {0: step.y * (dy - (dy * step.y).sum(1))}
    if step.op.builtin == "log_softmax":
        return {0: dy - np.exp(step.y) * dy.sum(1)}
    return {0: np.broadcast_to(dy, (size, size)) / (size if step.op.builtin == "mean" else 1)}


def _softmax_over(dim: Any, step: Step, dy: Array) -> dict[int, Array]:
    x = step.named["input"]
    right, other = (np.exp(x - step.again(dim=d, keepdim=True)) for d in (step.named["dim"], dim))
    return {0: step.local(dy)[0] / right * other}


def _adds_exponentials(step: Step, recording: Recording) -> bool:
    """Whether it is the sum below the line of a softmax that is written out: exp(x) / exp(x).sum(1)."""
    before = next((s for s in recording.steps if s.node is step.node.edges[0]), None)
    return step.op.builtin == "sum" and before is not None and before.op.builtin == "exp"


def _softmax_within(step: Step, recording: Recording) -> Callable[..., Any] | None:
    """What a softmax over another axis makes of the gradient, if there is one in this step or in its rule."""
    if step.op.builtin == "logsumexp":
        return _softmax_over
    return (
        _probabilities_over if step.op.builtin == "softmax" or _adds_exponentials(step, recording) else None
    )


def _axis_of(dim: Any) -> str:
    """An axis, or several, or None for all, in words."""
    if dim is None:
        return "everything"
    return _listed(dim if isinstance(dim, tuple) else (dim,))


def _probabilities_over(dim: Any, step: Step, dy: Array) -> dict[int, Array]:
    """Of a cross-entropy comes p - t, in which p alone is over the other axis: t has none."""
    x = step.values[0]
    if step.op.builtin == "sum":  # of exponentials, x
        return {0: step.local(dy * step.y)[0] / x.sum(dim, keepdims=True)}
    arrives = dy * step.y
    exponentials = np.exp(x - x.max())
    p = exponentials / exponentials.sum(dim, keepdims=True)
    return {0: arrives - p * arrives.sum(step.named["dim"], keepdims=True)}


def _means_over(dim: tuple[int, ...], step: Step, dy: Array) -> dict[int, Array]:
    straight, along = (v.mean(dim, keepdims=True) for v in (dy, dy * step.y))
    variance = step.named["input"].var(step.named["dim"], keepdims=True)
    return {0: (dy - straight - step.y * along) / np.sqrt(variance + step.named["eps"])}


def _over_another_axis(
    name: str, dim: Any, again: bool, moved: bool, step: Step, dy: Array
) -> dict[int, Array]:
    changed = {name: dim} if moved else {}
    if again:
        changed["y"] = step.again(**{name: dim})
    return {way: step.rule(way, dy, **changed) for way in step.ways}


def _stretched(step: Step) -> Iterator[tuple[int, tuple[int, ...], tuple[int, ...]]]:
    """The arguments that broadcasting stretched: (way, own shape, stretched shape)."""
    for way in step.ways:
        own, full = step.node.edges[way].shape, step.y.shape
        bias = step.op.builtin == "linear" and step.parameter(way) == "bias"
        if bias or (own != full and stretches(own, full) and step.op.builtin in _ELEMENTWISE):
            yield way, own, full


_ELEMENTWISE = {"add", "sub", "mul", "div", "pow", "maximum", "minimum", "where", "broadcast_to", "remainder"}


def _summed_over_another_axis(recording: Recording) -> Iterator[Guess]:
    for step in recording.steps:
        for way, own, full in _stretched(step):
            right, stretched = _axes(own, full), step.called(step.parameter(way))
            for axes in itertools.combinations(range(len(full)), len(right)):
                for kept in (False, True) if axes != right else ():
                    yield Guess(
                        f"yours is summed over {_listed(axes)}, but stretched was {_listed(right)}",
                        replaced(step, partial(_sum_over, way, axes, kept)),
                        step=step,
                        title="the sum over what broadcasting stretched is over the wrong axis",
                        fix=f"sum over {_listed(right)}: {stretched} was stretched from {own} to {full}",
                    )


def _axes(own: tuple[int, ...], full: tuple[int, ...]) -> tuple[int, ...]:
    extra = len(full) - len(own)
    return tuple(i for i, size in enumerate(full) if i < extra or own[i - extra] != size)


def _sum_over(way: int, axes: tuple[int, ...], kept: bool, step: Step, dy: Array) -> dict[int, Array]:
    dx = np.broadcast_to(step.unfitted(dy)[way], step.y.shape)
    own = step.node.edges[way].shape
    summed = dx.sum(axes, keepdims=kept)
    return {
        **step.local(dy),
        way: summed.reshape(own) if not kept and summed.size == math.prod(own) else summed,
    }


def broadcast(recording: Recording) -> Iterator[Guess]:
    """An argument was stretched, and so used several times; its gradient is not summed over the uses."""
    missing = _missing_sum(recording.trial.yours, recording)
    if missing is not None:
        yield Guess(
            f"yours has a wrong shape, and would be right if it were summed over {_listed(missing)}",
            repair=_summed_to_shape,
            fix=f"sum over {_listed(missing)}: {recording.name} was stretched, and so used several times",
        )
    for step in recording.steps:
        for way, own, full in _stretched(step):
            axes = _axes(own, full)
            stretched = step.called(step.parameter(way))
            fix = f"sum over {_listed(axes)}: {stretched} was stretched from {own} to {full}"
            for what, told in (
                ("mean", "averaged over"),
                ("first", "the first along"),
                ("last", "the last along"),
                ("max", "the largest along"),
            ):
                yield Guess(
                    f"yours is {told} {_listed(axes)}, where the sum is right",
                    replaced(step, partial(_reduced, way, what)),
                    step=step,
                    fix=fix,
                )
            for part in _subsets(axes):
                if part != axes:
                    yield Guess(
                        f"yours is summed over {_listed(part)} only, but stretched were {_listed(axes)}",
                        replaced(step, partial(_sum_over, way, part, False)),
                        step=step,
                        fix=fix,
                    )


def _missing_sum(yours: Array | None, recording: Recording) -> tuple[int, ...] | None:
    """The axes to sum over to make the learner's gradient right."""
    if yours is None or yours.size <= recording.x.size:
        return None
    for axes in _subsets(range(yours.ndim)):
        summed = yours.sum(axes)
        if summed.size == recording.x.size and recording.trial.same(
            summed.reshape(recording.x.shape), recording.truth
        ):
            return axes
    return None


def _summed_to_shape(yours: Array, recording: Recording) -> Array:
    axes = _missing_sum(yours, recording)
    if axes is None:
        raise ValueError("no sum makes it right")
    return yours.sum(axes).reshape(recording.x.shape)


def _listed(axes: tuple[int, ...]) -> str:
    return f"axis {axes[0]}" if len(axes) == 1 else f"the axes {' and '.join(map(str, axes))}"


def _subsets(axes: Iterable[int]) -> Iterator[tuple[int, ...]]:
    listed = tuple(axes)
    for count in range(1, len(listed) + 1):
        yield from itertools.combinations(listed, count)


def _reduced(way: int, what: str, step: Step, dy: Array) -> dict[int, Array]:
    dx = np.broadcast_to(step.unfitted(dy)[way], step.y.shape)
    own = step.node.edges[way].shape
    axes = _axes(own, step.y.shape)
    if what == "mean":
        taken = dx.mean(axes)
    elif what == "max":
        taken = dx.max(axes)
    else:
        taken = dx[
            tuple((0 if what == "first" else -1) if i in axes else slice(None) for i in range(dx.ndim))
        ]
    return {**step.local(dy), way: taken.reshape(own)}


# The shape alone --------------------------------------------------------------------------------------------


def not_spread(recording: Recording) -> Iterator[Guess]:
    """The gradient of a reduction is left at the size of the result."""
    yield Guess(
        "yours has a wrong shape; spread over the shape of the input it is right",
        repair=_spread,
    )


def _spread(yours: Array, recording: Recording) -> Array:
    if yours.size > recording.x.size or yours.shape == recording.x.shape:
        raise ValueError("nothing to spread")
    return np.broadcast_to(yours, recording.x.shape)


def shape(recording: Recording) -> Iterator[Guess]:
    """The right numbers, in order, in a wrong shape; or all of them added up."""
    yield Guess(
        "yours is the sum of all elements of the right gradient",
        lambda r: np.asarray(r.truth.sum()),
        title="the gradient is added up to one number",
        fix="np.sum without an axis adds up everything: name the axis, or leave the sum out",
    )
    yield Guess(
        "the numbers are right, and their shape is wrong",
        repair=lambda yours, r: yours.reshape(r.x.shape),
        fix=f"reshape: the gradient has the shape of {recording.name}",
    )


def transposed(recording: Recording) -> Iterator[Guess]:
    """The right numbers with their axes in another order."""
    yield Guess(
        "with its axes in another order yours is right",
        repair=_transposed,
        title="the gradient is transposed",
        fix=f"the gradient has the shape of {recording.name}: transpose it",
    )


def _transposed(yours: Array, recording: Recording) -> Array:
    for order in itertools.permutations(range(yours.ndim)):
        moved = np.transpose(yours, order)
        if moved.shape == recording.x.shape and recording.trial.same(moved, recording.truth):
            return moved
    raise ValueError("in no order")
