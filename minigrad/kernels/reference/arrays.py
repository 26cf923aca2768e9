"""What kernels take and give."""

from typing import Any, TypeAlias

import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
"""A NumPy array, or one of another library that answers NumPy's protocols."""
