"""Why a shape takes longer than PyTorch, by family: what timing the three passes of such cases showed."""

import math
from collections.abc import Callable

from benchmarks.sweep.cases import Case

SMALL = 1 << 13  # elements: less than 0.1 ms of work
FEW = 16  # channels that fill one vector register of float32

Test = Callable[[Case], bool]


def _is_convolution(case: Case) -> bool:
    return case.function.startswith("conv") and "transpose" not in case.function


def _elements(case: Case) -> int:
    return math.prod(case.shapes[0])


def _is_strided_depthwise(case: Case) -> bool:
    groups, stride = case.options.get("groups", 1), case.options.get("stride", 1)
    return _is_convolution(case) and groups == case.shapes[0][1] > 1 and stride > 1


def _is_one_small_image(case: Case) -> bool:
    weights = math.prod(case.shapes[1]) if _is_convolution(case) else 0
    return case.shapes[0][0] == 1 and weights > 4 * _elements(case)


def _has_few_channels(case: Case) -> bool:
    return _is_convolution(case) and (case.shapes[0][1] < FEW or case.shapes[1][0] < FEW)


REASONS: tuple[tuple[Test, str], ...] = (
    (
        _is_strided_depthwise,
        "A convolution of each channel by itself, with a stride: a plane is copied, its columns in the "
        "order of the stride, before anything is multiplied. With a stride of 3 that takes longer than "
        "the sums.",
    ),
    (
        lambda case: _elements(case) <= SMALL,
        "A small array: 0.1 to 0.2 ms go to Python, which calls the kernels; PyTorch calls its own from C++.",
    ),
    (
        lambda case: case.function == "batch_norm" and case.shapes[0][2:] in ((1, 1), ()),
        "Batch norm of single numbers: half of it is Python, which calls the kernels and puts together what "
        "they found.",
    ),
    (
        _is_one_small_image,
        "More weights than pixels: laying out the weights for the product takes as long as the product, and "
        "there is one image to share that.",
    ),
    (
        _has_few_channels,
        "Few channels: the product works on vectors of 16 channels or of neighbours in a row, and most of "
        "such a vector is empty where channels are few and rows short or strided.",
    ),
)


def reason(case: Case) -> str:
    """Why it is slow, as far as is known."""
    return next((text for test, text in REASONS if test(case)), "The reason is not known.")
