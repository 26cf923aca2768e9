"""Every kernel in plain array code: the specification that each backend is tested against.

The optimisers' kernels write: they update the parameter ``p`` and its state in place, and only read the
gradient ``g``. All their arrays have one shape and one dtype, any strides. Hyperparameters bear PyTorch's
names; ``t`` counts the steps from 1; ``maximize`` turns the gradient's sign.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


# ------------------------------------------------------------------------------------------- optimisers


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


# ------------------------------------------------------------------------------------------ functions


def erf(x: Array) -> Array:
    """The error function of every element, erf(x) = 2 / sqrt(pi) times the integral of exp(-s²) from 0 to x.

    Returns an array of x's shape and dtype. Python's ``math.erf`` computes it in float64.
    """
    y = [math.erf(value) for value in x.ravel().tolist()]
    return np.array(y, dtype=x.dtype).reshape(x.shape)


def index_add_rows(dy: Array, index: Array, num_rows: int) -> Array:
    """Rows added up by index, the gradient of picking rows: zeros, then dx[index[i]] += dy[i] for every i.

    Shapes: dy (*index.shape, *row), index any shape of integers, result (num_rows, *row). An index may
    repeat; rows are added in the order of ``index``, so the result is the same each time. A negative index
    counts from the end; one outside of [-num_rows, num_rows) raises IndexError.
    """
    check_rows(dy, index, num_rows)
    dx = np.zeros((num_rows, *dy.shape[index.ndim :]), dtype=dy.dtype)
    np.add.at(dx, index, dy)
    return dx


def check_rows(dy: Array, index: Array, num_rows: int) -> None:
    """Raise what `index_add_rows` raises, before anything is written."""
    if dy.shape[: index.ndim] != index.shape:
        raise ValueError(
            f"index_add_rows: dy must begin with the shape of index, {index.shape}, but its shape is "
            f"{dy.shape}"
        )
    if index.size and not (-num_rows <= index.min() and index.max() < num_rows):
        worst = index.max() if index.max() >= num_rows else index.min()
        raise IndexError(f"index_add_rows: index {worst} is out of range for {num_rows} rows")


# ------------------------------------------------------------------------------------- random numbers


def dropout_mask(like: Array, p: float, seed: int) -> Array:
    """0 with probability p, else 1 / (1 - p): what dropout multiplies ``like`` with. Shape and dtype of
    ``like``.

    The same seed (64 bits) gives the same mask in every backend. Element k of the n elements in C order is
    dropped when word k // q of Philox's block k % q, where q = ceil(n / 4), lies below p 2^32. (Consecutive
    elements come from consecutive blocks, not from one block's four words, because that is how a loop fills
    them fastest.)
    """
    n = like.size
    q = -(-n // 4)  # ceil(n / 4) blocks of four words
    block = np.arange(q, dtype=np.uint64)
    counter = np.stack([block & LOW_WORD, block >> WORD, np.zeros_like(block), np.zeros_like(block)])
    words = philox(counter, np.array([seed & 0xFFFFFFFF, seed >> 32 & 0xFFFFFFFF], dtype=np.uint64))  # (4, q)
    keep = words.reshape(-1)[:n] >= round(p * 2**32)
    kept = 1 / (1 - p) if p < 1 else 0.0
    return np.where(keep, kept, 0.0).astype(like.dtype).reshape(like.shape)


WORD = np.uint64(32)
LOW_WORD = np.uint64(0xFFFFFFFF)


def philox(counter: Array, key: Array) -> Array:
    """Philox4x32-10 (Salmon et al. 2011): four random words of 32 bits for each counter of four words.

    There is no state to carry along: the words depend on counter and key alone, so any part of a random array
    can be computed by any thread in any order. Shapes: counter (4, n), key (2,), both uint64 holding 32-bit
    words; result (4, n).
    """
    x0, x1, x2, x3 = counter
    k0, k1 = key
    for _ in range(10):
        a = x0 * np.uint64(0xD2511F53)  # 32 times 32 bits: the 64-bit product is exact
        b = x2 * np.uint64(0xCD9E8D57)
        x0, x1, x2, x3 = (b >> WORD) ^ x1 ^ k0, b & LOW_WORD, (a >> WORD) ^ x3 ^ k1, a & LOW_WORD
        k0, k1 = (k0 + np.uint64(0x9E3779B9)) & LOW_WORD, (k1 + np.uint64(0xBB67AE85)) & LOW_WORD
    return np.stack([x0, x1, x2, x3])
