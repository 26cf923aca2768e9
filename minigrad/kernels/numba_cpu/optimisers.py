"""Optimiser updates."""

# mypy: allow-untyped-defs
# (the compiled loops have no annotations: numba types them, for each call)

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numba.np import numpy_support

from minigrad.kernels.numba_cpu import subnormals
from minigrad.kernels.numba_cpu.compiling import compiled, inner
from minigrad.kernels.numba_cpu.sharing import shared, spread
from minigrad.kernels.numba_cpu.vectors import pointer
from minigrad.kernels.reference.arrays import Array
from minigrad.kernels.reference.optimisers import check_update, each

__all__ = ["adagrad_step", "adam_step", "nadam_step", "rmsprop_step", "sgd_step"]

carray: Any = numpy_support.carray

#
# All five do the same otherwise than the reference: one pass over the arrays instead of one for each
# operation, so that memory is read and written once and no temporary array is made. Numbers that are the same
# for every element (bias corrections) are worked out before. State that is not kept prunes its branches when
# the loop is compiled; the branches on numbers become selections, which cost next to nothing.
#
# All parameters of a call are one pass, too: a loop gets a table that says where their arrays lie, and the
# threads share all elements alike, wherever one parameter ends. (A network 784-256-128-10, 6 parameters: an
# Adam step 0.141 -> 0.114 ms on two threads.)
#
# Subnormal numbers count as 0 (see subnormals.py) where that changes little but the speed. What is divided by
# is sqrt(v) + eps, and the root of a subnormal v, 1e-19 or less, is nothing beside an eps of LEAST or more.

LEAST = 1e-11

ALONE = 1 << 16
"""Elements from which on a second thread takes a share: one alone takes 0.035 ms for them."""

LINE = 64
"""A share ends at a multiple of so many elements: whole vectors, and no two threads write one cache line."""

END, SIZE, P, G, STATE = range(5)
"""The columns of a table, which has a row for each parameter: the elements up to its end, counted through all
parameters; its own elements; the addresses of p, of g, and of each state that is kept."""


@compiled
def _note(table, i, *rows):
    """Write the line of parameter i."""
    table[i, SIZE] = rows[0].size
    table[i, END] = rows[0].size + (table[i - 1, END] if i > 0 else 0)
    for k in range(len(rows)):
        table[i, P + k] = rows[k].ctypes.data


@compiled
def _lie_apart(table, itemsize):
    """Whether no parameter has memory in common with a gradient or with another parameter."""
    for i in range(len(table)):
        start, stop = table[i, P], table[i, P] + itemsize * table[i, SIZE]
        for j in range(len(table)):
            size = itemsize * table[j, SIZE]
            if table[j, G] < stop and start < table[j, G] + size:
                return False
            if j < i and table[j, P] < stop and start < table[j, P] + size:
                return False
    return True


@inner
def _border(table, i, before):
    """Of parameter i how many elements are among the first ``before`` of all, in whole lines."""
    size = table[i, SIZE]
    here = before - (table[i, END] - size)
    return size if here >= size else max(here, 0) // LINE * LINE


