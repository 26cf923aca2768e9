"""Linear and its relatives: the layers of a dense network."""

import math
from collections.abc import Sequence
from typing import Any, Self

from minigrad.engine.writes import mark
from minigrad.errors import ShapeError, refuse
from minigrad.nn import functional as F
from minigrad.nn import init
from minigrad.nn.module import Module
from minigrad.nn.parameter import Parameter, unset_parameter
from minigrad.tensor import Tensor


class Linear(Module):
    """y = x W^T + b.

    Shapes: x (*, in_features), weight (out_features, in_features), bias (out_features), y (*, out_features).
    Both begin uniform in (-k, k), k = 1 / sqrt(in_features). ``bias=False`` leaves b out.
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight = unset_parameter("Linear", (out_features, in_features), device, dtype)
        if bias:
            self.bias = unset_parameter("Linear", (out_features,), device, dtype)
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias anew."""
        init.kaiming_uniform_(
            self.weight, a=math.sqrt(5)
        )  # gain sqrt(1/3) makes the bound 1 / sqrt(in_features)
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features) if self.in_features > 0 else 0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"
        )


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
            self.weight._data[self.padding_idx] = 0
            mark(self.weight._data)

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


class Identity(Module):
    """y = x. Takes any arguments and ignores them, so that it can stand where another layer stood."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        return input


class Flatten(Module):
    """Join the axes from start_dim to end_dim into one: (N, C, H, W) becomes (N, C*H*W)."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Tensor) -> Tensor:
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Part the axis ``dim`` into several: with (1, (C, H, W)), (N, C*H*W) becomes (N, C, H, W).

    One of the new sizes may be -1, then it is what is left.

    Raises NotImplementedError for a named axis; called, ShapeError for sizes that do not multiply up.
    """

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        super().__init__()
        if not isinstance(dim, int):
            raise NotImplementedError(
                f"Unflatten: dim={dim!r} is not supported: axes have numbers, not names"
            )
        self.dim = dim
        self.unflattened_size = tuple(unflattened_size)

    def forward(self, input: Tensor) -> Tensor:
        return input.unflatten(self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
