"""The networks that are measured, and what every framework is given for them, as NumPy arrays."""

import zlib
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

LEARNING_RATE = 1e-3
GAN_LEARNING_RATE = 2e-4
NOISE = 90
BATCHES = 4

Array = NDArray[np.float32]
Batch = tuple[Array, NDArray[np.int64]]


@dataclass(frozen=True)
class Network:
    """One network of models/ and how it is run."""

    name: str
    title: str
    models: tuple[str, ...]  # "file.builder"; two for a GAN: generator and discriminator
    image: tuple[int, int, int]  # C, H, W
    batch: int
    goal: float  # at most this part of PyTorch's time
    steps: int  # before the first turn; the loss after them is compared
    torch_ms: int | None = None  # PyTorch's time on a two-core machine, for orientation, where it is known
    work: Literal["training", "adversarial", "inference", "head"] = "training"
    optimizer: Literal["Adam", "SGD"] = "Adam"
    classes: int = 10
    dropout: bool = False  # its builder takes dropout=...
    deviation: float | None = None  # of the first weights; None: uniform within spread / sqrt(fan_in)
    spread: float = 1.0
    tolerance: float = 1e-3  # relative, of the losses of minigrad and PyTorch after the same steps

    @property
    def doing(self) -> str:
        """What one step is, for a table's notes."""
        if self.work == "inference":
            return "Forward alone, in eval mode, under no_grad."
        if self.work == "adversarial":
            return (
                "The discriminator on real and generated images: forward, backward, Adam; then the generator "
                "through the discriminator, whose own gradients are not computed: forward, backward, Adam."
            )
        if self.work == "head":
            return (
                "In eval mode, all layers frozen but the last: forward, cross-entropy, backward through the "
                f"last layer, {self.optimizer}, zero_grad."
            )
        return f"Forward, cross-entropy, backward, {self.optimizer}, zero_grad."


NETWORKS = {
    network.name: network
    for network in (
        Network(
            "cnn",
            "Training step of the CNN conv 32, conv 64, dense 128, dense 10, batch 128",
            models=("cnn.small_cnn",),
            image=(1, 28, 28),
            batch=128,
            goal=0.6,
            torch_ms=21,
            steps=20,
            dropout=True,
        ),
        Network(
            "fashion_own",
            "Training step of the CNN with batch norm over image rows, 28x28, batch 100",
            models=("cnn.fashion_row_norm",),
            image=(1, 28, 28),
            batch=100,
            goal=0.6,
            torch_ms=90,
            steps=5,
            dropout=True,
        ),
        Network(
            "cifar_cnn",
            "Training step of the CNN 32-32-64-128, 32x32, batch 100",
            models=("cnn.cifar_cnn",),
            image=(3, 32, 32),
            batch=100,
            goal=0.6,
            torch_ms=49,
            steps=6,
        ),
        Network(
            "dcgan28",
            "Training step of the 28x28 DCGAN, both networks, batch 64",
            models=("dcgan.generator28", "dcgan.discriminator28"),
            image=(1, 28, 28),
            batch=64,
            goal=0.7,
            torch_ms=46,
            steps=5,
            work="adversarial",
            deviation=0.02,
        ),
        Network(
            "dcgan64",
            "Training step of the 64x64 DCGAN, both networks, batch 64",
            models=("dcgan.generator64", "dcgan.discriminator64"),
            image=(3, 64, 64),
            batch=64,
            goal=1.0,
            torch_ms=514,
            steps=3,
            work="adversarial",
            deviation=0.02,
        ),
        Network(
            "resnet18",
            "Training step of ResNet18, 224x224, batch 8",
            models=("resnet.resnet18",),
            image=(3, 224, 224),
            batch=8,
            goal=1.0,
            torch_ms=332,
            steps=3,
            optimizer="SGD",
            classes=1000,
        ),
        Network(
            "cnn_inference",
            "Scores of the CNN conv 32, conv 64, dense 128, dense 10, batch 128",
            models=("cnn.small_cnn",),
            image=(1, 28, 28),
            batch=128,
            goal=0.5,
            torch_ms=17,
            steps=20,
            work="inference",
        ),
        Network(
            "resnet18_inference",
            "Scores of ResNet18, 224x224, batch 8",
            models=("resnet.resnet18",),
            image=(3, 224, 224),
            batch=8,
            goal=1.0,
            steps=3,
            work="inference",
            classes=1000,
        ),
        Network(
            "resnet18_head",
            "Fine-tuning step of ResNet18's last layer, 224x224, batch 8",
            models=("resnet.resnet18",),
            image=(3, 224, 224),
            batch=8,
            goal=1.0,
            steps=3,
            work="head",
            optimizer="SGD",
            classes=1000,
        ),
        Network(
            "efficientnet_inference",
            "Scores of EfficientNet-B0, 224x224, batch 8",
            models=("efficientnet.efficientnet_b0",),
            image=(3, 224, 224),
            batch=8,
            goal=1.0,
            steps=3,
            work="inference",
            classes=1000,
            spread=3.0,  # or the scores of 81 convolutions would be too small for float32
        ),
    )
}


def weights(key: str, shape: tuple[int, ...], deviation: float | None = None, spread: float = 1.0) -> Array:
    """The first value of the parameter that bears this name in PyTorch's state_dict.

    The name alone decides the draw, so the order of asking does not matter. Biases lie within 0.1.
    """
    rng = np.random.default_rng(zlib.crc32(key.encode()))
    if len(shape) == 1:
        return rng.uniform(-0.1, 0.1, shape).astype(np.float32)
    if deviation is not None:
        return rng.normal(0.0, deviation, shape).astype(np.float32)
    bound = spread * float(np.prod(shape[1:])) ** -0.5
    return rng.uniform(-bound, bound, shape).astype(np.float32)


def labelled(network: Network) -> list[Batch]:
    """Images of ten classes, each a coarse pattern of its own under noise: something that can be learnt."""
    rng = np.random.default_rng(1)
    channels, height, width = network.image
    patterns = rng.random((10, channels, 4, 4)).repeat(height // 4, axis=2).repeat(width // 4, axis=3)
    result = []
    for _ in range(BATCHES):
        labels = rng.integers(0, 10, network.batch)
        images = patterns[labels] + rng.normal(0.0, 0.3, (network.batch, *network.image))
        result.append((np.clip(images, 0, 1).astype(np.float32), labels))
    return result


def with_noise(network: Network) -> list[tuple[Array, Array]]:
    """For a GAN: images within (-1, 1), and the noise that as many are to be made of."""
    rng = np.random.default_rng(3)
    return [
        (2 * images - 1, rng.standard_normal((network.batch, NOISE), dtype=np.float32))
        for images, _ in labelled(network)
    ]
