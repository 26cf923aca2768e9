"""Embedding: a table of vectors."""

from typing import Any, Self

from minigrad.errors import ShapeError, refuse
from minigrad.nn import functional as F
from minigrad.nn import init
from minigrad.nn.module import Module
from minigrad.nn.parameter import Parameter, unset_parameter
from minigrad.tensor import Tensor

__all__ = ["Embedding"]


class Embedding(Module):
    """A table of vectors, looked up by integer: y = weight[x].

    Shapes: x (*) of integers below num_embeddings, weight (num_embeddings, embedding_dim),
    y (*, embedding_dim). The table begins as N(0, 1); the row ``padding_idx`` begins as zeros and gets no
    gradient.

    Raises ValueError for a padding_idx that is no row; called, what `F.embedding` raises.
    """

    weight: Parameter

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Tensor | None = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        refuse("Embedding", max_norm=max_norm, scale_grad_by_freq=scale_grad_by_freq, sparse=sparse)
        if norm_type != 2.0:
            refuse("Embedding", norm_type=norm_type)
        if padding_idx is not None:
            if not -num_embeddings <= padding_idx < num_embeddings:
                raise ValueError(
                    f"Embedding: padding_idx={padding_idx} is no row of a table of {num_embeddings} rows"
                )
            padding_idx %= num_embeddings
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = padding_idx
        shape = (num_embeddings, embedding_dim)
        if _weight is not None:
            if tuple(_weight.shape) != shape:
                raise ShapeError(
                    f"Embedding: the given table has shape {tuple(_weight.shape)}, expected {shape}"
                )
            self.weight = Parameter(_weight.detach(), requires_grad=not _freeze)
            return
        self.weight = unset_parameter("Embedding", shape, device, dtype)
        self.weight.requires_grad = not _freeze
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the table anew."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            self.weight.detach()[self.padding_idx] = 0

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Self:
        """An Embedding whose table is the matrix ``embeddings``, (rows, dim); trained if not ``freeze``."""
        if not isinstance(embeddings, Tensor) or embeddings.ndim != 2:
            got = (
                f"shape {tuple(embeddings.shape)}"
                if isinstance(embeddings, Tensor)
                else type(embeddings).__name__
            )
            raise ValueError(f"Embedding.from_pretrained: expected a Tensor of shape (rows, dim), got {got}")
        rows, dim = embeddings.shape
        return cls(
            rows, dim, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, embeddings, freeze
        )

    def forward(self, input: Tensor) -> Tensor:
        return F.embedding(input, self.weight, padding_idx=self.padding_idx)

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"
