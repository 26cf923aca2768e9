"""What the reports trained, with which settings, and what they published."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from lessons.reports.products import KINDS, SIDE
from minigrad import nn
from models import cnn, mlp


def as_keras(model: nn.Module) -> None:
    """Begin as Keras does, which the second report used: weights uniform after Glorot, biases 0."""
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)


@dataclass(frozen=True)
class Recipe:
    """One network of a report.

    Attributes:
        report, name: which report, and a short name for files.
        title: for headings.
        data: "products", "fashion-mnist", "cifar-10" or "cifar-100".
        build: makes the network.
        options: what ``build`` is given, where the report does not say what it took: the rates of dropout,
            and the slope of leaky ReLU ("relu or leaky_relu"). Of those tried, what did best on the
            validation images. Empty where there is nothing to choose.
        start: gives the network the weights to begin with, if not the usual ones.
        parameters: all numbers of the network, as the report's summary counts them: running means and
            variances of batch norm are among them.
        published: the report's figures on the test set, as far as it has them; none for a network that is not
            in it.
        published_f1: F1 of each class, where the report has it.
        batch_size, learning_rate: of Adam's steps. decay: after each epoch the rate is multiplied by it.
        epochs: at most. patience: how many without a lower validation loss end training; then the network
            gets its best weights back. 0 for all epochs, and the last weights.
        random_validation: whether the tenth held back is drawn at random; else it is the last one, as Keras
            takes it.
    """

    report: str
    name: str
    title: str
    data: str
    build: Callable[..., nn.Module]
    parameters: int
    published: dict[str, float]
    batch_size: int
    epochs: int
    patience: int = 0
    options: dict[str, Any] = field(default_factory=dict)
    learning_rate: float = 0.001
    decay: float = 1.0
    start: Callable[[nn.Module], None] | None = None
    random_validation: bool = False
    published_f1: list[float] = field(default_factory=list)

    def network(self) -> nn.Module:
        """A new network, with the weights to begin with."""
        model = self.build(**self.options)
        if self.start:
            self.start(model)
        return model


def of_second(
    name: str,
    title: str,
    data: str,
    build: Callable[..., nn.Module],
    parameters: int,
    published: dict[str, float],
    batch_size: int = 100,
    epochs: int = 100,
    patience: int = 15,
    decay: float = 1.0,
    **options: Any,
) -> Recipe:
    """The second report's settings: 50 or 100 epochs, batches of 100, 250 or 500, patience 10 or 15.

    A decay of the learning rate was tried, it says, and not with which networks.
    """
    return Recipe(
        "002",
        name,
        title,
        data,
        build,
        parameters,
        published,
        batch_size,
        epochs,
        patience,
        options,
        decay=decay,
        start=as_keras,
    )


RECIPES = [
    # The report has one figure of its classifier, on these photographs and DeepFashion2's together, and does
    # not say how large images and batches were.
    Recipe(
        "000",
        "products-dense",
        "Dense network",
        "products",
        partial(mlp.garment_mlp, 3, SIDE, KINDS),
        394_634,
        {"accuracy": 0.8571},
        batch_size=64,
        epochs=400,
        learning_rate=0.0001,
        random_validation=True,
    ),
    Recipe(
        "000",
        "products-cnn",
        "Convolutional network",
        "products",
        partial(cnn.garment_cnn, 3, SIDE, KINDS, (32, 64, 128)),
        357_482,
        {},
        batch_size=64,
        epochs=10,
        decay=0.75,
        random_validation=True,
    ),
    Recipe(
        "001",
        "ann",
        "Dense network",
        "fashion-mnist",
        mlp.wide_mlp,
        235_146,
        {"accuracy": 0.8836, "loss": 0.3308},
        batch_size=128,
        epochs=20,
        random_validation=True,
        published_f1=[0.83, 0.98, 0.80, 0.88, 0.79, 0.97, 0.71, 0.94, 0.97, 0.95],
    ),
    Recipe(
        "001",
        "cnn",
        "Convolutional network",
        "fashion-mnist",
        cnn.small_cnn,
        225_034,
        {"accuracy": 0.9107, "loss": 0.3858},
        batch_size=128,
        epochs=20,
        random_validation=True,
        published_f1=[0.86, 0.99, 0.86, 0.91, 0.86, 0.98, 0.75, 0.97, 0.97, 0.97],
    ),
    of_second(
        "fashion-mlp", "Dense network", "fashion-mnist", mlp.deep_mlp, 71_146,
        {"accuracy": 0.8732, "loss": 0.3623}, batch_size=250, patience=10,
    ),
    of_second(
        "fashion-cnn", "Convolutional network", "fashion-mnist", cnn.fashion_cnn, 59_434,
        {"accuracy": 0.9166, "loss": 0.2415}, patience=10,
    ),
    of_second(
        "fashion-own", "The report's own network", "fashion-mnist", cnn.fashion_row_norm, 109_726,
        {"accuracy": 0.9360, "loss": 0.1893}, epochs=70, decay=0.95, dropout=[0.2, 0.25, 0.3, 0.2], slope=0.2,
    ),
    of_second(
        "fashion-channels", "The same, normalising channels", "fashion-mnist", cnn.fashion_channel_norm,
        110_062, {}, epochs=50, decay=0.94, dropout=[0.2, 0.25, 0.3, 0.2], slope=0.2,
    ),
    of_second(
        "cifar10-mlp", "Dense network", "cifar-10", mlp.cifar_mlp, 144_362,
        {"accuracy": 0.5001, "loss": 1.4195}, batch_size=500, patience=10,
    ),
    of_second(
        "cifar10-cnn", "Convolutional network", "cifar-10", cnn.cifar_cnn, 122_986,
        {"accuracy": 0.7438, "loss": 0.7627}, patience=10,
    ),
    of_second(
        "cifar10-own", "The report's own network", "cifar-10", cnn.cifar_row_norm, 150_218,
        {"accuracy": 0.8430, "loss": 0.4894}, dropout=[0.1, 0.2, 0.3, 0.3, 0.1], slope=0.2,
    ),
    of_second(
        "cifar10-channels", "The same, normalising channels", "cifar-10", cnn.cifar_channel_norm, 150_630, {},
        dropout=[0.1, 0.2, 0.3, 0.3, 0.1], slope=0.2,
    ),
    of_second(
        "cifar100-own", "The report's own network", "cifar-100", cnn.cifar100_row_norm, 684_564,
        {"accuracy": 0.6014, "loss": 1.4669}, epochs=80, decay=0.96, dropout=[0.1, 0.2, 0.3, 0.4, 0.3],
        slope=0.2,
    ),
]  # fmt: skip
