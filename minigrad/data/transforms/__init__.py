"""From an image as it is stored to the numbers that a network takes. Names and results are torchvision's.

A transform is called with one sample. Those that also have ``batch`` do the same to all samples of a batch at
once; a data set uses it where every transform has it (see ``minigrad.data.dataset``).

The random ones draw from the generator that they are given, or from the one that ``manual_seed`` sets, which
a loader seeds batch by batch: the same seed gives the same images.
"""

from minigrad.data.transforms.affine import RandomAffine, RandomRotation
from minigrad.data.transforms.basic import Compose, Lambda, Normalize, OneHot, ToTensor
from minigrad.data.transforms.chance import RandomTransform
from minigrad.data.transforms.crop import RandomCrop, RandomErasing, RandomHorizontalFlip

__all__ = [
    "Compose",
    "Lambda",
    "Normalize",
    "OneHot",
    "RandomAffine",
    "RandomCrop",
    "RandomErasing",
    "RandomHorizontalFlip",
    "RandomRotation",
    "RandomTransform",
    "ToTensor",
]
