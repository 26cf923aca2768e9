"""A cache of pictures of one size, mapped into memory: an epoch reads memory and decodes nothing.

A folder is one cache:

    images.bin    the pictures one after another, H x W x 3 bytes each
    targets.npy   their class numbers
    rows.npy      their places in the list that they were read from; what is missing was left out
    about.json    size, classes, checksum, what was left out and why

It gets its name when all of it is on the disk, so a folder of this name is whole (see ``building``).
"""

import json
import math
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

from minigrad.data._seam import Array
from minigrad.data.images import ImageArray
from minigrad.data.npy import read_npy
from minigrad.data.photos.counts import Counts
from minigrad.data.photos.damage import Damage, DamageReport
from minigrad.errors import DataError
from minigrad.files import read_small

_AGAIN = "Delete the folder, and it is made again the next time."
_READ = 1 << 24  # bytes that verify() reads at once


class _About(NamedTuple):
    """What about.json says of a cache, each value checked."""

    shape: tuple[int, int, int, int]
    classes: list[str]
    crc32: int
    damages: list[Damage]

    @classmethod
    def of(cls, told: Any) -> Self:
        """Raises ValueError, KeyError or TypeError for what is no such file."""
        shape, classes, crc32 = told["shape"], told["classes"], told["crc32"]
        if len(shape) != 4 or not all(type(n) is int and n > 0 for n in shape) or shape[3] != 3:
            raise ValueError(f"pictures of shape {shape}")
        if type(classes) is not list or not all(type(name) is str for name in classes):
            raise ValueError(f"classes {classes}")
        if type(crc32) is not int:
            raise ValueError(f"checksum {crc32}")
        damages = [Damage(*map(_text, one)) for one in told["damages"]]
        return cls(tuple(shape), classes, crc32, damages)


def _text(value: Any) -> str:
    if type(value) is not str:
        raise ValueError(f"expected a text, got {value}")
    return value


def _between(values: Array, end: int) -> bool:
    return not len(values) or (values.min() >= 0 and values.max() < end)


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
            about = _About.of(json.loads(read_small(self.folder / "about.json")))
            self._map = np.memmap(self.folder / "images.bin", np.uint8, "r")
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise DataError(
                f"{self.folder}: not a cache of pictures, or a damaged one ({error!s:.200}). {_AGAIN}"
            ) from error
        if self._map.size != math.prod(about.shape):
            raise DataError(
                f"{self.folder / 'images.bin'}: expected {math.prod(about.shape):,} bytes for pictures of "
                f"shape {about.shape}, found {self._map.size:,}. {_AGAIN}"
            )
        self.data: Array = np.asarray(self._map).reshape(about.shape)
        self.classes = about.classes
        self.targets = self._numbers("targets.npy", len(about.classes))
        self.rows = self._numbers("rows.npy", np.iinfo(np.int64).max)
        self.report = DamageReport(about.damages, len(self.data))
        self._crc32 = about.crc32
        self.transform = transform
        self.target_transform = target_transform
        self.source = str(self.folder)

    def _numbers(self, name: str, end: int) -> Array:
        """A whole number for each picture, from a file: at least 0, and less than ``end``."""
        path = self.folder / name
        values = read_npy(path, _AGAIN)
        if values.dtype != np.int64 or values.shape != self.data.shape[:1] or not _between(values, end):
            raise DataError(
                f"{path}: expected {len(self.data):,} numbers from 0 to {end - 1:,} in int64, found an "
                f"array of {values.dtype} and shape {values.shape}. {_AGAIN}"
            )
        return values

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
        if checksum != self._crc32:
            raise DataError(
                f"{self.folder / 'images.bin'}: expected checksum {self._crc32:08x}, found "
                f"{checksum:08x}: it was changed after it was made. {_AGAIN}"
            )

    def __repr__(self) -> str:
        n, h, w, _ = self.data.shape
        return (
            f"CachedImages({n:,} pictures of {h} x {w}, {len(self.classes)} classes, in {self.folder}, "
            f"transform={self.transform})"
        )
