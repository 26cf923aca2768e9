"""Arrays to compute with."""

import numpy as np

DTYPES = ("float32", "float64", "int64", "int32", "uint8", "bool")


def draw(shape, dtype="float64", seed=0):
    """Numbers of a dtype, of both signs where it has them; no zero among the floating ones."""
    rng = np.random.default_rng([seed, len(shape), *shape])
    if dtype == "bool":
        return np.asarray(rng.random(shape) < 0.5)
    if dtype == "uint8":
        return np.asarray(rng.integers(0, 9, shape), dtype)
    if dtype.startswith("int"):
        return np.asarray(rng.integers(-4, 5, shape), dtype)
    return np.asarray(rng.choice([-1, 1], shape) * rng.uniform(0.1, 2.5, shape), dtype)
