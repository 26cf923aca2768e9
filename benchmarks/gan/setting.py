"""What is trained, and on what: the fashion lookbook's settings, for 28x28, 64x64 and 128x128."""

from dataclasses import dataclass, field
from pathlib import Path

BATCH = 64
RATE, BETAS = 1e-4, (0.3, 0.999)
NOISE = 90
SMOOTHING = INSTANCE_NOISE = 0.1
DECAY = 0.999  # of the average of the generator's weights

NETWORKS = {
    28: ("dcgan", "generator28", "discriminator28"),
    64: ("dcgan", "generator64", "discriminator64"),
    128: ("dcgan128", "generator128", "discriminator128"),
}
"""By side: the file of models/, and what builds the generator and the discriminator."""


@dataclass(frozen=True)
class Setting:
    """One training.

    Attributes:
        side: of the images. data: the folder of photographs, or None for the clothes that come with minigrad.
        epochs, seed: of the training. output: where it writes.
        classes: how many of the most frequent kinds are used. images: at most so many; None for all.
    """

    side: int
    data: Path | None
    epochs: int
    seed: int
    output: Path
    classes: int = 20
    images: int | None = None
    sheet: int = field(default=48, kw_only=True)  # images on a sheet
