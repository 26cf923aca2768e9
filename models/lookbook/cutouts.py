"""The synthetic garments, cut out along their outlines: clothes on white, as a shop shows them."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from minigrad.data import DeepFashion2, ImageFolder, read_image
from models.lookbook.stages import tell

MARGIN = 0.05  # of the larger side, on each side
WHITE = (255, 255, 255)
FINER = 4  # times as fine as the picture are the outlines, so that edges are soft


def synthetic_garments(folder: Path, split: Any) -> ImageFolder:
    """The garments that minigrad paints, cut out; made if need be."""
    place = folder / split
    if not place.is_dir():
        clothes = DeepFashion2(split=split, drawn="only")
        tell(f"cutting garments out of {len(clothes.annotations):,} synthetic pictures into {place}")
        cut_garments(clothes, place)
    return ImageFolder(place, allow_empty=True)


def cut_garments(clothes: DeepFashion2, place: Path) -> None:
    """Write the garments to a new folder, each to PLACE/KIND/PICTURE-ITEM.png: those that are seen whole and
    from the front.
    """
    part = place.with_name(f"{place.name}.part")
    shutil.rmtree(part, ignore_errors=True)  # of a run that was killed
    for name in clothes.classes:
        (part / name).mkdir(parents=True)
    _cut(clothes, part)
    os.replace(part, place)


def _cut(clothes: DeepFashion2, folder: Path) -> None:
    for place, short in enumerate(clothes.annotations):
        numbers = [n for n, item in enumerate(short.items) if is_whole(item)]
        if not numbers:
            continue
        image = read_image(clothes.image_path(place))
        items = clothes.annotation(place).items  # with the outlines
        for number in numbers:
            item = items[number]
            picture = cut_out(image, item.segmentation, item.bounding_box)
            picture.save(folder / item.category_name / f"{short.name}-{number}.png")


def is_whole(item: Any) -> bool:
    """Whether next to nothing of a garment is hidden or out of the picture, and it is seen from the front."""
    return bool(item.occlusion == 1 and item.zoom_in == 1 and item.viewpoint != 3)


def cut_out(image: Any, outlines: Sequence[Any], box: Sequence[float]) -> Image.Image:
    """What lies within the outlines, in the middle of a white square that has room for the box.

    Args:
        image: (H, W, 3) of bytes. outlines: polygons (n, 2) of x and y. box: (x1, y1, x2, y2).
    """
    height, width = image.shape[:2]
    mask = Image.new("L", (FINER * width, FINER * height))
    pen = ImageDraw.Draw(mask)
    for outline in outlines:
        pen.polygon([(float(FINER * x), float(FINER * y)) for x, y in np.asarray(outline)], fill=255)
    mask = mask.resize((width, height), Image.Resampling.BOX)
    alone = Image.composite(Image.fromarray(image), Image.new("RGB", (width, height), WHITE), mask)
    left, top, right, bottom = (round(edge) for edge in box)
    side = round((1 + 2 * MARGIN) * max(right - left, bottom - top))
    square = Image.new("RGB", (side, side), WHITE)
    piece = alone.crop((left, top, right, bottom))
    square.paste(piece, ((side - piece.width) // 2, (side - piece.height) // 2))
    return square
