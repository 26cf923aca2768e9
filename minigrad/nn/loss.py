"""Losses as layers. Each is its function in ``nn.functional``; the formulas are there.

``reduction`` is "mean", "sum" or "none". The older ``size_average`` and ``reduce`` keep their places among
the arguments and are refused: ``reduction`` says the same.
"""

from typing import Any

from minigrad.nn import functional as F
from minigrad.nn.module import Module
from minigrad.ops.loss import refuse_old
from minigrad.tensor import Tensor

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CrossEntropyLoss",
    "KLDivLoss",
    "L1Loss",
    "MSELoss",
    "NLLLoss",
    "SmoothL1Loss",
]

_REDUCTIONS = ("mean", "sum", "none")


class _Loss(Module):
    """What the losses share: the reduction, and the refusal of what came before it."""

    def __init__(
        self,
        size_average: Any,
        reduce: Any,
        reduction: str,
        allowed: tuple[str, ...] = _REDUCTIONS,
    ) -> None:
        super().__init__()
        for value in (size_average, reduce):
            if isinstance(value, Tensor):
                kind = type(self).__name__
                raise TypeError(
                    f"{kind}: a loss is made first and then called: loss = nn.{kind}(), and then "
                    "loss(pred, target)"
                )
        refuse_old(type(self).__name__, size_average, reduce)
        if reduction not in allowed:
            choices = ", ".join(f'"{choice}"' for choice in allowed)
            raise ValueError(f"{type(self).__name__}: reduction must be one of {choices}, got {reduction!r}")
        self.reduction = reduction


class CrossEntropyLoss(_Loss):
    """-log softmax(input)[target]: from logits (N, C, ...) and class numbers (N, ...).

    The target may be probabilities (N, C, ...) instead. ``weight`` (C) weighs the classes, ``ignore_index``
    is a target that counts for nothing, ``label_smoothing`` mixes that much of a uniform one in.

    Raises ValueError for a label_smoothing outside [0, 1]; called, what `F.cross_entropy` raises.
    """

    weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)
        if not 0 <= label_smoothing <= 1:
            raise ValueError(f"CrossEntropyLoss: label_smoothing lies between 0 and 1, got {label_smoothing}")
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.cross_entropy(
            input,
            target,
            weight=self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


class NLLLoss(_Loss):
    """-input[target]: from log-probabilities (N, C, ...) and class numbers (N, ...).

    Raises, called, what `F.nll_loss` raises.
    """

    weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.nll_loss(
            input, target, weight=self.weight, ignore_index=self.ignore_index, reduction=self.reduction
        )


class MSELoss(_Loss):
    """(input - target)^2.

    Shapes: input and target of one shape; y a number, or of that shape with reduction="none". Warns of
    others.
    """

    def __init__(
        self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
    ) -> None:
        super().__init__(size_average, reduce, reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.mse_loss(input, target, reduction=self.reduction)


class L1Loss(_Loss):
    """|input - target|.

    Shapes: input and target of one shape; y a number, or of that shape with reduction="none". Warns of
    others.
    """

    def __init__(
        self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
    ) -> None:
        super().__init__(size_average, reduce, reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.l1_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(_Loss):
    """d^2 / (2 beta) where d = |input - target| < beta, else d - beta / 2.

    Shapes: as MSELoss. Raises ValueError for a negative beta.
    """

    def __init__(
        self,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        beta: float = 1.0,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        if beta < 0:
            raise ValueError(f"SmoothL1Loss: beta must not be negative, got {beta}")
        self.beta = beta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class KLDivLoss(_Loss):
    """target * (log target - input): input holds log-probabilities, target probabilities, or their logs.

    ``reduction="batchmean"`` divides the sum by the number of examples: the divergence as it is defined.
    "mean" divides by the number of elements.

    Shapes: input and target of one shape; y a number, or of that shape with reduction="none".
    """

    def __init__(
        self,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        log_target: bool = False,
    ) -> None:
        super().__init__(size_average, reduce, reduction, (*_REDUCTIONS, "batchmean"))
        self.log_target = log_target

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)


class BCELoss(_Loss):
    """-(target * log(input) + (1 - target) * log(1 - input)): input holds probabilities.

    Shapes: input and target of one shape; y a number, or of that shape with reduction="none". Raises, called,
    ShapeError for others, RuntimeError for numbers outside [0, 1].
    """

    weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy(input, target, weight=self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(_Loss):
    """BCELoss of sigmoid(input), without the overflow that taking the two apart would risk.

    ``pos_weight`` weighs the positive examples of each class.

    Shapes: input and target of one shape; y a number, or of that shape with reduction="none". Raises, called,
    ShapeError for others.
    """

    weight: Tensor | None
    pos_weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        pos_weight: Tensor | None = None,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy_with_logits(
            input, target, weight=self.weight, reduction=self.reduction, pos_weight=self.pos_weight
        )
