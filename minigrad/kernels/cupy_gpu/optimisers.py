"""Optimiser updates, all parameters in one launch: see source/optimisers.cu."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigrad.devices.capturing import now
from minigrad.kernels.cupy_gpu.arrays import c_ordered, live_numbers, sent, where_is
from minigrad.kernels.cupy_gpu.launch import address, launch
from minigrad.kernels.reference.arrays import Array
from minigrad.kernels.reference.optimisers import check_update

__all__ = ["adagrad_step", "adam_step", "nadam_step", "rmsprop_step", "sgd_step"]

CHUNK = 4096  # as in optimisers.cu
ARRAYS = 5

Arrays = Sequence[Array] | None


def sgd_step(
    ps: Sequence[Array],
    gs: Sequence[Array],
    bufs: Arrays,
    lr: float,
    momentum: float,
    dampening: float,
    weight_decay: float,
    nesterov: bool,
    maximize: bool,
) -> None:
    """See reference/."""
    numbers = momentum, dampening, weight_decay, nesterov, maximize
    _step("sgd_step", ps, gs, [bufs], lambda: [now(lr)], numbers)


def adam_step(
    ps: Sequence[Array],
    gs: Sequence[Array],
    ms: Sequence[Array],
    vs: Sequence[Array],
    v_maxs: Arrays,
    t: int,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    weight_decay: float,
    decoupled: bool,
    maximize: bool,
) -> None:
    """See reference/."""

    def rates() -> list[float]:
        count, rate = now(t), now(lr)
        return [rate, rate / (1 - beta1**count), 1 - beta2**count]

    numbers = beta1, beta2, eps, weight_decay, decoupled, maximize
    _step("adam_step", ps, gs, [ms, vs, v_maxs], rates, numbers)


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
    """See reference/."""

    def rates() -> list[float]:
        m, after, product = now(mu), now(mu_next), now(mu_product)
        return [now(lr), 1 - beta2 ** now(t), (1 - m) / (1 - product), after / (1 - product * after)]

    numbers = beta1, beta2, eps, weight_decay, decoupled, maximize
    _step("nadam_step", ps, gs, [ms, vs], rates, numbers)


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
    """See reference/."""
    numbers = eps, weight_decay, maximize
    _step("adagrad_step", ps, gs, [totals], lambda: [now(lr) / (1 + (now(t) - 1) * lr_decay)], numbers)


def rmsprop_step(
    ps: Sequence[Array],
    gs: Sequence[Array],
    square_avgs: Sequence[Array],
    grad_avgs: Arrays,
    bufs: Arrays,
    lr: float,
    alpha: float,
    eps: float,
    weight_decay: float,
    momentum: float,
    maximize: bool,
) -> None:
    """See reference/."""
    numbers = alpha, eps, weight_decay, momentum, maximize
    _step("rmsprop_step", ps, gs, [square_avgs, grad_avgs, bufs], lambda: [now(lr)], numbers)


def _step(
    kernel: str,
    ps: Sequence[Array],
    gs: Sequence[Array],
    states: Sequence[Arrays],
    rates: Callable[[], list[float]],
    numbers: tuple[Any, ...],
) -> None:
    """Launch a step on all parameters. What is not in C order, or of another dtype, is copied there and back.

    Where a parameter has memory in common with another or with a gradient, each is updated by itself.
    """
    kept = [arrays for arrays in states if arrays is not None]
    for p, *others in zip(ps, gs, *kept, strict=True):
        check_update(p, others)
    if not _lie_apart(ps, gs):
        for i, p in enumerate(ps):
            own = [None if arrays is None else [arrays[i]] for arrays in states]
            _launch(kernel, [p], [gs[i].copy()], own, rates, numbers)
    else:
        _launch(kernel, ps, gs, states, rates, numbers)


def _launch(
    kernel: str,
    ps: Sequence[Array],
    gs: Sequence[Array],
    states: Sequence[Arrays],
    rates: Callable[[], list[float]],
    numbers: tuple[Any, ...],
) -> None:
    dtype = ps[0].dtype
    columns = [None if given is None else [_taken(x, dtype) for x in given] for given in (ps, gs, *states)]
    rows, chunks = [], 0
    for i, p in enumerate(ps):
        if p.size:
            addresses = [0 if column is None else address(column[i]) for column in columns]
            rows.append([*addresses, *[0] * (ARRAYS - len(addresses)), p.size, chunks])
            chunks += -(-p.size // CHUNK)
    if rows:
        where = where_is(ps[0])
        args = sent(np.array(rows, np.int64), where), len(rows), live_numbers(rates, where), *numbers
        launch("optimisers.cu", kernel, chunks, 256, *args, real=np.dtype(dtype))
    for given, taken in zip((ps, *states), (columns[0], *columns[2:]), strict=True):
        for x, copy in zip(given or (), taken or (), strict=True):
            if copy is not x:
                x[...] = copy


def _taken(x: Array, dtype: Any) -> Array:
    """x as a kernel takes it."""
    return c_ordered(x if x.dtype == dtype else x.astype(dtype))


def _lie_apart(ps: Sequence[Array], gs: Sequence[Array]) -> bool:
    """Whether no parameter has memory in common with a gradient or with another parameter."""
    spans = sorted([(*_span(p), True) for p in ps if p.size] + [(*_span(g), False) for g in gs if g.size])
    parameters = gradients = 0  # where those end that have begun
    for begin, end, written in spans:
        if begin < parameters or (written and begin < gradients):
            return False
        if written:
            parameters = end
        else:
            gradients = max(gradients, end)
    return True


def _span(x: Array) -> tuple[int, int]:
    """The first of x's bytes, and the one after the last."""
    low = high = address(x)
    if x.flags.c_contiguous:
        return low, low + x.nbytes
    for size, step in zip(x.shape, x.strides, strict=True):
        low, high = low + min(0, (size - 1) * step), high + max(0, (size - 1) * step)
    return low, high + x.itemsize
