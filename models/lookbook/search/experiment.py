"""One experiment: a DCGAN trained with given settings, and judged as it learns."""

from collections.abc import Callable
from typing import Any

import numpy as np

import minigrad as mg
from minigrad import nn, optim, train
from minigrad.data import DataLoader
from minigrad.evaluation.generated import features, frechet_distance
from models import dcgan
from models.lookbook import classifier, data
from models.lookbook.gan import widths
from models.lookbook.settings import Settings
from models.lookbook.stages import Folders, about

JUDGED = 10  # times in a training
MOST = 500  # photographs, and garments, that are compared

Report = Callable[[float, int], None]
"""Told the distance so far and the epoch; raises to end a training that is not worth its time."""


class Judging(train.Callback):
    """After every so many epochs, the Fréchet distance of what the generator draws, of the same noise."""

    def __init__(self, gan: train.GAN, seen: Any, model: nn.Module, every: int, report: Report) -> None:
        self.gan, self.seen, self.model, self.every, self.report = gan, seen, model, every, report
        self.noise = gan.noise_for(len(seen), mg.Generator().manual_seed(0))
        self.distances: list[float] = []

    def on_epoch_end(self, run: train.Run) -> None:
        if run.epoch % self.every and run.epoch != run.epochs:
            return
        self.gan.generator.eval()
        with mg.no_grad():
            parts = [self.gan.generator(part).numpy() for part in self.noise.split(data.BATCH)]
        self.gan.generator.train()
        made = features(self.model, np.concatenate(parts)).values
        self.distances.append(frechet_distance(self.seen, made))
        self.report(self.distances[-1], run.epoch)


def experiment(settings: Settings, folders: Folders, values: dict[str, Any], report: Report) -> float:
    """Train with ``values`` (see ``ranges``), and return the smallest distance that was measured.

    Raises FloatingPointError where a loss is no number any more, and what ``report`` raises.
    """
    figures = about(folders["data"])
    learnt = data.read(folders["data"], "train", figures, flip=True)
    model = classifier.network(settings.side, len(figures["classes"]))
    model.load_state_dict(mg.load(folders["classifier"] / classifier.WEIGHTS))
    seen = features(model, tested(folders, figures)).values
    mg.manual_seed(settings.seed)
    layers = widths(settings)
    gan = train.GAN(
        dcgan.generator(layers, 3, 4, values["noise"]),
        dcgan.discriminator(layers[::-1], 3, 4),
        values["noise"],
    )
    for layer in gan.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.eps = values["epsilon"]
    groups = [
        {"params": gan.generator.parameters(), "lr": values["generator_rate"]},
        {"params": gan.discriminator.parameters(), "lr": values["discriminator_rate"]},
    ]
    judging = Judging(gan, seen, model, max(1, values["epochs"] // JUDGED), report)
    batch = min(values["batch"], len(learnt))
    history = train.fit_gan(
        gan,
        DataLoader(learnt, batch, shuffle=True, drop_last=True),
        optim.Adam(groups, betas=(values["beta"], 0.999)),
        values["epochs"],
        callbacks=[judging],
        progress=False,
    )
    if history.ended == "interrupted":
        raise KeyboardInterrupt
    return min(judging.distances)


def tested(folders: Folders, figures: dict[str, Any]) -> Any:
    """The photographs to judge by, (N, 3, side, side) within (-1, 1)."""
    images = data.read(folders["data"], "test", figures)
    return data.SCALED.batch(images.data[:MOST])
