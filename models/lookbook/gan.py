"""Stages 3 and 4: the DCGAN that learns to make garments, and the garments that it makes."""

from pathlib import Path
from typing import Any

import numpy as np

import minigrad as mg
from minigrad import nn, optim, train, viz
from minigrad.errors import DataError
from minigrad.files import write_array
from minigrad.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from models import dcgan, dcgan128
from models.conditional_dcgan import ConditionalDiscriminator, ConditionalGenerator
from models.lookbook import data
from models.lookbook.settings import Settings
from models.lookbook.stages import Folders, Stage, about

WEIGHTS = "generator.safetensors"
NOISE = 90
EMBEDDED = 50  # numbers of a kind's vector
SHEET = 48  # images of the same noise that are made as training goes on
LARGE = 128  # images as large as this are made by the report's networks


def widths(settings: Settings) -> list[int]:
    """Maps of the generator's layers: halved as often as 4x4 is doubled; 512, 256, 128, 64 at 64x64."""
    found, side = [settings.width], 8
    while side < settings.side:
        found.append(max(found[-1] // 2, 8))
        side *= 2
    return found


def networks(settings: Settings, classes: int, noise: int = NOISE) -> tuple[nn.Module, nn.Module]:
    """Generator and discriminator: at 128x128 the report's own; both told the kind, if settings say so."""
    layers = widths(settings)
    painter: nn.Module
    judge: nn.Module
    given = noise + (EMBEDDED if settings.conditional else 0)
    if settings.side == LARGE:
        painter = dcgan128.generator128(given, settings.width)
        judge = dcgan128.discriminator128(settings.width)
    else:
        painter = dcgan.generator(layers, 3, 4, given)
        judge = dcgan.discriminator(layers[::-1], 3, 4)
    if settings.conditional:
        painter = ConditionalGenerator(painter, classes, EMBEDDED)
        judge = ConditionalDiscriminator(judge, classes)
    return painter, judge


def make(settings: Settings, folders: Folders, folder: Path) -> dict[str, Any]:
    classes = about(folders["data"])["classes"]
    images = data.read(folders["data"], "train", about(folders["data"]), flip=True)
    mg.manual_seed(settings.seed)
    painter, judge = networks(settings, len(classes))
    gan = train.GAN(painter, judge, NOISE, conditional=settings.conditional)
    average = AveragedModel(painter, multi_avg_fn=get_ema_multi_avg_fn(settings.decay))
    every = max(1, settings.gan_epochs // 20)
    inputs = gan.noise_for(SHEET), *labels(settings, np.arange(SHEET) % len(classes))
    sheets = train.SampleSheets(folder / "sheets", average, inputs, every)
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
        "classes": classes,
        "epochs": len(history),
        "d_loss": history["d_loss"][-1],
        "g_loss": history["g_loss"][-1],
    }


def labels(settings: Settings, kinds: Any) -> tuple[mg.Tensor, ...]:
    """What the generator is given beside the noise: the numbers of the kinds, (N,), if it is conditional."""
    return (mg.tensor(kinds),) if settings.conditional else ()


def say(figures: dict[str, Any]) -> str:
    return (
        f"{figures['epochs']} epochs, losses at the end {figures['d_loss']:.3f} (discriminator) and "
        f"{figures['g_loss']:.3f} (generator)"
    )


def generate(settings: Settings, folders: Folders, folder: Path) -> dict[str, Any]:
    """Garments as bytes, (N, side, side, 3), and the kind that each was asked to be, (N,), if it was asked:
    number i is made of row i of the noise that ``noise_seed`` seeds.
    """
    classes = about(folders["gan"])["classes"]
    painter, _ = networks(settings, len(classes))
    painter.load_state_dict(mg.load(folders["gan"] / WEIGHTS))
    painter.eval()
    source = mg.Generator().manual_seed(settings.noise_seed)
    noise = 2 * mg.rand(settings.generated, NOISE, generator=source) - 1  # uniform in (-1, 1)
    kinds = asked(settings, classes)
    inputs = noise, *labels(settings, kinds)
    with mg.no_grad():
        batches = zip(*(part.split(data.BATCH) for part in inputs), strict=True)
        images = np.concatenate([painter(*batch).numpy() for batch in batches])
    write_array(folder / "images.npy", data.to_bytes(images))
    if settings.conditional:
        write_array(folder / "asked.npy", kinds)
    viz.write_image(folder / "sheet.png", viz.sheet(images[:SHEET], 8))
    return {"garments": len(images)}


def asked(settings: Settings, classes: list[str]) -> Any:
    """The number of the kind of each garment, (N,): those of ``only``, or all, in turn."""
    unknown = [name for name in settings.only if name not in classes]
    if unknown:
        raise DataError(f"--only: there is no kind {unknown[0]!r} here; there are {', '.join(classes)}.")
    wanted = np.array([classes.index(name) for name in settings.only or classes])
    return wanted[np.arange(settings.generated) % len(wanted)]


def check(settings: Settings) -> None:
    asked(settings, data.pictures(settings).parts["train"].classes)


def say_garments(figures: dict[str, Any]) -> str:
    return f"{figures['garments']:,} garments"


SHAPE = ("side", "width", "conditional")
STAGE = Stage("gan", ("seed", "gan_epochs", "rate", "beta", "decay", *SHAPE), ("data",), make, say)
GENERATE = Stage(
    "generate",
    ("noise_seed", "generated", "only", *SHAPE),
    ("gan",),
    generate,
    say_garments,
    check=check,
)
