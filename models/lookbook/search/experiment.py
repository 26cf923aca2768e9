"""One experiment: a DCGAN trained with given settings, and judged as it learns."""

from collections.abc import Callable
from typing import Any

import numpy as np

import minigrad as mg
from minigrad import nn, optim, train
from minigrad.data import DataLoader
from minigrad.evaluation.generated import features, frechet_distance
from models.lookbook import classifier, data
from models.lookbook.gan import networks
from models.lookbook.settings import Settings
from models.lookbook.stages import Folders, about

JUDGED = 10  # times in the longest training
MOST = 500  # photographs, and garments, that are compared

Report = Callable[[float, int], None]
"""Told the distance so far and the epoch; raises to end a training that is not worth its time."""


class Judging(train.Callback):
    """After every so many epochs, the Fréchet distance of what the generator makes, of the same noise.

    Experiments are compared at the same epochs, so ``every`` is the same for all of them, however long they
    are.
    """

    def __init__(self, gan: train.GAN, seen: Any, model: nn.Module, every: int, report: Report) -> None:
        self.gan, self.seen, self.model, self.every, self.report = gan, seen, model, every, report
        self.noise = gan.noise_for(len(seen), mg.Generator().manual_seed(0))

    def on_epoch_end(self, run: train.Run) -> None:
        if run.epoch % self.every == 0:
            self.report(self.distance(self.noise), run.epoch)

    def distance(self, noise: mg.Tensor) -> float:
        """Between the photographs and what the generator makes of the noise, as it is now."""
        self.gan.generator.eval()
        with mg.no_grad():
            parts = [self.gan.generator(part).numpy() for part in noise.split(data.BATCH)]
        self.gan.generator.train()
        return frechet_distance(self.seen, features(self.model, np.concatenate(parts)).values)


def experiment(
    settings: Settings, folders: Folders, values: dict[str, Any], longest: int, report: Report
) -> float:
    """Train with ``values`` (see ``ranges``), and return the distance at the end, of noise that is new: the
    smallest on the way would be that of a training that wavers, at its luckiest.

    Raises FloatingPointError where a loss is no number any more, and what ``report`` raises.
    """
    figures = about(folders["data"])
    learnt = data.read(folders["data"], "train", figures, flip=True)
    model = classifier.trained(settings, folders["classifier"])
    seen = features(model, tested(folders, figures)).values
    mg.manual_seed(settings.seed)
    gan = train.GAN(*networks(settings, len(figures["classes"]), values["noise"]), values["noise"])
    for layer in gan.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.eps = values["epsilon"]
    groups = [
        {"params": gan.generator.parameters(), "lr": values["generator_rate"]},
        {"params": gan.discriminator.parameters(), "lr": values["discriminator_rate"]},
    ]
    judging = Judging(gan, seen, model, max(1, longest // JUDGED), report)
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
    return judging.distance(gan.noise_for(len(seen), mg.Generator().manual_seed(1)))


def tested(folders: Folders, figures: dict[str, Any]) -> Any:
    """The photographs to judge by, (N, 3, side, side) within (-1, 1)."""
    images = data.read(folders["data"], "test", figures)
    return data.SCALED.batch(images.data[:MOST])
