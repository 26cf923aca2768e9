"""What is compiled apart for a dtype, and where it lies: compiled loops are given it."""

from functools import cache
from typing import Any, NamedTuple

from minigrad.kernels.numba_cpu.microkernel import by_panels_of, product_of
from minigrad.kernels.numba_cpu.transpose import transpose_of
from minigrad.kernels.numba_cpu.winograd_tiles import transform_of


class Routines(NamedTuple):
    """The addresses that `product`, `transpose` and its like, and `transform` jump to."""

    product: int
    by_panels: int
    transpose: int
    transform: int


@cache
def routines_of(dtype: Any) -> Routines:
    """Compiled at the first call for a dtype, or found on disk."""
    return Routines(product_of(dtype), by_panels_of(dtype), transpose_of(dtype), transform_of(dtype))
