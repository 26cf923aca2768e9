"""Stages 3 and 4: the DCGAN that learns to draw garments, and the garments that it draws."""

from pathlib import Path
from typing import Any

import numpy as np

import minigrad as mg
from minigrad import nn, optim, train, viz
from minigrad.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from models import dcgan
from models.lookbook import data
from models.lookbook.settings import Settings
from models.lookbook.stages import Folders, Stage, about

WEIGHTS = "generator.safetensors"
NOISE = 90
SHEET = 48  # images of the same noise that are drawn as training goes on


def widths(settings: Settings) -> list[int]:
    """Maps of the generator's layers: halved as often as 4x4 is doubled; 512, 256, 128, 64 at 64x64."""
    found, side = [settings.width], 8
    while side < settings.side:
        found.append(max(found[-1] // 2, 8))
        side *= 2
    return found


def generator(settings: Settings) -> nn.Sequential:
    return dcgan.generator(widths(settings), 3, 4, NOISE)


def make(settings: Settings, folders: Folders, folder: Path) -> dict[str, Any]:
    images = data.read(folders["data"], "train", about(folders["data"]), flip=True)
    mg.manual_seed(settings.seed)
    painter = generator(settings)
    gan = train.GAN(painter, dcgan.discriminator(widths(settings)[::-1], 3, 4), NOISE)
    average = AveragedModel(painter, multi_avg_fn=get_ema_multi_avg_fn(settings.decay))
    every = max(1, settings.gan_epochs // 20)
    sheets = train.SampleSheets(folder / "sheets", average, gan.noise_for(SHEET), every)
    history = train.fit_gan(
        gan,
        data.batches(images),
        optim.Adam(gan.parameters(), lr=settings.rate, betas=(settings.beta, 0.999)),
        settings.gan_epochs,
        callbacks=[
            train.ProgressBar("gan"),
            train.Average(average, painter),
            sheets,
            train.Checkpoint(folder / "training.safetensors", every_seconds=20),
        ],
        resume=True,
    )
    if history.ended == "interrupted":
        raise KeyboardInterrupt
    mg.save(average.module.state_dict(), folder / WEIGHTS)
    epochs = list(range(1, len(history) + 1))
    lines = {"discriminator": (epochs, history["d_loss"]), "generator": (epochs, history["g_loss"])}
    viz.lines(lines, x="epoch", y="loss").save(folder / "losses.svg")
    sheets.film(folder / "training.gif")
    return {
        "epochs": len(history),
        "d_loss": history["d_loss"][-1],
        "g_loss": history["g_loss"][-1],
    }


def say(figures: dict[str, Any]) -> str:
    return (
        f"{figures['epochs']} epochs, losses at the end {figures['d_loss']:.3f} (discriminator) and "
        f"{figures['g_loss']:.3f} (generator)"
    )


def generate(settings: Settings, folders: Folders, folder: Path) -> dict[str, Any]:
    """Garments as bytes, (N, side, side, 3): number i is made of row i of the noise that ``draw`` seeds."""
    painter = generator(settings)
    painter.load_state_dict(mg.load(folders["gan"] / WEIGHTS))
    painter.eval()
    source = mg.Generator().manual_seed(settings.draw)
    noise = 2 * mg.rand(settings.generated, NOISE, generator=source) - 1  # uniform in (-1, 1)
    with mg.no_grad():
        images = np.concatenate([painter(part).numpy() for part in noise.split(data.BATCH)])
    pixels = ((images + 1) * 127.5).round().clip(0, 255).astype(np.uint8).transpose(0, 2, 3, 1)
    np.save(folder / "images.npy", pixels)
    viz.write_image(folder / "sheet.png", viz.sheet(images[:SHEET], 8))
    return {"garments": len(pixels)}


def say_garments(figures: dict[str, Any]) -> str:
    return f"{figures['garments']:,} garments"


TRAINED = ("seed", "side", "gan_epochs", "rate", "beta", "decay", "width")
STAGE = Stage("gan", TRAINED, ("data",), make, say)
GENERATE = Stage("generate", ("draw", "generated", "side", "width"), ("gan",), generate, say_garments)
