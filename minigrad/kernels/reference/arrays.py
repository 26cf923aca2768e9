"""What kernels take and give."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
"""A NumPy array, or one of another library that answers NumPy's protocols."""


def as_array(x: Array) -> Array:
    """x, also where NumPy made a number of an array of no dimension: ``like=`` takes none."""
    return np.asarray(x) if isinstance(x, np.generic) else x
