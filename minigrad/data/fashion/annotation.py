"""DeepFashion2's annotation of an image, from its JSON file to typed records, each value checked.

    {"source": "user", "pair_id": 1,
     "item1": {"category_id": 1, "category_name": "short sleeve top", "style": 1,
               "bounding_box": [x1, y1, x2, y2], "landmarks": [x1, y1, v1, x2, y2, v2, ...],
               "segmentation": [[x1, y1, x2, y2, ...], ...],
               "scale": 3, "occlusion": 2, "zoom_in": 2, "viewpoint": 2},
     "item2": ...}

An item that is not right is left out and reported; the others stay. A file without a right frame is refused.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np

from minigrad.data._seam import Array
from minigrad.data.fashion.categories import ATTRIBUTES, BY_ID
from minigrad.data.photos.damage import Damaged, DamageReport
from minigrad.errors import DataError
from minigrad.files import read_small

SOURCES = ("shop", "user")
_ITEM = re.compile(r"item *([0-9]{1,9})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of clothing in an image.

    Attributes:
        number: in the annotation, from 1. category_id, category_name: what it is.
        style: more than 0 where other images of the pair show the same piece; else 0.
        bounding_box: (x1, y1, x2, y2), left, top, right and bottom, in pixels.
        landmarks: (n, 3), x, y and visibility: 2 visible, 1 occluded, 0 not labelled.
        scale, occlusion, zoom_in, viewpoint: 1 to 3; ``ATTRIBUTES`` tells what they mean.
        segmentation: polygons (n, 2) that it consists of; none where the file has none, or only the rest was
            read.
    """

    number: int
    category_id: int
    category_name: str
    style: int
    bounding_box: tuple[float, float, float, float]
    landmarks: Array
    scale: int
    occlusion: int
    zoom_in: int
    viewpoint: int
    segmentation: tuple[Array, ...] = field(default=(), repr=False)

    def visible(self) -> Array:
        """The places (x, y) of the landmarks that can be seen, (m, 2)."""
        return self.landmarks[self.landmarks[:, 2] == 2, :2]


@dataclass(frozen=True, slots=True)
class Annotation:
    """What an image shows.

    Attributes:
        name: of the file, without its ending: six digits.
        source: "shop" or "user", who took the photograph.
        pair_id: images of the same shop and of its customers have the same.
        items: the pieces of clothing.
    """

    name: str
    source: str
    pair_id: int
    items: tuple[Item, ...]

    def to_json(self) -> str:
        """The text of its file, as the publisher writes it."""
        content: dict[str, Any] = {"source": self.source, "pair_id": self.pair_id}
        for item in self.items:
            content[f"item{item.number}"] = {
                "segmentation": [polygon.ravel().tolist() for polygon in item.segmentation],
                "scale": item.scale,
                "viewpoint": item.viewpoint,
                "zoom_in": item.zoom_in,
                "landmarks": item.landmarks.ravel().tolist(),
                "style": item.style,
                "bounding_box": list(item.bounding_box),
                "category_id": item.category_id,
                "occlusion": item.occlusion,
                "category_name": item.category_name,
            }
        return json.dumps(content)


def read_annotation(path: Path, report: DamageReport, *, polygons: bool = True) -> Annotation:
    """The annotation in a file. Items that are not right are left out and noted in the report.

    Args:
        path: of the JSON file.
        report: what is left out is entered there.
        polygons: whether to read the segmentations, too, which are the most of it.

    Raises:
        Damaged: there is no such file, it is no JSON, or it is not an annotation: it has no item.
    """
    try:
        content = json.loads(read_small(path))
    except FileNotFoundError:
        raise Damaged(path, "missing", "there is no such file") from None
    except OSError as error:
        raise Damaged(path, "unreadable", f"cannot be read ({error.strerror or error})") from None
    except (ValueError, RecursionError) as error:
        raise Damaged(path, "annotation", f"not JSON, or cut off ({error})") from None
    except DataError as error:
        raise Damaged(path, "too large", str(error).removeprefix(f"{path}: ")) from None
    if not isinstance(content, dict):
        raise Damaged(
            path, "annotation", f"expected an object with source, pair_id, item1, ...; {_seen(content)}"
        )
    source, pair_id = content.get("source"), content.get("pair_id")
    if source not in SOURCES:
        raise Damaged(path, "annotation", f'source is "shop" or "user"; {_seen(source)}')
    if not _whole(pair_id):
        raise Damaged(path, "annotation", f"pair_id is a whole number; {_seen(pair_id)}")
    keys = {key: int(found[1]) for key in content if (found := _ITEM.fullmatch(key))}
    if not keys:
        raise Damaged(path, "annotation", f"expected item1, item2, ...; {_seen(list(content))}")
    items = []
    for key, number in keys.items():
        try:
            items.append(_item(number, content[key], f"{path}#{key}", polygons))
        except Damaged as error:
            report.damages.append(error.damage)
    return Annotation(path.stem, source, pair_id, tuple(sorted(items, key=lambda item: item.number)))


