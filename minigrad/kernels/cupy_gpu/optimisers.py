"""Optimiser updates, all parameters in one launch: see source/optimisers.cu."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigrad.kernels.capturing import now
from minigrad.kernels.cupy_gpu.arrays import c_ordered, live_numbers, place_of, sent
from minigrad.kernels.cupy_gpu.launch import address, launch
from minigrad.kernels.reference.arrays import Array

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
    """Launch a step on all parameters; what is not in C order is copied there and back."""
    columns = [_ordered(arrays) for arrays in (ps, [c_ordered(g) for g in gs], *states)]
    rows, chunks = [], 0
    for i, p in enumerate(ps):
        if p.size:
            addresses = [0 if column is None else address(column[i]) for column in columns]
            rows.append([*addresses, *[0] * (ARRAYS - len(addresses)), p.size, chunks])
            chunks += -(-p.size // CHUNK)
    if rows:
        place = place_of(ps[0])
        table = sent(np.array(rows, np.int64), place)
        # The parameters are named first: their dtype is what the kernel is compiled for.
        with_dtype = np.dtype(ps[0].dtype)
        launch(
            "optimisers.cu",
            kernel,
            chunks,
            256,
            table,
            len(rows),
            live_numbers(rates, place),
            *numbers,
            real=with_dtype,
        )
    for given, ordered in zip((ps, gs, *states), columns, strict=True):
        for x, copy in zip(given or (), ordered or (), strict=True):
            if copy is not x and given is not gs:
                x[...] = copy


def _ordered(arrays: Arrays) -> list[Array] | None:
    return None if arrays is None else [c_ordered(x) for x in arrays]
