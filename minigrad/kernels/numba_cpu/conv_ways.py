"""How a convolution goes for arrays of certain shapes: worked out once: it takes as long as a small one."""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from minigrad.kernels.numba_cpu import winograd
from minigrad.kernels.numba_cpu.fitting import Fitted, fitted
from minigrad.kernels.numba_cpu.geometry import Blocks, Geometry, along, backward, blocks, forward, geometry
from minigrad.kernels.numba_cpu.vectors import VECTOR
from minigrad.kernels.numba_cpu.winograd_plan import Cut, Plan, plan, suits
from minigrad.kernels.reference.arrays import Padding, Pair
from minigrad.kernels.reference.conv import check_conv

Shape = tuple[int, ...]

FEW_IN_VAIN = 2
"""Terms of a result that may be computed in vain: to turn the results at the end takes longer. (128 images of
28 x 28, 1 channel -> 32 with 3 x 3 taps, two threads with AVX2: 4.7 -> 2.7 ms.)"""


class Problem(NamedTuple):
    """All that a way depends on: the shapes of images, kernels and results, and the options."""

    x: Shape
    w: Shape
    y: Shape
    stride: Pair
    padding: Padding
    dilation: Pair
    groups: int
    dtype: np.dtype[Any]
    threads: int
    digits: str  # precision.conv, which `suits` asks for itself


class Way(NamedTuple):
    """How results, or the input's gradient, are computed."""

    fit: Fitted
    g: Geometry
    fewer: tuple[Plan, Cut] | None  # where it goes by winograd.py
    cut: Blocks  # else
    padded: int  # channels of the result, rounded up to whole vectors
    by_channel: bool


class WeightsWay(NamedTuple):
    """How the weights' gradient is computed."""

    fit: Fitted
    g: Geometry
    fewer: tuple[Plan, Cut] | None
    cut: Blocks
    padded: int
    slices: int  # the threads share the channels, if there are many
    parts: int  # and else the images: then their sums are added up after


@lru_cache(maxsize=1024)
def way(purpose: str, problem: Problem) -> Way:
    """The way to the "results" y, or to the gradient x of the "input".

    Raises ValueError unless these are the shapes of a convolution.
    """
    check_conv(*problem[:7])
    x, w, y, stride, _, dilation, groups, dtype, threads, _ = problem
    fit = fitted(purpose, *problem[:8])
    if purpose == "results":
        axes = along(forward, y[2:], fit.kernel, stride, fit.padding, dilation)
        channels, outputs = w[1], w[0] // groups
    else:
        axes = along(backward, x[2:], fit.kernel, stride, fit.padding, dilation)
        channels, outputs = w[0] // groups, w[1]
    g, fewer = geometry(*axes, fit.kernel[1]), plan(*axes, x[0])
    padded = _whole_vectors(outputs, dtype)
    cut = blocks(g, x[0], channels, outputs, dtype.itemsize, 2 * threads)
    if suits(fewer, channels, outputs, groups, dtype, weights=False):
        its_cut = winograd.cut_of(fewer, x[0], channels, padded, dtype, threads)
        return Way(fit, g, (fewer, its_cut), cut, padded, True)
    in_vain = cut.tall * cut.columns * outputs / (cut.rows * g.count_w * padded)
    terms, fills_a_vector = channels * len(g.taps), outputs >= _whole_vectors(1, dtype)
    by_channel = fills_a_vector and in_vain > 1.05 and terms * (in_vain - 1) > FEW_IN_VAIN
    return Way(fit, g, None, cut, padded, by_channel)


@lru_cache(maxsize=1024)
def weights_way(problem: Problem) -> WeightsWay:
    """The way to the weights' gradient; as `way`."""
    check_conv(*problem[:7])
    x, w, y, stride, _, dilation, groups, dtype, threads, _ = problem
    fit = fitted("weights", *problem[:8])
    axes = along(forward, y[2:], fit.kernel, stride, fit.padding, dilation)
    g, fewer = geometry(*axes, fit.kernel[1]), plan(*axes, x[0])
    channels, outputs = w[1], w[0] // groups
    padded = _whole_vectors(outputs, dtype)
    slices = threads if groups < threads and channels >= 8 * threads else 1
    cut = blocks(g, x[0], -(-channels // slices), padded, dtype.itemsize, threads)
    if suits(fewer, channels, outputs, groups, dtype, weights=True):
        its_cut, *shares = winograd.shares_of(fewer, x[0], channels, padded, dtype, threads)
        return WeightsWay(fit, g, (fewer, its_cut), cut, padded, *shares)
    total = -(-x[0] // cut.images) * -(-g.count_h // cut.rows)
    parts = min(total, 1 if groups * slices >= threads else threads)
    return WeightsWay(fit, g, None, cut, padded, slices, parts)


def _whole_vectors(count: int, dtype: np.dtype[Any]) -> int:
    """So many numbers, rounded up to whole vectors."""
    lanes = VECTOR // dtype.itemsize
    return -(-count // lanes) * lanes
