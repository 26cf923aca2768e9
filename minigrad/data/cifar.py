"""CIFAR-10 and CIFAR-100: 50,000 training and 10,000 test photographs, 32 x 32 pixels, in colour.

A. Krizhevsky: Learning Multiple Layers of Features from Tiny Images, 2009. Published at
https://www.cs.toronto.edu/~kriz/cifar.html. The binary version is read: records of fixed length, one byte per
label (CIFAR-100: the superclass, then the class), then 1024 bytes each of red, green and blue, row by row.
The other versions hold Python objects, and reading such a file from the network would run what is in it.

The files are looked for in the folder that you name and in minigrad's cache. If they are nowhere, the archive
is fetched from the publisher into the cache (or the folder that you named) and unpacked.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np

from minigrad.data._seam import Array
from minigrad.data.archive import unpack
from minigrad.data.cifar_names import CIFAR10_CLASSES, CIFAR100_CLASSES, CIFAR100_SUPERCLASSES
from minigrad.data.download import Remote, fetch
from minigrad.data.images import ImageSet
from minigrad.data.places import cache_folder, is_there, tell
from minigrad.errors import DataError, DownloadError
from minigrad.files import one_process, remedy

SOURCES = ("https://www.cs.toronto.edu/~kriz/", "https://cave.cs.toronto.edu/kriz/")
PROJECT = "https://www.cs.toronto.edu/~kriz/cifar.html"
PIXELS = 3 * 32 * 32


class RecordFile(NamedTuple):
    """A file of records: its name, how many it has, the md5 of its bytes, and of its records when sorted.

    Copies that were made from another version of the data may have the same records in another order; they
    pass where the last one is given.
    """

    name: str
    records: int
    md5: str
    sorted_md5: str = ""


class Edition(NamedTuple):
    """One of the two data sets, as the publisher has it."""

    name: str
    folder: str  # in the archive, and where it is unpacked
    archive: Remote
    labels: tuple[int, ...]  # one byte each at the start of a record: how many values it has
    files: dict[bool, tuple[RecordFile, ...]]  # for train = True and False

    @property
    def record(self) -> int:
        """The length of a record in bytes."""
        return len(self.labels) + PIXELS

    @property
    def sizes(self) -> dict[str, int]:
        """All files with their lengths in bytes."""
        return {file.name: file.records * self.record for half in self.files.values() for file in half}


TEN = Edition(
    "CIFAR-10",
    "cifar-10-batches-bin",
    Remote("cifar-10-binary.tar.gz", 170_052_171, "c32a1d4ab5d03f1284b67883e8d87530"),
    (10,),
    {
        True: (
            RecordFile("data_batch_1.bin", 10_000, "5dd7e06a14cb22eb9f671a540d1b7c25"),
            RecordFile("data_batch_2.bin", 10_000, "5ea93a67294ea407fff1d09f752e9692"),
            RecordFile("data_batch_3.bin", 10_000, "942cd6a4bcdd0dd3c604fbe906cb4421"),
            RecordFile("data_batch_4.bin", 10_000, "ae636b3ba5c66a11e91e8cb52e771fcb"),
            RecordFile("data_batch_5.bin", 10_000, "53f37980c15c3d472c316c40844f3f0d"),
        ),
        False: (RecordFile("test_batch.bin", 10_000, "803d5f7f4d78ea53de84dbe85f74fb6d"),),
    },
)
HUNDRED = Edition(
    "CIFAR-100",
    "cifar-100-binary",
    Remote("cifar-100-binary.tar.gz", 168_513_733, "03b5dce01913d631647c71ecec9e9cb8"),
    (20, 100),
    {
        True: (
            RecordFile(
                "train.bin", 50_000, "6172c7755cfe09b2fe270c85cebc1b15", "f583d6431832ac8fdc16665e71de252d"
            ),
        ),
        False: (
            RecordFile(
                "test.bin", 10_000, "4499cfba6c016c1be1438163640a0898", "6bc93ba96c66ea92eb22f25d2bce0edc"
            ),
        ),
    },
)


class _CIFAR(ImageSet):
    """What the two have in common: they differ in the edition alone."""

    edition: ClassVar[Edition]

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        train: bool = True,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        download: bool = True,
    ) -> None:
        folder, hint = _find(self.edition, root, train, download)
        images, labels = _read(self.edition, folder, train, hint)
        self.root = root
        self.train = train
        self.transform = transform
        self.target_transform = target_transform
        self.source = str(folder)
        self.data: Array = images
        self.targets: Array = np.ascontiguousarray(labels[:, -1])
        self._labels = labels


class CIFAR10(_CIFAR):
    """CIFAR-10 as pairs (image, class number): animals and vehicles, ten classes.

    Args:
        root: a folder that has the files, or in which they are to be put. They may lie in it directly, or in
            ``cifar-10-batches-bin`` as the archive has them; or the archive itself lies there. Files found
            there that are bad are an error. None looks in the cache: the folder that the environment variable
            ``MINIGRAD_DATA`` names, or else ``minigrad`` in the system's place for caches.
        train: the 50,000 training images, or the 10,000 test images.
        transform: a function of an image, which is an array (32, 32, 3) of uint8, such as
            ``transforms.ToTensor()``.
        target_transform: a function of the class number.
        download: whether to fetch files that are nowhere to be found.

    Attributes:
        data: the images, an array (N, 32, 32, 3) of uint8.
        targets: the class numbers, an array (N,) of int64.
        classes: the names of the classes.
        source: the folder that the data came from, for a report.

    Raises:
        DataError: a file is truncated, corrupted or another one; or there is none and ``download`` is False.
        DownloadError: fetching failed.
    """

    edition = TEN
    classes: ClassVar[list[str]] = list(CIFAR10_CLASSES)


class CIFAR100(_CIFAR):
    """CIFAR-100 as pairs (image, class number): a hundred classes in twenty superclasses.

    Arguments, attributes and errors as in CIFAR10; the archive's folder is ``cifar-100-binary``.

    Attributes:
        superclasses: the names of the superclasses.
        coarse_targets: the superclass numbers, an array (N,) of int64.
    """

    edition = HUNDRED
    classes: ClassVar[list[str]] = list(CIFAR100_CLASSES)
    superclasses: ClassVar[list[str]] = list(CIFAR100_SUPERCLASSES)

    @property
    def coarse_targets(self) -> Array:
        """The number of each image's superclass, one of 20."""
        return np.ascontiguousarray(self._labels[:, 0])


