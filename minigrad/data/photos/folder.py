"""A folder with a sub-folder for each class: the name of the sub-folder is the name of the class."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from minigrad.data.photos.damage import DamageReport
from minigrad.data.photos.listed import ImageList, ImageRef
from minigrad.data.places import tell

IMG_EXTENSIONS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")
# Of pictures, too, but not in torchvision's list: they are not taken, and reported.
PASSED_OVER = (".gif", ".jfif", ".jpe", ".jp2", ".tga", ".avif", ".heic", ".heif")


class ImageFolder(ImageList):
    """Pairs (image, class number) from ``root/CLASS/.../picture.jpg``, as torchvision's ``ImageFolder``.

    An image is an array (H, W, 3) of uint8 here, not an object of Pillow's.

    Args:
        root: the folder.
        transform: a function of an image, such as ``transforms.ToTensor()``.
        target_transform: a function of the class number.
        loader: a function that makes an image of a path; by default Pillow reads it. `cached`, `check` and
            `mixture` refuse such a list, as they read files themselves.
        is_valid_file: a function of a path that says whether it is a picture of the set; by default the
            ending of the name says so, and pictures with endings that torchvision does not know are reported.
        allow_empty: whether a class may have no picture.

    Attributes:
        classes: the names of the sub-folders, in the order of the alphabet.
        class_to_idx: the number of each class, by its name.
        imgs: pairs (path, class number), in order. samples: the same, as ``ImageRef``.
        targets: the class numbers, (N,).
        report: pictures that were left out: of other endings, or beside the sub-folders.

    Raises:
        FileNotFoundError: there is no such folder, it has no sub-folders, or one has no picture.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        loader: Callable[[str], Any] | None = None,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> None:
        self.root = os.fspath(root)
        place = Path(root).expanduser()
        if not place.is_dir():
            said = f"{str(place)!r} is a file" if place.exists() else f"there is no folder {str(place)!r}"
            raise FileNotFoundError(
                f"ImageFolder: {said}. Name the folder in which each class has one of its own."
            )
        classes = sorted(entry.name for entry in os.scandir(place) if entry.is_dir())
        if not classes:
            raise FileNotFoundError(
                f"ImageFolder: {str(place)!r} has no sub-folders. Each class has one of its own, which holds "
                "its pictures."
            )
        samples = [
            ImageRef(path, label)
            for label, name in enumerate(classes)
            for path in _pictures(place / name, is_valid_file or _has_extension)
        ]
        empty = [name for i, name in enumerate(classes) if i not in {sample.label for sample in samples}]
        if empty and not allow_empty:
            raise FileNotFoundError(
                f"ImageFolder: no pictures in {', '.join(map(repr, empty[:5]))} of {str(place)!r}. Their "
                f"names end in {', '.join(IMG_EXTENSIONS)}; allow_empty=True lets a class have none."
            )
        super().__init__(
            samples,
            classes,
            _left_out(place, classes, is_valid_file, len(samples)),
            transform=transform,
            target_transform=target_transform,
            source=str(place),
            loader=loader,
        )
        if self.report:
            tell(f"minigrad: {place}: {self.report.summary()}; .report tells each")

    @property
    def imgs(self) -> list[tuple[str, int]]:
        """The pairs (path, class number)."""
        return [(sample.path, sample.label) for sample in self.samples]


def _left_out(
    place: Path, classes: list[str], is_valid_file: Callable[[str], bool] | None, used: int
) -> DamageReport:
    """Pictures that are not in the set, though one might think so."""
    report = DamageReport(used=used)
    for name in sorted(entry.name for entry in os.scandir(place) if entry.is_file()):
        if (is_valid_file or _is_picture)(str(place / name)):
            report.note(place / name, "no class", "it lies beside the sub-folders, which are the classes")
    if is_valid_file is None:
        for path in (path for name in classes for path in _pictures(place / name, _is_passed_over)):
            reason = f"expected {', '.join(IMG_EXTENSIONS)}, as in torchvision; is_valid_file= takes others"
            report.note(path, "ending", reason)
    return report


def _pictures(folder: Path, is_valid: Callable[[str], bool]) -> list[str]:
    """The pictures of a folder and of those in it, in the order of their names; links are followed."""
    found = []
    for here, _, names in sorted(os.walk(folder, followlinks=True)):
        found += [path for path in (os.path.join(here, name) for name in sorted(names)) if is_valid(path)]
    return found


def _has_extension(path: str) -> bool:
    return path.lower().endswith(IMG_EXTENSIONS)


def _is_passed_over(path: str) -> bool:
    return path.lower().endswith(PASSED_OVER)


def _is_picture(path: str) -> bool:
    return _has_extension(path) or _is_passed_over(path)
