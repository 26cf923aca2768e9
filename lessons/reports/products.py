"""Photographs of a shop's products, of the kinds that the report on the lookbook calls frequent.

Ten values of articleType have over a thousand photographs each, it says. It sampled 20,000 to learn from and
5,000 to test with, and does not say of which kinds.
"""

import os
from collections.abc import Callable
from typing import Any

from minigrad import Generator
from minigrad.data import CachedImages, FashionProducts
from minigrad.errors import DataError

KINDS = 10  # the most frequent values of articleType
TOGETHER = 25_000  # photographs at most: 20,000 to learn from and 5,000 to test with
SIDE = 32


def products(
    folder: str | os.PathLike[str] | None = None,
    train: bool = True,
    transform: Callable[[Any], Any] | None = None,
) -> CachedImages:
    """Four in five of the photographs to learn from, or the fifth to test with; of each kind alike.

    Args:
        folder: which has styles.csv and images/; None looks in minigrad's cache.
        train: which of the two. transform: of an image, an array (32, 32, 3) of uint8; what is not photograph
            is white.

    Raises DataError if there is no such folder, or it has fewer kinds.
    """
    random = Generator().manual_seed(0)
    there = FashionProducts(folder)
    if len(there.classes) < KINDS:
        raise DataError(
            f"{there.source}: expected {KINDS} kinds of products at least, found {len(there.classes)}. Is it "
            "all of Fashion Product Images?"
        )
    listed = there.most_frequent(KINDS)
    chosen = listed.sample(min(TOGETHER, len(listed)), random)
    learning, test = chosen.split([0.8, 0.2], random)
    return (learning if train else test).cached(SIDE, "pad", transform=transform)
