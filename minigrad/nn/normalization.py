"""Layers that bring their input to mean 0 and variance 1."""

from collections.abc import Sequence
from typing import Any, ClassVar, Self

from minigrad.callsite import warn
from minigrad.creation import zeros
from minigrad.dtypes import int64
from minigrad.engine.inplace import count_up
from minigrad.nn import functional as F
from minigrad.nn import init
from minigrad.nn.module import Module
from minigrad.nn.parameter import Parameter, unset_parameter
from minigrad.tensor import Tensor

__all__ = [
    "BatchNorm",
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchNorm3d",
    "GroupNorm",
    "InstanceNorm1d",
    "InstanceNorm2d",
    "InstanceNorm3d",
    "LayerNorm",
]


class _Affine(Module):
    """What all of these layers have: a weight and a bias, unless they are left out."""

    weight: Parameter | None
    bias: Parameter | None

    def _register_affine(
        self, shape: tuple[int, ...], affine: bool, bias: bool, device: Any, dtype: Any
    ) -> None:
        for name, wanted in (("weight", affine), ("bias", affine and bias)):
            made = unset_parameter(type(self).__name__, shape, device, dtype) if wanted else None
            self.register_parameter(name, made)

    def reset_parameters(self) -> None:
        """Set weight to ones and bias to zeros."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)


class LayerNorm(_Affine):
    """y = (x - mean) / sqrt(var + eps) * weight + bias, over the last axes of each example.

    Shapes: x and y (*, normalized_shape); weight and bias (normalized_shape), beginning as ones and zeros.
    The variance is the biased one. ``elementwise_affine=False`` leaves out both, ``bias=False`` the bias.

    Ba, Kiros and Hinton 2016, "Layer normalization".
    """

    normalized_shape: tuple[int, ...]

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.normalized_shape = shape
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self._register_affine(shape, elementwise_affine, bias, device, dtype)
        self.reset_parameters()

    def forward(self, input: Tensor) -> Tensor:
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


class _WithStatistics(_Affine):
    """What layers with a weight, a bias and running statistics for each channel share: these, and their
    names.
    """

    num_features: int
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    _ndims: ClassVar[tuple[int, ...]] = ()
    """How many axes the input may have; empty: any number."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        owner, shape = type(self).__name__, (num_features,)
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        self._register_affine(shape, affine, bias, device, dtype)
        for name in ("running_mean", "running_var"):
            made = unset_parameter(owner, shape, device, dtype).detach() if track_running_stats else None
            self.register_buffer(name, made)
        count = zeros((), dtype=int64, device=device) if track_running_stats else None
        self.register_buffer("num_batches_tracked", count)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Set the running mean to zeros, the running variance to ones, and forget how many batches there
        were.
        """
        if self.running_mean is not None and self.running_var is not None:
            self.running_mean.zero_()
            self.running_var.fill_(1)
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Set weight to ones and bias to zeros, and the running statistics to those of the start."""
        self.reset_running_stats()
        super().reset_parameters()

    def _check_input(self, input: Tensor) -> None:
        if self._ndims and input.ndim not in self._ndims:
            expected = " or ".join(f"{n}D" for n in self._ndims)
            hint = ""
            if isinstance(self, BatchNorm) and 2 <= input.ndim <= 5:
                hint = f". BatchNorm{max(input.ndim - 2, 1)}d takes it"
            raise ValueError(
                f"{type(self).__name__}: expected {expected} input (got {input.ndim}D input of shape "
                f"{tuple(input.shape)}){hint}"
            )

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class BatchNorm(_WithStatistics):
    """y = (x - mean_c) / sqrt(variance_c + eps) * weight_c + bias_c for each channel c, along any axis.

    In training, mean and (biased) variance are the batch's, over all axes but ``axis``, and the running ones
    move towards them by the share ``momentum`` (None: they become the average over all batches so far); the
    running variance takes the unbiased one. In evaluation the running ones are used; without
    ``track_running_stats`` there are none, and the batch's are used there, too. ``affine=False`` leaves out
    weight and bias, ``bias=False`` the bias.

    Shapes: x and y any, with num_features at ``axis``; weight, bias, running_mean, running_var
    (num_features). For images (N, C, H, W) the usual axis is 1, the channels. Keras's BatchNormalization(
    axis=1) of images (N, H, W, C) normalises rows, which is ``axis=2`` here: it has a weight for each of the
    H rows instead of each of the C channels.

    This class is minigrad's own; PyTorch has BatchNorm1d, 2d and 3d, which are this with axis 1.

    Ioffe and Szegedy 2015, "Batch normalization: accelerating deep network training by reducing internal
    covariate shift".
    """

    axis: int = 1
    frozen: bool = False
    """Whether it stays in evaluation when the network is trained: what it has learnt includes its statistics.
    ``train.freeze`` sets it."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
        axis: int = 1,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)
        if axis != 1:
            self.axis = axis

    def train(self, mode: bool = True) -> Self:
        """Set training mode, unless it is frozen: then it stays in evaluation."""
        return super().train(mode and not self.frozen)

    def forward(self, input: Tensor) -> Tensor:
        self._check_input(input)
        momentum = self.momentum
        if self.training and self.track_running_stats and self.num_batches_tracked is not None:
            count_up(self.num_batches_tracked, "num_batches_tracked")
            if momentum is None:
                momentum = 1 / int(self.num_batches_tracked)
        # Where track_running_stats was set to False later: the batch's are used, and the buffers left alone.
        frozen = self.training and not self.track_running_stats
        return F.batch_norm(
            input,
            None if frozen else self.running_mean,
            None if frozen else self.running_var,
            self.weight,
            self.bias,
            self.training or (self.running_mean is None and self.running_var is None),
            0.0 if momentum is None else momentum,
            self.eps,
            axis=self.axis,
        )

    def extra_repr(self) -> str:
        return super().extra_repr() + ("" if self.axis == 1 else f", axis={self.axis}")


class BatchNorm1d(BatchNorm):
    """`BatchNorm` of rows of features (N, C) or of sequences (N, C, L)."""

    _ndims = (2, 3)


class BatchNorm2d(BatchNorm):
    """`BatchNorm` of images (N, C, H, W)."""

    _ndims = (4,)


class BatchNorm3d(BatchNorm):
    """`BatchNorm` of volumes (N, C, D, H, W)."""

    _ndims = (5,)


class GroupNorm(_Affine):
    """y = (x - mean) / sqrt(variance + eps) * weight_c + bias_c, over each example's groups of channels.

    A group is num_channels / num_groups neighbouring channels at all their places. Training and evaluation do
    the same. ``affine=False`` leaves out weight and bias, ``bias=False`` the bias.

    Shapes: x and y (N, num_channels, ...); weight and bias (num_channels), beginning as ones and zeros.

    Wu and He 2018, "Group normalization".

    Raises ValueError unless num_channels is a multiple of num_groups.
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_groups < 1:
            raise ValueError(f"GroupNorm: num_groups must be 1 or more, got {num_groups}")
        if num_channels % num_groups:
            raise ValueError(
                f"GroupNorm: num_channels ({num_channels}) must be divisible by num_groups ({num_groups})"
            )
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        self._register_affine((num_channels,), affine, bias, device, dtype)
        self.reset_parameters()

    def forward(self, input: Tensor) -> Tensor:
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


