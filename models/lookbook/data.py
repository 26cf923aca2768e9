"""Stage 1: the photographs, brought to one size, to learn from and to test on."""

import hashlib
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import minigrad as mg
from minigrad.data import CachedImages, DataLoader, DeepFashion2, FashionProducts, ImageFolder, mixture
from minigrad.data.fashion import COMMON
from minigrad.data.fashion.garments.writing import VERSION
from minigrad.data.photos import DamageReport, ImageList
from minigrad.data.transforms import Compose, Normalize, RandomHorizontalFlip, ToTensor
from minigrad.errors import DataError
from minigrad.files import file_stamp
from models.lookbook.cutouts import synthetic_garments
from models.lookbook.settings import Settings
from models.lookbook.stages import Folders, Stage

SCALED = Compose([ToTensor(), Normalize([0.5] * 3, [0.5] * 3)])  # bytes to numbers within (-1, 1)
FEWEST = 10  # photographs of a kind: a fifth of fewer may be none to test on
PARTS = {"train", "training", "test", "testing", "val", "valid", "validation"}  # as folders are called
NAMED = 3  # of the kinds that are left out, on the progress line
BATCH = 64

Parts = dict[str, ImageList]
"""What is learnt from, "train", and what is tested on, "test"."""


class Photographs(NamedTuple):
    """The lists, with the same classes in both.

    Attributes:
        parts: the lists. report: what the sources have that can be in neither.
        rare: how many photographs there are of the kinds that are left out: fewer than ``FEWEST``, or than of
            the kinds that are used.
    """

    parts: Parts
    report: DamageReport
    rare: dict[str, int]


class Source(NamedTuple):
    """A set of photographs: what is learnt from and tested on, and the lists that this was taken from."""

    parts: Parts
    whole: tuple[ImageList, ...]


