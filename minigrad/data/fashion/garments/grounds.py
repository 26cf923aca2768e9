"""What is behind the clothes: a shop's plain backdrops, and rooms, streets and tables of its customers."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.random import Generator

from minigrad.data.fashion.garments.fabric import Floats, noise_for

if TYPE_CHECKING:
    from PIL.Image import Image

SHOP = ("white", "grey", "pastel", "studio")
WORN = ("room", "bricks", "street", "park", "door")
LAID = ("planks", "sheet", "carpet", "wardrobe")


def ground(kind: str, rng: Generator, width: int, height: int) -> Floats:
    """The background of that name, (height, width, 3), from 0 to 255."""
    from PIL import Image, ImageFilter

    y = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None]
    if kind in SHOP:
        base = {"white": (250, 250, 250), "grey": (206, 207, 210), "studio": (228, 226, 222)}.get(kind)
        colour = np.array(base if base else rng.uniform(195, 240, 3), np.float32)
        light = 1 + rng.uniform(-0.06, 0.06) * x - 0.05 * x * x + (0 if kind == "white" else -0.1) * y
        if kind == "studio":  # a floor
            light = light - 0.1 / (1 + np.exp(-(y - np.float32(rng.uniform(0.75, 0.9))) * 60))
        plain: Floats = np.clip(colour * light[..., None], 0, 255).astype(np.float32)
        return plain
    image = Image.new("RGB", (width, height), _rgb(rng, 150, 235))
    {
        "room": _room,
        "bricks": _bricks,
        "street": _street,
        "park": _park,
        "door": _door,
        "planks": _planks,
        "sheet": _plain,
        "carpet": _plain,
        "wardrobe": _wardrobe,
    }[kind](image, rng)
    blur = {"street": 3, "park": 3, "room": 1}.get(kind, 0) * width / 128
    if blur:
        image = image.filter(ImageFilter.BoxBlur(blur * rng.uniform(0.4, 1.2)))
    picture = np.asarray(image, np.float32)
    smooth = {"sheet": (3, 0.07), "carpet": (0, 0.06), "planks": (1, 0.03)}.get(kind, (1, 0.02))
    tiled = noise_for(rng, smooth[0], width, height)
    light = 1 + rng.uniform(-0.12, 0.12) * x + smooth[1] * tiled
    lit: Floats = np.clip(picture * light[..., None], 0, 255).astype(np.float32)
    return lit


def _rgb(rng: Generator, low: int, high: int) -> tuple[int, int, int]:
    """A colour that is not too colourful."""
    middle = rng.uniform(low, high)
    red, green, blue = (int(c) for c in np.clip(middle + rng.normal(0, 16, 3), 0, 255))
    return (red, green, blue)


def _plain(image: "Image", rng: Generator) -> None:
    pass


def _room(image: "Image", rng: Generator) -> None:
    from PIL import ImageDraw

    draw = ImageDraw.Draw(image)
    w, h = image.size
    floor = int(h * rng.uniform(0.72, 0.9))
    draw.rectangle((0, floor, w, h), _rgb(rng, 90, 170))
    draw.rectangle((0, floor - h // 40, w, floor), _rgb(rng, 215, 245))
    for _ in range(int(rng.integers(1, 4))):
        x, top = int(rng.uniform(-0.1, 0.9) * w), int(rng.uniform(0.05, 0.5) * h)
        thing = rng.integers(4)
        if thing == 0:  # a picture on the wall
            side = int(rng.uniform(0.14, 0.3) * w)
            draw.rectangle(
                (x, top, x + side, top + side), _rgb(rng, 60, 200), _rgb(rng, 30, 90), max(1, w // 60)
            )
        elif thing == 1:  # a plant
            for _ in range(9):
                dx, dy = rng.normal(0, 0.06, 2) * w
                r = w * rng.uniform(0.04, 0.08)
                cx, cy = x + w * 0.1 + dx, floor - h * 0.2 + dy
                draw.ellipse((cx - r, cy - r, cx + r, cy + r), (50, int(rng.uniform(90, 140)), 60))
            draw.rectangle(
                (x + w * 0.05, floor - h * 0.1, x + w * 0.15, floor + h * 0.02), _rgb(rng, 120, 190)
            )
        elif thing == 2:  # a window
            draw.rectangle(
                (x, h * 0.06, x + w * 0.36, h * 0.45), (206, 226, 240), (240, 240, 240), max(1, w // 40)
            )
            draw.line((x + w * 0.18, h * 0.06, x + w * 0.18, h * 0.45), (240, 240, 240), max(1, w // 50))
        else:  # shelves
            for i in range(3):
                level = int(h * (0.2 + 0.16 * i))
                draw.rectangle((x, level, x + w * 0.34, level + max(1, h // 70)), _rgb(rng, 90, 150))
                for j in range(5):
                    book = x + (0.01 + 0.06 * j) * w
                    draw.rectangle(
                        (book, level - h * rng.uniform(0.06, 0.11), book + 0.045 * w, level),
                        _rgb(rng, 60, 220),
                    )


def _bricks(image: "Image", rng: Generator) -> None:
    from PIL import ImageDraw

    draw = ImageDraw.Draw(image)
    w, h = image.size
    tone = np.array([(168, 96, 76), (196, 186, 176), (120, 104, 98)][rng.integers(3)])
    high, wide = h / rng.integers(18, 30), w / rng.integers(5, 9)
    image.paste(_rgb(rng, 180, 215), (0, 0, w, h))
    for row in range(int(h / high) + 1):
        for column in range(-1, int(w / wide) + 1):
            x, y = (column + 0.5 * (row % 2)) * wide, row * high
            red, green, blue = (int(c) for c in np.clip(tone * rng.uniform(0.86, 1.1), 0, 255))
            draw.rectangle((x, y, x + wide - 1.5, y + high - 1.5), (red, green, blue))


def _street(image: "Image", rng: Generator) -> None:
    from PIL import ImageDraw

    draw = ImageDraw.Draw(image)
    w, h = image.size
    image.paste((200, 216, 232), (0, 0, w, h))
    horizon, x = int(h * rng.uniform(0.6, 0.8)), -10.0
    while x < w:
        wide, top = w * rng.uniform(0.18, 0.4), h * rng.uniform(0.0, 0.35)
        draw.rectangle((x, top, x + wide, horizon), _rgb(rng, 110, 200))
        glass = _rgb(rng, 60, 120)
        for wy in np.arange(top + h * 0.04, horizon - h * 0.06, h * 0.09):
            for wx in np.arange(x + w * 0.03, x + wide - w * 0.05, w * 0.09):
                draw.rectangle((wx, wy, wx + w * 0.045, wy + h * 0.05), glass)
        x += wide
    draw.rectangle((0, horizon, w, h), _rgb(rng, 120, 170))
    draw.line((0, h * 0.95, w, horizon + h * 0.08), (230, 228, 220), max(1, w // 50))


def _park(image: "Image", rng: Generator) -> None:
    from PIL import ImageDraw

    draw = ImageDraw.Draw(image)
    w, h = image.size
    image.paste((190, 214, 236), (0, 0, w, h))
    horizon = int(h * rng.uniform(0.5, 0.7))
    draw.rectangle((0, horizon, w, h), (112, 152, 78))
    for _ in range(26):
        x, y, r = rng.uniform(0, w), horizon - h * rng.uniform(-0.05, 0.42), w * rng.uniform(0.06, 0.16)
        green = rng.uniform(0.55, 1.15)
        draw.ellipse((x - r, y - r, x + r, y + r), (int(74 * green), int(124 * green), int(62 * green)))
    draw.polygon([(w * 0.3, h), (w * 0.8, h), (w * 0.56, horizon), (w * 0.5, horizon)], (206, 194, 170))


def _door(image: "Image", rng: Generator) -> None:
    from PIL import ImageDraw

    draw = ImageDraw.Draw(image)
    w, h = image.size
    left = w * rng.uniform(0.05, 0.3)
    frame, leaf = _rgb(rng, 215, 245), _rgb(rng, 90, 200)
    draw.rectangle((left - w * 0.05, h * 0.02, left + w * 0.65, h), frame)
    draw.rectangle((left, h * 0.06, left + w * 0.6, h), leaf)
    dark = (int(leaf[0] * 0.85), int(leaf[1] * 0.85), int(leaf[2] * 0.85))
    for top in (0.12, 0.55):
        draw.rectangle(
            (left + w * 0.08, h * top, left + w * 0.52, h * (top + 0.34)), None, dark, max(1, w // 50)
        )
    draw.ellipse((left + w * 0.53, h * 0.5, left + w * 0.58, h * 0.5 + w * 0.05), (206, 180, 90))


def _planks(image: "Image", rng: Generator) -> None:
    from PIL import ImageDraw

    draw = ImageDraw.Draw(image)
    w, h = image.size
    tone = np.array([(176, 132, 90), (214, 190, 158), (110, 78, 56), (200, 196, 190)][rng.integers(4)])
    wide = h / rng.integers(5, 9)
    for i in range(int(h / wide) + 1):
        red, green, blue = (int(c) for c in np.clip(tone * rng.uniform(0.86, 1.1), 0, 255))
        draw.rectangle((0, i * wide, w, (i + 1) * wide - 1.5), (red, green, blue))
        for _ in range(3):
            y = (i + rng.uniform(0.1, 0.9)) * wide
            draw.line((0, y, w, y + rng.normal(0, 1.5)), (int(red * 0.9), int(green * 0.9), int(blue * 0.9)))
        joint = rng.uniform(0, w)
        draw.line(
            (joint, i * wide, joint, (i + 1) * wide), (int(red * 0.6), int(green * 0.6), int(blue * 0.6))
        )


def _wardrobe(image: "Image", rng: Generator) -> None:
    from PIL import ImageDraw

    draw = ImageDraw.Draw(image)
    w, h = image.size
    for i in range(3):
        draw.rectangle(
            (i * w / 3 + 1, 0, (i + 1) * w / 3 - 1, h * 0.9), None, _rgb(rng, 130, 180), max(1, w // 70)
        )
    draw.rectangle((0, h * 0.9, w, h), _rgb(rng, 110, 160))
