"""Gradient clipping: called between backward and the optimiser's step, it bounds what one step can do."""

import types
from collections.abc import Iterable

import numpy as np

from minigrad.callsite import warn
from minigrad.devices import place
from minigrad.engine.op import Array
from minigrad.engine.writes import mark
from minigrad.errors import refuse
from minigrad.tensor import Tensor

__all__ = ["clip_grad_norm_", "clip_grad_value_"]


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scale all gradients by one factor so that their common norm is at most ``max_norm``, in place.

        norm = (sum over all gradients of |g|^norm_type)^(1 / norm_type)
        g    = g min(1, max_norm / (norm + 1e-6))

    ``norm_type`` is any number, or ``inf`` (or "inf") for the largest |g|. Returns the norm before the
    scaling, a Tensor of shape (). With ``error_if_nonfinite`` a norm that is infinite or NaN raises
    RuntimeError and changes nothing; without, such gradients become NaN or 0. Pascanu, Mikolov and Bengio,
    "On the difficulty of training recurrent neural networks" (2013).
    """
    refuse("clip_grad_norm_", "the gradients are scaled one after another", foreach=foreach)
    grads = _gradients(parameters)
    if not grads:
        return Tensor._wrap(np.array(0, dtype=np.float32))
    order = float(norm_type)
    dtype = np.result_type(*(g._data.dtype for g in grads))
    with np.errstate(all="ignore"):  # what is wrong with a norm, the norm says
        norms = [np.linalg.norm(_precise(g._data), order) for g in grads]
        norm = place.as_array(
            np.linalg.norm(np.stack([place.beside(norms[0], each) for each in norms]), order)
        )
    if error_if_nonfinite and not np.isfinite(norm):
        raise RuntimeError(
            f"clip_grad_norm_: the gradients have the norm {norm}, so no factor brings it to {max_norm}. "
            "Find what made it (minigrad.autograd.detect_anomaly), or set error_if_nonfinite=False to scale "
            "nonetheless."
        )
    factor = float(max_norm) / (norm + 1e-6)
    if not factor >= 1:  # a NaN is not, and is let through into the gradients, as in PyTorch
        with np.errstate(all="ignore"):  # inf * 0
            for g in grads:
                g._data *= place.beside(g._data, factor).astype(g._data.dtype)
        mark(*(g._data for g in grads))
    with np.errstate(over="ignore"):  # float16 ends at 65504
        return Tensor._wrap(norm.astype(dtype))


def clip_grad_value_(
    parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None
) -> None:
    """Cut every element of the gradients to [-clip_value, clip_value], in place: their direction changes."""
    refuse("clip_grad_value_", "the gradients are clipped one after another", foreach=foreach)
    bound = float(clip_value)
    grads = _gradients(parameters)
    for g in grads:
        np.clip(g._data, -bound, bound, out=g._data)
    if grads:
        mark(*(g._data for g in grads))


def _precise(array: Array) -> Array:
    """A gradient as one row, in float32 at least: in float16 the squares of 300 would be infinite."""
    return array.reshape(-1).astype(np.result_type(array.dtype, np.float32), copy=False)


def _gradients(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    """The gradients of one parameter or of several; those without one are left out."""
    members = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    if not members and isinstance(parameters, types.GeneratorType):
        warn(
            "clip_grad: the generator of parameters is empty, so nothing is clipped. It may have been used "
            "up before: call model.parameters() anew.",
        )
    return [p.grad for p in members if p.grad is not None]
