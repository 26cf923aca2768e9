"""Matrix products."""

from minigrad.kernels.reference.arrays import Array

__all__ = ["matmul"]


def matmul(a: Array, b: Array) -> Array:
    """c[i, j] = sum over k of a[i, k] b[k, j]; shapes: (M, K), (K, N) -> (M, N)."""
    return a @ b
