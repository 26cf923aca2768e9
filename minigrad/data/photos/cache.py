"""A cache of pictures of one size, mapped into memory: an epoch reads memory and decodes nothing.

A folder is one cache:

    images.bin    the pictures one after another, H x W x 3 bytes each
    targets.npy   their class numbers
    rows.npy      their places in the list that they were read from; what is missing was left out
    about.json    size, classes, checksum, what was left out and why

It gets its name when all of it is on the disk, so a folder of this name is whole (see ``building``).
"""

import json
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from minigrad.data._seam import Array
from minigrad.data.images import ImageArray
from minigrad.data.photos.counts import Counts
from minigrad.data.photos.damage import Damage, DamageReport
from minigrad.errors import DataError

_AGAIN = "Delete the folder, and it is made again the next time."
_READ = 1 << 24  # bytes that verify() reads at once


class CachedImages(ImageArray):
    """Pairs (image, class number) from a cache that ``ImageList.cached`` has made.

    Args:
        folder: of the cache.
        transform: a function of an image, which is an array (H, W, 3) of uint8.
        target_transform: a function of the class number.

    Attributes:
        data: the images, an array (N, H, W, 3) of uint8 that the disk backs; it cannot be written to.
        targets: the class numbers, an array (N,) of int64.
        rows: the place of each in the list that it was read from, (N,) of int64.
        classes: the names of the classes.
        report: what was left out, by the list and by the cache.
        folder, source: where it lies.

    Raises:
        DataError: it is no cache, or a file of it is missing or too short.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
    ) -> None:
        self.folder = Path(folder)
        try:
            self._about = json.loads((self.folder / "about.json").read_text())
            shape = tuple(self._about["shape"])
            self.targets: Array = np.load(self.folder / "targets.npy")
            self.rows: Array = np.load(self.folder / "rows.npy")
            self._map = np.memmap(self.folder / "images.bin", np.uint8, "r")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"{self.folder}: not a cache of pictures, or a damaged one ({error}). {_AGAIN}"
            ) from error
        if self._map.size != int(np.prod(shape)) or not len(self.targets) == len(self.rows) == shape[0]:
            raise DataError(
                f"{self.folder / 'images.bin'}: expected {int(np.prod(shape)):,} bytes for pictures of shape "
                f"{shape}, found {self._map.size:,}. {_AGAIN}"
            )
        self.data: Array = np.asarray(self._map).reshape(shape)
        self.classes: list[str] = self._about["classes"]
        self.report = DamageReport((Damage(*one) for one in self._about["damages"]), shape[0])
        self.transform = transform
        self.target_transform = target_transform
        self.source = str(self.folder)

    @property
    def class_to_idx(self) -> dict[str, int]:
        """The number of each class, by its name."""
        return {name: i for i, name in enumerate(self.classes)}

    def counts(self) -> Counts:
        """How many there are of each class."""
        return Counts((self.classes[label] for label in self.targets.tolist()), "classes")

    def verify(self) -> None:
        """Read all of it and compare its checksum. Raises DataError if it has changed."""
        checksum = 0
        for start in range(0, self._map.size, _READ):
            checksum = zlib.crc32(self._map[start : start + _READ].data, checksum)
        if checksum != self._about["crc32"]:
            raise DataError(
                f"{self.folder / 'images.bin'}: expected checksum {self._about['crc32']:08x}, found "
                f"{checksum:08x}: it was changed after it was made. {_AGAIN}"
            )

    def __repr__(self) -> str:
        n, h, w, _ = self.data.shape
        return (
            f"CachedImages({n:,} pictures of {h} x {w}, {len(self.classes)} classes, in {self.folder}, "
            f"transform={self.transform})"
        )
