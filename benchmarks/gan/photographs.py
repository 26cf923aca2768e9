"""The photographs: those to learn from, as batches for both libraries, and those to judge by."""

from dataclasses import dataclass
from typing import Any

import numpy as np

import minigrad as mg
from benchmarks.gan.setting import BATCH, Setting
from minigrad.data import CachedImages, DataLoader, FashionMNIST, FashionProducts, ImageFolder, Subset
from minigrad.data.transforms import Compose, Normalize, RandomHorizontalFlip, ToTensor

HELD_OUT = 0.2


class Scaled:
    """Images as networks take them, (N, C, H, W) within (-1, 1), made of bytes when a part is asked for."""

    def __init__(self, data: Any, rows: Any) -> None:
        self.data, self.rows = data, rows

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, part: slice) -> mg.Tensor:
        pixels = self.data[self.rows[part]]
        return scaled(pixels.ndim == 3).batch(pixels)


@dataclass
class Photographs:
    """Data set with flips, the places that are learnt from and those that are held out, in it.

    ``ahead``: whether a thread prepares batches ahead of the training, which is of use where a GPU computes.
    """

    images: Any
    learnt: Any
    held_out: Any
    classes: int
    ahead: bool = False

    def batches(self) -> DataLoader[Any]:
        """Shuffled batches, whole ones, of those to learn from."""
        learnt, workers = Subset(self.images, self.learnt), int(self.ahead)
        return DataLoader(learnt, BATCH, shuffle=True, drop_last=True, num_workers=workers)

    def parts(self) -> tuple[Scaled, Scaled]:
        """Those to learn from and those held out, as they are."""
        data = array_of(self.images.data)
        return Scaled(data, self.learnt), Scaled(data, self.held_out)

    @property
    def names(self) -> list[str]:
        """Of the classes."""
        return list(self.images.classes)

    @property
    def labels(self) -> Any:
        """The class of each."""
        return array_of(self.images.targets)


def photographs(setting: Setting) -> Photographs:
    """Products or a folder of class sub-folders, cached at the side; without a folder, Fashion-MNIST.

    The division into those learnt from and those held out is the same for every seed.
    """
    transform = Compose([scaled(setting.data is None), RandomHorizontalFlip()])
    images: CachedImages | FashionMNIST
    if setting.data is None:
        if setting.side != 28:
            raise SystemExit("Without --data there are clothes of 28x28 only: --side 28, or name a folder.")
        found = "fallback" if setting.full else "only"
        images, classes = FashionMNIST(train=True, sample=found, transform=transform), 10
    else:
        products = (setting.data / "styles.csv").exists()
        listed = FashionProducts(setting.data) if products else ImageFolder(setting.data)
        listed = listed.most_frequent(min(setting.classes, len(listed.classes)))
        images, classes = listed.cached(setting.side, "pad", transform=transform), len(listed.classes)
    rows = np.random.default_rng(0).permutation(len(images))[: setting.images]
    cut = len(rows) - round(HELD_OUT * len(rows))
    return Photographs(images, rows[:cut], rows[cut:], classes, setting.on_gpu)


def scaled(grey: bool) -> Compose:
    """Bytes to numbers within (-1, 1), of one colour or of three."""
    half = [0.5] * (1 if grey else 3)
    return Compose([ToTensor(), Normalize(half, half)])


def array_of(values: Any) -> Any:
    """The array of a tensor or of an array."""
    return values.numpy() if isinstance(values, mg.Tensor) else np.asarray(values)
