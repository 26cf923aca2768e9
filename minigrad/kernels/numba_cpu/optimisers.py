"""Optimiser updates."""

# mypy: allow-untyped-defs
# (the compiled loops have no annotations: numba types them, for each call)

import math
from collections.abc import Callable

import numpy as np

from minigrad.kernels.numba_cpu import subnormals
from minigrad.kernels.numba_cpu.compiling import inner
from minigrad.kernels.numba_cpu.sharing import mine, shared, spread
from minigrad.kernels.reference.arrays import Array

#
# All five do the same otherwise than the reference: one pass over the arrays instead of one for each
# operation, so that memory is read and written once and no temporary array is made. Numbers that are the same
# for every element (bias corrections) are worked out before. An array that is None prunes its branches when
# the loop is compiled; the branches on numbers become selections, which cost next to nothing.
#
# Subnormal numbers count as 0 (see subnormals.py) where that changes little but the speed. What is divided by
# is sqrt(v) + eps, and the root of a subnormal v, 1e-19 or less, is nothing beside an eps of LEAST or more.

LEAST = 1e-11

PART = 1 << 14
"""Elements that a thread updates at a time."""

ALONE = 1 << 16
"""Elements from which on a second thread takes a part: one alone takes 0.035 ms for them."""


@inner
def parts(row):
    return (row.size + PART - 1) // PART


@inner
def part(row, i):
    return None if row is None else row[i * PART : (i + 1) * PART]


def update(
    loop: Callable[..., None], p: Array, g: Array, state: tuple[Array | None, ...], *numbers: float
) -> None:
    """Run ``loop(p, g, *state, *numbers)`` over flat rows.

    The rows are views of the arrays where all are C-ordered and p and g lie apart; else they are copies,
    which are written back.
    """
    if p.flags.f_contiguous and not p.flags.c_contiguous:
        p, g, state = p.T, g.T, tuple(None if s is None else s.T for s in state)  # C-ordered from that side
    arrays = (p, g, *state)
    direct = True
    for array in arrays:
        if array is None:
            continue
        if array.shape != p.shape:  # the loop checks no bounds
            raise ValueError(
                f"the parameter has shape {p.shape}, its gradient or state has shape {array.shape}"
            )
        direct = direct and array.flags.carray and array.dtype == p.dtype
    direct = direct and not np.may_share_memory(p, g)  # the loop would read in g what it has written in p
    scalars = map(
        p.dtype.type, numbers
    )  # one float64 among them would make a float32 loop compute in float64
    if direct:
        flat = [None if array is None else array.reshape(-1) for array in arrays]
        loop(*flat, *scalars, alone=p.size < ALONE)
        return
    rows = [
        None if array is None else np.array(array, dtype=p.dtype, order="C").reshape(-1) for array in arrays
    ]
    loop(*rows, *scalars)
    for array, row in zip((p, *state), (rows[0], *rows[2:]), strict=True):
        if array is not None and row is not None:
            array[...] = row.reshape(array.shape)


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
def _sgd(team, p, g, buf, *numbers):
    if spread(team):
        return
    for i in mine(team, parts(p)):
        _sgd_part(part(p, i), part(g, i), part(buf, i), *numbers)


def sgd_step(
    p: Array,
    g: Array,
    buf: Array | None,
    lr: float,
    momentum: float,
    dampening: float,
    weight_decay: float,
    nesterov: bool,
    maximize: bool,
) -> None:
    update(_sgd, p, g, (buf,), lr, momentum, 1 - dampening, weight_decay, -1 if maximize else 1, nesterov)


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
        p[i] = shrink * p[i] - step * m[i] / (np.sqrt(w) / root + eps)
    subnormals.restore(before)


@shared
def _adam(team, p, g, m, v, v_max, *numbers):
    if spread(team):
        return
    for i in mine(team, parts(p)):
        _adam_part(part(p, i), part(g, i), part(m, i), part(v, i), part(v_max, i), *numbers)


def adam_step(
    p: Array,
    g: Array,
    m: Array,
    v: Array,
    v_max: Array | None,
    t: int,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    weight_decay: float,
    decoupled: bool,
    maximize: bool,
) -> None:
    step, root = lr / (1 - beta1**t), math.sqrt(1 - beta2**t)
    coupled, shrink = (0.0, 1 - lr * weight_decay) if decoupled else (weight_decay, 1.0)
    sign = -1 if maximize else 1
    update(_adam, p, g, (m, v, v_max), step, 1 - beta1, beta2, 1 - beta2, root, eps, coupled, shrink, sign)


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
        p[i] = shrink * p[i] - (step_g * d + step_m * m[i]) / (np.sqrt(v[i]) / root + eps)
    subnormals.restore(before)


@shared
def _nadam(team, p, g, m, v, *numbers):
    if spread(team):
        return
    for i in mine(team, parts(p)):
        _nadam_part(part(p, i), part(g, i), part(m, i), part(v, i), *numbers)


def nadam_step(
    p: Array,
    g: Array,
    m: Array,
    v: Array,
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
    root = math.sqrt(1 - beta2**t)
    coupled, shrink = (0.0, 1 - lr * weight_decay) if decoupled else (weight_decay, 1.0)
    sign = -1 if maximize else 1
    update(
        _nadam, p, g, (m, v), step_g, step_m, 1 - beta1, beta2, 1 - beta2, root, eps, coupled, shrink, sign
    )


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
def _adagrad(team, p, g, total, *numbers):
    if spread(team):
        return
    for i in mine(team, parts(p)):
        _adagrad_part(part(p, i), part(g, i), part(total, i), *numbers)


def adagrad_step(
    p: Array,
    g: Array,
    total: Array,
    t: int,
    lr: float,
    lr_decay: float,
    eps: float,
    weight_decay: float,
    maximize: bool,
) -> None:
    update(_adagrad, p, g, (total,), lr / (1 + (t - 1) * lr_decay), eps, weight_decay, -1 if maximize else 1)


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
def _rmsprop(team, p, g, square_avg, grad_avg, buf, *numbers):
    if spread(team):
        return
    for i in mine(team, parts(p)):
        _rmsprop_part(part(p, i), part(g, i), part(square_avg, i), part(grad_avg, i), part(buf, i), *numbers)


def rmsprop_step(
    p: Array,
    g: Array,
    square_avg: Array,
    grad_avg: Array | None,
    buf: Array | None,
    lr: float,
    alpha: float,
    eps: float,
    weight_decay: float,
    momentum: float,
    maximize: bool,
) -> None:
    state, sign = (square_avg, grad_avg, buf), -1 if maximize else 1
    update(_rmsprop, p, g, state, lr, alpha, 1 - alpha, eps, weight_decay, momentum, sign)
