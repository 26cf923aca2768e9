"""Matrix products."""

from minigrad.kernels.reference.arrays import Array

__all__ = ["matmul"]


def matmul(a: Array, b: Array, bias: Array | None = None) -> Array:
    """c[i, j] = (sum over k of a[i, k] b[k, j]) + bias[j]; shapes: (M, K), (K, N), (N) -> (M, N)."""
    c = a @ b
    if bias is not None:
        c += bias
    return c
