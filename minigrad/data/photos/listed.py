"""A list of photographs on the disk: which file, which part of it, which class."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from minigrad.data._seam import Array
from minigrad.data.dataset import Dataset, random_split
from minigrad.data.photos.counts import Counts
from minigrad.data.photos.damage import DamageReport
from minigrad.data.photos.decode import Box, Fit, Resize, read_image
from minigrad.data.split import stratified_split
from minigrad.random import rng_of

if TYPE_CHECKING:
    from minigrad.data.photos.cache import CachedImages


class ImageRef(NamedTuple):
    """A picture that was not read yet.

    Attributes:
        path: the file. label: its class number.
        box: (x1, y1, x2, y2), the part that is meant, in pixels; None for all of it.
    """

    path: str
    label: int
    box: Box | None = None


class ImageList(Dataset[tuple[Any, Any]]):
    """Pairs (image, class number); an image is an array (H, W, 3) of uint8, read when it is asked for.

    For training, ``cached(size)`` reads all of them once, makes them one size and keeps the result: an epoch
    then reads memory and decodes nothing.

    Args:
        samples: what there is.
        classes: the names of the classes; labels are places in it.
        report: what was left out of the list, and why.
        records: what else is known of each sample, such as its line in a table; or empty.
        transform: a function of an image.
        target_transform: a function of the class number.
        source: where they come from, for a report.
        loader: a function that makes an image of a path; by default `read_image`.

    Attributes:
        samples, classes, report, records, transform, target_transform, source, loader: as given.
        targets: the class numbers, an array (N,) of int64.

    Raises:
        ValueError: a label is no place in ``classes``, or there are not as many records as samples.
        Damaged, of an item: its file cannot be read. (``cached`` leaves those out, and reports them.)
    """

    def __init__(
        self,
        samples: Iterable[ImageRef],
        classes: Sequence[str],
        report: DamageReport | None = None,
        records: Sequence[Any] = (),
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        source: str = "a list",
        loader: Callable[[str], Any] | None = None,
    ) -> None:
        self.samples = list(samples)
        self.classes = list(classes)
        self.report = DamageReport(used=len(self.samples)) if report is None else report
        self.records = records
        self.transform = transform
        self.target_transform = target_transform
        self.source = source
        self.loader = loader
        self.targets: Array = np.array([sample.label for sample in self.samples], np.int64)
        wrong = (self.targets < 0) | (self.targets >= len(self.classes))
        if wrong.any():
            raise ValueError(
                f"ImageList: {len(self.classes)} classes have the numbers 0 to {len(self.classes) - 1}; "
                f"{self.samples[int(wrong.argmax())]} has another."
            )
        if records and len(records) != len(self.samples):
            raise ValueError(
                f"ImageList: expected a record for each of the {len(self.samples)} samples, got "
                f"{len(records)}."
            )

    @property
    def class_to_idx(self) -> dict[str, int]:
        """The number of each class, by its name."""
        return {name: i for i, name in enumerate(self.classes)}

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: Any) -> tuple[Any, Any]:
        path, label, box = self.samples[index]
        image = read_image(path, box) if self.loader is None else self.loader(path)
        return (
            image if self.transform is None else self.transform(image),
            label if self.target_transform is None else self.target_transform(label),
        )

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({len(self):,} pictures of {len(self.classes)} classes from {self.source})"
        )

    def counts(self) -> Counts:
        """How many there are of each class."""
        return Counts((self.classes[label] for label in self.targets.tolist()), "classes")

    def subset(self, indices: Iterable[int]) -> "ImageList":
        """The samples at those places, in that order; classes stay. What the list has left out, it has left
        out of itself: the subset's report is of its own samples, all of which are there.
        """
        chosen = [int(i) for i in indices]
        found = self._like(
            [self.samples[i] for i in chosen], self.classes, [self.records[i] for i in chosen if self.records]
        )
        found.report = DamageReport(used=len(chosen))
        return found

    def sample(self, count: int, generator: Any = None) -> "ImageList":
        """``count`` of them drawn at random, none twice, in random order.

        Raises ValueError if there are fewer.
        """
        if not 0 <= count <= len(self):
            raise ValueError(f"sample: {count:,} cannot be drawn from {len(self):,} pictures.")
        return self.subset(rng_of(generator).permutation(len(self))[:count].tolist())

    def split(
        self, lengths: Sequence[int | float], generator: Any = None, *, stratified: bool = True
    ) -> list["ImageList"]:
        """Lists that do not overlap, by sizes or by fractions of 1; each class gives its share to each.

        Raises ValueError as ``stratified_split``: a class of two pictures cannot be in three lists.
        """
        cut = stratified_split if stratified else random_split
        return [self.subset(part.indices) for part in cut(self, lengths, generator=generator)]

    def keep(self, classes: Sequence[str]) -> "ImageList":
        """The samples of those classes alone, which get the numbers 0, 1, ... in this order.

        Raises ValueError for a name that is no class.
        """
        unknown = sorted(set(classes) - set(self.classes))
        if unknown:
            raise ValueError(
                f"keep: {unknown[0]!r} is none of the classes {', '.join(self.classes[:12])}"
                f"{', ...' if len(self.classes) > 12 else ''}."
            )
        return self.rename({name: name for name in classes}, classes)

    def most_frequent(self, count: int) -> "ImageList":
        """Only the samples of the ``count`` most frequent classes, which get the numbers 0, 1, ..."""
        return self.keep(list(self.counts().counts)[:count])

    def rename(self, names: Mapping[str, str], classes: Sequence[str] | None = None) -> "ImageList":
        """Other classes: each one as ``names`` calls it; samples of those that it does not name are left out.

        Args:
            names: the new name of a class, by its old one. Several may become one.
            classes: the new classes in the order of their numbers; by default as ``names`` has them.

        Raises:
            ValueError: ``classes`` lacks a name that is in use.
        """
        ordered = list(dict.fromkeys(names.values() if classes is None else classes))
        number = {name: i for i, name in enumerate(ordered)}
        new = {i: number.get(names[old]) for i, old in enumerate(self.classes) if old in names}
        lacking = [names[self.classes[i]] for i, place in new.items() if place is None]
        if lacking:
            raise ValueError(f"rename: classes lacks {lacking[0]!r}, which names asks for.")
        kept = [i for i, label in enumerate(self.targets.tolist()) if label in new]
        samples = [self.samples[i]._replace(label=new[self.samples[i].label] or 0) for i in kept]
        return self._like(samples, ordered, [self.records[i] for i in kept if self.records])

    def cached(
        self,
        size: int | tuple[int, int] = 64,
        fit: Fit = "crop",
        *,
        fill: tuple[int, int, int] = (255, 255, 255),
        upright: bool = False,
        folder: str | os.PathLike[str] | None = None,
        workers: int | None = None,
        progress: bool = True,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
    ) -> "CachedImages":
        """All of them, read once, of one size, in a file that is mapped into memory.

        What was made before is found again, unless a file, the list or the size has changed; what was begun
        and killed goes on where it was. Files that cannot be read are left out, and reported.

        Args:
            size: of the pictures: (H, W), or one number for both.
            fit: how they are brought to it: "crop", "pad" or "stretch"; see ``Resize``.
            fill: the colour of what "pad" adds.
            upright: whether whole pictures are turned as their EXIF orientation asks, which cameras write.
            folder: where caches are kept; by default ``pictures`` in minigrad's own.
            workers: threads that read; by default as many as there are processors.
            progress: whether a terminal shows a bar.
            transform, target_transform: of the result; by default those of the list.

        Raises:
            ValueError: a size of less than 1, an unknown ``fit``, or the list has a loader of its own.
            DataError: the cache cannot be written, or no picture of the list can be read.
        """
        from minigrad.data.photos.building import cache_of

        self.without_loader("cached")
        height, width = (size, size) if isinstance(size, int) else size
        if min(height, width) < 1 or fit not in ("crop", "pad", "stretch"):
            raise ValueError(
                'cached: expected a size of at least 1 and fit "crop", "pad" or "stretch"; got '
                f"{size!r} and {fit!r}."
            )
        return cache_of(
            self,
            Resize(height, width, fit, fill, bool(upright)),
            None if folder is None else Path(folder).expanduser(),
            workers or os.cpu_count() or 1,
            progress,
            self.transform if transform is None else transform,
            self.target_transform if target_transform is None else target_transform,
        )

    def check(self, workers: int | None = None) -> DamageReport:
        """Read every picture, and report those that cannot be read, or whose box is not in them.

        Raises ValueError if the list has a loader of its own.
        """
        from minigrad.data.photos.building import read_ahead

        self.without_loader("check")
        report = DamageReport()
        tiny = Resize(8, 8, "stretch")
        for read in read_ahead(self.samples, tiny, 0, workers or os.cpu_count() or 1):
            report.used += len(read.rows)
            report.damages += read.damages
        return report

    def without_loader(self, owner: str) -> None:
        """Raise ValueError, in the name of ``owner``, if pictures are read by a loader of the caller's."""
        if self.loader is not None:
            raise ValueError(
                f"{owner}: reads the pictures itself, and this list has a loader= of its own. Leave it out, "
                "or take the images one by one: list[i]."
            )

    def _like(self, samples: list[ImageRef], classes: Sequence[str], records: list[Any]) -> "ImageList":
        return ImageList(
            samples,
            classes,
            self.report,
            records,
            self.transform,
            self.target_transform,
            self.source,
            self.loader,
        )
