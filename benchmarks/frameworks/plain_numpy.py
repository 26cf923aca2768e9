"""What a peer does not bring itself, written in plain NumPy so that its training step is whole."""

import numpy as np
from numpy.typing import NDArray

from benchmarks.problem import DROPOUT, LEARNING_RATE

Array = NDArray[np.float32]


class Adam:
    """Adam with PyTorch's defaults, in place."""

    def __init__(self, parameters: list[Array], lr: float = LEARNING_RATE) -> None:
        self.parameters = parameters
        self.lr, self.beta1, self.beta2, self.eps = lr, 0.9, 0.999, 1e-8
        self.first = [np.zeros_like(p) for p in parameters]
        self.second = [np.zeros_like(p) for p in parameters]
        self.steps = 0

    def step(self, gradients: list[Array]) -> None:
        self.steps += 1
        rate = self.lr / (1 - self.beta1**self.steps)
        root = (1 - self.beta2**self.steps) ** 0.5
        for p, dp, m, v in zip(self.parameters, gradients, self.first, self.second, strict=True):
            m += (1 - self.beta1) * (dp - m)
            v += (1 - self.beta2) * (dp * dp - v)
            p -= rate * m / (np.sqrt(v) / root + self.eps)


class Dropout:
    """The mask that dropout multiplies with: 0 for what is dropped, 1 / (1 - p) for what stays."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(2)

    def mask(self, shape: tuple[int, ...]) -> Array:
        kept = self.rng.random(shape, dtype=np.float32) >= DROPOUT
        return kept * np.float32(1 / (1 - DROPOUT))