def load_cifar10(
    root: str | os.PathLike[str] | None = None, train: bool = True, download: bool = True
) -> tuple[Array, Array]:
    """Arrays: images (N, 32, 32, 3), uint8, and class numbers (N,), int64. Arguments as in CIFAR10."""
    data = CIFAR10(root, train, download=download)
    return data.data, data.targets


def load_cifar100(
    root: str | os.PathLike[str] | None = None, train: bool = True, download: bool = True
) -> tuple[Array, Array]:
    """Arrays: images (N, 32, 32, 3), uint8, and class numbers (N,), int64. Arguments as in CIFAR100."""
    data = CIFAR100(root, train, download=download)
    return data.data, data.targets


def _find(
    edition: Edition, root: str | os.PathLike[str] | None, train: bool, download: bool
) -> tuple[Path, str]:
    """The first folder that has the files of this half, and what to do if one is bad; fetched if none has."""
    named = None if root is None else Path(root).expanduser()
    cache = cache_folder()
    again = f"Delete it and get {edition.archive.name} again from {PROJECT}"
    if named is None:
        places = [(cache / edition.folder, f"{again}, or delete it and run this again to have it fetched.")]
    else:
        _check_named(edition, named, train)
        hint = f"{again}, or name another folder (root=)."
        places = [(named, hint), (named / edition.folder, hint), (cache / edition.folder, hint)]
    for folder, hint in places:
        if _has_all(edition, folder, train):
            if named is not None and folder.parent == cache and cache != named:
                tell(f"minigrad: no {edition.name} in {named}, using {folder}")
            return folder, hint
        if folder.name == edition.folder and is_there(folder.parent / edition.archive.name):
            unpack(folder.parent / edition.archive.name, folder, edition.sizes, hint)
            return folder, hint

    store = (cache if named is None else named) / edition.folder
    if not download:
        raise DataError(
            f"{type_name(edition)}: the {'training' if train else 'test'} files are in none of "
            f"{', '.join(str(folder) for folder, _ in places)}. Let them be fetched with download=True, or "
            f"get {edition.archive.name} from {PROJECT} and put it into {store.parent}."
        )
    fetch_edition(edition, store.parent)
    return store, places[0][1]


