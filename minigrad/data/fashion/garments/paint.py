"""Painting on a picture: pieces of cloth with their pattern, folds and seams; plain coloured shapes.

Outlines are drawn three times as large and averaged, so that their edges are soft; everything else is
computed on the picture's own pixels, and only where the shape is.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from minigrad.data.fashion.garments.fabric import Colour, Fabric, Floats, noise
from minigrad.data.fashion.garments.shape import Part, Points, Shape

if TYPE_CHECKING:
    from PIL.Image import Image

FINER = 3
Window = tuple[int, int, int, int]  # x1, y1, x2, y2, in pixels


class View(NamedTuple):
    """Where body units come to lie in the picture: pixel = matrix @ point + shift."""

    matrix: Points
    shift: Points
    width: int
    height: int

    def pixels(self, points: Any) -> Points:
        """Where points (n, 2) are in the picture."""
        p: Points = np.asarray(points, float) @ self.matrix.T + self.shift
        return p

    @property
    def scale(self) -> float:
        """How many pixels a body unit has."""
        return float(np.sqrt(abs(np.linalg.det(self.matrix))))

    def cloth(self, window: Window, part: Part) -> tuple[Floats, Floats]:
        """The place in the cloth of each pixel of a window, in body units."""
        x1, y1, x2, y2 = window
        inverse = np.linalg.inv(self.matrix)
        c, s = np.cos(part.angle), np.sin(part.angle)
        turn = np.array([[c, s], [-s, c]])
        a = turn @ inverse
        b = turn @ (-inverse @ self.shift - np.asarray(part.origin)) + part.origin
        x = np.arange(x1, x2, dtype=np.float32)[None] + np.float32(0.5)
        y = np.arange(y1, y2, dtype=np.float32)[:, None] + np.float32(0.5)
        u, v = (np.float32(a[i, 0]) * x + np.float32(a[i, 1]) * y + np.float32(b[i]) for i in (0, 1))
        return u, v

    def window(self, points: Points, margin: float = 1) -> Window | None:
        """The part of the picture that pixels lie in; None if that is outside of it."""
        low, high = points.min(axis=0) - margin, points.max(axis=0) + margin
        x1, y1 = max(0, int(low[0])), max(0, int(low[1]))
        x2, y2 = min(self.width, int(high[0]) + 1), min(self.height, int(high[1]) + 1)
        return (x1, y1, x2, y2) if x1 < x2 and y1 < y2 else None


def mask_of(outlines: Sequence[Points], window: Window, finer: int = FINER) -> "Image":
    """What the outlines, in pixels, cover of a window: a grey picture, white where they do."""
    from PIL import Image, ImageDraw

    x1, y1, x2, y2 = window
    canvas = Image.new("L", ((x2 - x1) * finer, (y2 - y1) * finer), 0)
    draw = ImageDraw.Draw(canvas)
    for outline in outlines:
        draw.polygon(((outline - (x1, y1)) * finer).ravel().tolist(), fill=255)
    return canvas.reduce(finer) if finer > 1 else canvas


def shares(mask: "Image") -> Floats:
    """A grey picture as numbers from 0 to 1."""
    return np.asarray(mask, np.float32) * np.float32(1 / 255)


def paint_garment(
    picture: Floats, view: View, shape: Shape, fabric: Fabric, rng: Generator, light: float
) -> npt.NDArray[np.bool_]:
    """Paint a garment, and return which pixels it took (height, width)."""
    taken = np.zeros(picture.shape[:2], bool)
    whole = view.window(np.concatenate([view.pixels(part.outline) for part in shape.parts]))
    if whole is None:
        return taken
    falls = _lines(view, whole, shape)
    trims = shares(mask_of([view.pixels(trim) for trim in shape.trims], whole)) if shape.trims else None
    print_ = shares(mask_of(_motif(view, shape.print, rng), whole)) if shape.print else None
    for part in shape.parts:
        outline = view.pixels(part.outline)
        window = view.window(outline)
        if window is None:
            continue
        x1, y1, x2, y2 = window
        here = np.s_[y1 - whole[1] : y2 - whole[1], x1 - whole[0] : x2 - whole[0]]
        soft = mask_of([outline], window)
        mask = shares(soft)
        u, v = view.cloth(window, part)
        cloth = fabric.paint(u, v)
        for more, colour in ((print_, fabric.colours[2]), (trims, fabric.colours[1])):
            if more is not None:
                cloth += (np.array(colour, np.float32) - cloth) * more[here][..., None]
        shade = falls[here] * (np.float32(0.72) + np.float32(0.3) * _depth(soft, view.scale))
        shade *= 1 + np.float32(0.09 * light) * u
        tile = noise(fabric.seed, 3)
        shade *= 1 + np.float32(0.035) * tile[(v * 40).astype(np.intp) & 255, (u * 40).astype(np.intp) & 255]
        cloth *= shade[..., None]
        _blend(picture[y1:y2, x1:x2], cloth, mask)
        taken[y1:y2, x1:x2] |= mask > 0.5
    return taken


def paint_shapes(
    picture: Floats, view: View, shapes: Sequence[tuple[Points, Colour]]
) -> npt.NDArray[np.bool_]:
    """Paint plain shapes one over another, and return which pixels they took."""
    from PIL import Image, ImageDraw

    taken = np.zeros(picture.shape[:2], bool)
    outlines = [view.pixels(outline) for outline, _ in shapes]
    window = view.window(np.concatenate(outlines)) if outlines else None
    if window is None:
        return taken
    x1, y1, x2, y2 = window
    size = ((x2 - x1) * 2, (y2 - y1) * 2)
    canvas, mask = Image.new("RGB", size, shapes[0][1]), Image.new("L", size, 0)
    draw, cut = ImageDraw.Draw(canvas), ImageDraw.Draw(mask)
    for outline, (_, colour) in zip(outlines, shapes, strict=True):
        corners = ((outline - (x1, y1)) * 2).ravel().tolist()
        draw.polygon(corners, fill=colour)
        cut.polygon(corners, fill=255)
    soft = mask.reduce(2)
    covered = shares(soft)
    colours = np.asarray(canvas.reduce(2), np.float32)
    colours = colours * (np.float32(0.8) + np.float32(0.22) * _depth(soft, view.scale))[..., None]
    _blend(picture[y1:y2, x1:x2], colours, covered)
    taken[y1:y2, x1:x2] = covered > 0.5
    return taken


def paint_shadow(
    picture: Floats, view: View, outlines: Sequence[Points], shift: tuple[float, float], strength: float
) -> None:
    """Darken what is under outlines, which are moved and blurred."""
    from PIL import ImageFilter

    moved = [view.pixels(outline + shift) for outline in outlines]
    radius = max(1.0, 0.12 * view.scale)
    window = view.window(np.concatenate(moved), 2 * radius)
    if window is None:
        return
    x1, y1, x2, y2 = window
    blurred = mask_of(moved, window, 1).filter(ImageFilter.BoxBlur(radius))
    picture[y1:y2, x1:x2] *= 1 - np.float32(strength) * shares(blurred)[..., None]


def _blend(under: Floats, over: Floats, share: Floats) -> None:
    under += (over - under) * share[..., None]


def _depth(mask: "Image", scale: float) -> Floats:
    """From 0 at the edge of a shape to 1 inside: it is round, and turns away from the light there."""
    from PIL import ImageFilter

    soft = np.asarray(mask.filter(ImageFilter.BoxBlur(max(1.0, 0.13 * scale))), np.float32)
    depth: Floats = np.clip(soft * np.float32(1 / 110) - np.float32(1.2), 0, 1)
    return depth


def _lines(view: View, window: Window, shape: Shape) -> Floats:
    """How light the cloth is because of its folds and seams, around 1."""
    from PIL import Image, ImageDraw, ImageFilter

    x1, y1, x2, y2 = window
    unit = view.scale
    soft = Image.new("L", (x2 - x1, y2 - y1), 128)
    draw = ImageDraw.Draw(soft)
    for line, strength in shape.folds:
        corners = (view.pixels(line) - (x1, y1)).ravel().tolist()
        draw.line(corners, fill=int(128 - 90 * strength), width=max(1, round(0.07 * unit)))
    soft = soft.filter(ImageFilter.BoxBlur(max(1.0, 0.05 * unit)))
    falls = np.asarray(soft, np.float32) * np.float32(0.3 / 128) + np.float32(0.7)
    sharp = Image.new("L", ((x2 - x1) * 2, (y2 - y1) * 2), 0)
    draw = ImageDraw.Draw(sharp)
    width = max(1, round(0.045 * unit))
    for line in shape.seams:
        draw.line(((view.pixels(line) - (x1, y1)) * 2).ravel().tolist(), fill=150, width=width)
    for x, y in view.pixels(shape.buttons) if shape.buttons else ():
        r = 0.1 * unit
        cx, cy = 2 * (x - x1), 2 * (y - y1)
        draw.ellipse((cx - r, cy - r, cx + r, cy + r), fill=255)
    seams = np.asarray(sharp.reduce(2), np.float32)
    return falls * (1 - seams * np.float32(0.5 / 255))


def _motif(view: View, place: tuple[float, float, float], rng: Generator) -> list[Points]:
    """A print: a disc, a star, a heart, bars, or lines as of writing."""
    x, y, r = place
    kind = rng.integers(5)
    t = np.linspace(0, 2 * np.pi, 30, endpoint=False)
    if kind == 0:
        shapes = [np.stack([np.cos(t), np.sin(t)], 1)]
    elif kind == 1:
        spikes = np.where(np.arange(10) % 2, 0.42, 1.0)[:, None]
        turn = np.arange(10) * np.pi / 5 - np.pi / 2
        shapes = [spikes * np.stack([np.cos(turn), np.sin(turn)], 1)]
    elif kind == 2:
        shapes = [
            np.stack([np.sin(t) ** 3, -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t)) / 16], 1)
        ]
    elif kind == 3:
        shapes = [_bar(-1.1, b, 1.1, b + 0.3) for b in (-0.75, -0.15, 0.45)]
    else:
        shapes, left = [], -1.2
        while left < 1.0:
            wide = rng.uniform(0.12, 0.34)
            shapes += [_bar(left, top, left + wide, top + rng.uniform(0.12, 0.3)) for top in (-0.3, 0.1)]
            left += wide + 0.1
    return [view.pixels(np.array([x, y]) + r * shape) for shape in shapes]


def _bar(x1: float, y1: float, x2: float, y2: float) -> Points:
    return np.array([(x1, y1), (x2, y1), (x2, y2), (x1, y2)], float)
