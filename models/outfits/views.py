"""Augmentation for heads on a frozen network: several views of each photograph, whose features are kept.

What a frozen network sees is computed once, and augmentation makes other photographs in every epoch. Both
together: a few views of each photograph, mirrored or not and moved, are looked at once; then an epoch shows
one of them, drawn at random. What is judged is the photograph itself, the first of its views.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

import minigrad as mg
from minigrad.data.transforms import Compose, RandomCrop, RandomHorizontalFlip

VIEWS = 4  # of each photograph, itself among them
MOVED = 8  # by at most this part of the side, an eighth
TOGETHER = 64  # photographs that are changed at once


def views(images: Any, count: int, seed: int = 0) -> Iterator[Any]:
    """The photographs, and then ``count`` - 1 times others made of them, one after another.

    Shapes: images and each (N, S, S, 3), bytes.
    """
    side = images.shape[1]
    random = mg.Generator().manual_seed(seed)
    change = Compose(
        [
            RandomHorizontalFlip(generator=random),
            RandomCrop(side, side // MOVED, padding_mode="edge", generator=random),
        ]
    )
    yield images
    for _ in range(count - 1):
        other = np.empty_like(images)
        for start in range(0, len(images), TOGETHER):
            part = np.ascontiguousarray(images[start : start + TOGETHER].transpose(0, 3, 1, 2))
            other[start : start + TOGETHER] = change.batch(mg.tensor(part)).numpy().transpose(0, 2, 3, 1)
        yield other


def stacked(features: Sequence[Any]) -> Any:
    """(N, D) if there is one view, else (N, views, D). Shapes: each of features (N, D)."""
    return features[0] if len(features) == 1 else np.stack(features, axis=1)


def drawn(x: Any, rows: Any, rng: np.random.Generator) -> Any:
    """The features of those rows, (B, D); of views, one drawn for each. Shapes: x (N, D) or (N, V, D)."""
    return x[rows] if x.ndim == 2 else x[rows, rng.integers(x.shape[1], size=len(rows))]


def themselves(x: Any) -> Any:
    """The features of the photographs themselves. Shapes: x (N, D) or (N, V, D); (N, D)."""
    return x if x.ndim == 2 else x[:, 0]