class _InstanceNorm(_WithStatistics):
    """What InstanceNorm1d, 2d and 3d share."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)

    def forward(self, input: Tensor) -> Tensor:
        self._check_input(input)
        single = input.ndim == min(self._ndims)  # one example, without the axis of the batch
        if single:
            input = input.unsqueeze(0)
        if input.shape[1] != self.num_features:
            message = (
                f"{type(self).__name__}: expected {self.num_features} channels (num_features), got "
                f"{input.shape[1]} in an input of shape {tuple(input.shape)}"
            )
            if self.affine or self.track_running_stats:
                raise ValueError(message)
            warn(f"{message}. Without weights it is not used; make it right.")
        y = F.instance_norm(
            input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            0.0 if self.momentum is None else self.momentum,
            self.eps,
        )
        return y.squeeze(0) if single else y


class InstanceNorm1d(_InstanceNorm):
    """y = (x - mean) / sqrt(variance + eps) * weight_c + bias_c, over each channel of each example.

    Without ``affine`` there is no weight and no bias; with ``track_running_stats`` evaluation uses running
    statistics, as BatchNorm does.

    Shapes: x and y (N, C, L) or (C, L), weight and bias (C).

    Ulyanov, Vedaldi and Lempitsky 2016, "Instance normalization".
    """

    _ndims = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """`InstanceNorm1d` of images, (N, C, H, W) or (C, H, W)."""

    _ndims = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    """`InstanceNorm1d` of volumes, (N, C, D, H, W) or (C, D, H, W)."""

    _ndims = (4, 5)
