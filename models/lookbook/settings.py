"""What a lookbook is made of: the sizes of everything, and where the photographs are."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Settings:
    """All that a lookbook depends on, besides the photographs themselves.

    Attributes:
        output: the folder that everything is written to.
        products: a folder of Fashion Product Images. deepfashion: of DeepFashion2. folder: with a sub-folder
            for each class. Several are mixed; without any, minigrad draws garments.
        seed: of the division of the photographs, of the first weights and of the training.
        draw: which noise the garments are made of: another number, other garments of the same generator.
        side: of the images, 32, 64 or 128.
        count: at most so many photographs of each source to learn from, and a quarter as many to test on;
            None for all.
        classes: at most so many kinds, the most frequent ones.
        classifier_epochs, gan_epochs: how often each training goes through the photographs.
        rate, beta: Adam's, for both networks of the DCGAN. decay: of the average of its generator's weights.
        width: maps of the generator's first layer.
        generated: how many garments are made, to choose from.
        confidence: the least probability of its kind that a garment is chosen with.
        outfits: how many are shown. presets: a file of combinations, or None for those of ``presets``.
    """

    output: Path
    products: Path | None = None
    deepfashion: Path | None = None
    folder: Path | None = None
    seed: int = 0
    draw: int = 0
    side: int = 64
    count: int | None = None
    classes: int = 20
    classifier_epochs: int = 20
    gan_epochs: int = 200
    rate: float = 1e-4
    beta: float = 0.3
    decay: float = 0.999
    width: int = 512
    generated: int = 1000
    confidence: float = 0.9
    outfits: int = 6
    presets: Path | None = None


FULL: dict[str, Any] = {}
"""The DCGAN of Radford et al. at 64x64 with the settings of the report, for photographs: hours."""

QUICK: dict[str, Any] = {
    "side": 32,
    "count": 4000,
    "classifier_epochs": 12,
    "gan_epochs": 150,
    "rate": 4e-4,
    "beta": 0.5,
    "decay": 0.99,
    "width": 128,
}
"""Small images, small networks, large steps: minutes."""
