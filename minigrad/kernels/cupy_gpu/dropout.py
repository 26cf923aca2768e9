"""Dropout: see source/dropout.cu."""

from minigrad.kernels.cupy_gpu.arrays import c_ordered, empty, replays
from minigrad.kernels.cupy_gpu.launch import blocks_for, launch
from minigrad.kernels.reference.arrays import Array

__all__ = ["dropout"]


def dropout(x: Array, p: float, seed: int) -> Array:
    """See reference/."""
    x = c_ordered(x)
    y = empty(x.shape, x)
    if y.size:
        kept = 1 / (1 - p) if p < 1 else 0.0
        args = y, x, round(p * 2**32), kept, seed % 2**64, replays(), x.size
        launch("dropout.cu", "dropout", blocks_for(-(-x.size // 4)), 256, *args)
    return y
