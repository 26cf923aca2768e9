"""Multiply-adds beside numbers worked by hand."""

from typing import Any

import pytest

import minigrad as mg
from minigrad import nn
from minigrad.engine.op import OPS
from minigrad.inspection import multiply_adds
from minigrad.nn import functional as F


class Run(nn.Module):
    def __init__(self, function: Any) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: mg.Tensor) -> mg.Tensor:
        return self.function(*inputs)


def test_every_operation_that_is_counted_is_there():
    """One that was given another name would count nothing, silently."""
    assert set(multiply_adds._COUNTS) <= set(OPS)


BY_HAND = {
    # 5 outputs, each a sum of 7 products
    "linear": (nn.Linear(7, 5), (7,), 35),
    "linear without bias": (nn.Linear(7, 5, bias=False), (7,), 35),
    "linear at each of 3 places": (nn.Linear(7, 5), (3, 7), 105),
    # 4 maps of 6 x 6 places, each a sum over 3 channels of 3 x 3
    "conv2d": (nn.Conv2d(3, 4, 3), (3, 8, 8), 4 * 36 * 27),
    # the zeros around count: 4 maps of 8 x 8
    "conv2d with padding": (nn.Conv2d(3, 4, 3, padding=1), (3, 8, 8), 4 * 64 * 27),
    # places 0, 2, 4 in each direction
    "conv2d with stride": (nn.Conv2d(3, 4, 3, stride=2), (3, 8, 8), 4 * 9 * 27),
    # the kernel is 5 wide with holes: 4 x 4 places
    "conv2d with dilation": (nn.Conv2d(3, 4, 3, dilation=2), (3, 8, 8), 4 * 16 * 27),
    # each map sees 2 of the 6 channels
    "conv2d in 3 groups": (nn.Conv2d(6, 9, 3, groups=3), (6, 8, 8), 9 * 36 * 18),
    # each map sees 1 channel
    "conv2d by depth": (nn.Conv2d(6, 6, 3, groups=6), (6, 8, 8), 6 * 36 * 9),
    "conv2d with an oblong kernel": (nn.Conv2d(1, 2, (1, 5)), (1, 4, 9), 2 * 4 * 5 * 5),
    "conv1d": (nn.Conv1d(3, 4, 5), (3, 10), 4 * 6 * 15),
    # each of 6 * 5 * 5 numbers goes into 4 maps at 2 x 2 places
    "conv_transpose2d": (nn.ConvTranspose2d(6, 4, 2, stride=2), (6, 5, 5), 150 * 16),
    # ... into the 2 maps of its group
    "conv_transpose2d in 2 groups": (nn.ConvTranspose2d(6, 4, 2, stride=2, groups=2), (6, 5, 5), 150 * 8),
    # scale and shift with the running statistics
    "batch norm": (nn.BatchNorm2d(3), (3, 4, 4), 48),
    "batch norm of rows": (nn.BatchNorm(4, axis=2), (3, 4, 4), 48),
    # mean, variance, scale and shift
    "batch norm without running statistics": (
        nn.BatchNorm2d(3, track_running_stats=False),
        (3, 4, 4),
        3 * 48,
    ),
    "group norm": (nn.GroupNorm(2, 4), (4, 3, 3), 3 * 36),
    "instance norm": (nn.InstanceNorm2d(4), (4, 3, 3), 3 * 36),
    # the same, and then a product and a sum with weight and bias
    "layer norm": (nn.LayerNorm(6), (5, 6), 5 * 30),
    "layer norm without weights": (nn.LayerNorm(6, elementwise_affine=False), (5, 6), 3 * 30),
    # 2 * 4 * 4 windows of 4 numbers
    "avg pool": (nn.AvgPool2d(2), (2, 8, 8), 2 * 16 * 4),
    # windows of 3 from 0, 2, 4: they overlap
    "avg pool with overlap": (nn.AvgPool2d(3, stride=2), (2, 8, 8), 2 * 9 * 9),
    # the outermost windows have only 1 row or column inside of the image: 1 + 2 + 1 numbers each way
    "avg pool at the border": (nn.AvgPool2d(2, padding=1), (1, 4, 4), 16),
    "global avg pool": (nn.AdaptiveAvgPool2d(1), (2, 8, 8), 128),
    # 5 rows in windows 0-1, 1-3, 3-4 (2 + 3 + 2), likewise the columns
    "adaptive avg pool": (nn.AdaptiveAvgPool2d(3), (1, 5, 5), 49),
    # compares, and nothing else
    "max pool": (nn.MaxPool2d(2), (2, 8, 8), 0),
    "relu": (nn.ReLU(), (5,), 0),
    "tanh": (nn.Tanh(), (5,), 0),
    "flatten": (nn.Flatten(), (2, 3), 0),
    "dropout": (nn.Dropout(), (5,), 0),
    # the sum below, and the division
    "softmax": (nn.Softmax(1), (5,), 10),
    "a sum of two": (Run(lambda x: x + x), (5,), 5),
    "a mean": (Run(lambda x: x.mean(1)), (5,), 5),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_one_layer(name: str) -> None:
    layer, shape, expected = BY_HAND[name]
    assert mg.summary(layer, shape).multiply_adds == expected


@pytest.mark.parametrize("name", BY_HAND)
def test_a_batch_takes_as_often_as_much(name: str) -> None:
    layer, shape, expected = BY_HAND[name]
    assert mg.summary(layer, shape, batch_size=3).multiply_adds == 3 * expected


@pytest.mark.parametrize(
    ("function", "shapes", "expected"),
    [
        (lambda x, y: x @ y, [(2, 3), (3, 4)], 24),  # a batch of one
        (lambda x, y: mg.einsum("bij,bjk->bik", x, y), [(2, 3), (3, 4)], 24),
        (lambda x, y: mg.einsum("bij,bj->bi", x, y), [(2, 3), (3,)], 6),
        (lambda x, y: F.conv2d(x, y), [(1, 5, 5), (1, 2, 2)], 16 * 4),  # weights from an input
    ],
)
def test_products_of_two_inputs(function: Any, shapes: Any, expected: int) -> None:
    assert mg.summary(Run(function), shapes).multiply_adds == expected


def test_an_operation_within_a_loop_counts_each_time() -> None:
    layer = nn.Linear(4, 4)

    def three_times(x: mg.Tensor) -> mg.Tensor:
        for _ in range(3):
            x = layer(x)
        return x

    assert mg.summary(Run(three_times), (4,)).multiply_adds == 48
