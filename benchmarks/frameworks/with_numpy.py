"""NumPy, for the machine's rate of matrix products alone."""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.frameworks import matrix_product as product


def matrix_product() -> Callable[[], Any]:
    rng = np.random.default_rng(0)
    return product.best(
        lambda a, b, y: np.matmul(a, b, out=y),
        lambda *shape: rng.random(shape, dtype=np.float32),
    )
