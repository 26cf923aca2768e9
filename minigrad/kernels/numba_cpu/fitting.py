"""A kernel fitted to its image: without what meets nothing, and with zeros where they make it faster.

Where an image is no longer than its padding, a kernel's outer taps meet zeros alone, wherever it lies. They
are left out. (An image one row high and 5 x 5 taps, on one core: 216 -> 44 ms.)

A stride takes a kernel apart: with a stride of 2, every second tap of each axis is a kernel for itself. One
of 5 x 5 falls into 3 x 3, 3 x 2, 2 x 3 and 2 x 2; with a row and a column of zeros into four of 3 x 3, of
which winograd.py makes 16 results with 144 products instead of 400. (32 images of 32 x 32, 64 -> 128
channels, one core: results 187 -> 102 ms, the two gradients 205 -> 98 and 178 -> 86.)
"""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from minigrad.kernels.numba_cpu.geometry import along, backward, forward
from minigrad.kernels.numba_cpu.winograd_plan import plan, suits
from minigrad.kernels.reference.arrays import Array, Padding, Pair


class Fitted(NamedTuple):
    """The rows and columns of a kernel that are used, how many of zeros come after them, and the padding."""

    rows: slice
    columns: slice
    zeros: Pair
    padding: Padding

    @property
    def kernel(self) -> Pair:
        """The size of a kernel so fitted."""
        (down, across), rows, columns = self.zeros, self.rows, self.columns
        return rows.stop - rows.start + down, columns.stop - columns.start + across

    def of(self, kernels: Array) -> Array:
        """Kernels (O, C, KH, KW) so fitted."""
        (down, across), used = self.zeros, kernels[:, :, self.rows, self.columns]
        if down or across:
            used = np.pad(used, ((0, 0), (0, 0), (0, down), (0, across)))
        return np.ascontiguousarray(used)

    def back(self, gradients: Array, kernel: Pair) -> Array:
        """Gradients by all taps of a kernel, from those by the fitted one's: 0 by what met nothing."""
        rows, columns = self.rows.stop - self.rows.start, self.columns.stop - self.columns.start
        if (rows, columns) == kernel == gradients.shape[2:]:
            return gradients
        whole = np.zeros((*gradients.shape[:2], *kernel), gradients.dtype)
        whole[:, :, self.rows, self.columns] = gradients[:, :, :rows, :columns]
        return whole


def fitted(
    purpose: str,
    x: tuple[int, ...],
    w: tuple[int, ...],
    y: tuple[int, ...],
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
    dtype: Any,
) -> Fitted:
    """How kernels are fitted for one of the three passes: "results", "input" or "weights".

    x, w and y are the shapes of images, kernels and results.
    """
    starts = (before for before, _ in padding)
    rows, columns = map(met, x[2:], y[2:], w[2:], stride, starts, dilation)
    (top, bottom), (left, right) = (
        (before - step * part.start, after - step * (taps - part.stop))  # less than 0: the image is cut
        for (before, after), step, part, taps in zip(padding, dilation, (rows, columns), w[2:], strict=True)
    )
    high, wide = rows.stop - rows.start, columns.stop - columns.start
    down, across = -high % stride[0], -wide % stride[1]
    if (down or across) and dilation == (1, 1):
        way, size = (backward, x[2:]) if purpose == "input" else (forward, y[2:])
        whole = high + down, wide + across
        axes = along(way, size, whole, stride, ((top, bottom), (left, right)), dilation)
        sums = plan(*axes, x[0])
        in_vain = whole[0] * whole[1] / (high * wide)
        weights = purpose == "weights"
        if suits(sums, w[1], w[0] // groups, groups, dtype, weights=weights, in_vain=in_vain):
            return Fitted(rows, columns, (down, across), ((top, bottom + down), (left, right + across)))
    return Fitted(rows, columns, (0, 0), ((top, bottom), (left, right)))


@lru_cache(maxsize=1024)
def met(length: int, count: int, kernel: int, stride: int, before: int, dilation: int) -> slice:
    """The taps of a kernel between the first and the last that meet an axis of ``length``, or one tap.

    Result q has tap t at ``stride q + dilation t - before``, for ``count`` results.
    """
    last = stride * (count - 1)
    taps = [t for t in range(kernel) if dilation * t - before < length and last + dilation * t - before >= 0]
    return slice(taps[0], taps[-1] + 1) if taps else slice(0, 1)
