"""Losses of classification: how little of the probability was given to the right class."""

from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.callsite import warn
from minigrad.engine.op import Array, Tensor, of_tensors, op, raw
from minigrad.errors import DtypeError, ShapeError
from minigrad.ops.activation import log_softmax, softmax
from minigrad.ops.checks import numbers_known, outside, span, to_count
from minigrad.ops.compare import where
from minigrad.ops.linalg import linear
from minigrad.ops.loss import reduced, refuse_old, warn_if_made_by
from minigrad.ops.reduce import sum as sum_

__all__ = ["cross_entropy", "nll_loss"]

# Of each example, by the number of its class ----------------------------------------------------------------


@op(name="nll_loss")
def minus_picked(input: Array, target: Array) -> Array:
    """y_n = -x[n, target_n]. Shapes: x (N, C, ...), target (N, ...) -> y (N, ...)."""
    if input.ndim == 2:
        return -input[np.arange(len(target), like=target), target]
    return -np.take_along_axis(input, np.expand_dims(target, 1), 1)[:, 0]


@minus_picked.grad("input")
def _(dy: Array, input_shape: tuple[int, ...], target: Array) -> Array:
    classes = np.arange(input_shape[1], like=target)
    classes = classes.reshape(-1, *(1,) * (len(input_shape) - 2))  # (C, 1, ...)
    return np.where(target[:, None] == classes, -dy[:, None], 0)  # (N, C, ...), (N, 1, ...)


@op(name="cross_entropy")
def softmax_cross_entropy(input: Array, target: Array) -> Array:
    """y_n = -ln softmax(x_n)[target_n] = ln(sum over c of e ** x[n, c]) - x[n, target_n]

    Shapes: x (N, C), target (N) -> y (N). It is minus_picked(log_softmax(x, 1), target) in one operation.
    """
    return kernels.softmax_cross_entropy(input, target)


@softmax_cross_entropy.grad("input")
def _(dy: Array, input: Array, target: Array) -> Array:
    # dx_n = dy_n softmax(x_n), and dy_n less at target_n
    return kernels.softmax_cross_entropy_grad(dy, input, target)


@of_tensors
def nll_loss(
    input: Array,
    target: Array,
    weight: Array = None,
    size_average: None = None,
    ignore_index: int = -100,
    reduce: None = None,
    reduction: str = "mean",
) -> Tensor:
    """L = weighted mean of -x[n, target_n] for logarithms of probabilities x.

    The mean is weighted by weight[target_n]; targets equal to ``ignore_index`` count for nothing.
    Shapes: x (N, C, ...) or (C), target (N, ...) or (): classes from 0 to C - 1; weight (C).

    Raises ShapeError for a target of another shape, DtypeError for one not of integers, IndexError for a
    class that is none. Warns of an x that softmax or linear made.
    """
    refuse_old("nll_loss", size_average, reduce)
    _check_scores("nll_loss", input, weight)
    for operation in (softmax, linear):
        warn_if_made_by(
            operation, input, "nll_loss", "It takes logarithms of probabilities: log_softmax(scores, 1)."
        )
    return _class_loss("nll_loss", minus_picked, input, target, weight, ignore_index, reduction)


