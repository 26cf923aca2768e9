"""Losses: how far a prediction is from its target."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.devices import capturing
from minigrad.engine.explain import to_count
from minigrad.engine.modes import state
from minigrad.engine.op import Array, Op, of_tensors, op, raw
from minigrad.engine.source import stacklevel
from minigrad.errors import DtypeError, ShapeError
from minigrad.ops.activation import log_softmax, softmax, softplus
from minigrad.ops.arithmetic import abs as abs_
from minigrad.ops.compare import where
from minigrad.ops.elementwise import exp, log, sigmoid, square
from minigrad.ops.linalg import linear
from minigrad.ops.reduce import mean
from minigrad.ops.reduce import sum as sum_


def reduced(name: str, losses: Array, reduction: str) -> Array:
    """The losses as they are ("none"), their "mean" or their "sum"."""
    if reduction == "mean":
        return mean(losses)
    if reduction == "sum":
        return sum_(losses)
    if reduction == "none":
        return losses
    raise ValueError(f'{name}: reduction is "mean", "sum" or "none", not {reduction!r}')


def _refuse_old(name: str, size_average: Any, reduce: Any) -> None:
    if size_average is not None or reduce is not None:
        raise NotImplementedError(
            f"{name}: size_average and reduce are not supported (deprecated); use reduction="
        )


def _same_shape(name: str, input: Array, target: Array) -> None:
    if tuple(input.shape) != tuple(target.shape):
        warnings.warn(
            f"{name}: the input has shape {tuple(input.shape)} and the target {tuple(target.shape)}: they "
            "will be broadcast, which is rarely meant. Give both the same shape."
            + _column(tuple(input.shape), tuple(target.shape)),
            stacklevel=stacklevel(),
        )


def _column(input: tuple[int, ...], target: tuple[int, ...]) -> str:
    """The likely fix if one of two shapes is a column, (N, 1), and the other its numbers in a row, (N)."""
    if input == (*target, 1):
        return " The input is a column: input.squeeze(-1) is as the target."
    if target == (*input, 1):
        return " The target is a column: target.squeeze(-1) is as the input."
    return ""


def _not_of(operation: Op, input: Array, name: str, advice: str) -> None:
    """Warn if the operation made the input of the loss ``name``, which expects something else."""
    node = getattr(input, "_node", None)
    if node is not None and node.op is operation:
        warnings.warn(f"{name}: {operation.name} made the input. {advice}", stacklevel=stacklevel())


def _weighted(name: str, losses: Array, weight: Array, reduction: str) -> Array:
    if weight is None:
        return reduced(name, losses, reduction)
    if reduction == "mean":
        return sum_(losses * weight) / sum_(weight)
    return reduced(name, losses * weight, reduction)


# Regression -------------------------------------------------------------------------------------------------


@of_tensors
def mse_loss(
    input: Array,
    target: Array,
    size_average: None = None,
    reduce: None = None,
    reduction: str = "mean",
    weight: Array = None,
) -> Array:
    """L = mean of (x - target) ** 2, each times its weight if there is one (then divided by the sum of
    weights)

    Shapes: x and target of one shape -> y (), or that shape with reduction="none". Warns when they are
    broadcast.
    """
    _refuse_old("mse_loss", size_average, reduce)
    _same_shape("mse_loss", input, target)
    return _weighted("mse_loss", square(input - target), weight, reduction)


@of_tensors
def l1_loss(
    input: Array,
    target: Array,
    size_average: None = None,
    reduce: None = None,
    reduction: str = "mean",
    weight: Array = None,
) -> Array:
    """L = mean of |x - target|, each times its weight if there is one (then divided by the sum of weights)

    Shapes: x and target of one shape -> y (), or that shape with reduction="none". Warns when they are
    broadcast.
    """
    _refuse_old("l1_loss", size_average, reduce)
    _same_shape("l1_loss", input, target)
    return _weighted("l1_loss", abs_(input - target), weight, reduction)


@of_tensors
def smooth_l1_loss(
    input: Array,
    target: Array,
    size_average: None = None,
    reduce: None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Array:
    """L = mean of d ** 2 / (2 beta) where d = |x - target| < beta, of d - beta / 2 else. Girshick 2015.

    Shapes: x and target of one shape -> y (), or that shape with reduction="none". Warns when they are
    broadcast. Raises RuntimeError for a negative beta.
    """
    _refuse_old("smooth_l1_loss", size_average, reduce)
    if beta < 0:
        raise RuntimeError(f"smooth_l1_loss: beta is at least 0, not {beta}")
    _same_shape("smooth_l1_loss", input, target)
    difference = input - target
    d = abs_(difference)
    if beta == 0:
        return reduced("smooth_l1_loss", d, reduction)
    # The square is that of the difference: at 0 the second derivative of |x| ** 2 would be lost. And of a
    # finite one: the slope of an infinite square, which is not chosen, would be 0 inf.
    finite = where(np.isinf(raw(d)), 0.0, difference)
    losses = where(raw(d) < beta, square(finite) * (0.5 / beta), d - 0.5 * beta)
    return reduced("smooth_l1_loss", losses, reduction)


# Classification ---------------------------------------------------------------------------------------------


@op(called="picking the target's class (of cross_entropy, nll_loss)")
def pick_class(input: Array, target: Array) -> Array:
    """y_n = x[n, target_n]. Shapes: x (N, C, ...), target (N, ...) -> y (N, ...)."""
    if input.ndim == 2:
        return input[np.arange(len(target), like=target), target]
    return np.take_along_axis(input, np.expand_dims(target, 1), 1)[:, 0]


@pick_class.grad("input")
def _(dy: Array, input_shape: tuple[int, ...], target: Array) -> Array:
    classes = np.arange(input_shape[1], like=target).reshape(
        -1, *(1,) * (len(input_shape) - 2)
    )  # (C, 1, ...)
    return np.where(target[:, None] == classes, dy[:, None], 0)  # (N, C, ...), (N, 1, ...)


def _minus_picked(input: Array, target: Array) -> Array:
    return -pick_class(input, target)


@op(called="cross_entropy")
def softmax_cross_entropy(input: Array, target: Array) -> Array:
    """y_n = -ln softmax(x_n)[target_n] = ln(sum over c of e ** x[n, c]) - x[n, target_n]

    Shapes: x (N, C), target (N) -> y (N). It is pick_class(-log_softmax(x, 1), target) in one operation.
    """
    return kernels.softmax_cross_entropy(input, target)


@softmax_cross_entropy.grad("input")
def _(dy: Array, input: Array, target: Array) -> Array:
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
) -> Array:
    """L = weighted mean of -x[n, target_n] for logarithms of probabilities x.

    The mean is weighted by weight[target_n]; targets equal to ``ignore_index`` count for nothing.
    Shapes: x (N, C, ...) or (C), target (N, ...) or (): classes from 0 to C - 1; weight (C).

    Raises ShapeError for a target of another shape, DtypeError for one not of integers, IndexError for a
    class that is none. Warns of an x that softmax or linear made.
    """
    _refuse_old("nll_loss", size_average, reduce)
    for operation in (softmax, linear):
        _not_of(operation, input, "nll_loss", "It takes logarithms of probabilities: log_softmax(scores, 1).")
    return _class_loss("nll_loss", _minus_picked, input, target, weight, ignore_index, reduction)


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
    _check_scores(name, input, weight)
    if getattr(weight, "requires_grad", False):
        raise RuntimeError(f"{name}: there is no gradient by the weights of the classes; detach() them")
    classes, single = raw(target), input.ndim == 1
    counted = classes != ignore_index
    # What a captured step is given is not known yet: a class that is not there makes its loss NaN.
    unknown = capturing.is_capturing()
    everything = (unknown and ignore_index < 0) or bool(np.all(counted))
    _check_classes(name, tuple(input.shape), classes, classes if everything else classes[counted])
    if single:
        input, classes, counted = input[None], classes[None], counted[None]
    if everything and weight is None:
        losses = each(input, classes)
        return reduced(name, losses[0] if single and reduction == "none" else losses, reduction)
    classes = np.where(counted, classes, 0)
    factor = (
        counted if weight is None else np.where(counted, raw(weight)[classes], 0).astype(raw(input).dtype)
    )
    losses = where(counted, each(input, classes) * factor, 0.0)  # 0, and not 0 * -inf, if ignored
    if reduction == "mean":
        total = factor.sum()
        return sum_(losses) / (total if unknown else float(total))
    return reduced(name, losses[0] if single else losses, reduction)


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


def _check_classes(name: str, shape: tuple[int, ...], classes: Any, known: Any) -> None:
    single = len(shape) == 1
    expected = () if single else (*shape[:1], *shape[2:])
    highest = shape[0 if single else 1] - 1
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
    if not capturing.is_capturing() and known.size and not 0 <= known.min() <= known.max() <= highest:
        raise IndexError(
            f"{name}: the classes go from 0 to {highest}; the target has {known.min()} to {known.max()}."
            + _to_classes(int(known.min()), int(known.max()), highest + 1)
        )


def _to_classes(lowest: int, highest: int, count: int) -> str:
    """The likely fix for class numbers that are out of range."""
    if lowest == -1:
        return " Does -1 stand for no class? ignore_index=-1 leaves these out."
    if lowest == 0:
        return f" For {highest + 1} classes, the model's last layer needs as many outputs."
    return to_count(lowest, highest, count)


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
) -> Array:
    """L = mean of -(sum of target_c ln p_c over classes c), p = softmax(x): for raw scores x, not
    probabilities.

    The target is class numbers (p_target alone counts) or probabilities of the shape of x.
    ``label_smoothing`` e mixes it with the uniform distribution: (1 - e) target + e / C. With class numbers a
    mean is weighted by weight[target_n], and ``ignore_index`` counts for nothing.
    Shapes: x (N, C, ...) or (C); target (N, ...) or () of classes, or as x; weight (C).

    Raises ShapeError for a target of another shape, DtypeError for a floating one of another shape and for an
    x of integers, IndexError for a class that is none, RuntimeError for a label_smoothing outside [0, 1].
    Warns of an x that softmax made, and of one class.
    """
    _refuse_old("cross_entropy", size_average, reduce)
    _check_scores("cross_entropy", input, weight)
    _not_of(
        softmax,
        input,
        "cross_entropy",
        "It takes raw scores and applies softmax itself; after a second softmax the loss cannot come near 0. "
        "Leave softmax out of what is trained, and use it where probabilities are read.",
    )
    if input.shape[min(input.ndim - 1, 1)] == 1:
        warnings.warn(
            f"cross_entropy: the input of shape {tuple(input.shape)} has one class, whose probability is 1 "
            "whatever the score: the loss is 0 and teaches nothing. For yes or no by one score use "
            "binary_cross_entropy_with_logits.",
            stacklevel=stacklevel(),
        )
    if not 0 <= label_smoothing <= 1:
        raise RuntimeError(f"cross_entropy: label_smoothing is from 0 to 1, not {label_smoothing}")
    dim = 0 if input.ndim == 1 else 1
    soft = raw(target).dtype.kind == "f" and tuple(target.shape) == tuple(input.shape)
    # Who looks at the steps, as explain_gradient does, is shown them one by one.
    if not soft and not label_smoothing and input.ndim <= 2 and state.witness is None:
        each = softmax_cross_entropy
        return _class_loss("cross_entropy", each, input, target, weight, ignore_index, reduction)
    logp = log_softmax(input, dim)
    if soft:
        if ignore_index >= 0:
            raise RuntimeError("cross_entropy: ignore_index is for targets that are class numbers")
        return _soft_cross_entropy(logp, target, weight, reduction, label_smoothing, dim)
    hard = _class_loss("cross_entropy", _minus_picked, logp, target, weight, ignore_index, reduction)
    if not label_smoothing:
        return hard
    counted = raw(target) != ignore_index
    each = -sum_(logp if weight is None else logp * _per_class(weight, input.ndim, dim), dim)
    smooth = where(counted, each, 0.0)
    if reduction == "mean":
        kept = raw(target)[counted]
        smooth = sum_(smooth) / float(kept.size if weight is None else raw(weight)[kept].sum())
    elif reduction == "sum":
        smooth = sum_(smooth)
    return (1 - label_smoothing) * hard + (label_smoothing / input.shape[dim]) * smooth


def _per_class(weight: Array, ndim: int, dim: int) -> Any:
    return np.reshape(weight, (-1,) + (1,) * (ndim - dim - 1))


def _soft_cross_entropy(
    logp: Array, target: Array, weight: Array, reduction: str, smoothing: float, dim: int
) -> Array:
    classes = logp.shape[dim]
    if smoothing:
        target = target * (1 - smoothing) + smoothing / classes
    if weight is not None:
        target = target * _per_class(weight, logp.ndim, dim)
    losses = -sum_(logp * target, dim)
    return reduced("cross_entropy", losses, reduction)


@of_tensors
def kl_div(
    input: Array,
    target: Array,
    size_average: None = None,
    reduce: None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Array:
    """L = reduction of target (ln target - x), x and (with ``log_target``) target being logarithms of
    probabilities.

    "mean" divides by the number of elements; "batchmean", by the batch size, gives the KL divergence itself.

    Shapes: x and target of one shape -> y (), or that shape with reduction="none". Warns of an x that softmax
    made.
    """
    _refuse_old("kl_div", size_average, reduce)
    _not_of(softmax, input, "kl_div", "It takes logarithms of probabilities: log_softmax(scores, 1).")
    if log_target:
        losses = exp(target) * (target - input)
    else:
        some = raw(target) != 0  # 0 ln 0 = 0; less has no logarithm, and gives NaN
        losses = where(some, target * log(where(some, target, 1.0)), 0.0) - target * input
    if reduction == "batchmean":
        return sum_(losses) / (input.shape[0] if input.ndim else 1)
    return reduced("kl_div", losses, reduction)


# Yes or no --------------------------------------------------------------------------------------------------


def _must_have_one_shape(name: str, input: Array, target: Array) -> None:
    given, wanted = tuple(input.shape), tuple(target.shape)
    if given != wanted:
        raise ShapeError(
            f"{name}: input {given} and target {wanted} must have one shape.{_column(given, wanted)}"
        )


@op(promote="floating", called="binary_cross_entropy")
def binary_entropy(input: Array, target: Array) -> Array:
    """y = -(target ln x + (1 - target) ln(1 - x)), each logarithm at least -100"""
    return -(target * np.maximum(np.log(input), -100) + (1 - target) * np.maximum(np.log1p(-input), -100))


@binary_entropy.grad("input")
def _(dy: Array, input: Array, target: Array) -> Array:
    # A certain and right answer, x = target = 0 or 1, is at rest, in every order: 0 / 0 otherwise.
    certain = (raw(input) == raw(target)) & (raw(input) * (1 - raw(input)) == 0)
    return np.where(certain, 0, dy * (input - target) / np.maximum(input * (1 - input), 1e-12))


@binary_entropy.grad("target")
def _(dy: Array, input: Array) -> Array:
    return dy * (np.maximum(np.log1p(-input), -100) - np.maximum(np.log(input), -100))


@of_tensors
def binary_cross_entropy(
    input: Array,
    target: Array,
    weight: Array = None,
    size_average: None = None,
    reduce: None = None,
    reduction: str = "mean",
) -> Array:
    """L = mean of -(target ln x + (1 - target) ln(1 - x)) for probabilities x; each logarithm is at least
    -100

    Shapes: x and target of one shape -> y (), or that shape with reduction="none". Raises ShapeError for
    others, RuntimeError for an x outside [0, 1].
    """
    _refuse_old("binary_cross_entropy", size_average, reduce)
    _must_have_one_shape("binary_cross_entropy", input, target)
    values = raw(input)
    if values.size and not capturing.is_capturing() and not (values.min() >= 0 and values.max() <= 1):
        raise RuntimeError(
            f"binary_cross_entropy: expected probabilities from 0 to 1, got {values.min():.4g} to "
            f"{values.max():.4g}. Raw scores? Use binary_cross_entropy_with_logits, or a sigmoid before."
        )
    losses = binary_entropy(input, target)
    return reduced("binary_cross_entropy", losses if weight is None else losses * weight, reduction)


@of_tensors
def binary_cross_entropy_with_logits(
    input: Array,
    target: Array,
    weight: Array = None,
    size_average: None = None,
    reduce: None = None,
    reduction: str = "mean",
    pos_weight: Array = None,
) -> Array:
    """L = mean of -(target ln p + (1 - target) ln(1 - p)), p = sigmoid(x), without overflow; for raw scores
    x.

    ``pos_weight`` multiplies the term of the positive examples.

    Shapes: x and target of one shape -> y (), or that shape with reduction="none". Raises ShapeError for
    others. Warns of an x that sigmoid made.
    """
    _refuse_old("binary_cross_entropy_with_logits", size_average, reduce)
    _must_have_one_shape("binary_cross_entropy_with_logits", input, target)
    _not_of(
        sigmoid,
        input,
        "binary_cross_entropy_with_logits",
        "It takes raw scores and applies the sigmoid itself: leave it out, or use binary_cross_entropy.",
    )
    # ln p = -softplus(-x) and ln(1 - p) = -x - softplus(-x).
    factor = 1 if pos_weight is None else 1 + (pos_weight - 1) * target
    losses = (1 - target) * input + factor * softplus(-input, 1.0, float("inf"))
    return reduced(
        "binary_cross_entropy_with_logits", losses if weight is None else losses * weight, reduction
    )
