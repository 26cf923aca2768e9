"""Optimiser updates.

They write: the parameter ``p`` and its state are updated in place, and the gradient ``g`` is only read. All
arrays have one shape and one dtype, any strides. Hyperparameters bear PyTorch's names; ``t`` counts the steps
from 1; ``maximize`` turns the gradient's sign.
"""

import numpy as np

from minigrad.kernels.reference.arrays import Array


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
    """Stochastic gradient descent.

        d   = g + weight_decay p
        buf = momentum buf + (1 - dampening) d          with momentum (buf is not None)
        d   = buf, or with Nesterov d + momentum buf
        p   = p - lr d

    PyTorch's first step sets buf = d: the caller gives a buffer of zeros and dampening 0.
    """
    d = -g if maximize else g
    if weight_decay:
        d = d + weight_decay * p
    if buf is not None:
        buf *= momentum
        buf += (1 - dampening) * d
        d = d + momentum * buf if nesterov else buf
    p -= lr * d


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
    """Adam (Kingma and Ba 2015), AMSGrad with ``v_max`` (Reddi et al. 2018), AdamW when ``decoupled``.

    g = g + weight_decay p                          Adam's weight decay, or
    p = p (1 - lr weight_decay)                     AdamW's (Loshchilov and Hutter 2019)
    m = beta1 m + (1 - beta1) g
    v = beta2 v + (1 - beta2) g²                    AMSGrad: v_max = max(v_max, v), used for v below
    p = p - lr m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps)
    """
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
    """Adam with Nesterov momentum (Dozat 2016).

        m, v and weight decay as for Adam
        step = (1 - mu) / (1 - mu_product) g  +  mu_next / (1 - mu_product mu_next) m
        p    = p - lr step / (sqrt(v / (1 - beta2^t)) + eps)

    ``mu`` is step t's momentum, ``mu_next`` that of step t + 1, ``mu_product`` the product of mu over steps 1
    to t.
    """
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
    """Adagrad (Duchi et al. 2011): each weight's rate falls with the squares it has seen.

    g     = g + weight_decay p
    total = total + g²
    p     = p - lr / (1 + (t - 1) lr_decay) g / (sqrt(total) + eps)
    """
    g = -g if maximize else g
    if weight_decay:
        g = g + weight_decay * p
    total += g * g
    p -= lr / (1 + (t - 1) * lr_decay) * g / (np.sqrt(total) + eps)


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
    """RMSprop (Hinton's lecture 6e); centred with ``grad_avg`` (Graves 2013), with momentum given ``buf``.

    g          = g + weight_decay p
    square_avg = alpha square_avg + (1 - alpha) g²
    grad_avg   = alpha grad_avg + (1 - alpha) g     centred: the variance square_avg - grad_avg² scales
    d          = g / (sqrt(square_avg) + eps)
    buf        = momentum buf + d                   with momentum, and d = buf
    p          = p - lr d
    """
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
