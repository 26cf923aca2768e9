"""Losses: how far a prediction is from its target. Those of class numbers are in class_loss.py."""

from typing import Any

import numpy as np

from minigrad.callsite import warn
from minigrad.engine.op import Array, Op, Tensor, of_tensors, op, raw
from minigrad.errors import ShapeError
from minigrad.ops.activation import softmax, softplus
from minigrad.ops.arithmetic import abs as abs_
from minigrad.ops.checks import outside
from minigrad.ops.compare import where
from minigrad.ops.elementwise import exp, log, sigmoid, square
from minigrad.ops.reduce import mean
from minigrad.ops.reduce import sum as sum_

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "kl_div",
    "l1_loss",
    "mse_loss",
    "smooth_l1_loss",
]

# Regression -------------------------------------------------------------------------------------------------


@of_tensors
def mse_loss(
    input: Array,
    target: Array,
    size_average: None = None,
    reduce: None = None,
    reduction: str = "mean",
    weight: Array = None,
) -> Tensor:
    """L = mean of (x - target) ** 2, each times its weight if there is one (then divided by the sum of
    weights)

    Shapes: x and target of one shape -> y (), or that shape with reduction="none". Warns when they are
    broadcast.
    """
    refuse_old("mse_loss", size_average, reduce)
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
) -> Tensor:
    """L = mean of |x - target|, each times its weight if there is one (then divided by the sum of weights)

    Shapes: x and target of one shape -> y (), or that shape with reduction="none". Warns when they are
    broadcast.
    """
    refuse_old("l1_loss", size_average, reduce)
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
) -> Tensor:
    """L = mean of d ** 2 / (2 beta) where d = |x - target| < beta, of d - beta / 2 else. Girshick 2015.

    Shapes: x and target of one shape -> y (), or that shape with reduction="none". Warns when they are
    broadcast. Raises RuntimeError for a negative beta.
    """
    refuse_old("smooth_l1_loss", size_average, reduce)
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


# Distributions ---------------------------------------------------------------------------------------------


@of_tensors
def kl_div(
    input: Array,
    target: Array,
    size_average: None = None,
    reduce: None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """L = reduction of target (ln target - x), x and (with ``log_target``) target being logarithms of
    probabilities.

    "mean" divides by the number of elements; "batchmean", by the batch size, gives the KL divergence itself.

    Shapes: x and target of one shape -> y (), or that shape with reduction="none". Warns of an x that softmax
    made.
    """
    refuse_old("kl_div", size_average, reduce)
    warn_if_made_by(softmax, input, "kl_div", "It takes logarithms of probabilities: log_softmax(scores, 1).")
    if log_target:
        losses = exp(target) * (target - input)
    else:
        some = raw(target) != 0  # 0 ln 0 = 0; less has no logarithm, and gives NaN
        losses = where(some, target * log(where(some, target, 1.0)), 0.0) - target * input
    if reduction == "batchmean":
        return sum_(losses) / (input.shape[0] if input.ndim else 1)
    return reduced("kl_div", losses, reduction)


# Yes or no --------------------------------------------------------------------------------------------------


@op(promote="floating", name="binary_cross_entropy")
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
) -> Tensor:
    """L = mean of -(target ln x + (1 - target) ln(1 - x)) for probabilities x; each logarithm is at least
    -100

    Shapes: x and target of one shape -> y (), or that shape with reduction="none". Raises ShapeError for
    others, RuntimeError for an x outside [0, 1].
    """
    refuse_old("binary_cross_entropy", size_average, reduce)
    _must_have_one_shape("binary_cross_entropy", input, target)
    wrong = outside(raw(input), 1)
    if wrong is not None:
        raise RuntimeError(
            f"binary_cross_entropy: expected probabilities from 0 to 1, got {wrong[0]:.4g} to "
            f"{wrong[1]:.4g}. Raw scores? Use binary_cross_entropy_with_logits, or a sigmoid before."
        )
    losses = binary_entropy(input, target)
    return reduced("binary_cross_entropy", losses if weight is None else losses * weight, reduction)


@op(promote="floating", name="binary_cross_entropy_with_logits")
def logistic_loss(input: Array, target: Array) -> Array:
    """y = -target ln p - (1 - target) ln(1 - p), where p = sigmoid(x)

    With q = e ** -|x| it is ln(1 + q) - target x for an x below 0, else ln(1 + q) + (1 - target) x: nothing
    overflows, and where p is nearly 0 or 1 no digit is lost.
    """
    return input * ((input >= 0) - target) + np.log1p(np.exp(-np.abs(input)))


