"""The kernels compiled for the CPU with numba. What each computes is said in `reference.py`.

All are loops over flat, C-ordered arrays, and run on one core. A second one was tried: handing half of an
Adam step over 235,146 parameters to it takes 0.05 ms where one core alone takes 0.04, and numba's own
parallel loops wait for milliseconds when the other core is busy. The loops release the interpreter's lock.

Each comment says what a kernel does otherwise than the reference, and the time of the reference -> its own,
on one core of an AMD EPYC (AVX-512), with 235,146 float32 parameters (a network 784-256-128-10) for
optimisers.
"""

# mypy: allow-untyped-defs
# (the compiled loops have no annotations: numba types them, for each call)

import math
import pickle
from collections.abc import Callable
from typing import Any

import numba
import numpy as np

from minigrad.kernels.reference import Array, check_rows

# ------------------------------------------------------------------------------------------- the tools

njit: Any = numba.njit  # its types differ from one release to the next


def compiled(loop: Callable[..., None]) -> Callable[..., None]:
    """``loop`` compiled at its first call, for the types of that call, and kept on disk for the next process.

    The disk is numba's choice: beside this file, else in the user's cache folder (or $NUMBA_CACHE_DIR). No
    folder that can be written, a full disk, or a file that is gone, empty or cut off costs a compilation
    (0.1 s), not an error. Machine code with wrong bytes in it is not found out, and may end the process:
    delete the .nbi and .nbc files then.
    """
    # error_model numpy: a division by zero gives inf. Python's would raise, and its test for zero keeps the
    # loop from being vectorised (0.54 ms for an Adam step instead of 0.04).
    options = {"nogil": True, "error_model": "numpy"}
    try:
        fast = njit(cache=True, **options)(loop)
    except RuntimeError:  # no folder that can be written
        fast = njit(**options)(loop)

    def run(*args: Any) -> None:
        nonlocal fast
        try:
            fast(*args)
        except (OSError, EOFError, pickle.PickleError):  # raised by the cache, before the loop has run
            fast = njit(**options)(loop)
            fast(*args)

    return run


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
        loop(*[None if array is None else array.reshape(-1) for array in arrays], *scalars)
        return
    rows = [
        None if array is None else np.array(array, dtype=p.dtype, order="C").reshape(-1) for array in arrays
    ]
    loop(*rows, *scalars)
    for array, row in zip((p, *state), (rows[0], *rows[2:]), strict=True):
        if array is not None and row is not None:
            array[...] = row.reshape(array.shape)


def row(array: Array) -> Array:
    """The elements in C order as one contiguous row that can be read: a view where that is how they lie."""
    return array.reshape(-1) if array.flags.carray else np.array(array, order="C").reshape(-1)


# ------------------------------------------------------------------------------------------- optimisers
#
# All five do the same otherwise than the reference: one pass over the arrays instead of one for each
# operation, so that memory is read and written once and no temporary array is made. Numbers that are the same
# for every element (bias corrections) are worked out before. An array that is None prunes its branches when
# the loop is compiled; the branches on numbers become selections, which cost next to nothing.


# 0.033 -> 0.020 ms; with momentum 0.078 -> 0.030, with Nesterov and weight decay 0.150 -> 0.030.
@compiled
def _sgd(p, g, buf, lr, momentum, take, weight_decay, sign, nesterov):
    for i in range(p.size):
        d = sign * g[i]
        if weight_decay != 0:
            d += weight_decay * p[i]
        if buf is not None:
            buf[i] = momentum * buf[i] + take * d
            d = d + momentum * buf[i] if nesterov != 0 else buf[i]
        p[i] -= lr * d


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
@compiled
def _adam(p, g, m, v, v_max, step, take1, beta2, take2, root, eps, coupled, shrink, sign):
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
@compiled
def _nadam(p, g, m, v, step_g, step_m, take1, beta2, take2, root, eps, coupled, shrink, sign):
    for i in range(p.size):
        d = sign * g[i]
        if coupled != 0:
            d += coupled * p[i]
        m[i] += take1 * (d - m[i])
        v[i] = beta2 * v[i] + take2 * d * d
        p[i] = shrink * p[i] - (step_g * d + step_m * m[i]) / (np.sqrt(v[i]) / root + eps)


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
@compiled
def _adagrad(p, g, total, lr, eps, weight_decay, sign):
    for i in range(p.size):
        d = sign * g[i]
        if weight_decay != 0:
            d += weight_decay * p[i]
        total[i] += d * d
        p[i] -= lr * d / (np.sqrt(total[i]) + eps)


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
@compiled
def _rmsprop(p, g, square_avg, grad_avg, buf, lr, alpha, take, eps, weight_decay, momentum, sign):
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


