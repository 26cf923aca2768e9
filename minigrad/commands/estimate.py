"""How long a lesson's training takes on this machine: a few steps are measured, the rest is multiplied out.

Two small trainings are measured, a dense and a convolutional one, each with images, a loader, a loss and
Adam. A convolutional network takes longer in proportion to its multiplications; a dense one is so small that
a step takes about as long whatever it has. Of two networks that learn in turns it is known, from measuring
both, how many times as long a step of theirs takes.
"""

import time
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from minigrad import nn, optim
from minigrad.data.dataloader import DataLoader
from minigrad.data.images import ImageSet
from minigrad.data.transforms import ToTensor

Kind = Literal["dense", "convolutional"]
BATCH = 100
STEPS = 15  # measured, after as many that warm up
VALIDATION = 0.04  # what measuring a tenth of the images without gradients adds to an epoch


class Work(NamedTuple):
    """A training: of what kind, how many multiplications one image takes forward, how many images an epoch
    has, and how many epochs there are at most. Of networks that learn in turns, the multiplications are those
    of one convolutional network that takes as long.
    """

    lesson: int
    title: str
    kind: Kind
    millions: float
    images: int
    epochs: int


LESSONS = [
    Work(7, "dense networks on Fashion-MNIST", "dense", 0.23, 54_000, 10),
    Work(7, "the same as in the reports, --full", "dense", 0.23, 54_000, 70),
    Work(8, "regularisation", "dense", 0.23, 3_000, 200),  # 1,000 images, and 5,000 are measured each time
    Work(10, "a convolutional network on Fashion-MNIST", "convolutional", 2.6, 9_000, 3),
    Work(10, "the same as in the report, --full", "convolutional", 2.6, 54_000, 20),
    Work(11, "lessons.reports 001", "convolutional", 2.6, 54_000, 20),
    Work(11, "lessons.reports 002 --networks fashion-cnn", "convolutional", 11.1, 54_000, 100),
    Work(11, "lessons.reports 002 --networks fashion-own", "convolutional", 19.8, 54_000, 70),
    Work(12, "lessons.reports 002 --networks cifar10-cnn", "convolutional", 19.8, 45_000, 100),
    Work(12, "lessons.reports 002 --networks cifar10-own", "convolutional", 18.6, 45_000, 100),
    Work(12, "lessons.reports 002 --networks cifar100-own", "convolutional", 53.0, 45_000, 80),
    Work(13, "a DCGAN on Fashion-MNIST", "convolutional", 16.4, 3_200, 3),
    Work(13, "the same, --full", "convolutional", 16.4, 60_000, 30),
    Work(15, "a DCGAN on clothes in colour", "convolutional", 12.4, 400, 50),
    Work(15, "the same at 64x64, --full", "convolutional", 196.0, 3_400, 200),
    Work(16, "a DCGAN for the lookbook", "convolutional", 12.4, 400, 20),
    Work(16, "python -m models.lookbook", "convolutional", 12.4, 1_840, 150),
    Work(17, "a conditional DCGAN on Fashion-MNIST", "convolutional", 17.3, 3_200, 3),
    Work(17, "the same, --full", "convolutional", 17.3, 60_000, 10),
    Work(18, "SRGAN on Fashion-MNIST", "convolutional", 14.5, 3_200, 6),
    Work(18, "the same, --full", "convolutional", 14.5, 60_000, 30),
]
MEASURED = 2.6  # million multiplications of the convolutional network that is measured


class _Noise(ImageSet):
    """Images that show nothing."""

    def __init__(self, count: int) -> None:
        rng = np.random.default_rng(0)
        self.data = rng.integers(0, 256, (count, 28, 28), np.uint8)
        self.targets = rng.integers(0, 10, count)
        self.transform, self.target_transform = ToTensor(), None
        self.train, self.source = True, "noise"


def estimate(works: Sequence[Work]) -> list[float]:
    """The seconds that each takes, measuring what is needed first."""
    step = {kind: seconds_per_step(kind) for kind in {work.kind for work in works}}
    return [
        work.epochs
        * (work.images / BATCH)
        * step[work.kind]
        * (1 if work.kind == "dense" else work.millions / MEASURED)
        * (1 + VALIDATION)
        for work in works
    ]


def seconds_per_step(kind: Kind) -> float:
    """What a step with a batch of 100 images takes where nothing disturbs it: one of the faster ones."""
    if kind == "dense":
        model = nn.Sequential(
            nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10)
        )
    else:
        model = nn.Sequential(
            *(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Flatten(), nn.Linear(1600, 128), nn.ReLU(), nn.Linear(128, 10)),
        )
    optimizer = optim.Adam(model.parameters())
    loss_fn = nn.CrossEntropyLoss()
    seconds = []
    began = time.perf_counter()
    for images, labels in DataLoader(_Noise(BATCH * 2 * STEPS), BATCH, shuffle=True):
        optimizer.zero_grad()
        loss_fn(model(images), labels).backward()
        optimizer.step()
        ended = time.perf_counter()
        seconds.append(ended - began)
        began = ended
    return float(np.percentile(seconds[STEPS:], 20))


def in_words(seconds: float) -> str:
    """A duration, as exact as it is known."""
    if seconds < 90:
        return f"{max(5, 5 * round(seconds / 5))} seconds"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} minutes"
    return f"{seconds / 3600:.1f} hours"
