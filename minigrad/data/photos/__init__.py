"""Photographs in files: listed, read, kept small in a cache; what is damaged is left out and told."""

from minigrad.data.photos.cache import CachedImages
from minigrad.data.photos.counts import Counts
from minigrad.data.photos.damage import Damage, Damaged, DamageReport
from minigrad.data.photos.decode import read_image
from minigrad.data.photos.folder import ImageFolder
from minigrad.data.photos.listed import ImageList, ImageRef
from minigrad.data.photos.mixture import mixture
from minigrad.data.photos.unpacking import extract

__all__ = [
    "CachedImages",
    "Counts",
    "Damage",
    "DamageReport",
    "Damaged",
    "ImageFolder",
    "ImageList",
    "ImageRef",
    "extract",
    "mixture",
    "read_image",
]
