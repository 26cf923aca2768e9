"""DeepFashion2: clothes in 491,000 photographs of shops and their customers, with boxes and landmarks.

Y. Ge, R. Zhang, X. Wang, X. Tang, P. Luo: DeepFashion2, a Versatile Benchmark for Detection, Pose Estimation,
Segmentation and Re-Identification of Clothing Images, 2019, https://arxiv.org/abs/1901.07973. Published at
https://github.com/switchablenorms/DeepFashion2, behind a form. Its folders:

    train/image/000001.jpg         train/annos/000001.json
    validation/image/000001.jpg    validation/annos/000001.json
    test/image/000001.jpg

Where it is not at hand, garments that minigrad draws take its place, in the same layout (see ``drawn``).
"""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from minigrad.data.fashion.annotation import Annotation, Item, read_annotation
from minigrad.data.fashion.categories import NAMES
from minigrad.data.photos.damage import Damaged, DamageReport
from minigrad.data.photos.decode import Box, read_image
from minigrad.data.photos.listed import ImageList, ImageRef
from minigrad.data.places import cache_folder, tell
from minigrad.errors import DataError

if TYPE_CHECKING:
    from minigrad.viz import Chart

PAGE = "https://github.com/switchablenorms/DeepFashion2"
FOLDER = "deepfashion2"

Split = Literal["train", "validation", "test"]
Drawn = Literal["fallback", "only", "never"]


class DeepFashion2(ImageList):
    """The pieces of clothing of DeepFashion2, cut out of their images: pairs (crop, class number).

    Args:
        root: the folder that has train/ and validation/, or one that has image/ and annos/ itself. None looks
            in the cache: the folder ``deepfashion2`` in the one that the environment variable
            ``MINIGRAD_DATA`` names, or else in the system's place for caches.
        split: which part; "test" is published without annotations.
        transform: a function of a crop, which is an array (H, W, 3) of uint8.
        target_transform: a function of the class number, which is ``category_id - 1``.
        margin: how much of the surroundings to leave: this part of the box's sides, on each side.
        drawn: where ``root`` is None: "fallback" draws garments if DeepFashion2 is not in the cache,
            "never" raises instead, "only" draws without looking.

    Attributes:
        annotations: one ``Annotation`` for each image. records: the ``Item`` of each crop.
        image_of: the number of each crop's image in ``annotations``.
        part: which split it is. folder: which has image/ and annos/. is_drawn: whether minigrad drew it.
        report: what was left out, and why. What else an ``ImageList`` has.

    Raises:
        DataError: there is no such folder, or none of its annotations is right.
    """

    records: list[Item]

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        split: Split = "train",
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        *,
        margin: float = 0.0,
        drawn: Drawn = "fallback",
    ) -> None:
        if drawn not in ("fallback", "only", "never"):
            raise ValueError(f'DeepFashion2: drawn is "fallback", "only" or "never"; got {drawn!r}.')
        if not 0 <= margin < 10:
            raise ValueError(f"DeepFashion2: margin is a part of the box's sides, at least 0; got {margin}.")
        self.folder, self.is_drawn = _find(root, split, drawn)
        self.part = split
        self.annotations, report = read_folder(self.folder)
        self.image_of: list[int] = []
        samples, items = [], []
        for place, annotation in enumerate(self.annotations):
            path = str(self.image_path(place))
            for item in annotation.items:
                samples.append(ImageRef(path, item.category_id - 1, _wider(item.bounding_box, margin)))
                items.append(item)
                self.image_of.append(place)
        report.used = len(samples)
        if not samples:
            told = f" The first: {report.damages[0].reason}." if report else ""
            raise DataError(f"{self.folder}: no annotation there is right, or there is none.{told}")
        source = "garments that minigrad drew" if self.is_drawn else str(self.folder)
        super().__init__(samples, NAMES, report, items, transform, target_transform, source)
        if report:
            tell(f"minigrad: {self.folder}: {report.summary()}; .report tells each")

    def image_path(self, place: int) -> Path:
        """The file of an image, by its place in ``annotations``."""
        return self.folder / "image" / f"{self.annotations[place].name}.jpg"

    def annotation(self, place: int) -> Annotation:
        """All that is known of an image, with the polygons, which are read when they are asked for.

        The items are those of ``annotations[place]``; one whose polygons are not right has none, and a line
        on stderr says so.
        """
        known, report = self.annotations[place], DamageReport()
        whole = read_annotation(self.folder / "annos" / f"{known.name}.json", report)
        for damage in report.damages:
            if damage.kind == "segmentation":
                tell(f"minigrad: {damage.file}: no outline, {damage.reason}")
        outlined = {item.number: item for item in whole.items}
        return replace(known, items=tuple(outlined.get(item.number, item) for item in known.items))

    def plot(self, place: int, *, outlines: bool = False) -> "Chart":
        """An image with the boxes and landmarks of its items.

        Args:
            place: in ``annotations``.
            outlines: whether to draw the polygons, too.

        Raises:
            Damaged: the image cannot be read.
        """
        from minigrad.viz import annotated

        annotation = self.annotation(place)
        return annotated(
            read_image(self.image_path(place)),
            [item.bounding_box for item in annotation.items],
            [item.category_name for item in annotation.items],
            [item.landmarks for item in annotation.items],
            [polygon for item in annotation.items for polygon in item.segmentation] if outlines else [],
            title=f"{annotation.name}, {annotation.source}, pair {annotation.pair_id}",
        )


