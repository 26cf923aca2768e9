"""What is trained, and on what: the fashion lookbook's settings, for 28x28, 64x64 and 128x128."""

from dataclasses import dataclass, field
from pathlib import Path

BATCH = 64
RATE, BETAS = 1e-4, (0.3, 0.999)
NOISE = 90
SMOOTHING = INSTANCE_NOISE = 0.1
DECAY = 0.999  # of the average of the generator's weights
COLUMNS, ROWS = 8, 6  # of a sheet

NETWORKS = {
    28: ("dcgan", "generator28", "discriminator28"),
    64: ("dcgan", "generator64", "discriminator64"),
    128: ("dcgan128", "generator128", "discriminator128"),
}
"""By side: the file of models/, and what builds the generator and the discriminator."""
CONDITIONAL = {side: ("conditional_dcgan", f"generator{side}", f"discriminator{side}") for side in (28, 64)}
"""The same of networks that are told the class."""


@dataclass(frozen=True)
class Setting:
    """One training.

    Attributes:
        side: of the images. data: the folder of photographs, or None for the clothes that come with minigrad.
        epochs, seed: of the training. output: where it writes.
        classes: how many of the most frequent kinds are used. images: at most so many; None for all.
        rate: Adam's. decay: of the average of the generator's weights.
        conditional: whether the networks are told the class.
        full: whether, without a folder, it is all of Fashion-MNIST and not what comes with minigrad.
        device: where it is trained. On "cuda" minigrad's steps are captured, PyTorch's are not.
    """

    side: int
    data: Path | None
    epochs: int
    seed: int
    output: Path
    classes: int = 20
    images: int | None = None
    rate: float = field(default=RATE, kw_only=True)
    decay: float = field(default=DECAY, kw_only=True)
    conditional: bool = field(default=False, kw_only=True)
    full: bool = field(default=False, kw_only=True)
    device: str = field(default="cpu", kw_only=True)

    @property
    def on_gpu(self) -> bool:
        """Whether it is trained on a GPU."""
        return self.device == "cuda"

    @property
    def networks(self) -> tuple[str, str, str]:
        """The file of models/, and what builds the two networks."""
        return (CONDITIONAL if self.conditional else NETWORKS)[self.side]

    @property
    def name(self) -> str:
        """What its results are called."""
        return f"{'conditional' if self.conditional else 'dcgan'}{self.side}"
