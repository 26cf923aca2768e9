"""How much an operation computes, counted from its operands: additions, and multiplications.

A product that is added to a sum is one multiply-add, and so is an addition or a multiplication alone. Not
counted are comparisons (a max pool, ReLU), copies, and functions of one number such as exp and tanh.

====================================  ==================================================================
conv2d                                elements of y, times C / groups * KH * KW
conv_transpose2d                      elements of x, times OC / groups * KH * KW
linear, matmul                        elements of y, times the length of the sums
einsum                                the product of the sizes of all letters, for each pair of operands
batch, group, instance and            1 for each element with given statistics, 3 with the input's own:
layer norm                            for the mean, for the variance, for scale and shift
avg_pool2d                            the elements of all windows
sum, mean, variance (twice)           elements of x
softmax, log_softmax, cross_entropy   2 for each element of x: the sum, and the division
add, sub, mul, div, square            elements of y
====================================  ==================================================================

A product with a zero of the padding counts like any other. A bias is where a sum begins, and costs nothing.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

Operands = Sequence[Any]


def multiply_adds(operation: str, operands: Operands) -> int:
    """The multiply-adds of one call of an operation; its operands are the arguments and, last, the output."""
    count = _COUNTS.get(operation)
    return 0 if count is None else int(count(operands))


def _of_output(times: int) -> Callable[[Operands], int]:
    return lambda operands: times * operands[-1].size


def _of_input(times: int) -> Callable[[Operands], int]:
    return lambda operands: times * operands[0].size


def _conv(operands: Operands) -> int:
    weight, y = operands[1], operands[-1]  # (OC, C / groups, KH, KW)
    return int(y.size * math.prod(weight.shape[1:]))


def _conv_transpose(operands: Operands) -> int:
    x, weight = operands[:2]  # (C, OC / groups, KH, KW)
    return int(x.size * math.prod(weight.shape[1:]))


def _product(operands: Operands) -> int:
    x, y = operands[0], operands[-1]
    return int(y.size * x.shape[-1])


def _einsum(operands: Operands) -> int:
    *arrays, terms, _, _ = operands
    sizes: dict[str, int] = {}
    for array, term in zip(arrays, terms, strict=True):
        sizes |= dict(zip(term, array.shape, strict=True))
    return math.prod(sizes.values()) * max(1, len(arrays) - 1)


def _norm(operands: Operands) -> int:
    constant, y = operands[-2:]
    return int(y.size) * (1 if constant else 3)


def _avg_pool(operands: Operands) -> int:
    x, windows = operands[:2]
    rows, columns = (int((bounds[:, 1] - bounds[:, 0]).sum()) for bounds in windows[:2])
    return int(x.shape[0] * x.shape[1]) * rows * columns


_COUNTS: dict[str, Callable[[Operands], int]] = {
    "conv2d": _conv,
    "conv_transpose2d": _conv_transpose,
    "linear": _product,
    "matmul": _product,
    "einsum": _einsum,
    "batch_norm": _norm,
    "group_norm": _norm,
    "instance_norm": _norm,
    "layer_norm": _of_output(3),
    "avg_pool2d": _avg_pool,
    "sum": _of_input(1),
    "mean": _of_input(1),
    "cumsum": _of_input(1),
    "var": _of_input(2),
    "softmax": _of_output(2),
    "log_softmax": _of_output(2),
    "cross_entropy": _of_input(2),
    **dict.fromkeys(("add", "sub", "mul", "div", "square"), _of_output(1)),
}
