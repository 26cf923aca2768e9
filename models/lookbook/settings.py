"""What a lookbook is made of: the sizes of everything, and where the photographs are."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minigrad.data.photos.decode import Fit


@dataclass(frozen=True)
class Settings:
    """All that a lookbook depends on, besides the photographs themselves.

    Attributes:
        output: the folder that everything is written to.
        products: a folder of Fashion Product Images. deepfashion: of DeepFashion2. folder: with a sub-folder
            for each class. Several are mixed; without any, garments are synthetic.
        seed: of the division of the photographs, of the first weights and of the training.
        noise_seed: of the noise that garments are made of: another number, other garments of the same
            generator.
        side: of the images, 32, 64 or 128.
        fit: how photographs are brought to that: "pad", whole, on white; "crop", their middle; "stretch".
        count: at most so many photographs of each source to learn from, and a quarter as many to test on;
            None for all.
        classes: at most so many kinds, the most frequent ones.
        classifier: "cnn", or "dense", the report's.
        conditional: whether both networks of the DCGAN are told what kind a garment is, so that the kind can
            be asked for. only: the kinds that are then asked for, in turn; () for all.
        enlarge: how many times as large the garments are shown, 2 or 4, by an SRGAN; 1 for as they are.
        classifier_epochs, gan_epochs, enlarger_epochs: how often each training goes through the photographs.
        rate: of learning, of the DCGAN and the SRGAN. beta: Adam's, for the DCGAN. decay: of the average of
            its generator's weights.
        width: maps of the DCGAN's first layer. enlarger_width: maps of the SRGAN's layers; a quarter as many
            are its residual blocks.
        generated: how many garments are made, to choose from.
        confidence: the least probability of its kind that a garment is chosen with.
        outfits: how many are shown. presets: a file of combinations, or None for those of ``presets``.
    """

    output: Path
    products: Path | None = None
    deepfashion: Path | None = None
    folder: Path | None = None
    seed: int = 0
    noise_seed: int = 0
    side: int = 64
    fit: Fit = "pad"
    count: int | None = None
    classes: int = 20
    classifier: str = "cnn"
    conditional: bool = False
    only: tuple[str, ...] = ()
    enlarge: int = 1
    classifier_epochs: int = 20
    gan_epochs: int = 200
    enlarger_epochs: int = 20
    rate: float = 1e-4
    beta: float = 0.3
    decay: float = 0.999
    width: int = 512
    enlarger_width: int = 64
    generated: int = 1000
    confidence: float = 0.9
    outfits: int = 6
    presets: Path | None = None


FULL: dict[str, Any] = {}
"""The DCGAN that people know, 64x64, with the report's rates, for photographs: hours."""

QUICK: dict[str, Any] = {
    "side": 32,
    "count": 4000,
    "classifier_epochs": 12,
    "gan_epochs": 150,
    "enlarger_epochs": 4,
    "rate": 4e-4,
    "beta": 0.5,
    "decay": 0.99,
    "width": 128,
    "enlarger_width": 16,
}
"""Small images, small networks, large steps: minutes."""

DENSE: dict[str, Any] = {"classifier_epochs": 400}
"""What the report's classifier takes; an epoch of it is short."""

LARGE: dict[str, Any] = {"width": 1024, "gan_epochs": 400}
"""What the report's DCGAN takes, 128x128: days on a CPU."""


def defaults(quick: bool, side: int | None, classifier: str | None) -> dict[str, Any]:
    """The settings where no others are asked for, of images and with a classifier that may have been."""
    found = QUICK if quick else FULL
    if classifier == "dense":
        found = found | DENSE
    if side == 128 and not quick:
        found = found | LARGE
    return found
