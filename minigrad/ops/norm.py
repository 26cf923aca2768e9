"""Normalisation."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.engine.op import Array, Tensor, of_tensors, op, raw
from minigrad.engine.writes import mark
from minigrad.errors import DtypeError, ShapeError
from minigrad.ops.arithmetic import mul, true_divide
from minigrad.ops.axes import checked_axis
from minigrad.ops.checks import floating
from minigrad.ops.compare import clamp
from minigrad.ops.reduce import norm

__all__ = ["batch_norm", "group_norm", "instance_norm", "layer_norm", "normalize"]

# By the last axes -------------------------------------------------------------------------------------------


@op(name="layer_norm")
def standardize(input: Array, dim: tuple[int, ...], eps: float) -> Array:
    """y = (x - mean) / sqrt(variance + eps), mean and variance of x over ``dim``"""
    order, sizes = _rows_last(input.shape, dim)
    if not sizes[1]:
        return np.copy(input)  # rows without a number have no mean
    x = np.transpose(input, order)
    rows = x.reshape(1, *sizes)
    mean, variance = kernels.moments(rows)
    y = kernels.scale_and_shift(rows, mean, 1 / np.sqrt(variance + eps), np.zeros_like(mean))
    return np.transpose(y.reshape(x.shape), _undone(order))


@standardize.grad("input")
def _(dy: Array, input: Array, dim: tuple[int, ...], eps: float) -> Array:
    order, sizes = _rows_last(input.shape, dim)
    if not sizes[1]:
        return dy
    x, dy = np.transpose(input, order), np.transpose(dy, order)
    rows, dy = np.reshape(x, (1, sizes[0], 1, sizes[1])), np.reshape(dy, (1, sizes[0], 1, sizes[1]))
    mean, variance = kernels.moments(np.reshape(rows, (1, *sizes)))
    one = np.ones_like(raw(mean), shape=(sizes[0], 1))  # each row is a group, with one weight: 1
    # dx = (dy - mean of dy - y mean of dy y) / sqrt(variance + eps)
    dx: Any = kernels.norm_grad(dy, rows, one, mean, 1 / np.sqrt(variance + eps), False, True)[0]
    return np.transpose(np.reshape(dx, x.shape), _undone(order))


def _rows_last(shape: tuple[int, ...], dim: tuple[int, ...]) -> tuple[list[int], tuple[int, int]]:
    """An order of the axes that has ``dim`` at the end, and (number of rows, their length) in this order."""
    last = [d % len(shape) for d in dim]
    order = [d for d in range(len(shape)) if d not in last] + last
    length = math.prod(shape[d] for d in last)
    return order, (math.prod(shape[d] for d in order[: -len(last)]), length)


def _undone(order: list[int]) -> tuple[int, ...]:
    """The order of axes that takes ``order`` back."""
    return tuple(order.index(d) for d in range(len(order)))


@of_tensors
def layer_norm(
    input: Array,
    normalized_shape: int | Sequence[int],
    weight: Array = None,
    bias: Array = None,
    eps: float = 1e-5,
) -> Tensor:
    """y = (x - mean) / sqrt(variance + eps) * weight + bias, over the last axes, whose sizes are
    ``normalized_shape``.

    Shapes: x (..., *normalized_shape); weight and bias normalized_shape. Ba, Kiros and Hinton 2016.

    Raises ShapeError unless x ends with normalized_shape, DtypeError for integers.
    """
    floating("layer_norm", input)
    shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    if not shape or tuple(input.shape[-len(shape) :]) != shape:
        raise ShapeError(
            f"layer_norm: the last axes of x {tuple(input.shape)} must have the normalized_shape {shape}"
        )
    for name, value in (("weight", weight), ("bias", bias)):
        if value is not None and tuple(value.shape) != shape:
            raise ShapeError(
                f"layer_norm: {name} has shape {tuple(value.shape)}, expected normalized_shape {shape}"
            )
    y = standardize(input, tuple(range(-len(shape), 0)), eps)
    if weight is not None:
        y = mul(y, weight)
    return y if bias is None else y + bias


@of_tensors
def normalize(input: Array, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Tensor:
    """y = x / max(norm of x over ``dim``, eps)

    Shapes: y as x. Raises IndexError for an axis that x has not.
    """
    checked_axis("normalize", dim, input.shape)
    return true_divide(input, clamp(norm(input, p, dim, keepdim=True), min=eps))


# By channels ------------------------------------------------------------------------------------------------

Blocks = tuple[int, int, int, int]
"""(outer, groups, members, inner): how an array is seen. Each group of channels has one mean and one
variance, each of its members a weight and a bias."""


@op(name="batch_norm")
def by_channels(
    input: Array,
    weight: Array,
    bias: Array,
    mean: Array,
    variance: Array,
    eps: float,
    blocks: Blocks,
    constant: bool,
) -> Array:
    """y = (x - mean) / sqrt(variance + eps) * weight + bias

    Shapes: x as ``blocks`` says once reshaped; weight and bias (C) or None, C a divisor of the number of
    channels; mean and variance (groups), float64. These two are computed before, for running statistics want
    them, too. They move with x, which the rule has to know, unless they are ``constant``.
    """
    outer, groups, members, inner = blocks
    scale = 1 / np.sqrt(variance + eps)
    if members != 1:
        mean, scale = np.repeat(mean, members), np.repeat(scale, members)
    if weight is not None:
        scale = scale * _per_channel(weight, blocks).reshape(-1)
    shift = np.zeros_like(mean) if bias is None else _per_channel(bias, blocks).reshape(-1)
    x = input.reshape(outer, groups * members, inner)
    return kernels.scale_and_shift(x, mean, scale, shift).reshape(input.shape)


# The same, with the names that a picture of the graph is to show.
by_groups = op(name="group_norm")(by_channels.formula)
by_instances = op(name="instance_norm")(by_channels.formula)


@by_channels.grad("input", "weight", "bias")
@by_groups.grad("input", "weight", "bias")
@by_instances.grad("input", "weight", "bias")
def _(
    dy: Array,
    input: Array,
    weight: Array,
    bias_shape: tuple[int, ...],
    mean: Array,
    variance: Array,
    eps: float,
    blocks: Blocks,
    constant: bool,
    needed: tuple[bool, bool, bool],
) -> tuple[Array, Array, Array]:
    """With z = (x - mean) / sqrt(variance + eps):

    dbias   = sum of dy
    dweight = sum of dy z
    dz      = dy weight
    dx      = (dz - average of dz - z average of dz z) / sqrt(variance + eps)   averages over a group's x

    The averages are what moves the mean and the variance. They are left out when these are ``constant``.
    """
    dy, x = np.reshape(dy, blocks), np.reshape(input, blocks)
    if not constant and raw(x) is not x:  # to be differentiated again, so as functions of x
        mean, variance = kernels.moments(np.reshape(x, (blocks[0], blocks[1], -1)))
    if weight is None:
        weight = np.ones_like(raw(x), shape=bias_shape or 1)
    by_example = _by_example(weight, blocks)  # (examples, C): the engine adds the examples up
    weight, rstd = _per_channel(weight, blocks), 1 / np.sqrt(variance + eps)
    dx, dweight, dbias = kernels.norm_grad(dy, x, weight, mean, rstd, constant, needed[0])
    if dx is not None:
        dx = np.reshape(dx, input.shape)
    return dx, np.reshape(dweight, by_example), np.reshape(dbias, by_example)


def _by_example(weight: Array, blocks: Blocks) -> tuple[int, int]:
    """(examples, C): how many examples have groups of their own, each with all channels of ``weight``."""
    C = weight.shape[0]
    return blocks[1] * blocks[2] // max(1, C), C


def _per_channel(weight: Array, blocks: Blocks) -> Array:
    """(C) -> (groups, members), repeated from one example to the next where each has groups of its own."""
    examples, C = _by_example(weight, blocks)
    if examples != 1:
        weight = np.broadcast_to(weight, (examples, C))
    return np.reshape(weight, blocks[1:3])


@of_tensors
def batch_norm(
    input: Array,
    running_mean: Array,
    running_var: Array,
    weight: Array = None,
    bias: Array = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
    *,
    axis: int = 1,
) -> Tensor:
    """y = (x - mean_c) / sqrt(variance_c + eps) * weight_c + bias_c for each channel c

    In training the statistics are those of the batch, over every axis but the channels', and the running ones
    move towards them by the share ``momentum``: running = (1 - momentum) running + momentum batch. There the
    variance is the unbiased one, with n - 1. Else the running statistics take the batch's place.

    Shapes: x and y (N, C, ...); the others (C) or None. ``axis`` says which one C is (minigrad's own: PyTorch
    has it at 1).
    Errors: one value per channel in training (its variance is 0); no running statistics in evaluation.

    Ioffe and Szegedy 2015, "Batch normalization".
    """
    axis = _channel_axis("batch_norm", input, axis)
    channels = input.shape[axis]
    running = {"running_mean": running_mean, "running_var": running_var}
    _check("batch_norm", input, channels, axis, weight=weight, bias=bias, **running)
    if (running_mean is None) != (running_var is None) and training:
        raise ValueError(
            "batch_norm: give both running_mean and running_var, or neither; one of them is None"
        )
    for name, value in running.items():
        if value is None and not training:
            raise RuntimeError(
                f"batch_norm: {name} must be given in evaluation, which normalises by it. Pass training=True "
                "to normalise by the batch's own statistics."
            )
        if getattr(value, "requires_grad", False):
            raise RuntimeError(f"batch_norm: there is no gradient by {name}; detach() it")
    if eps < 0 or (training and eps == 0):
        raise ValueError(f"batch_norm: eps keeps the variance from 0 and must be positive, got {eps}")
    outer, inner = math.prod(input.shape[:axis]), math.prod(input.shape[axis + 1 :])
    if training and outer * inner == 1:
        raise ValueError(
            "batch_norm: expected more than 1 value per channel when training, got an input of shape "
            f"{tuple(input.shape)}: a single value has no variance. Use a larger batch, or model.eval() to "
            "normalise by the running statistics."
        )
    blocks = outer, channels, 1, inner
    if training:
        mean, variance = _statistics(input, blocks)
        if running_mean is not None and outer * inner:
            _move(running_mean, running_var, mean, variance, outer * inner, momentum)
    else:
        mean, variance = (raw(value).astype(np.float64) for value in running.values())
    constant = not training or 0 in input.shape
    return by_channels(input, weight, bias, mean, variance, eps, blocks, constant)


@of_tensors
def group_norm(
    input: Array, num_groups: int, weight: Array = None, bias: Array = None, eps: float = 1e-5
) -> Tensor:
    """y = (x - mean) / sqrt(variance + eps) * weight_c + bias_c, over each example's groups of neighbouring
    channels

    Shapes: x and y (N, C, ...), C a multiple of ``num_groups``; weight and bias (C) or None.

    Wu and He 2018, "Group normalization".

    Raises ShapeError unless C is a multiple of num_groups, ValueError for groups of a single value.
    """
    _channel_axis("group_norm", input, 1)
    examples, channels = input.shape[:2]
    _check("group_norm", input, channels, weight=weight, bias=bias)
    if num_groups < 1 or channels % num_groups:
        raise ShapeError(
            f"group_norm: expected a number of channels that is divisible by num_groups={num_groups}, got "
            f"{channels} of an input of shape {tuple(input.shape)}"
        )
    members, inner = channels // num_groups, math.prod(input.shape[2:])
    if examples * members * inner == 1:  # the batch counts, as in PyTorch
        raise ValueError(
            "group_norm: expected more than 1 value per channel when training, got an input of shape "
            f"{tuple(input.shape)} with {num_groups} groups: one value has no variance. Use fewer groups."
        )
    blocks = 1, examples * num_groups, members, inner
    mean, variance = _statistics(input, blocks)
    return by_groups(input, weight, bias, mean, variance, eps, blocks, 0 in input.shape)


@of_tensors
def instance_norm(
    input: Array,
    running_mean: Array = None,
    running_var: Array = None,
    weight: Array = None,
    bias: Array = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """y = (x - mean) / sqrt(variance + eps) * weight_c + bias_c, over each channel of each example

    Running statistics, if given, move towards the average over the examples; without ``use_input_stats`` they
    take the statistics' place.

    Shapes: x and y (N, C, ...) with at least one axis after C; the others (C) or None.

    Ulyanov, Vedaldi and Lempitsky 2016, "Instance normalization".

    Raises ValueError for channels of a single value.
    """
    if not use_input_stats:
        if running_mean is None or running_var is None:
            raise RuntimeError(
                "instance_norm: without use_input_stats running_mean and running_var take the place of each "
                "example's own statistics; give both"
            )
        return batch_norm(input, running_mean, running_var, weight, bias, eps=eps)
    _channel_axis("instance_norm", input, 1)
    examples, channels = input.shape[:2]
    running = {"running_mean": running_mean, "running_var": running_var}
    _check("instance_norm", input, channels, weight=weight, bias=bias, **running)
    inner = math.prod(input.shape[2:])
    if inner == 1:
        raise ValueError(
            "instance_norm: expected more than 1 spatial element when training, got an input of shape "
            f"{tuple(input.shape)}: a single value has no variance"
        )
    blocks = 1, examples * channels, 1, inner
    mean, variance = _statistics(input, blocks)
    y = by_instances(input, weight, bias, mean, variance, eps, blocks, 0 in input.shape)
    if running_mean is not None and 0 not in input.shape:
        mean, variance = (v.reshape(examples, channels).mean(0) for v in (mean, variance))
        _move(running_mean, running_var, mean, variance, inner, momentum)
    return y


def _statistics(input: Array, blocks: Blocks) -> tuple[Array, Array]:
    """Mean and variance of each group; 0 and 1 where there is no number."""
    outer, groups, members, inner = blocks
    if outer * members * inner == 0:
        mean = np.zeros_like(raw(input), dtype=np.float64, shape=groups)
        return mean, np.ones_like(mean)
    return kernels.moments(raw(input).reshape(outer, groups, members * inner))


def _move(
    running_mean: Array, running_var: Array, mean: Array, variance: Array, count: int, momentum: float
) -> None:
    """Move the running statistics, in place, towards those of a batch of ``count`` values a channel."""
    old_mean, old_var = raw(running_mean), raw(running_var)
    old_mean[...] = (1 - momentum) * old_mean + momentum * mean
    old_var[...] = (1 - momentum) * old_var + momentum * count / (count - 1) * variance
    mark(old_mean, old_var)


def _channel_axis(name: str, input: Any, axis: int) -> int:
    """The channels' axis, counted from the front."""
    floating(name, input)
    if isinstance(axis, bool) or not isinstance(axis, (int, np.integer)):
        raise TypeError(f"{name}: axis is the number of one axis, that of the channels; got {axis!r}")
    if not -input.ndim <= axis < input.ndim:
        raise ShapeError(
            f"{name}: the channels are at axis {axis}, and an input of shape {tuple(input.shape)} has none "
            "there. A single example? x[None] makes a batch of one of it."
        )
    return axis % len(input.shape)


def _check(name: str, input: Array, channels: int, axis: int = 1, **per_channel: Array) -> None:
    """Raise unless each of the others is None or has one number per channel, of the input's dtype."""
    where = "" if axis == 1 else f" with its channels at axis {axis}"
    for key, value in per_channel.items():
        if value is None:
            continue
        if tuple(value.shape) != (channels,):
            raise ShapeError(
                f"{name}: {key} has one number per channel, so shape ({channels},) for an input of shape "
                f"{tuple(input.shape)}{where}; got {tuple(value.shape)}. Make the layer for {channels} "
                "channels."
            )
        if value.dtype != input.dtype:
            raise DtypeError(
                f"{name}: expected {key} of the input's dtype, {input.dtype}, got {value.dtype}. Convert one "
                "of them: x.float(), or layer.double()"
            )
