"""Dense networks: every unit of a layer sees every unit of the layer before."""

from collections.abc import Callable, Sequence
from itertools import pairwise

from minigrad import Tensor, nn


class MLP(nn.Module):
    """Linear layers of the given sizes with ReLU, or another activation, between them, and dropout before the
    last one.

    x (N, ...) of sizes[0] numbers per sample -> scores (N, sizes[-1]). The scores are logits: the softmax is
    part of the cross-entropy loss. ``MLP([784, 256, 128, 10])`` has 784 * 256 + 256 weights and biases in its
    first layer, and so on.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        dropout: float = 0.0,
        activation: Callable[[], nn.Module] = nn.ReLU,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Flatten()]
        for inputs, outputs in pairwise(sizes[:-1]):
            layers += [nn.Linear(inputs, outputs), activation()]
        if dropout:
            layers.append(nn.Dropout(dropout))
        layers.append(nn.Linear(sizes[-2], sizes[-1]))
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


def wide_mlp() -> MLP:
    """784-256-128-10 with dropout 0.2, for Fashion-MNIST: 235,146 parameters."""
    return MLP([784, 256, 128, 10], dropout=0.2)


def deep_mlp() -> MLP:
    """784-32-64-128-256-10, for Fashion-MNIST: 71,146 parameters."""
    return MLP([784, 32, 64, 128, 256, 10])


def cifar_mlp() -> MLP:
    """3072-32-64-128-256-10 with leaky ReLU, for CIFAR-10: 144,362 parameters."""
    return MLP([3072, 32, 64, 128, 256, 10], activation=lambda: nn.LeakyReLU(0.2))


def garment_mlp(depth: int = 3, side: int = 64, classes: int = 10) -> MLP:
    """One hidden layer of 128, as the fashion lookbook tells garments apart, with Adam at 0.0001; for 64x64
    colour images in ten classes: 1,574,282 parameters.
    """
    return MLP([depth * side * side, 128, classes])
