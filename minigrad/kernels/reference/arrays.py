"""What kernels take and give."""

from typing import Any, TypeAlias

import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
"""A NumPy array, or another library's that is used as one: all that a kernel does, NumPy's functions do."""

Pair: TypeAlias = tuple[int, int]
"""A number for each axis of an image: (H, W), (KH, KW), (SH, SW)."""

Padding: TypeAlias = tuple[Pair, Pair]
"""Rows and columns around an image: ((top, bottom), (left, right))."""
