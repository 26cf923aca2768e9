"""How many digits products of float32 have: PyTorch's settings, with its defaults.

A card's tensor cores multiply float32 numbers of which they take 10 bits after the point (TF32), some eight
times as fast as its other units multiply all 23. On the CPU, convolutions save multiplications (Winograd)
unless they are to have all their digits.
"""

from typing import Literal, get_args

__all__ = [
    "get_float32_conv_precision",
    "get_float32_matmul_precision",
    "set_float32_conv_precision",
    "set_float32_matmul_precision",
]

Precision = Literal["highest", "high", "medium"]

matmul: Precision = "highest"
conv: Precision = "high"


def _checked(name: str, precision: Precision) -> Precision:
    if precision not in get_args(Precision):
        raise ValueError(f"{name}: expected 'highest', 'high' or 'medium', got {precision!r}")
    return precision


def set_float32_matmul_precision(precision: Precision) -> None:
    """The digits of matrix products of float32 on a card: "highest" all, "high" and "medium" TF32's.

    "highest" at the start, as in PyTorch. Whole numbers up to 2,048 are exact in TF32, others lose all but
    three digits before they are multiplied; sums are float32 in any case.
    """
    global matmul
    matmul = _checked("set_float32_matmul_precision", precision)


def get_float32_matmul_precision() -> Precision:
    """What `set_float32_matmul_precision` has set."""
    return matmul


def set_float32_conv_precision(precision: Precision) -> None:
    """The digits of convolutions of float32: with "highest" all; with "high" and "medium", on a card TF32's.

    "high" at the start: PyTorch has TF32 in convolutions, too, unless torch.backends.cudnn.allow_tf32 is
    False.

    On the CPU, sums of "high" are as near to the true ones as plain ones are, if they are compared with the
    largest of their kernel. But they are sums of differences (Winograd), and a weight's gradient that is
    exactly 0, as where a map is 0 or no unit is active, comes out as 1e-10, say: Adam, which divides by
    its size, then moves a weight that should have stayed, by a hundredth of a step. "highest" takes the plain
    sums; a convolution takes up to twice the time.
    """
    global conv
    conv = _checked("set_float32_conv_precision", precision)


def get_float32_conv_precision() -> Precision:
    """What `set_float32_conv_precision` has set."""
    return conv
