"""Dropout: random zeros, of elements and of whole channels."""

import numpy as np

from minigrad import kernels
from minigrad.callsite import warn
from minigrad.engine.inplace import assign
from minigrad.engine.op import Array, Tensor, of_tensors, op, raw
from minigrad.errors import ShapeError
from minigrad.ops.checks import floating
from minigrad.random import rng_of

__all__ = ["dropout", "dropout1d", "dropout2d"]


@op(name="dropout")
def masked(input: Array, p: float, seed: int) -> Array:
    """y = x mask, where ``seed`` gives the mask: 0 with probability p, else 1 / (1 - p)"""
    return kernels.dropout(input, p, seed)


@masked.grad("input")
def _(dy: Array, p: float, seed: int) -> Array:
    return masked(dy, p, seed)  # the mask is not kept: the seed gives it again


@of_tensors
def dropout(input: Array, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """y = x with each element made 0 with probability p and the others divided by 1 - p, so that the mean
    stays.

    Without ``training`` y = x. Srivastava et al. 2014.

    Shapes: y as x. Raises ValueError for a p that is no probability, DtypeError for integers.
    """
    if _leaves_alone("dropout", input, p, training):
        return input
    y = masked(input, p, _seed())
    return assign(input, y, "dropout_") if inplace else y


@of_tensors
def dropout1d(input: Array, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """dropout of whole channels: each x[n, c, :] is made 0 with probability p, or divided by 1 - p.

    Shapes: (N, C, L) or (C, L). Tompson et al. 2015.

    Raises ShapeError for another number of axes, and what dropout raises.
    """
    if input.ndim not in (2, 3):
        raise ShapeError(f"dropout1d: expected x of shape (N, C, L) or (C, L), got {tuple(input.shape)}")
    return _channel_dropout("dropout1d", input, p, training, inplace, input.ndim - 1)


@of_tensors
def dropout2d(input: Array, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """dropout of whole channels: each x[n, c, :, :] is made 0 with probability p, or divided by 1 - p.

    Shapes: (N, C, H, W). Three axes are taken for (N, C, L), with a warning, as in PyTorch. Tompson et al.
    2015.

    Raises ShapeError for another number of axes, and what dropout raises.
    """
    if input.ndim not in (3, 4):
        raise ShapeError(f"dropout2d: expected x of shape (N, C, H, W), got {tuple(input.shape)}")
    if input.ndim == 3:
        warn(
            f"dropout2d: x of shape {tuple(input.shape)} is taken for (N, C, L). For one image (C, H, W) put "
            "the batch in: x.unsqueeze(0); for sequences use dropout1d."
        )
    return _channel_dropout("dropout2d", input, p, training, inplace, 2)


def _channel_dropout(name: str, input: Array, p: float, training: bool, inplace: bool, leading: int) -> Array:
    """dropout with one draw for each place in the first ``leading`` axes."""
    if _leaves_alone(name, input, p, training):
        return input
    shape = input.shape[:leading] + (1,) * (input.ndim - leading)
    channels = np.ones_like(raw(input), shape=shape, order="C")
    y = input * kernels.dropout(channels, p, _seed())
    return assign(input, y, f"{name}_") if inplace else y


def _leaves_alone(name: str, input: Array, p: float, training: bool) -> bool:
    """Whether y is x; raises what is said of dropout."""
    if not 0 <= p <= 1:
        raise ValueError(f"{name}: p is a probability from 0 to 1, not {p}")
    if not training or p == 0:
        return True
    floating(name, input)
    return False


def _seed() -> int:
    return rng_of(None).bit_generator.random_raw() >> 1  # .integers(2**63), in a sixth of the time
