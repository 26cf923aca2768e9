"""The training in minigrad: what a user writes."""

from collections.abc import Callable
from typing import Any

import minigrad as mg
from benchmarks.gan.photographs import Photographs
from benchmarks.gan.setting import BETAS, COLUMNS, INSTANCE_NOISE, NOISE, SMOOTHING, Setting
from minigrad import nn, optim, train
from minigrad.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

Trained = tuple[dict[str, list[float]], list[float], Callable[..., Any]]
"""Losses by name and seconds, both by epoch, and the function that makes images of noise (and of classes)."""


def trained(
    setting: Setting, data: Photographs, generator: nn.Module, discriminator: nn.Module, *shown: Any
) -> Trained:
    """Train; killed and called again, it goes on where it was. Sheets are of ``shown``: noise, classes."""
    for network in (generator, discriminator):
        network.to(setting.device)
    gan = train.GAN(
        generator,
        discriminator,
        NOISE,
        smoothing=SMOOTHING,
        instance_noise=INSTANCE_NOISE,
        conditional=setting.conditional,
    )
    average = AveragedModel(generator, multi_avg_fn=get_ema_multi_avg_fn(setting.decay))
    columns = data.classes if setting.conditional else COLUMNS
    sheets = train.SampleSheets(
        setting.output / "sheets", average, tuple(mg.tensor(each) for each in shown), columns=columns
    )
    history = train.fit_gan(
        gan,
        data.batches(),
        optim.Adam(gan.parameters(), lr=setting.rate, betas=BETAS),
        setting.epochs,
        callbacks=[
            train.Average(average, generator),
            sheets,
            train.Checkpoint(setting.output / "gan.safetensors", every_seconds=300),
        ],
        resume=True,
        capture=setting.on_gpu,
    )
    sheets.film(setting.output / "training.gif")
    average.eval()

    def images(*inputs: Any) -> Any:
        with mg.no_grad():
            return average(*(mg.tensor(each, device=setting.device) for each in inputs)).cpu().numpy()

    return history.columns(), history.seconds, images
