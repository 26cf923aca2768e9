"""What the two reports trained, with which settings, and what they published."""

from collections.abc import Callable
from dataclasses import dataclass, field

from minigrad import nn
from models import cnn, mlp


@dataclass(frozen=True)
class Recipe:
    """One network of a report.

    Attributes:
        report, name: which report, and a short name for files.
        title: for headings.
        data: "fashion-mnist", "cifar-10" or "cifar-100".
        build: makes the network.
        epochs: at most. patience: how many without a lower validation loss end training; 0 for none, and
            then the last weights are kept and not the best ones.
        published: the report's figures on the test set.
        parameters: all numbers of the network, as the report's summary counts them.
    """

    report: str
    name: str
    title: str
    data: str
    build: Callable[[], nn.Module]
    parameters: int
    published: dict[str, float]
    batch_size: int
    epochs: int
    patience: int = 0
    learning_rate: float = 0.001
    published_f1: list[float] = field(default_factory=list)


FIRST = [
    Recipe(
        "001", "ann", "Dense network", "fashion-mnist", mlp.wide_mlp, 235_146,
        {"accuracy": 0.8836, "loss": 0.3308}, batch_size=128, epochs=20,
    ),
    Recipe(
        "001", "cnn", "Convolutional network", "fashion-mnist", cnn.small_cnn, 225_034,
        {"accuracy": 0.9107, "loss": 0.3858}, batch_size=128, epochs=20,
        published_f1=[0.86, 0.99, 0.86, 0.91, 0.86, 0.98, 0.75, 0.97, 0.97, 0.97],
    ),
]  # fmt: skip
SECOND = [
    Recipe(
        "002", "fashion-mlp", "Dense network", "fashion-mnist", mlp.deep_mlp, 71_146,
        {"accuracy": 0.8732, "loss": 0.3623}, batch_size=100, epochs=100, patience=10,
    ),
    Recipe(
        "002", "fashion-cnn", "Convolutional network", "fashion-mnist", cnn.fashion_cnn, 59_434,
        {"accuracy": 0.9166, "loss": 0.2415}, batch_size=100, epochs=100, patience=10,
    ),
    Recipe(
        "002", "fashion-own", "The report's own network", "fashion-mnist", cnn.fashion_row_norm, 109_726,
        {"accuracy": 0.9360, "loss": 0.1893}, batch_size=100, epochs=100, patience=15,
    ),
    Recipe(
        "002", "cifar10-mlp", "Dense network", "cifar-10", mlp.cifar_mlp, 144_362,
        {"accuracy": 0.5001, "loss": 1.4195}, batch_size=500, epochs=100, patience=10,
    ),
    Recipe(
        "002", "cifar10-cnn", "Convolutional network", "cifar-10", cnn.cifar_cnn, 122_986,
        {"accuracy": 0.7438, "loss": 0.7627}, batch_size=100, epochs=100, patience=10,
    ),
    Recipe(
        "002", "cifar10-own", "The report's own network", "cifar-10", cnn.cifar_row_norm, 150_218,
        {"accuracy": 0.8430, "loss": 0.4894}, batch_size=100, epochs=100, patience=15,
    ),
    Recipe(
        "002", "fashion-channels", "The same, normalising channels", "fashion-mnist",
        cnn.fashion_channel_norm, 110_062, {}, batch_size=100, epochs=100, patience=15,
    ),
    Recipe(
        "002", "cifar10-channels", "The same, normalising channels", "cifar-10", cnn.cifar_channel_norm,
        150_630, {}, batch_size=100, epochs=100, patience=15,
    ),
    Recipe(
        "002", "cifar100-own", "The report's own network", "cifar-100", cnn.cifar100_row_norm, 684_564,
        {"accuracy": 0.6014, "loss": 1.4669}, batch_size=100, epochs=100, patience=15,
    ),
]  # fmt: skip
RECIPES = FIRST + SECOND
