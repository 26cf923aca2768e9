"""What a peer does not bring itself, written in plain NumPy so that its training step is whole."""

import numpy as np
from numpy.typing import NDArray

from benchmarks import networks
from benchmarks.frameworks import CannotRun
from benchmarks.problem import DROPOUT, LEARNING_RATE

CNN_DROPOUT = 0.25
CNN_SHAPES = {"0": (32, 1, 3, 3), "3": (64, 32, 3, 3), "7": (128, 1600), "10": (10, 128)}

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

    def __init__(self, p: float = DROPOUT) -> None:
        self.rng = np.random.default_rng(2)
        self.p = p

    def mask(self, shape: tuple[int, ...]) -> Array:
        kept = self.rng.random(shape, dtype=np.float32) >= self.p
        return kept * np.float32(1 / (1 - self.p))


def cnn_layers() -> list[tuple[Array, Array]]:
    """Weights (out, in, ...) and biases of models/cnn.py's small_cnn, as PyTorch and minigrad get them."""
    return [
        (networks.weights(f"{key}.weight", shape), networks.weights(f"{key}.bias", shape[:1]))
        for key, shape in CNN_SHAPES.items()
    ]


def the_cnn(name: str) -> str:
    """The small libraries are measured on this one network."""
    if name != "cnn":
        raise CannotRun("not written for this")
    return name
