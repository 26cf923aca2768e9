"""The data sets that minigrad knows how to fetch: where their files lie, and whether they are right.

for one in catalogue():
    for file in one.files:
        print(one.name, file.name, one.state(file))
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from minigrad.data import cifar, fashion_mnist
from minigrad.data.download import Remote, fetch
from minigrad.data.idx import read_idx
from minigrad.data.places import cache_folder, is_there
from minigrad.errors import DataError

State = Literal["right", "missing", "bad"]


@dataclass(frozen=True)
class StoredFile:
    """A file of a data set as it lies on the disk.

    Attributes:
        name: of the file. size: how many bytes it has, or should have.
        check: called with its path, raises DataError if it is not right.
    """

    name: str
    size: int
    check: Callable[[Path], object]


@dataclass(frozen=True)
class KnownSet:
    """A data set that can be fetched.

    Attributes:
        name: for commands. title: for people. contents: what is in it. licence: on what terms.
        page: where its publisher tells about it.
        folder: the name of its folder in the cache.
        elsewhere: a folder where the system may have it; or None.
        sources: addresses of folders, the preferred one first. remotes: the files to fetch from there.
        files: what lies in the folder then.
        fetch_into: fetches what is missing into the folder that holds ``folder``.
        about: how many bytes are to be fetched, where the publisher's list does not say it.
        shares_folder: whether files of other sets lie in the folder, too.
    """

    name: str
    title: str
    contents: str
    licence: str
    page: str
    folder: str
    elsewhere: Path | None
    sources: tuple[str, ...]
    remotes: tuple[Remote, ...]
    files: tuple[StoredFile, ...]
    fetch_into: Callable[[Path, bool], object]
    about: int = 0
    shares_folder: bool = False

    @property
    def to_fetch(self) -> int:
        """How many bytes are to be fetched; about so many, where the publisher does not say."""
        return self.about or sum(remote.size for remote in self.remotes)

    def place(self, root: Path | None = None) -> Path:
        """The folder of its files in ``root``, by default in the cache."""
        return (cache_folder() if root is None else root) / self.folder

    def state(self, file: StoredFile, folder: Path | None = None) -> State:
        """Whether the file is right, missing or bad."""
        path = (self.place() if folder is None else folder) / file.name
        if not is_there(path):
            return "missing"
        return "bad" if self.problem(file, folder) else "right"

    def problem(self, file: StoredFile, folder: Path | None = None) -> str:
        """What is wrong with the file, in the words of the error; empty if nothing is."""
        try:
            file.check((self.place() if folder is None else folder) / file.name)
        except DataError as error:
            return str(error).rstrip()
        return ""

    def found(self) -> Path | None:
        """The folder that has all files, in the cache or where the system has them; None if none has."""
        for folder in (self.place(), self.elsewhere):
            if folder is not None and all(is_there(folder / file.name) for file in self.files):
                return folder
        return None

    def fetch(self, root: Path | None = None, *, progress: bool = True) -> Path:
        """Fetch what is missing, and return the folder of the files.

        Raises:
            DataError, DownloadError: as ``download.fetch``.
        """
        self.fetch_into(cache_folder() if root is None else root, progress)
        return self.place(root)

    def repair(self, root: Path | None = None, *, progress: bool = True) -> list[str]:
        """Remove bad files, fetch them and the missing ones again, and return their names.

        Raises:
            DataError, DownloadError: as ``download.fetch``; then bad files are gone, the rest is as it was.
        """
        folder = self.place(root)
        wrong = [file.name for file in self.files if self.state(file, folder) != "right"]
        for name in wrong:
            (folder / name).unlink(missing_ok=True)
        if wrong:
            self.fetch(root, progress=progress)
        return wrong

    def begun(self, root: Path | None = None) -> bool:
        """Whether some of it was fetched: its folder is there, or a file of it in one that it shares."""
        return self.place(root).is_dir() and (not self.shares_folder or self.disk_use(root) > 0)

    def disk_use(self, root: Path | None = None) -> int:
        """How many bytes lie in its folder, partly fetched files among them."""
        folder = self.place(root)
        home = folder if self.shares_folder else folder.parent
        paths = [home / f"{remote.name}{end}" for remote in self.remotes for end in ("", ".part")]
        if folder.is_dir() and not self.shares_folder:
            paths += folder.rglob("*")
        return sum(os.stat(path).st_size for path in paths if path.is_file())


def _fashion() -> KnownSet:
    halves = [fashion_mnist.FULL[train] for train in (True, False)]
    remotes = tuple(remote for train in (True, False) for remote in fashion_mnist.PUBLISHED[train])
    files = tuple(
        StoredFile(f"{file.name}.gz", remote.size, partial(read_idx, shape=file.shape, md5=file.md5))
        for file, remote in zip((f for half in halves for f in half), remotes, strict=True)
    )

    def fetch_into(root: Path, progress: bool) -> None:
        for remote in remotes:
            fetch(remote, fashion_mnist.SOURCES, root / "fashion-mnist", progress=progress)

    return KnownSet(
        name="fashion-mnist",
        title="Fashion-MNIST",
        contents="70,000 grey images of ten kinds of clothes, 28 x 28",
        licence="MIT",
        page=fashion_mnist.PROJECT,
        folder="fashion-mnist",
        elsewhere=fashion_mnist.SYSTEM,
        sources=fashion_mnist.SOURCES,
        remotes=remotes,
        files=files,
        fetch_into=fetch_into,
    )


def _cifar(edition: cifar.Edition, contents: str) -> KnownSet:
    def check(path: Path, file: cifar.RecordFile) -> None:
        cifar.read_records(path, edition, file, hint="")  # what to do is said once, for the whole set

    files = tuple(
        StoredFile(file.name, edition.sizes[file.name], partial(check, file=file))
        for half in edition.files.values()
        for file in half
    )

    def fetch_into(root: Path, progress: bool) -> None:
        if not all(is_there(root / edition.folder / file.name) for file in files):
            cifar.fetch_edition(edition, root, progress=progress)

    return KnownSet(
        name=edition.name.lower(),
        title=edition.name,
        contents=contents,
        licence="none stated; for research and teaching",
        page=cifar.PROJECT,
        folder=edition.folder,
        elsewhere=None,
        sources=cifar.SOURCES,
        remotes=(edition.archive,),
        files=files,
        fetch_into=fetch_into,
    )


def catalogue() -> list[KnownSet]:
    """All of them."""
    return [
        _fashion(),
        _cifar(cifar.TEN, "60,000 colour images of ten classes, 32 x 32"),
        _cifar(cifar.HUNDRED, "60,000 colour images of a hundred classes, 32 x 32"),
    ]
