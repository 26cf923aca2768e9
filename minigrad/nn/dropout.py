"""Dropout: noise that keeps units from relying on one another."""

from numbers import Real
from typing import Any

from minigrad.nn import functional as F
from minigrad.nn.module import Module
from minigrad.tensor import Tensor

__all__ = ["Dropout", "Dropout1d", "Dropout2d"]


def _check(name: str, p: Any) -> None:
    if not isinstance(p, Real):
        raise TypeError(f"{name}: p is a probability, a number, got {p!r}")
    if not 0 <= float(p) <= 1:
        raise ValueError(f"{name}: p is a probability, between 0 and 1, got {p}")


class _Dropout(Module):
    """What the kinds of dropout have in common."""

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        _check(type(self).__name__, p)
        self.p = p
        self.inplace = inplace

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """In training, each element becomes 0 with probability p and the others are multiplied by 1 / (1 - p).

    The expected value stays the same, so evaluation passes the input through unchanged. With ``inplace`` the
    result is written into the input's own memory.

    Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting".

    Shapes: y as x. Raises ValueError for a p that is no probability.
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout(input, self.p, self.training, self.inplace)


class Dropout1d(_Dropout):
    """Dropout of whole channels of sequences, (N, C, L) or (C, L).

    Neighbours in a channel resemble each other: one that is kept would tell what the dropped one was.

    Tompson et al. 2015, "Efficient object localization using convolutional networks".
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout1d(input, self.p, self.training, self.inplace)


class Dropout2d(_Dropout):
    """Dropout of whole channels of images, (N, C, H, W), as in Dropout1d."""

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout2d(input, self.p, self.training, self.inplace)
