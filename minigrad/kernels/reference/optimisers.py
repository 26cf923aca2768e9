"""Optimiser updates, of many parameters in one call.

``ps`` lists the parameters, ``gs`` their gradients, and each list of state has an array for each of them, or
is None where that state is not kept. A parameter, its gradient and its state have one shape, any strides; all
arrays of a call have one dtype. The parameters and their state are updated in place, the gradients only read.
Hyperparameters bear PyTorch's names; ``t`` counts the steps from 1; ``maximize`` turns the gradient's sign.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from typing import Any

import numpy as np

from minigrad.kernels.reference.arrays import Array

__all__ = ["adagrad_step", "adam_step", "nadam_step", "rmsprop_step", "sgd_step"]


def each(ps: Sequence[Array], *lists: Sequence[Array] | None) -> Iterator[tuple[Any, ...]]:
    """(p, g, ...) for one parameter after the other, with None for what is not kept."""
    return zip(ps, *(repeat(None, len(ps)) if arrays is None else arrays for arrays in lists), strict=True)


def check_update(p: Array, others: Iterable[Array]) -> None:
    """ValueError unless a parameter's gradient and state have its shape: fast loops check no bounds."""
    for x in others:
        if x.shape != p.shape:
            raise ValueError(f"the parameter has shape {p.shape}, its gradient or state has shape {x.shape}")


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
    """Stochastic gradient descent.

        d   = g + weight_decay p
        buf = momentum buf + (1 - dampening) d          with momentum (buf is not None)
        d   = buf, or with Nesterov d + momentum buf
        p   = p - lr d

    PyTorch's first step sets buf = d: the caller gives a buffer of zeros and dampening 0.
    """
    for p, g, buf in each(ps, gs, bufs):
        d = -g if maximize else g
        if weight_decay:
            d = d + weight_decay * p
        if buf is not None:
            buf *= momentum
            buf += (1 - dampening) * d
            d = d + momentum * buf if nesterov else buf
        p -= lr * d


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
    """Adam (Kingma and Ba 2015), AMSGrad with ``v_max`` (Reddi et al. 2018), AdamW when ``decoupled``.

    g = g + weight_decay p                          Adam's weight decay, or
    p = p (1 - lr weight_decay)                     AdamW's (Loshchilov and Hutter 2019)
    m = beta1 m + (1 - beta1) g
    v = beta2 v + (1 - beta2) g²                    AMSGrad: v_max = max(v_max, v), used for v below
    p = p - lr m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps)
    """
    for p, g, m, v, v_max in each(ps, gs, ms, vs, v_maxs):
        g = -g if maximize else g
        if weight_decay and decoupled:
            p *= 1 - lr * weight_decay
        elif weight_decay:
            g = g + weight_decay * p
        m += (1 - beta1) * (g - m)
        v *= beta2
        v += (1 - beta2) * g * g
        if v_max is not None:
            v = np.maximum(v_max, v, out=v_max)
        p -= lr / (1 - beta1**t) * m / (np.sqrt(v / (1 - beta2**t)) + eps)


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
    """Adam with Nesterov momentum (Dozat 2016).

        m, v and weight decay as for Adam
        step = (1 - mu) / (1 - mu_product) g  +  mu_next / (1 - mu_product mu_next) m
        p    = p - lr step / (sqrt(v / (1 - beta2^t)) + eps)

    ``mu`` is step t's momentum, ``mu_next`` that of step t + 1, ``mu_product`` the product of mu over steps 1
    to t.
    """
    for p, g, m, v in each(ps, gs, ms, vs):
        g = -g if maximize else g
        if weight_decay and decoupled:
            p *= 1 - lr * weight_decay
        elif weight_decay:
            g = g + weight_decay * p
        m += (1 - beta1) * (g - m)
        v *= beta2
        v += (1 - beta2) * g * g
        step = (1 - mu) / (1 - mu_product) * g + mu_next / (1 - mu_product * mu_next) * m
        p -= lr * step / (np.sqrt(v / (1 - beta2**t)) + eps)


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
    """Adagrad (Duchi et al. 2011): each weight's rate falls with the squares it has seen.

    g     = g + weight_decay p
    total = total + g²
    p     = p - lr / (1 + (t - 1) lr_decay) g / (sqrt(total) + eps)
    """
    for p, g, total in each(ps, gs, totals):
        g = -g if maximize else g
        if weight_decay:
            g = g + weight_decay * p
        total += g * g
        p -= lr / (1 + (t - 1) * lr_decay) * g / (np.sqrt(total) + eps)


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
    """RMSprop (Hinton's lecture 6e); centred with ``grad_avg`` (Graves 2013), with momentum given ``buf``.

    g          = g + weight_decay p
    square_avg = alpha square_avg + (1 - alpha) g²
    grad_avg   = alpha grad_avg + (1 - alpha) g     centred: the variance square_avg - grad_avg² scales
    d          = g / (sqrt(square_avg) + eps)
    buf        = momentum buf + d                   with momentum, and d = buf
    p          = p - lr d
    """
    for p, g, square_avg, grad_avg, buf in each(ps, gs, square_avgs, grad_avgs, bufs):
        g = -g if maximize else g
        if weight_decay:
            g = g + weight_decay * p
        square_avg *= alpha
        square_avg += (1 - alpha) * g * g
        if grad_avg is None:
            d = g / (np.sqrt(square_avg) + eps)
        else:
            grad_avg += (1 - alpha) * (g - grad_avg)
            d = g / (np.sqrt(square_avg - grad_avg * grad_avg) + eps)
        if buf is not None:
            buf *= momentum
            buf += d
            d = buf
        p -= lr * d
