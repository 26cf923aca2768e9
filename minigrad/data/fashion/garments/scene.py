"""A whole picture: who wears what before which background, and the annotation that says so."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from minigrad.data.fashion.annotation import Annotation, Item
from minigrad.data.fashion.categories import BY_ID
from minigrad.data.fashion.garments import grounds
from minigrad.data.fashion.garments.bottoms import skirt, trousers
from minigrad.data.fashion.garments.fabric import Fabric, choose, noise_for, one_of, times
from minigrad.data.fashion.garments.figure import Figure, bag, person, telephone
from minigrad.data.fashion.garments.paint import View, paint_garment, paint_shadow, paint_shapes
from minigrad.data.fashion.garments.shape import Points, Pose, Shape
from minigrad.data.fashion.garments.sleeves import Cut, Sleeve
from minigrad.data.fashion.garments.tops import top

BOTTOMS = (7, 8, 9)
JACKETS = (3, 4)
DRESSES = (10, 11, 12, 13)
_TOPS: dict[int, tuple[Sleeve, Cut]] = {
    1: ("short", "top"),
    2: ("long", "top"),
    3: ("short", "jacket"),
    4: ("long", "jacket"),
    5: ("none", "top"),
    6: ("strap", "top"),
    10: ("short", "dress"),
    11: ("long", "dress"),
    12: ("none", "dress"),
    13: ("strap", "dress"),
}


class Garment(NamedTuple):
    """A piece of clothing before it is drawn: the same seed is cut and coloured in the same way.

    Attributes:
        category_id: what it is. seed: of cut and cloth. style: as in annotations.
    """

    category_id: int
    seed: int
    style: int

    def shape(self, pose: Pose, back: bool) -> Shape:
        """Its cut, in that pose."""
        rng = np.random.default_rng((self.seed, 1))
        if self.category_id == 9:
            return skirt(rng, pose)
        if self.category_id in BOTTOMS:
            return trousers(rng, pose, short=self.category_id == 7)
        return top(rng, pose, *_TOPS[self.category_id], back)

    def fabric(self) -> Fabric:
        """Its cloth."""
        return choose(np.random.default_rng((self.seed, 2)), below=self.category_id in BOTTOMS)


class _Drawn(NamedTuple):
    """A garment in the picture: which pixels it took, and the number of layers that came after."""

    garment: Garment
    shape: Shape
    pixels: npt.NDArray[np.bool_]
    layer: int


def draw_scene(
    name: str, pair_id: int, source: str, main: Garment, rng: Generator, width: int, height: int
) -> tuple[npt.NDArray[np.uint8], Annotation]:
    """A picture (height, width, 3) that shows a garment, and its annotation.

    Args:
        name: of the image. pair_id: of the annotation.
        source: "shop", clean and in full; or "user", anywhere, and perhaps half hidden.
        main: what is shown. What is worn with it, by whom and where, is random.
        rng: draws all that. width, height: of the picture.
    """
    worn = rng.random() < (0.62 if source == "shop" else 0.8)
    back = worn and main.category_id not in JACKETS and rng.random() < 0.14
    pose = _pose(rng, worn)
    clothes = _outfit(rng, main) if worn else [main]
    shapes = [garment.shape(pose, back) for garment in clothes]
    fabrics = [garment.fabric() for garment in clothes]
    view = _view(rng, shapes[clothes.index(main)], source, worn, back, width, height)
    kinds = grounds.SHOP if source == "shop" else grounds.WORN if worn else grounds.LAID
    picture = grounds.ground(one_of(rng, kinds), rng, width, height)
    light = float(rng.choice([-1, 1]) * rng.uniform(0.3, 1))
    figure = person(rng, pose, back) if worn else Figure([], [], [])

    layers: list[npt.NDArray[np.bool_]] = []
    drawn: list[_Drawn] = []
    edges = [part.outline for shape in shapes for part in shape.parts]
    edges += [outline for outline, _ in figure.body]
    paint_shadow(picture, view, edges, (0.1 * light, 0.12), 0.3 if not worn else 0.18)
    paint_shapes(picture, view, figure.behind)
    for shape, fabric in zip(shapes, fabrics, strict=True):
        paint_shapes(picture, view, [(outline, times(fabric.colours[0], 0.5)) for outline in shape.inside])
    paint_shapes(picture, view, figure.body)
    for garment, shape, fabric in zip(clothes, shapes, fabrics, strict=True):
        if drawn:
            paint_shadow(picture, view, [part.outline for part in shape.parts], (0.0, 0.07), 0.35)
        pixels = paint_garment(picture, view, shape, fabric, np.random.default_rng(garment.seed), light)
        layers.append(pixels)
        drawn.append(_Drawn(garment, shape, pixels, len(layers)))
    layers.append(paint_shapes(picture, view, figure.before))
    if worn and source == "user" and rng.random() < 0.35:
        things = (
            telephone(rng) if not back and rng.random() < 0.4 else bag(rng, pose, int(rng.choice([-1, 1])))
        )
        layers.append(paint_shapes(picture, view, things))
    if source == "user":
        picture *= rng.uniform(0.82, 1.12) * rng.normal(1, 0.03, 3).astype(np.float32)
    picture += np.float32(rng.uniform(1, 4)) * noise_for(rng, 0, width, height)[..., None]
    viewpoint = 1 if not worn else 3 if back else 2
    items = [_item(one, layers, view, viewpoint) for one in drawn]
    seen = [item for item in items if item is not None]
    numbered = tuple(replace(item, number=i) for i, item in enumerate(seen, 1))
    return np.clip(picture, 0, 255).astype(np.uint8), Annotation(name, source, pair_id, numbered)


def _pose(rng: Generator, worn: bool) -> Pose:
    if worn:
        arms = rng.uniform(0.2, 0.55, 2) if rng.random() < 0.75 else rng.uniform(0.2, 1.0, 2)
        bends = rng.uniform(-0.05, 0.35, 2)
        return Pose((arms[0], arms[1]), (bends[0], bends[1]), float(rng.uniform(-0.05, 0.3)))
    angle = rng.uniform(0.3, 1.1)  # laid out, both sleeves alike
    bend = rng.uniform(0.0, 0.3)
    return Pose((angle, angle + rng.normal(0, 0.04)), (bend, bend), float(rng.uniform(0.0, 0.3)))


def _outfit(rng: Generator, main: Garment) -> list[Garment]:
    """What is worn together, from what is put on first to what lies over it."""

    def other(*categories: int) -> Garment:
        return Garment(int(rng.choice(categories)), int(rng.integers(1 << 40)), 0)

    if main.category_id in DRESSES:
        return [main]
    if main.category_id in JACKETS:
        return [other(*BOTTOMS), other(1, 5), main]
    if main.category_id in BOTTOMS:
        above = other(1, 2, 5, 6)
        return [above, main] if rng.random() < 0.5 else [main, above]  # tucked in, or over it
    below = other(*BOTTOMS)
    return [main, below] if rng.random() < 0.3 else [below, main]


def _view(rng: Generator, shape: Shape, source: str, worn: bool, back: bool, width: int, height: int) -> View:
    """The garment in the middle, more or less, and as large as chance has it."""
    points = np.concatenate([part.outline for part in shape.parts])
    low, high = points.min(axis=0), points.max(axis=0)
    fits = min(width / (high[0] - low[0]), height / (high[1] - low[1]))
    if source == "shop":
        share = rng.uniform(0.72, 0.95) if rng.random() < 0.7 else rng.uniform(0.4, 0.72)
    else:
        share = rng.choice(
            [rng.uniform(0.35, 0.75), rng.uniform(0.7, 1.0), rng.uniform(1.0, 1.5)], p=[0.3, 0.5, 0.2]
        )
    tilt = rng.normal(0, 0.03 if worn else 0.06 if source == "shop" else 0.22)
    c, s = np.cos(tilt), np.sin(tilt)
    narrow = rng.uniform(0.94, 1.04)
    matrix = fits * share * np.array([[c, -s], [s, c]]) @ np.diag([-narrow if back else narrow, 1.0])
    play = (0.02 if source == "shop" else 0.08) * np.array([width, height])
    target = np.array([width, height]) / 2 + rng.normal(0, 1, 2) * play
    return View(matrix, target - matrix @ ((low + high) / 2), width, height)


def _item(one: _Drawn, layers: Sequence[npt.NDArray[np.bool_]], view: View, viewpoint: int) -> Item | None:
    """The annotation of a garment; None if hardly any of it is in the picture, or seen."""
    rows, columns = np.nonzero(one.pixels.any(axis=1))[0], np.nonzero(one.pixels.any(axis=0))[0]
    if not len(rows) or rows[-1] - rows[0] < 4 or columns[-1] - columns[0] < 4:
        return None
    over = np.zeros_like(one.pixels)
    for layer in layers[one.layer :]:
        over |= layer
    in_picture = int(one.pixels.sum())
    seen = 1 - int((one.pixels & over).sum()) / in_picture
    if seen < 0.12:
        return None
    box = (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    outlines = [view.pixels(part.outline) for part in one.shape.parts]
    clipped = [
        cut for cut in (clip(outline, view.width, view.height) for outline in outlines) if len(cut) >= 3
    ]
    inside = sum(map(_area, clipped)) / max(sum(map(_area, outlines)), 1.0)
    category = BY_ID[one.garment.category_id]
    share = (box[2] - box[0]) * (box[3] - box[1]) / (view.width * view.height)
    return Item(
        1,
        category.id,
        category.name,
        one.garment.style,
        box,
        _landmarks(one, over, view, viewpoint),
        scale=1 if share < 0.1 else 2 if share < 0.4 else 3,
        occlusion=1 if seen > 0.9 else 2 if seen > 0.6 else 3,
        zoom_in=1 if inside > 0.97 else 2 if inside > 0.6 else 3,
        viewpoint=viewpoint,
        segmentation=tuple(np.rint(cut).astype(np.int32) for cut in clipped),
    )


def _landmarks(one: _Drawn, over: npt.NDArray[np.bool_], view: View, viewpoint: int) -> npt.NDArray[np.int32]:
    """(n, 3): x, y, and whether it is seen (2), hidden (1) or not in the picture (0, 0, 0)."""
    places = np.floor(view.pixels(one.shape.landmarks)).astype(np.int32)
    inside = (places >= 0).all(axis=1) & (places[:, 0] < view.width) & (places[:, 1] < view.height)
    x, y = np.where(inside, places.T, 0)
    # At an edge the pixel itself may be another's: it is seen if some of its cloth is, close by.
    seen = np.pad(one.pixels & ~over, 2)
    hidden = ~np.lib.stride_tricks.sliding_window_view(seen, (5, 5))[y, x].any(axis=(1, 2))
    hidden[list({2: one.shape.behind, 3: one.shape.before}.get(viewpoint, ()))] = True
    marks = np.stack([x, y, np.where(hidden, 1, 2)], axis=1).astype(np.int32)
    marks[~inside] = 0
    return marks


def clip(outline: Points, width: int, height: int) -> Points:
    """The part of a polygon that lies in the picture (Sutherland and Hodgman 1974); (0, 2) if none does."""
    for axis, limit, sign in ((0, 0, 1), (0, width, -1), (1, 0, 1), (1, height, -1)):
        if not len(outline):
            break
        inner = sign * (outline[:, axis] - limit) >= 0
        if inner.all():
            continue
        kept: list[Points] = []
        for a, b, a_in, b_in in zip(outline, np.roll(outline, -1, 0), inner, np.roll(inner, -1), strict=True):
            if a_in:
                kept.append(a)
            if a_in != b_in:
                kept.append(a + (b - a) * (limit - a[axis]) / (b[axis] - a[axis]))
        outline = np.array(kept).reshape(-1, 2)
    return outline


def _area(outline: Points) -> float:
    x, y = outline.T
    return 0.5 * abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1)))