def fetch_edition(edition: Edition, folder: Path, *, progress: bool = True) -> Path:
    """Fetch the archive, unpack it in ``folder``, remove it, and return the folder of the files."""
    place = folder / edition.folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with one_process(place, "fetching"):
            if not all((place / name).is_file() for name in edition.sizes):  # else another has fetched it
                archive = fetch(edition.archive, SOURCES, folder, progress=progress)
                unpack(archive, place, edition.sizes, "Delete it and run this again.")
            (folder / edition.archive.name).unlink(missing_ok=True)
    except OSError as error:
        raise DownloadError(
            f"{place}: cannot be written ({error.strerror or error}). {remedy(error)}, or name another "
            "folder."
        ) from error
    return place


def type_name(edition: Edition) -> str:
    """The name of its class."""
    return edition.name.replace("-", "")


def _has_all(edition: Edition, folder: Path, train: bool) -> bool:
    try:
        return all(is_there(folder / file.name) for file in edition.files[train])
    except OSError as error:
        raise DataError(
            f"{folder}: cannot be looked into ({error.strerror or error}). Change its permissions, or name "
            "another folder (root=)."
        ) from error


def _check_named(edition: Edition, folder: Path, train: bool) -> None:
    """In a folder that the user named, some files without the others are a mistake to be told."""
    if folder.exists() and not folder.is_dir():
        raise DataError(
            f"{type_name(edition)}: root={str(folder)!r} is a file. Name the folder that it lies in."
        )
    for place in (folder, folder / edition.folder):
        if _has_all(edition, place, train):
            return
        there = [file.name for file in edition.files[train] if is_there(place / file.name)]
        for file in edition.files[train]:
            if there and file.name not in there:
                raise DataError(
                    f"{place / file.name}: there is no such file, while the folder has {there[0]}. "
                    f"Put it there; it is in {edition.archive.name}, at {PROJECT}."
                )


def _read(edition: Edition, folder: Path, train: bool, hint: str) -> tuple[Array, Array]:
    """Images (N, 32, 32, 3), uint8, and labels (N, one or two), int64."""
    parts = [read_records(folder / file.name, edition, file, hint) for file in edition.files[train]]
    records = np.concatenate(parts) if len(parts) > 1 else parts[0]
    count = len(edition.labels)
    planes = records[:, count:].reshape(-1, 3, 32, 32)  # red, green, blue
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), records[:, :count].astype(np.int64)


def read_records(path: Path, edition: Edition, file: RecordFile, hint: str) -> Array:
    """The records of one file, an array (records, edition.record) of uint8, once it was found to be right.

    Raises:
        DataError: the file is missing, unreadable, truncated, too long, or another one.
    """
    size = file.records * edition.record
    try:
        with path.open("rb") as stream:
            content = stream.read(size + 1)
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file. {hint}") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}). {hint}") from error
    if len(content) != size:
        if content[:1] == b"<":
            raise DataError(
                f"{path}: not a file of {edition.name}: perhaps a web page was saved under this name. {hint}"
            )
        what = "truncated" if len(content) < size else "too long"
        has = f"{len(content):,}" if len(content) < size else "more"
        raise DataError(
            f"{path}: {what}. It should have {file.records:,} records of {edition.record:,} bytes, "
            f"{size:,} in all; it has {has}. {hint}"
        )
    records = np.frombuffer(content, np.uint8).reshape(file.records, edition.record)
    found = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if found == file.md5 or (file.sorted_md5 and _sorted_md5(records) == file.sorted_md5):
        return records
    for column, values in enumerate(edition.labels):
        highest = int(records[:, column].max())
        if highest >= values:
            raise DataError(
                f"{path}: a label is {highest}; the labels of {edition.name} are 0 to {values - 1}. {hint}"
            )
    raise DataError(
        f"{path}: wrong checksum. It should have md5 {file.md5}, it has {found}: a different data set under "
        f"the same name, or a damaged copy. {hint}"
    )


def _sorted_md5(records: Array) -> str:
    rows = np.sort(records.view(f"V{records.shape[1]}").ravel())
    return hashlib.md5(rows.tobytes(), usedforsecurity=False).hexdigest()