@logistic_loss.grad("input")
def _(dy: Array, input: Array, target: Array) -> Array:
    # dy (p - target), of an x above 0 from 1 - p, which has the more digits
    up = raw(input) >= 0
    less = sigmoid(np.where(up, -input, input))  # the smaller one of p and 1 - p
    return dy * np.where(up, (1 - target) - less, less - target)


@logistic_loss.grad("target")
def _(dy: Array, input: Array) -> Array:
    return dy * -input


@of_tensors
def binary_cross_entropy_with_logits(
    input: Array,
    target: Array,
    weight: Array = None,
    size_average: None = None,
    reduce: None = None,
    reduction: str = "mean",
    pos_weight: Array = None,
) -> Tensor:
    """L = mean of -(target ln p + (1 - target) ln(1 - p)), p = sigmoid(x), without overflow; for raw scores
    x.

    ``pos_weight`` multiplies the term of the positive examples.

    Shapes: x and target of one shape -> y (), or that shape with reduction="none". Raises ShapeError for
    others. Warns of an x that sigmoid made.
    """
    refuse_old("binary_cross_entropy_with_logits", size_average, reduce)
    _must_have_one_shape("binary_cross_entropy_with_logits", input, target)
    warn_if_made_by(
        sigmoid,
        input,
        "binary_cross_entropy_with_logits",
        "It takes raw scores and applies the sigmoid itself: leave it out, or use binary_cross_entropy.",
    )
    losses = logistic_loss(input, target)
    if pos_weight is not None:  # -ln p = softplus(-x)
        losses = losses + (pos_weight - 1) * target * softplus(-input, 1.0, float("inf"))
    return reduced(
        "binary_cross_entropy_with_logits", losses if weight is None else losses * weight, reduction
    )


# What the losses share --------------------------------------------------------------------------------------


def reduced(name: str, losses: Array, reduction: str) -> Array:
    """The losses as they are ("none"), their "mean" or their "sum"."""
    if reduction == "mean":
        return mean(losses)
    if reduction == "sum":
        return sum_(losses)
    if reduction == "none":
        return losses
    raise ValueError(f'{name}: reduction is "mean", "sum" or "none", not {reduction!r}')


def refuse_old(name: str, size_average: Any, reduce: Any) -> None:
    """Raise if one of the options is given that PyTorch has deprecated; they only keep their places."""
    if size_average is None and reduce is None:  # False meant something
        return
    option, value = ("reduce", reduce) if size_average is None else ("size_average", size_average)
    raise NotImplementedError(
        f'{name}: {option}={value!r} is not supported. Use reduction="mean", "sum" or "none".'
    )


def _same_shape(name: str, input: Array, target: Array) -> None:
    """Warn of shapes that differ, where PyTorch broadcasts them."""
    if tuple(input.shape) != tuple(target.shape):
        warn(
            f"{name}: the input has shape {tuple(input.shape)} and the target {tuple(target.shape)}: they "
            "will be broadcast, which is rarely meant. Give both the same shape."
            + _column(tuple(input.shape), tuple(target.shape))
        )


def _column(input: tuple[int, ...], target: tuple[int, ...]) -> str:
    """The likely fix if one of two shapes is a column, (N, 1), and the other its numbers in a row, (N)."""
    if input == (*target, 1):
        return " The input is a column: input.squeeze(-1) is as the target."
    if target == (*input, 1):
        return " The target is a column: target.squeeze(-1) is as the input."
    return ""


def warn_if_made_by(operation: Op[...], input: Array, name: str, advice: str) -> None:
    """Warn if the operation made the input of the loss ``name``, which expects something else."""
    node = getattr(input, "_node", None)
    if node is not None and node.op is operation:
        warn(f"{name}: {operation.name} made the input. {advice}")


def _weighted(name: str, losses: Array, weight: Array, reduction: str) -> Array:
    """`reduced`, of losses times their weights; a mean is divided by the sum of the weights."""
    if weight is None:
        return reduced(name, losses, reduction)
    if reduction == "mean":
        return sum_(losses * weight) / sum_(weight)
    return reduced(name, losses * weight, reduction)


def _must_have_one_shape(name: str, input: Array, target: Array) -> None:
    """Raise for shapes that differ, where PyTorch raises, too."""
    given, wanted = tuple(input.shape), tuple(target.shape)
    if given != wanted:
        raise ShapeError(
            f"{name}: input {given} and target {wanted} must have one shape.{_column(given, wanted)}"
        )