@of_tensors
def cross_entropy(
    input: Array,
    target: Array,
    weight: Array = None,
    size_average: None = None,
    ignore_index: int = -100,
    reduce: None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """L = mean of -(sum of target_c ln p_c over classes c), p = softmax(x): for raw scores x, not
    probabilities. With class numbers it is nll_loss(log_softmax(x, 1), target).

    The target is class numbers (p_target alone counts) or probabilities of the shape of x.
    ``label_smoothing`` e mixes it with the uniform distribution: (1 - e) target + e / C. With class numbers a
    mean is weighted by weight[target_n], and ``ignore_index`` counts for nothing.
    Shapes: x (N, C, ...) or (C); target (N, ...) or () of classes, or as x; weight (C).

    Raises ShapeError for a target of another shape, DtypeError for a floating one of another shape and for an
    x of integers, IndexError for a class that is none, RuntimeError for a label_smoothing outside [0, 1].
    Warns of an x that softmax made, and of one class.
    """
    refuse_old("cross_entropy", size_average, reduce)
    _check_scores("cross_entropy", input, weight)
    _warn_of_probabilities(input)
    if not 0 <= label_smoothing <= 1:
        raise RuntimeError(f"cross_entropy: label_smoothing is from 0 to 1, not {label_smoothing}")
    dim = 0 if input.ndim == 1 else 1  # the classes'
    if raw(target).dtype.kind == "f" and tuple(target.shape) == tuple(input.shape):
        if ignore_index >= 0:
            raise RuntimeError("cross_entropy: ignore_index is for targets that are class numbers")
        return _of_probabilities(log_softmax(input, dim), target, weight, reduction, label_smoothing, dim)
    if not label_smoothing and input.ndim <= 2:  # of rows in one operation, which is faster
        each = softmax_cross_entropy
        return _class_loss("cross_entropy", each, input, target, weight, ignore_index, reduction)
    logp = log_softmax(input, dim)
    right = _class_loss("cross_entropy", minus_picked, logp, target, weight, ignore_index, reduction)
    if not label_smoothing:
        return right
    every = _of_every_class(logp, raw(target), weight, ignore_index, reduction, dim)
    return (1 - label_smoothing) * right + (label_smoothing / input.shape[dim]) * every


def _of_probabilities(
    logp: Array, target: Array, weight: Array, reduction: str, smoothing: float, dim: int
) -> Array:
    """-(sum of target_c ln p_c over the classes), for a target of probabilities, smoothed."""
    if smoothing:
        target = target * (1 - smoothing) + smoothing / logp.shape[dim]
    if weight is not None:
        target = target * _per_class(weight, logp.ndim, dim)
    return reduced("cross_entropy", -sum_(logp * target, dim), reduction)


def _of_every_class(
    logp: Array, classes: Array, weight: Array, ignore_index: int, reduction: str, dim: int
) -> Array:
    """-(sum of ln p_c over all classes), which label_smoothing mixes in; 0 of a target to be ignored."""
    counted = classes != ignore_index
    losses = -sum_(logp if weight is None else logp * _per_class(weight, logp.ndim, dim), dim)
    losses = where(counted, losses, 0.0)
    if reduction == "mean":
        kept = classes[counted]
        return sum_(losses) / float(kept.size if weight is None else raw(weight)[kept].sum())
    return sum_(losses) if reduction == "sum" else losses


def _per_class(weight: Array, ndim: int, dim: int) -> Any:
    return np.reshape(weight, (-1,) + (1,) * (ndim - dim - 1))


def _class_loss(
    name: str,
    each: Callable[[Array, Array], Array],
    input: Array,
    target: Array,
    weight: Array,
    ignore_index: int,
    reduction: str,
) -> Array:
    """The mean or sum, as ``reduction`` says, of each(input, target): the loss of each example."""
    if getattr(weight, "requires_grad", False):
        raise RuntimeError(f"{name}: there is no gradient by the weights of the classes; detach() them")
    if not isinstance(ignore_index, (int, np.integer)):
        raise TypeError(f"{name}: ignore_index is a class number, a whole one; got {ignore_index!r}")
    classes, single = raw(target), input.ndim == 1
    _check_shape_of_classes(name, tuple(input.shape), classes)
    counted = _which_count(name, classes, input.shape[0 if single else 1], ignore_index)
    if single:
        input, classes = input[None], classes[None]
    if counted is None and weight is None:
        losses = each(input, classes)
        return reduced(name, losses[0] if single and reduction == "none" else losses, reduction)
    if counted is None:
        counted = np.ones_like(classes, dtype=bool)
    elif single:
        counted = counted[None]
    classes = np.where(counted, classes, 0)
    factor = (
        counted if weight is None else np.where(counted, raw(weight)[classes], 0).astype(raw(input).dtype)
    )
    losses = where(counted, each(input, classes) * factor, 0.0)  # 0, and not 0 * -inf, if ignored
    if reduction == "mean":
        total = factor.sum()
        return sum_(losses) / (float(total) if numbers_known() else total)
    return reduced(name, losses[0] if single else losses, reduction)


# What the scores and the classes have to be -----------------------------------------------------------------


def _warn_of_probabilities(input: Array) -> None:
    """Warn of an x that softmax made, and of one class."""
    warn_if_made_by(
        softmax,
        input,
        "cross_entropy",
        "It takes raw scores and applies softmax itself; after a second softmax the loss cannot come near 0. "
        "Leave softmax out of what is trained, and use it where probabilities are read.",
    )
    if input.shape[min(input.ndim - 1, 1)] == 1:
        warn(
            f"cross_entropy: the input of shape {tuple(input.shape)} has one class, whose probability is 1 "
            "whatever the score: the loss is 0 and teaches nothing. For yes or no by one score use "
            "binary_cross_entropy_with_logits."
        )


def _check_scores(name: str, input: Array, weight: Array) -> None:
    if input.dtype.kind != "f":
        raise DtypeError(
            f"{name}: the input holds a floating score for each class, got {input.dtype}. Are input and "
            "target exchanged?"
        )
    if not input.ndim:
        raise ShapeError(f"{name}: expected scores of shape (N, C, ...) or (C), got one number")
    classes = input.shape[min(input.ndim - 1, 1)]
    if weight is not None and tuple(weight.shape) != (classes,):
        raise ShapeError(
            f"{name}: weight has one number per class, so shape {(classes,)}; got {tuple(weight.shape)}"
        )


def _check_shape_of_classes(name: str, shape: tuple[int, ...], classes: Any) -> None:
    single = len(shape) == 1
    expected = () if single else (*shape[:1], *shape[2:])
    if classes.dtype.kind not in "iu":
        raise DtypeError(
            f"{name}: the target holds class numbers and must be of an integer dtype, got {classes.dtype}. "
            "Convert with .long()"
            + (", or give probabilities of the input's shape" if name == "cross_entropy" else "")
        )
    if tuple(classes.shape) != expected:
        hint = ""
        if single and classes.size == 1:
            hint = " One number? Use target.squeeze()."
        elif tuple(classes.shape) == shape:
            dim = "" if single else 1
            hint = f" One-hot rows? Use target.argmax({dim}), or target.float() as probabilities."
        elif classes.ndim == len(expected) + 1 and classes.shape[1:2] == (1,):
            hint = " A column? Use target.squeeze(1)."
        elif tuple(classes.shape) == shape[:-1]:
            hint = " Are the classes the last axis? Use input.movedim(-1, 1)."
        raise ShapeError(
            f"{name}: for an input of shape {shape} {'(C)' if single else '(N, C, ...)'} the target of class "
            f"numbers has shape {expected}, got {tuple(classes.shape)}.{hint}"
        )


def _which_count(name: str, classes: Any, count: int, ignore_index: int) -> Any:
    """Which of the class numbers are not to be ignored, None if all count. Raises for one that is no class.

    What a captured step is given is not known yet: what it is told to ignore is left out at each replay, and
    a class that is not there makes the loss of its row NaN.
    """
    if not numbers_known():
        return None if ignore_index == -100 else classes != ignore_index
    if not 0 <= ignore_index < count and outside(classes, count - 1) is None:
        return None
    counted = classes != ignore_index
    kept = classes[counted]
    wrong = outside(kept, count - 1)
    if wrong is not None:
        raise IndexError(
            f"{name}: the classes go from 0 to {count - 1}; the target has {span(*wrong)}."
            + _to_classes(int(wrong[0]), int(wrong[1]), count)
        )
    return None if kept.size == classes.size else counted


def _to_classes(lowest: int, highest: int, count: int) -> str:
    """The likely fix for class numbers that are out of range."""
    if lowest == -1:
        return " Does -1 stand for no class? ignore_index=-1 leaves these out."
    if lowest == 0:
        return f" For {highest + 1} classes, the model's last layer needs as many outputs."
    return to_count(lowest, highest, count)
