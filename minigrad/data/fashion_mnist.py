"""Fashion-MNIST: 60,000 training and 10,000 test images of ten kinds of clothes, 28 x 28 grey values.

H. Xiao, K. Rasul, R. Vollgraf: Fashion-MNIST, a Novel Image Dataset for Benchmarking Machine Learning
Algorithms, 2017, https://arxiv.org/abs/1708.07747. Published by Zalando SE under the MIT licence.

Its files are looked for in the folder that you name, in minigrad's cache, and where Linux distributions put
their package of it. If they are nowhere, they are fetched from the publisher into the cache (or the folder
that you named). Without a network, a sample that comes with minigrad takes their place, and a line on stderr
says so.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np

from minigrad.data._seam import Array, to_tensor
from minigrad.data.download import Remote, fetch
from minigrad.data.idx import read_idx
from minigrad.data.images import ImageSet
from minigrad.data.places import cache_folder, is_there, tell
from minigrad.errors import DataError, DownloadError
from minigrad.files import remedy

CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
SOURCES = (
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
)
PROJECT = "https://github.com/zalandoresearch/fashion-mnist"
SYSTEM = Path("/usr/share/datasets/fashion-mnist")  # Debian's package dataset-fashion-mnist
SAMPLE = Path(__file__).parent / "fashion_mnist_sample"

Sample = Literal["fallback", "only", "never"]


class _File(NamedTuple):
    """One of the four files: its name without .gz, the shape of its array, the md5 of its unpacked bytes."""

    name: str
    shape: tuple[int, ...]
    md5: str


# Images and labels, for train = True and False. The checksums are of the unpacked bytes, so they hold for
# every packing: Debian's .gz files have other headers than the publisher's.
FULL = {
    True: (
        _File("train-images-idx3-ubyte", (60_000, 28, 28), "f4a8712d7a061bf5bd6d2ca38dc4d50a"),
        _File("train-labels-idx1-ubyte", (60_000,), "9018921c3c673c538a1fc5bad174d6f9"),
    ),
    False: (
        _File("t10k-images-idx3-ubyte", (10_000, 28, 28), "8181f5470baa50b63fa0f6fddb340f0a"),
        _File("t10k-labels-idx1-ubyte", (10_000,), "15d484375f8d13e6eb1aabb0c3f46965"),
    ),
}
# Printed by tools/make_fashion_mnist_sample.py, which draws the sample.
SAMPLED = {
    True: (
        _File("train-images-idx3-ubyte", (5_000, 28, 28), "5c9082fba21922de7a9da45c7e3da38b"),
        _File("train-labels-idx1-ubyte", (5_000,), "9e279a4c65563f15a1ae04c8cc17b0d3"),
    ),
    False: (
        _File("t10k-images-idx3-ubyte", (1_000, 28, 28), "87cba992c9dae0a0ef4eb0a1976f2be4"),
        _File("t10k-labels-idx1-ubyte", (1_000,), "391641b861afbebeb312496163498bb7"),
    ),
}
# What the publisher's page says of the packed files.
PUBLISHED = {
    True: (
        Remote("train-images-idx3-ubyte.gz", 26_421_880, "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
        Remote("train-labels-idx1-ubyte.gz", 29_515, "25c81989df183df01b3e8a0aad5dffbe"),
    ),
    False: (
        Remote("t10k-images-idx3-ubyte.gz", 4_422_102, "bef4ecab320f06d8554ea6380940ec79"),
        Remote("t10k-labels-idx1-ubyte.gz", 5_148, "bb300cfdad3c16e7a12a480ee83cd310"),
    ),
}


class _Found(NamedTuple):
    """The two files of one half of the data, what to do if they are bad, and whether they are the sample."""

    images: Path
    labels: Path
    hint: str
    is_sample: bool = False


class FashionMNIST(ImageSet):
    """Fashion-MNIST as pairs (image, class number).

    Args:
        root: a folder that has the files, or in which they are to be put. They may lie in it directly, or in
            ``FashionMNIST/raw`` as torchvision puts them, packed or unpacked. Files found there that are bad
            are an error. None looks in the cache: the folder ``fashion-mnist`` in the one that the
            environment variable ``MINIGRAD_DATA`` names, or else in the system's place for caches.
        train: the 60,000 training images, or the 10,000 test images.
        transform: a function of an image, which is an array (28, 28) of uint8, such as
            ``transforms.ToTensor()``.
        target_transform: a function of the class number.
        download: whether to fetch files that are nowhere to be found.
        sample: ``"fallback"`` uses the 5,000 training or 1,000 test images that come with minigrad when
            fetching fails; ``"never"`` raises instead; ``"only"`` uses them without looking further.

    Attributes:
        data: the images, a tensor (N, 28, 28) of uint8.
        targets: the class numbers, a tensor (N,) of int64.
        classes: the names of the ten classes.
        source: where the data came from, for a report.
        is_sample: whether it is the sample.

    Raises:
        DataError: a file is truncated, corrupted or another one; or there is none and ``download`` is False.
        DownloadError: fetching failed and ``sample`` is ``"never"``.
    """

    classes: ClassVar[list[str]] = list(CLASSES)

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        train: bool = True,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        download: bool = True,
        *,
        sample: Sample = "fallback",
    ) -> None:
        found = _find(root, train, download, sample)
        images, labels = _read(found, train)
        self.root = root
        self.train = train
        self.transform = transform
        self.target_transform = target_transform
        self.is_sample = found.is_sample
        self.source = "the sample that comes with minigrad" if found.is_sample else str(found.images.parent)
        self.data: Any = to_tensor(images)
        self.targets: Any = to_tensor(labels)


def load_fashion_mnist(
    root: str | os.PathLike[str] | None = None,
    train: bool = True,
    download: bool = True,
    *,
    sample: Sample = "fallback",
) -> tuple[Array, Array]:
    """Arrays: the images (N, 28, 28), uint8, and class numbers (N,), int64. Arguments as in FashionMNIST."""
    return _read(_find(root, train, download, sample), train)


def _read(found: _Found, train: bool) -> tuple[Array, Array]:
    images, labels = SAMPLED[train] if found.is_sample else FULL[train]
    return (
        read_idx(found.images, shape=images.shape, md5=images.md5, hint=found.hint),
        read_idx(found.labels, shape=labels.shape, md5=labels.md5, hint=found.hint).astype(np.int64),
    )


def _find(root: str | os.PathLike[str] | None, train: bool, download: bool, sample: Sample) -> _Found:
    """The first place that has both files; fetching them, or the sample, if there is none."""
    if sample not in ("fallback", "only", "never"):
        raise ValueError(f'FashionMNIST: sample must be "fallback", "only" or "never", got {sample!r}.')
    if train not in FULL:
        raise ValueError(f"FashionMNIST: train must be True or False, for the test images; got {train!r}.")
    if sample == "only":
        return _sample(train)
    named = None if root is None else Path(root).expanduser()
    cache = cache_folder() / "fashion-mnist"
    store = cache if named is None else named / "FashionMNIST" / "raw"

    again = f"Delete it and get it again from {PROJECT}"
    places = [(cache, f"{again}, or delete it and run this again to have it fetched.")]
    places.append((SYSTEM, "Reinstall the package dataset-fashion-mnist, or name another folder (root=)."))
    if named is not None:
        _check_named(named, train)
        places = [(named, f"{again}, or name another folder (root=)."), (store, places[0][1]), *places]
    for folder, hint in places:
        try:
            images, labels = _in_folder(folder, train)
        except DataError:
            if folder == cache:  # nobody named it: another place may do
                continue
            raise
        if images and labels:
            if named is not None and folder not in (named, store):
                tell(f"minigrad: no Fashion-MNIST in {named}, using {folder}")
            return _Found(images, labels, hint)

    if not download:
        raise DataError(
            f"FashionMNIST: the {'training' if train else 'test'} files are in none of "
            f"{', '.join(str(folder) for folder, _ in places)}. Let them be fetched with download=True, or "
            "use the sample that comes with minigrad: sample='only'."
        )
    try:
        fetched_images, fetched_labels = (fetch(remote, SOURCES, store) for remote in PUBLISHED[train])
    except DownloadError as error:
        if sample == "never":
            raise
        mend = remedy(error.__cause__) if isinstance(error.__cause__, OSError) else "Connect to the network"
        tell(
            "minigrad: Fashion-MNIST is not on this machine and could not be fetched, so this uses the "
            "sample that comes with minigrad: 5,000 training and 1,000 test images instead of 60,000 and "
            f"10,000. {mend}, or put the four .gz files from {PROJECT} into {store}, and all are used. "
            "(sample='never' shows what failed.)"
        )
        return _sample(train)
    return _Found(fetched_images, fetched_labels, places[0][1])


def _in_folder(folder: Path, train: bool) -> tuple[Path | None, Path | None]:
    """The files for images and labels, unpacked or packed; None for one that is not there."""

    def one(name: str) -> Path | None:
        return next((path for path in (folder / name, folder / f"{name}.gz") if is_there(path)), None)

    images, labels = FULL[train]
    try:
        return one(images.name), one(labels.name)
    except OSError as error:
        raise DataError(
            f"{folder}: cannot be looked into ({error.strerror or error}). Change its permissions, or name "
            "another folder (root=)."
        ) from error


def _check_named(folder: Path, train: bool) -> None:
    """In a folder that the user named, one file without the other is a mistake to be told."""
    paths = _in_folder(folder, train)
    if folder.exists() and not folder.is_dir():
        raise DataError(
            f"FashionMNIST: root={str(folder)!r} is a file. Name the folder that has the four files."
        )
    for path, file in zip(paths, FULL[train], strict=True):
        if path is None and any(paths):
            raise DataError(
                f"{folder / file.name}.gz: there is no such file, while the folder has "
                f"{next(p for p in paths if p).name}. Put it there, packed or unpacked; it is at {PROJECT}."
            )


def _sample(train: bool) -> _Found:
    images, labels = (SAMPLE / f"{file.name}.gz" for file in SAMPLED[train])
    return _Found(images, labels, "Reinstall minigrad.", is_sample=True)
