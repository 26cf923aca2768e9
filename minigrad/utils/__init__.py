"""PyTorch's ``utils``: so far ``utils.data``."""

from minigrad.utils import data

__all__ = ["data"]