@inner
def share(team, table, i, column, numbers):
    """This thread's share of one of parameter i's arrays, whose dtype is that of the numbers: a view."""
    if column is None:
        return None
    total = table[-1, END]
    start = _border(table, i, total * team.thread // team.threads)
    stop = _border(table, i, total * (team.thread + 1) // team.threads)
    return carray(pointer(table[i, column], start, numbers[0]), (stop - start,))


def _as_they_lie(arrays: tuple[Array, ...], dtype: Any) -> bool:
    """Whether a loop can go over one parameter's arrays where they are."""
    shape = arrays[0].shape
    for array in arrays:
        if array.shape != shape or array.dtype != dtype or not array.flags.carray:
            return False
    return True


def _c_ordered(arrays: tuple[Array, ...]) -> tuple[Array, ...]:
    """One parameter's arrays, turned if that puts the parameter in C order."""
    p, *others = arrays
    check_update(p, others)
    return tuple(array.T for array in arrays) if p.flags.fnc else arrays


def update(
    loop: Callable[..., None],
    ps: Sequence[Array],
    gs: Sequence[Array],
    states: tuple[Sequence[Array] | None, ...],
    *numbers: float,
) -> None:
    """Run ``loop(table, *columns, *numbers)``, with a column for each of ``states``, None if it is not kept.

    The loop works on the arrays themselves where all are C-ordered and no gradient or other parameter lies in
    a parameter's memory. Else each parameter is updated by itself, and if need be in copies of its arrays,
    which are written back.
    """
    dtype, kept = ps[0].dtype, [state for state in states if state is not None]
    given = list(each(ps, gs, *kept))
    table = np.empty((len(ps), STATE + len(kept)), np.int64)
    places = iter(range(STATE, STATE + len(kept)))
    columns = [None if state is None else next(places) for state in states]

    def run(lists: list[tuple[Array, ...]]) -> bool:
        for i, arrays in enumerate(lists):
            _note(table, i, *[array.reshape(-1) for array in arrays])
        apart: bool = _lie_apart(table, dtype.itemsize)
        if apart:  # one float64 among the numbers would make a float32 loop compute in float64
            loop(table, *columns, *map(dtype.type, numbers), alone=table[-1, END] < ALONE)
        return apart

    if not all(_as_they_lie(arrays, dtype) for arrays in given):
        given = [_c_ordered(arrays) for arrays in given]
    if all(_as_they_lie(arrays, dtype) for arrays in given) and run(given):
        return
    if len(ps) > 1:
        for p, g, *state in each(ps, gs, *states):
            update(loop, [p], [g], tuple(None if s is None else [s] for s in state), *numbers)
        return
    copies = tuple(np.array(array, dtype=dtype, order="C") for array in given[0])
    run([copies])
    p, _, *state = zip(given[0], copies, strict=True)
    for array, copy in (p, *state):
        array[...] = copy


# 0.033 -> 0.020 ms; with momentum 0.078 -> 0.030, with Nesterov and weight decay 0.150 -> 0.030.
@inner
def _sgd_part(p, g, buf, lr, momentum, take, weight_decay, sign, nesterov):
    before = subnormals.flush(buf is not None)  # a gradient, without momentum, counts as it is
    for i in range(p.size):
        d = sign * g[i]
        if weight_decay != 0:
            d += weight_decay * p[i]
        if buf is not None:
            buf[i] = momentum * buf[i] + take * d
            d = d + momentum * buf[i] if nesterov != 0 else buf[i]
        p[i] -= lr * d
    subnormals.restore(before)


@shared
def _sgd(team, table, buf, *numbers):
    if spread(team):
        return
    for i in range(len(table)):
        _sgd_part(
            share(team, table, i, P, numbers),
            share(team, table, i, G, numbers),
            share(team, table, i, buf, numbers),
            *numbers,
        )


def sgd_step(
    ps: Sequence[Array],
    gs: Sequence[Array],
    bufs: Sequence[Array] | None,
    lr: float,
    momentum: float,
    dampening: float,
    weight_decay: float,
    nesterov: bool,
    maximize: bool,
) -> None:
    update(_sgd, ps, gs, (bufs,), lr, momentum, 1 - dampening, weight_decay, -1 if maximize else 1, nesterov)


# 0.272 -> 0.045 ms; with amsgrad and weight decay 0.330 -> 0.061.
@inner
def _adam_part(p, g, m, v, v_max, step, take1, beta2, take2, root, eps, coupled, shrink, sign):
    before = subnormals.flush(eps >= LEAST)
    for i in range(p.size):
        d = sign * g[i]
        if coupled != 0:
            d += coupled * p[i]
        m[i] += take1 * (d - m[i])
        v[i] = beta2 * v[i] + take2 * d * d
        w = v[i]
        if v_max is not None:
            w = v_max[i] if w <= v_max[i] else w  # a NaN in w comes through, as in np.maximum
            v_max[i] = w
        p[i] = shrink * p[i] - step * m[i] / (np.sqrt(w) * root + eps)
    subnormals.restore(before)


@shared
def _adam(team, table, m, v, v_max, *numbers):
    if spread(team):
        return
    for i in range(len(table)):
        _adam_part(
            share(team, table, i, P, numbers),
            share(team, table, i, G, numbers),
            share(team, table, i, m, numbers),
            share(team, table, i, v, numbers),
            share(team, table, i, v_max, numbers),
            *numbers,
        )


def adam_step(
    ps: Sequence[Array],
    gs: Sequence[Array],
    ms: Sequence[Array],
    vs: Sequence[Array],
    v_maxs: Sequence[Array] | None,
    t: int,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    weight_decay: float,
    decoupled: bool,
    maximize: bool,
) -> None:
    step, root = lr / (1 - beta1**t), 1 / math.sqrt(1 - beta2**t)
    coupled, shrink = (0.0, 1 - lr * weight_decay) if decoupled else (weight_decay, 1.0)
    sign = -1 if maximize else 1
    update(
        _adam, ps, gs, (ms, vs, v_maxs),
        step, 1 - beta1, beta2, 1 - beta2, root, eps, coupled, shrink, sign,
    )  # fmt: skip


# 0.327 -> 0.050 ms.
@inner
def _nadam_part(p, g, m, v, step_g, step_m, take1, beta2, take2, root, eps, coupled, shrink, sign):
    before = subnormals.flush(eps >= LEAST)
    for i in range(p.size):
        d = sign * g[i]
        if coupled != 0:
            d += coupled * p[i]
        m[i] += take1 * (d - m[i])
        v[i] = beta2 * v[i] + take2 * d * d
        p[i] = shrink * p[i] - (step_g * d + step_m * m[i]) / (np.sqrt(v[i]) * root + eps)
    subnormals.restore(before)


@shared
def _nadam(team, table, m, v, *numbers):
    if spread(team):
        return
    for i in range(len(table)):
        _nadam_part(
            share(team, table, i, P, numbers),
            share(team, table, i, G, numbers),
            share(team, table, i, m, numbers),
            share(team, table, i, v, numbers),
            *numbers,
        )


def nadam_step(
    ps: Sequence[Array],
    gs: Sequence[Array],
    ms: Sequence[Array],
    vs: Sequence[Array],
    t: int,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    weight_decay: float,
    mu: float,
    mu_next: float,
    mu_product: float,
    decoupled: bool,
    maximize: bool,
) -> None:
    step_g, step_m = lr * (1 - mu) / (1 - mu_product), lr * mu_next / (1 - mu_product * mu_next)
    root = 1 / math.sqrt(1 - beta2**t)
    coupled, shrink = (0.0, 1 - lr * weight_decay) if decoupled else (weight_decay, 1.0)
    sign = -1 if maximize else 1
    update(
        _nadam, ps, gs, (ms, vs),
        step_g, step_m, 1 - beta1, beta2, 1 - beta2, root, eps, coupled, shrink, sign,
    )  # fmt: skip


# 0.168 -> 0.031 ms.
@inner
def _adagrad_part(p, g, total, lr, eps, weight_decay, sign):
    before = subnormals.flush(eps >= LEAST)
    for i in range(p.size):
        d = sign * g[i]
        if weight_decay != 0:
            d += weight_decay * p[i]
        total[i] += d * d
        p[i] -= lr * d / (np.sqrt(total[i]) + eps)
    subnormals.restore(before)


@shared
def _adagrad(team, table, total, *numbers):
    if spread(team):
        return
    for i in range(len(table)):
        _adagrad_part(
            share(team, table, i, P, numbers),
            share(team, table, i, G, numbers),
            share(team, table, i, total, numbers),
            *numbers,
        )


def adagrad_step(
    ps: Sequence[Array],
    gs: Sequence[Array],
    totals: Sequence[Array],
    t: int,
    lr: float,
    lr_decay: float,
    eps: float,
    weight_decay: float,
    maximize: bool,
) -> None:
    sign = -1 if maximize else 1
    update(_adagrad, ps, gs, (totals,), lr / (1 + (t - 1) * lr_decay), eps, weight_decay, sign)


# 0.199 -> 0.032 ms; centred and with momentum 0.345 -> 0.077.
@inner
def _rmsprop_part(p, g, square_avg, grad_avg, buf, lr, alpha, take, eps, weight_decay, momentum, sign):
    before = subnormals.flush(eps >= LEAST)
    for i in range(p.size):
        d = sign * g[i]
        if weight_decay != 0:
            d += weight_decay * p[i]
        square_avg[i] = alpha * square_avg[i] + take * d * d
        scale = square_avg[i]
        if grad_avg is not None:
            grad_avg[i] += take * (d - grad_avg[i])
            scale -= grad_avg[i] * grad_avg[i]
        d /= np.sqrt(scale) + eps
        if buf is not None:
            buf[i] = momentum * buf[i] + d
            d = buf[i]
        p[i] -= lr * d
    subnormals.restore(before)


@shared
def _rmsprop(team, table, square_avg, grad_avg, buf, *numbers):
    if spread(team):
        return
    for i in range(len(table)):
        _rmsprop_part(
            share(team, table, i, P, numbers),
            share(team, table, i, G, numbers),
            share(team, table, i, square_avg, numbers),
            share(team, table, i, grad_avg, numbers),
            share(team, table, i, buf, numbers),
            *numbers,
        )


def rmsprop_step(
    ps: Sequence[Array],
    gs: Sequence[Array],
    square_avgs: Sequence[Array],
    grad_avgs: Sequence[Array] | None,
    bufs: Sequence[Array] | None,
    lr: float,
    alpha: float,
    eps: float,
    weight_decay: float,
    momentum: float,
    maximize: bool,
) -> None:
    states, sign = (square_avgs, grad_avgs, bufs), -1 if maximize else 1
    update(_rmsprop, ps, gs, states, lr, alpha, 1 - alpha, eps, weight_decay, momentum, sign)
