"""A folder with a sub-folder for each class: the name of the sub-folder is the name of the class."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from minigrad.data.photos.listed import ImageList, ImageRef

IMG_EXTENSIONS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")


class ImageFolder(ImageList):
    """Pairs (image, class number) from ``root/CLASS/.../picture.jpg``, as torchvision's ``ImageFolder``.

    An image is an array (H, W, 3) of uint8 here, not an object of Pillow's.

    Args:
        root: the folder.
        transform: a function of an image, such as ``transforms.ToTensor()``.
        target_transform: a function of the class number.
        loader: a function that makes an image of a path; by default Pillow reads it.
        is_valid_file: a function of a path that says whether it is a picture of the set; by default the
            ending of the name says so.
        allow_empty: whether a class may have no picture.

    Attributes:
        classes: the names of the sub-folders, in the order of the alphabet.
        class_to_idx: the number of each class, by its name.
        imgs: pairs (path, class number), in order. samples: the same, as ``ImageRef``.
        targets: the class numbers, (N,).

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
        self.loader = loader
        place = Path(root).expanduser()
        if not place.is_dir():
            raise FileNotFoundError(f"ImageFolder: there is no folder {str(place)!r}.")
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
            samples, classes, transform=transform, target_transform=target_transform, source=str(place)
        )

    @property
    def imgs(self) -> list[tuple[str, int]]:
        """The pairs (path, class number)."""
        return [(sample.path, sample.label) for sample in self.samples]

    def __getitem__(self, index: Any) -> tuple[Any, Any]:
        if self.loader is None:
            return super().__getitem__(index)
        path, label, _ = self.samples[index]
        image = self.loader(path)
        return (
            image if self.transform is None else self.transform(image),
            label if self.target_transform is None else self.target_transform(label),
        )


def _pictures(folder: Path, is_valid: Callable[[str], bool]) -> list[str]:
    """The pictures of a folder and of those in it, in the order of their names; links are followed."""
    found = []
    for here, _, names in sorted(os.walk(folder, followlinks=True)):
        found += [path for path in (os.path.join(here, name) for name in sorted(names)) if is_valid(path)]
    return found


def _has_extension(path: str) -> bool:
    return path.lower().endswith(IMG_EXTENSIONS)