def count_images(root: str | os.PathLike[str], split: Split = "test") -> int:
    """How many images a part has, also one without annotations: ``root/split/image`` or ``root/image``.

    Raises DataError if there is no such folder.
    """
    named = Path(root).expanduser()
    folder = next((place for place in (named / split, named) if (place / "image").is_dir()), named / split)
    return len(_stems(folder / "image", ".jpg"))


def read_folder(folder: Path) -> tuple[list[Annotation], DamageReport]:
    """All annotations of a folder that has image/ and annos/, in the order of their names, without polygons.

    Images without an annotation, and annotations without an image, are left out and reported.

    Raises:
        DataError: the folder cannot be looked into, or has no image/ or annos/.
    """
    report = DamageReport()
    images, annos = _stems(folder / "image", ".jpg"), _stems(folder / "annos", ".json")
    annotations = []
    for stem in sorted(images | annos):
        path = folder / "annos" / f"{stem}.json"
        if stem not in annos:
            report.note(folder / "image" / f"{stem}.jpg", "missing", f"there is no {path}")
        elif stem not in images:
            report.note(folder / "image" / f"{stem}.jpg", "missing", f"there is no image for {path}")
        else:
            try:
                annotations.append(read_annotation(path, report, polygons=False))
            except Damaged as error:
                report.damages.append(error.damage)
    return annotations, report


def _find(root: str | os.PathLike[str] | None, split: Split, drawn: Drawn) -> tuple[Path, bool]:
    """The folder that has image/ and annos/, and whether minigrad drew what is in it."""
    if split not in ("train", "validation", "test"):
        raise ValueError(f'DeepFashion2: split is "train", "validation" or "test"; got {split!r}.')
    named = cache_folder() / FOLDER if root is None else Path(root).expanduser()
    if root is not None or drawn != "only":
        places = (named / split, named) if root is not None else (named / split,)
        for folder in places:
            if (folder / "annos").is_dir():
                return folder, False
        if root is not None or drawn == "never":
            raise DataError(
                f"DeepFashion2: no folder annos in {named / split}, nor in {named}. The set is published at "
                f"{PAGE} (the test part without annotations: fashion.count_images counts it); unpack it, and "
                "name the folder that has train. Without root=, minigrad draws garments in its place."
            )
    from minigrad.data.fashion.garments import embedded

    folder = embedded(split)
    if drawn == "fallback":
        tell(f"minigrad: no DeepFashion2 in {named}; drawn garments take its place, in {folder.parent}")
    return folder, True


def _stems(folder: Path, ending: str) -> set[str]:
    try:
        names = {entry.name for entry in os.scandir(folder)}
    except OSError as error:
        raise DataError(
            f"{folder}: cannot be looked into ({error.strerror}). image and annos lie side by side."
        ) from error
    return {name.removesuffix(ending) for name in names if name.endswith(ending)}


def _wider(box: Box, margin: float) -> Box:
    """The box with a margin; a part that is then outside of the image is cut off when it is read."""
    x1, y1, x2, y2 = box
    across, down = margin * (x2 - x1), margin * (y2 - y1)
    return (x1 - across, y1 - down, x2 + across, y2 + down)
