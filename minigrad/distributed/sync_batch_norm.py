"""Batch norm over the batch of all ranks, forward and backward."""

import math

import numpy as np

from minigrad import kernels
from minigrad.creation import zeros
from minigrad.distributed.collectives import all_gather_into_tensor, all_reduce
from minigrad.distributed.group import current, is_initialized
from minigrad.engine.inplace import count_up
from minigrad.engine.modes import no_grad
from minigrad.engine.op import Array, op, raw
from minigrad.nn import BatchNorm, Module
from minigrad.tensor import Tensor


@op(name="sync_batch_norm")
def normalise(
    input: Array, weight: Array, bias: Array, mean: Array, variance: Array, eps: float, count: int
) -> Array:
    """y = (x - mean) / sqrt(variance + eps) * weight + bias

    Shapes: x and y (N, C, inner); weight and bias (C); mean and variance (C), float64, over the batches of
    all ranks, which have ``count`` numbers a channel.
    """
    return kernels.scale_and_shift(
        input, mean, weight / np.sqrt(variance + eps), bias.astype(np.float64, copy=False)
    )


@normalise.grad("input", "weight", "bias")
def _(
    dy: Array,
    input: Array,
    weight: Array,
    mean: Array,
    variance: Array,
    eps: float,
    count: int,
    needed: tuple[bool, bool, bool],
) -> tuple[Array, Array, Array]:
    """With z = (x - mean) / sqrt(variance + eps):

    dbias   = sum of dy
    dweight = sum of dy z                                            both over this rank's batch
    dx      = weight (dy - average of dy - z average of dy z) / sqrt(variance + eps)

    The averages are over the batches of all ranks: a number moves the mean and the variance, and with them
    what every rank has computed. The sums for them are added up over the ranks, in one message.
    """
    if raw(dy) is not dy:
        raise NotImplementedError(
            "SyncBatchNorm: create_graph=True is not supported: what the ranks exchange is not recorded. "
            "nn.BatchNorm2d has second derivatives."
        )
    N, C, inner = input.shape
    blocks = N, C, 1, inner
    rstd = 1 / np.sqrt(variance + eps)
    of_channels = weight.reshape(C, 1)
    dx, dweight, dbias = kernels.norm_grad(
        dy.reshape(blocks), input.reshape(blocks), of_channels, mean, rstd, True, needed[0]
    )
    if dx is not None:
        sums = Tensor(np.stack([dbias.reshape(C), dweight.reshape(C)]).astype(np.float64))
        all_reduce(sums)
        straight, along = raw(sums) / count
        moved = kernels.scale_and_shift(input, mean, weight * along * rstd * rstd, weight * straight * rstd)
        dx = dx.reshape(input.shape) - moved
    return dx, dweight.reshape(C), dbias.reshape(C)


class SyncBatchNorm(BatchNorm):
    """`nn.BatchNorm2d` and its like, with mean and variance over the batches of all ranks together.

    So the network computes what one process computes with the whole batch, and ranks with small batches do
    not suffer from statistics of few numbers. In evaluation it is batch norm. The ranks may have batches of
    different sizes, of at least one sample each.

    Shapes: x and y (N, C, ...); weight, bias, running_mean, running_var (C). Every rank has to call it
    equally often. Gradients of the weight and the bias are of the rank's own part; `DistributedDataParallel`
    averages them, as all others.

    Raises ValueError for another shape, and for a single value per channel over all ranks.
    """

    def forward(self, input: Tensor) -> Tensor:
        alone = not is_initialized() or current("SyncBatchNorm").channel.size == 1
        statistics_of_batch = self.training or self.running_mean is None
        if alone or not statistics_of_batch:
            return super().forward(input)
        if self.axis != 1 or input.ndim < 2 or input.shape[1] != self.num_features or not input.numel():
            raise ValueError(
                f"SyncBatchNorm: expected an input (N, {self.num_features}, ...) with at least one number a "
                f"channel, got shape {tuple(input.shape)}, channels at axis {self.axis}."
            )
        C = self.num_features
        x = input.reshape(input.shape[0], C, math.prod(input.shape[2:]))
        mean, variance, count = _statistics(x)
        if count < 2:
            raise ValueError(
                "SyncBatchNorm: expected more than 1 value per channel over all ranks when training: a "
                "single value has no variance."
            )
        if self.training:
            self._move_running(mean, variance, count)
        one = zeros(C, dtype=input.dtype, device=input.device)
        weight = one + 1 if self.weight is None else self.weight
        bias = one if self.bias is None else self.bias
        y: Tensor = normalise(x, weight, bias, raw(mean), raw(variance), self.eps, count)
        return y.reshape(*input.shape)

    def _move_running(self, mean: Tensor, variance: Tensor, count: int) -> None:
        """Move the running statistics towards those of the batch."""
        if not self.track_running_stats or self.running_mean is None or self.running_var is None:
            return
        momentum = self.momentum
        if self.num_batches_tracked is not None:
            count_up(self.num_batches_tracked, "num_batches_tracked")
            if momentum is None:
                momentum = 1 / int(self.num_batches_tracked)
        share = 0.0 if momentum is None else momentum
        with no_grad():
            for running, new in (
                (self.running_mean, mean),
                (self.running_var, variance * (count / (count - 1))),
            ):
                running.copy_(running * (1 - share) + new.to(running.dtype) * share)

    @classmethod
    def convert_sync_batchnorm(cls, module: Module, process_group: None = None) -> Module:
        """The network with each batch norm over channels replaced by one over all ranks, of the same weights.
        It is done in place, but for ``module`` itself.
        """
        if isinstance(module, BatchNorm) and not isinstance(module, SyncBatchNorm):
            if module.axis != 1:
                raise NotImplementedError(
                    f"convert_sync_batchnorm: batch norm with axis={module.axis} is not supported; the "
                    "channels have to be at axis 1."
                )
            new = cls(
                module.num_features,
                module.eps,
                module.momentum,
                module.affine,
                module.track_running_stats,
                bias=module.bias is not None,
            )
            for kind in ("_parameters", "_buffers"):
                getattr(new, kind).update(getattr(module, kind))
            new.frozen = module.frozen
            new.training = module.training
            return new
        for name, child in list(module.named_children()):
            converted = cls.convert_sync_batchnorm(child, process_group)
            if converted is not child:
                setattr(module, name, converted)
        return module


def _statistics(x: Tensor) -> tuple[Tensor, Tensor, int]:
    """Mean and variance of each channel over all ranks, (C) float64, and how many numbers each has there.

    With n_r numbers, mean m_r and variance v_r on rank r, and n of them in all:

        mean     = (sum of n_r m_r) / n
        variance = (sum of n_r (v_r + (m_r - mean)²)) / n
    """
    ranks = current("SyncBatchNorm")
    array = raw(x)
    mean, variance = kernels.moments(array)
    n = np.full_like(mean, array.shape[0] * array.shape[2])
    own = Tensor(np.stack([n, mean, variance]))
    everyones = zeros(ranks.channel.size, *own.shape, dtype=own.dtype, device=own.device)
    all_gather_into_tensor(everyones, own)
    counts, means, variances = (everyones[:, i] for i in range(3))
    total = counts.sum(0)
    mean_of_all = (counts * means).sum(0) / total
    variance_of_all = (counts * (variances + (means - mean_of_all) ** 2)).sum(0) / total
    return mean_of_all, variance_of_all, int(total[0])