@lru_cache(maxsize=2)
def pictures(settings: Settings) -> Photographs:
    """All photographs that the settings name, and those of them that are used."""
    sources = _sources(settings)
    if len(sources) > 1:  # one name for what the sets call differently
        names = {name for source in sources.values() for name in source.parts["train"].classes}
        common = {name: COMMON.get(name, name) for name in sorted(names)}
    else:
        (source,) = sources.values()
        common = {name: name for name in source.parts["train"].classes}
    generator = mg.Generator().manual_seed(settings.seed)
    most = {"train": settings.count, "test": settings.count and max(1, settings.count // 4)}
    both = {
        part: mixture(
            {name: _at_most(source.parts[part], most[part], generator) for name, source in sources.items()},
            categories=common,
            generator=generator,
        )
        for part in ("train", "test")
    }
    counts = both["train"].counts().counts
    kept = [name for name, count in counts.items() if count >= FEWEST][: settings.classes]
    if len(kept) < 2:
        raise DataError(
            f"A lookbook needs at least two kinds of clothes with {FEWEST} photographs each to learn from; "
            f"found {len(kept)} in {both['train'].source}. Add photographs, or raise --count and --classes "
            "if they leave kinds out."
        )
    whole = [images for source in sources.values() for images in source.whole]
    report = DamageReport(
        (damage for images in whole for damage in images.report.damages),
        sum(images.report.used for images in whole),
    )
    every = Counter[str]()
    for images in whole:
        for name, count in images.counts().counts.items():
            every[COMMON.get(name, name) if len(sources) > 1 else name] += count
    rare = {name: count for name, count in every.most_common() if name not in kept}
    return Photographs({part: images.keep(kept) for part, images in both.items()}, report, rare)


def _sources(settings: Settings) -> dict[str, Source]:
    """The photographs of each source."""
    found: dict[str, Source] = {}
    if settings.products:
        found["products"] = _divided(FashionProducts(settings.products), settings)
    if settings.folder:
        found["folder"] = _divided(_kinds(settings.folder), settings)
    if settings.deepfashion:
        folder = settings.deepfashion
        found["deepfashion"] = _as_published(DeepFashion2(folder), DeepFashion2(folder, "validation"))
    if not found:
        place = settings.output / f"garments-{VERSION}"
        found["synthetic garments"] = _as_published(
            synthetic_garments(place, "train"), synthetic_garments(place, "validation")
        )
    return found


def _kinds(folder: Path) -> ImageFolder:
    """The photographs of a folder with a sub-folder for each kind."""
    images = ImageFolder(folder, allow_empty=True)
    if PARTS.issuperset(images.classes):
        raise DataError(
            f"{folder}: its sub-folders are parts of a set, {' and '.join(images.classes)}, and not kinds of "
            f"clothes. Each part has a sub-folder for each kind: name {folder / images.classes[-1]}."
        )
    return images


def _as_published(train: ImageList, test: ImageList) -> Source:
    return Source({"train": train, "test": test}, (train, test))


def _divided(images: ImageList, settings: Settings) -> Source:
    """Four fifths to learn from and one to test on, of the most frequent kinds."""
    counts = images.counts().counts
    kept = [name for name, count in counts.items() if count >= FEWEST][: settings.classes]
    if not kept:
        most = next(iter(counts.items()), ("there are none", 0))
        raise DataError(
            f"{images.source}: no kind of clothes there has {FEWEST} photographs; {most[0]} has {most[1]}."
        )
    train, test = images.keep(kept).split([0.8, 0.2], mg.Generator().manual_seed(settings.seed))
    return Source({"train": train, "test": test}, (images,))


def _at_most(images: ImageList, count: int | None, generator: Any) -> ImageList:
    return images if count is None or count >= len(images) else images.sample(count, generator)


def stamp(settings: Settings) -> str:
    """A hash of the lists, and of the size and time of each file: other photographs, another result."""
    digest = hashlib.sha256(settings.fit.encode() if settings.fit != "pad" else b"")
    for part, images in pictures(settings).parts.items():
        digest.update(repr((part, images.classes)).encode())
        seen: dict[str, tuple[int, int]] = {}
        for path, label, box in images.samples:
            if path not in seen:
                seen[path] = file_stamp(path) or (-1, -1)
            digest.update(repr((path, seen[path], label, box)).encode(errors="surrogateescape"))
    return digest.hexdigest()


def make(settings: Settings, folders: Folders, folder: Path) -> dict[str, Any]:
    parts, report, rare = pictures(settings)
    figures: dict[str, Any] = {
        "classes": parts["train"].classes,
        "source": parts["train"].source,
        "rarer": rare,
    }
    told = {*report.damages}
    for part, images in parts.items():
        cache = images.cached(settings.side, settings.fit, upright=True, folder=folder / part)
        figures[part] = len(cache)
        figures[f"{part} folder"] = f"{part}/{cache.folder.name}"
        told.update(cache.report.damages)
    all_of_it = DamageReport(sorted(told), figures["train"] + figures["test"])
    all_of_it.save(folder / "damages.json")
    return {**figures, "left out": len(all_of_it)}


def read(folder: Path, part: str, figures: dict[str, Any], flip: bool = False) -> CachedImages:
    """A part of the result, as tensors; at random in the mirror, if asked for."""
    transform = Compose([SCALED, RandomHorizontalFlip()]) if flip else SCALED
    return CachedImages(folder / figures[f"{part} folder"], transform)


def to_bytes(images: Any) -> Any:
    """What a generator makes, (N, 3, H, W) within (-1, 1), as bytes, (N, H, W, 3): ``SCALED`` undone."""
    return ((images + 1) * 127.5).round().clip(0, 255).astype(np.uint8).transpose(0, 2, 3, 1)


def batches(images: CachedImages) -> DataLoader[Any]:
    """Shuffled batches to learn from: whole ones, if there are as many photographs."""
    return DataLoader(images, BATCH, shuffle=True, drop_last=len(images) >= BATCH)


def say(figures: dict[str, Any]) -> str:
    damaged = f", {figures['left out']:,} damaged ones left out: damages.json" if figures["left out"] else ""
    rare = list(figures.get("rarer", ()))
    more = ", ..." if len(rare) > NAMED else ""
    told = f", {len(rare)} rarer left out ({', '.join(rare[:NAMED])}{more})" if rare else ""
    return (
        f"{figures['train']:,} pictures to learn from, {figures['test']:,} to test on, "
        f"{len(figures['classes'])} kinds{told}{damaged}"
    )


STAGE = Stage(
    "data",
    ("products", "deepfashion", "folder", "seed", "side", "count", "classes"),
    (),
    make,
    say,
    stamp,
)
