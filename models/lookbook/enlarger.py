"""Stages of --enlarge: an SRGAN that learns to enlarge photographs of clothes, and the garments, enlarged.

It learns from the photographs at the size that garments are to get; shrunk to the garments' own, they are
what it is given. What counts is what the first convolutions of the lookbook's classifier see in the result.
"""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import minigrad as mg
from minigrad import optim, train, viz
from minigrad.data import DataLoader
from minigrad.data.transforms import Compose, RandomHorizontalFlip
from minigrad.files import write_array
from models import srgan
from models.lookbook import classifier, data, outfits
from models.lookbook.settings import Settings
from models.lookbook.stages import Folders, Stage

WEIGHTS = "enlarger.safetensors"
BATCH = 16  # the paper's
SEEN = 7  # layers of the classifier: two convolutions with batch norm and ReLU, and a halving between them
COMPARED = 8  # garments that the sheet shows


def network(settings: Settings) -> srgan.Enlarger:
    """With a quarter as many residual blocks as maps: the paper has 64 maps and 16 blocks."""
    width = settings.enlarger_width
    return srgan.Enlarger(settings.enlarge, width, max(1, width // 4))


def make(settings: Settings, folders: Folders, folder: Path) -> dict[str, Any]:
    side = settings.enlarge * settings.side
    images = (
        data.pictures(settings)
        .parts["train"]
        .cached(
            side,
            settings.fit,
            upright=True,
            folder=folder / "train",
            transform=Compose([data.SCALED, RandomHorizontalFlip()]),
        )
    )
    judge = classifier.trained(settings, folders["classifier"])
    mg.manual_seed(settings.seed)
    painter = network(settings)
    game = train.SRGAN(painter, srgan.discriminator(settings.enlarger_width), judge[:SEEN], settings.enlarge)
    history = train.fit_gan(
        game,
        DataLoader(images, BATCH, shuffle=True, drop_last=len(images) >= BATCH),
        optim.Adam(game.parameters(), lr=settings.rate),
        settings.enlarger_epochs,
        callbacks=[
            train.ProgressBar("enlarger"),
            train.Checkpoint(folder / "training.safetensors", every_seconds=20),
        ],
        resume=True,
    )
    if history.ended == "interrupted":
        raise KeyboardInterrupt
    mg.save(painter.state_dict(), folder / WEIGHTS)
    return {"epochs": len(history), "side": side, "g_loss": history["g_loss"][-1], "photographs": len(images)}


def say(figures: dict[str, Any]) -> str:
    return (
        f"{figures['epochs']} epochs of {figures['photographs']:,} pictures of {figures['side']} x "
        f"{figures['side']}, loss at the end {figures['g_loss']:.4f}"
    )


def enlarge(settings: Settings, folders: Folders, folder: Path) -> dict[str, Any]:
    """The garments that the page shows, (K, side, side, 3) of bytes, and their numbers (K,)."""
    images = np.load(folders["generate"] / "images.npy")
    numbers = outfits.on_the_page(folders)
    painter = network(settings)
    painter.load_state_dict(mg.load(folders["enlarger"] / WEIGHTS))
    painter.eval()
    small = data.SCALED.batch(images[numbers])
    with mg.no_grad():
        parts = [painter(mg.as_tensor(small[i : i + BATCH])).numpy() for i in range(0, len(small), BATCH)]
    large = data.to_bytes(np.concatenate(parts))
    write_array(folder / "numbers.npy", numbers)
    write_array(folder / "images.npy", large)
    viz.write_image(folder / "sheet.png", compared(images[numbers[:COMPARED]], large[:COMPARED]))
    return {"garments": len(large), "side": large.shape[1]}


def compared(small: Any, large: Any) -> Any:
    """Garments enlarged smoothly, above, and by the SRGAN. Shapes: (N, h, h, 3), (N, H, H, 3), of bytes."""
    side = large.shape[1]
    smooth = [np.asarray(Image.fromarray(x).resize((side, side), Image.Resampling.BICUBIC)) for x in small]
    return np.concatenate([np.concatenate(smooth, 1), np.concatenate(list(large), 1)])


def read(folder: Path) -> dict[int, Any]:
    """The enlarged garments, by their numbers."""
    return dict(zip(np.load(folder / "numbers.npy").tolist(), np.load(folder / "images.npy"), strict=True))


def say_garments(figures: dict[str, Any]) -> str:
    return f"{figures['garments']:,} garments of {figures['side']} x {figures['side']}"


STAGE = Stage(
    "enlarger",
    ("seed", "side", "enlarge", "rate", "enlarger_epochs", "enlarger_width"),
    ("data", "classifier"),
    make,
    say,
)
ENLARGE = Stage(
    "enlarge",
    ("side", "enlarge", "enlarger_width"),
    ("generate", "outfits", "enlarger"),
    enlarge,
    say_garments,
)