def _item(number: int, content: Any, where: str, polygons: bool) -> Item:
    if not isinstance(content, dict):
        raise Damaged(where, "annotation", f"expected an object; {_seen(content)}")
    number_of_category = content.get("category_id")
    category = BY_ID.get(number_of_category) if _whole(number_of_category) else None
    if category is None:
        raise Damaged(where, "category", f"category_id is 1 to 13; {_seen(number_of_category)}")
    if content.get("category_name", category.name) != category.name:
        raise Damaged(
            where,
            "category",
            f"category {category.id} is {category.name!r}; {_seen(content['category_name'])}",
        )
    x1, y1, x2, y2 = _box(content.get("bounding_box"), where)
    landmarks = _landmarks(content.get("landmarks"), category.landmarks, where)
    levels: dict[str, int] = {}
    for name in ATTRIBUTES:
        level = content.get(name)
        if not _whole(level) or not 1 <= level <= 3:
            raise Damaged(where, "attribute", f"{name} is 1, 2 or 3; {_seen(level)}")
        levels[name] = level
    style = content.get("style")
    if not _whole(style) or style < 0:
        raise Damaged(where, "attribute", f"style is a whole number from 0; {_seen(style)}")
    segmentation = _polygons(content.get("segmentation", []), where) if polygons else ()
    return Item(
        number,
        category.id,
        category.name,
        style,
        (x1, y1, x2, y2),
        landmarks,
        **levels,
        segmentation=segmentation,
    )


def _box(value: Any, where: str) -> Sequence[float]:
    if not _numbers(value) or len(value) != 4:
        raise Damaged(where, "box", f"bounding_box is four numbers, x1, y1, x2, y2; {_seen(value)}")
    x1, y1, x2, y2 = value
    if x2 <= x1 or y2 <= y1:
        raise Damaged(where, "box", f"the box is empty: x1 < x2 and y1 < y2 should hold; {_seen(value)}")
    if x2 <= 0 or y2 <= 0:
        raise Damaged(where, "box", f"the box lies outside of the image; {_seen(value)}")
    return value


def _landmarks(value: Any, count: int, where: str) -> Array:
    if not _numbers(value) or len(value) != 3 * count:
        came = f"got {len(value)} numbers" if _numbers(value) else _seen(value)
        raise Damaged(where, "landmarks", f"landmarks are {count} times x, y and visibility; {came}")
    points = np.array(value).reshape(count, 3)
    if not np.isin(points[:, 2], (0, 1, 2)).all():
        raise Damaged(
            where, "landmarks", f"visibility is 0, 1 or 2; got {sorted(set(points[:, 2].tolist()))}"
        )
    rounded: Array = np.rint(points).astype(np.int32)
    return rounded


def _polygons(value: Any, where: str) -> tuple[Array, ...]:
    if not isinstance(value, list) or not all(_numbers(p) and len(p) >= 6 and len(p) % 2 == 0 for p in value):
        raise Damaged(where, "segmentation", "expected lists of x and y of at least three corners each")
    return tuple(np.array(polygon).reshape(-1, 2) for polygon in value)


def _whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _numbers(value: Any) -> TypeGuard[list[float]]:
    """Whether it is a list of finite numbers that fit into a picture."""
    return isinstance(value, list) and all(
        isinstance(x, int | float) and not isinstance(x, bool) and abs(x) < 1e7 for x in value
    )


def _seen(value: Any) -> str:
    text = repr(value)
    return "it is missing" if value is None else f"got {text if len(text) <= 60 else f'{text[:57]}...'}"