# ------------------------------------------------------------------------------------------- functions


@compiled
def _erf32(x, y):
    for i in range(x.size):
        wide = np.float64(x[i])
        s = 4.0 if wide > 4.0 else (-4.0 if wide < -4.0 else wide)  # a NaN passes; erf(4) is 1 in float32
        t = s * s
        above = -1.3202276670490127e-08
        above = above * t + 4.6847881590380991e-06
        above = above * t + 0.00037960911345541123
        above = above * t + 0.0038496064512035426
        above = above * t + 0.054316900671493466
        above = above * t + 0.1852030677853751
        above = above * t + 1.128379169378829
        below = 6.3110677490325095e-05
        below = below * t + 0.0013075691545797069
        below = below * t + 0.01546208058854631
        below = below * t + 0.11395836110537125
        below = below * t + 0.49746535921109597
        below = below * t + 1.0
        y[i] = s * above / below


@compiled
def _erf64(x, y):
    for i in range(x.size):
        y[i] = math.erf(x[i])


def erf(x: Array) -> Array:
    # float32: erf(x) / x on [-4, 4] as a quotient of polynomials in x², fitted for this file (least squares
    # with weights that even out the relative error, 2e-9 everywhere). Worked in float64 it is within 0.54
    # units in the last place of float32, and unlike the C library's erf it is vectorised.
    # 65,536 elements: 2.8 -> 0.027 ms (a compiled loop of math.erf 0.52, SciPy 0.67).
    # float64: the C library's erf in a compiled loop. 2.9 -> 0.55 ms.
    y = np.empty(x.shape, dtype=x.dtype)
    loop = _erf32 if x.dtype == np.float32 else _erf64
    loop(row(x), y.reshape(-1))
    return y


@compiled
def _index_add_rows(dy, index, dx):
    for i in range(index.size):
        k = index[i] if index[i] >= 0 else index[i] + dx.shape[0]
        for j in range(dy.shape[1]):
            dx[k, j] += dy[i, j]


def index_add_rows(dy: Array, index: Array, num_rows: int) -> Array:
    # A loop over the rows, where the reference's np.add.at looks up the place of every element.
    # 4,096 rows of 64 onto 1,000: 1.5 -> 0.025 ms.
    check_rows(dy, index, num_rows)
    dx = np.zeros((num_rows, *dy.shape[index.ndim :]), dtype=dy.dtype)
    if dy.size:
        width = dy.size // index.size
        rows = row(dy).reshape(index.size, width)
        _index_add_rows(rows, row(index.astype(np.int64, copy=False)), dx.reshape(num_rows, width))
    return dx


# ------------------------------------------------------------------------------------- random numbers


@compiled
def _dropout_mask(mask, blocks, key0, key1, below, kept):
    dropped = mask.dtype.type(0)
    for i in range(blocks):
        x0, x1, x2, x3 = np.uint32(i), np.uint32(i >> 32), np.uint32(0), np.uint32(0)
        k0, k1 = key0, key1
        for _ in range(10):
            a = np.uint64(x0) * np.uint64(0xD2511F53)
            b = np.uint64(x2) * np.uint64(0xCD9E8D57)
            x0, x1 = np.uint32(b >> np.uint64(32)) ^ x1 ^ k0, np.uint32(b)
            x2, x3 = np.uint32(a >> np.uint64(32)) ^ x3 ^ k1, np.uint32(a)
            k0, k1 = np.uint32(k0 + np.uint32(0x9E3779B9)), np.uint32(k1 + np.uint32(0xBB67AE85))
        mask[i] = dropped if x0 < below else kept
        mask[i + blocks] = dropped if x1 < below else kept
        mask[i + 2 * blocks] = dropped if x2 < below else kept
        mask[i + 3 * blocks] = dropped if x3 < below else kept


def dropout_mask(like: Array, p: float, seed: int) -> Array:
    # Philox's blocks are independent of one another, so the loop is vectorised.
    # 128 x 128 float32: 0.117 -> 0.006 ms (NumPy's Generator.random, compared and scaled: 0.025).
    number = like.dtype.type
    if p >= 1:
        return np.zeros(like.shape, dtype=like.dtype)
    blocks = -(-like.size // 4)
    mask = np.empty(4 * blocks, dtype=like.dtype)
    below = np.uint32(min(round(p * 2**32), 2**32 - 1))
    key0, key1 = np.uint32(seed & 0xFFFFFFFF), np.uint32(seed >> 32 & 0xFFFFFFFF)
    _dropout_mask(mask, blocks, key0, key1, below, number(1 / (1 - p)))
    return mask[: like.size].reshape(like.shape)
