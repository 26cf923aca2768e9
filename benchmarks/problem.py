"""What every framework is given: the same network, start, data and chain, as NumPy arrays."""

import itertools

import numpy as np
from numpy.typing import NDArray

SIZES = (784, 256, 128, 10)
BATCH = 128
BATCHES = 8
DROPOUT = 0.2
LEARNING_RATE = 1e-3
WARM_UP_STEPS = 100

CHAIN_LENGTH = 1_000
CHAIN_OPERATIONS = 2 * CHAIN_LENGTH  # a product and a sum in every link
CHAIN_FACTOR = 1.0001
CHAIN_ADDEND = 0.1
CHAIN_DERIVATIVE = CHAIN_FACTOR**CHAIN_LENGTH

Layer = tuple[NDArray[np.float32], NDArray[np.float32]]
Batch = tuple[NDArray[np.float32], NDArray[np.int64]]


def layers() -> list[Layer]:
    """Weights (out, in) and biases (out,), uniform within 1 / sqrt(in) as PyTorch starts a Linear."""
    rng = np.random.default_rng(0)
    result = []
    for inputs, outputs in itertools.pairwise(SIZES):
        bound = inputs**-0.5
        weight = rng.uniform(-bound, bound, (outputs, inputs)).astype(np.float32)
        bias = rng.uniform(-bound, bound, outputs).astype(np.float32)
        result.append((weight, bias))
    return result


def batches() -> list[Batch]:
    """Ten noisy clouds of points in the unit cube, one per class: something that can be learnt."""
    rng = np.random.default_rng(1)
    centres = rng.uniform(0.3, 0.7, (SIZES[-1], SIZES[0]))
    result = []
    for _ in range(BATCHES):
        labels = rng.integers(0, SIZES[-1], BATCH)
        points = centres[labels] + rng.normal(0.0, 0.5, (BATCH, SIZES[0]))
        result.append((np.clip(points, 0, 1).astype(np.float32), labels))
    return result
