"""Cloth: colours as clothes have them, and the patterns woven or printed on it."""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

Floats = npt.NDArray[np.float32]
Colour = tuple[int, int, int]

COLOURS: dict[str, Colour] = {
    "black": (32, 32, 36),
    "charcoal": (66, 68, 74),
    "grey": (142, 144, 148),
    "light grey": (198, 199, 201),
    "white": (242, 241, 238),
    "cream": (236, 226, 204),
    "beige": (212, 190, 158),
    "camel": (184, 140, 92),
    "brown": (106, 74, 52),
    "navy": (34, 44, 80),
    "blue": (46, 92, 168),
    "sky": (140, 184, 222),
    "denim": (72, 98, 138),
    "light denim": (136, 162, 194),
    "teal": (32, 124, 128),
    "mint": (170, 216, 196),
    "green": (52, 128, 78),
    "olive": (112, 114, 66),
    "forest": (40, 74, 58),
    "mustard": (212, 164, 54),
    "yellow": (242, 212, 92),
    "orange": (226, 122, 52),
    "coral": (238, 128, 112),
    "red": (192, 40, 48),
    "burgundy": (112, 32, 50),
    "pink": (238, 178, 190),
    "fuchsia": (204, 60, 122),
    "lavender": (186, 170, 216),
    "purple": (98, 62, 122),
}
PATTERNS = (
    *("plain",) * 6,
    *("heather", "stripes", "pinstripes", "gingham", "tartan", "dots", "flowers"),
    *("diagonals", "block", "fade", "zigzag", "diamonds", "camouflage"),
)
SOBER = ("black", "charcoal", "beige", "navy", "olive", "brown")
SIZES = {"stripes": (0.16, 0.4), "pinstripes": (0.12, 0.24), "gingham": (0.18, 0.36), "tartan": (0.4, 0.8)}
BLUES = ("denim", "light denim", "navy", "charcoal", "sky")


class Fabric(NamedTuple):
    """A cloth.

    Attributes:
        pattern: its name, of PATTERNS or "denim". colours: the ground's and two more.
        names: what the colours are called. size: of the pattern, in body units.
        seed: of what is random in it.
    """

    pattern: str
    colours: tuple[Colour, Colour, Colour]
    names: tuple[str, str, str]
    size: float
    seed: int

    def paint(self, u: Floats, v: Floats) -> Floats:
        """The colours at places (u, v) of the cloth, in body units: (..., 3), from 0 to 255."""
        ground, second, third = (np.array(colour, np.float32) for colour in self.colours)
        s = np.float32(self.size)
        if self.pattern in ("plain", "heather", "denim"):
            strength = {"plain": 2.5, "heather": 7, "denim": 5}[self.pattern]
            grain = _tile(self.seed % 7, 0)[_index(v, 41), _index(u, 41)] * np.float32(strength)
            if self.pattern == "denim":
                grain += 7 * np.sin((u + v) * np.float32(70))
                grain += 22 * np.exp(-(((np.abs(u) - np.float32(0.5)) / np.float32(0.22)) ** 2))
            return ground + grain[..., None]
        if self.pattern == "tartan":
            across, down = _bars(u / s, 0.36), _bars(v / s, 0.36)
            thin = np.maximum(_bars(u / s + np.float32(0.55), 0.07), _bars(v / s + np.float32(0.55), 0.07))
            cloth = _mix(ground, second, np.float32(0.5) * (across + down))
            return _mix(cloth, third, np.float32(0.8) * thin)
        if self.pattern == "gingham":
            return _mix(ground, second, np.float32(0.5) * (_bars(u / s, 0.5) + _bars(v / s, 0.5)))
        if self.pattern == "flowers":
            petals, hearts = _flowers(u / s, v / s, self.seed)
            return _mix(_mix(ground, second, petals), third, hearts)
        if self.pattern == "camouflage":
            n = _tile(self.seed % 7, 3)
            first = n[_index(v / s, 13), _index(u / s, 13)]
            other = n[_index(v / s, 17), _index(u / s, 17)]
            return _mix(_mix(ground, second, _step(first, 0.1)), third, _step(other, 0.35))
        return _mix(ground, second, _share(self.pattern, u / s, v / s, v))


def _share(pattern: str, a: Floats, b: Floats, v: Floats) -> Floats:
    """How much of the second colour there is; a and b count repeats across and down."""
    if pattern == "stripes":
        return _bars(b, 0.42)
    if pattern == "pinstripes":
        return np.float32(0.8) * _bars(a, 0.16)
    if pattern == "diagonals":
        return _bars(np.float32(0.7) * (a + b), 0.4)
    if pattern == "zigzag":
        return _bars(b + np.float32(0.9) * np.abs(a - np.floor(a) - np.float32(0.5)), 0.36)
    if pattern == "diamonds":
        return _step(np.abs(_saw(a)) + np.abs(_saw(np.float32(0.7) * b)), 0.5)
    if pattern == "dots":
        row = np.floor(b)
        x, y = _saw(a + np.float32(0.5) * (row % np.float32(2))), b - row - np.float32(0.5)
        return _step(np.float32(0.3) - np.sqrt(x * x + y * y), 0, 14)
    if pattern == "block":
        return _step(v, 1.15, 25)
    faded: Floats = np.clip(v / np.float32(4), 0, 1)  # of "fade"
    return faded


def one_of(rng: Generator, names: Sequence[str]) -> str:
    """One of the names at random. (Faster than ``rng.choice``, which makes an array of them first.)"""
    return names[int(rng.integers(len(names)))]


def choose(rng: Generator, below: bool) -> Fabric:
    """A cloth at random; trousers and skirts are plain, or denim, more often."""
    pattern, first = one_of(rng, PATTERNS), one_of(rng, list(COLOURS))
    if below and rng.random() < 0.6:
        pattern = one_of(rng, ("plain", "denim", "denim", "pinstripes", "tartan"))
        first = one_of(rng, BLUES if pattern == "denim" else SOBER)
    light = sum(COLOURS[first])
    # Told apart even by those who see no colours.
    others = [name for name, colour in COLOURS.items() if abs(sum(colour) - light) > 130]
    second = one_of(rng, others)
    third = one_of(rng, [name for name in others if name != second])
    low, high = SIZES.get(pattern, (0.26, 0.5))
    return Fabric(
        pattern,
        (_jittered(rng, COLOURS[first]), _jittered(rng, COLOURS[second]), _jittered(rng, COLOURS[third])),
        (first, second, third),
        rng.uniform(low, high),
        int(rng.integers(1 << 30)),
    )


def _jittered(rng: Generator, colour: Colour) -> Colour:
    all_three = rng.normal(0, 6)
    red, green, blue = (int(min(max(c + all_three + rng.normal(0, 7), 8), 250)) for c in colour)
    return (red, green, blue)


def times(colour: Colour, factor: float) -> Colour:
    """The colour lighter or darker by a factor."""
    red, green, blue = (min(255, int(c * factor)) for c in colour)
    return (red, green, blue)


def noise(seed: int, smoothness: int) -> Floats:
    """256 x 256 numbers around 0 with deviation 1, the smoother the larger; it can be laid side by side."""
    return _tile(seed % 7, smoothness)


def noise_for(rng: Generator, smoothness: int, width: int, height: int) -> Floats:
    """Such numbers for a picture, (height, width), from a place of the tile at random."""
    tile = _tile(int(rng.integers(7)), smoothness)
    y, x = rng.integers(256, size=2)
    cut: Floats = tile[(y + np.arange(height))[:, None] & 255, (x + np.arange(width)) & 255]
    return cut


@cache
def _tile(seed: int, smoothness: int) -> Floats:
    x = np.random.default_rng((seed, smoothness)).standard_normal((256, 256))
    for _ in range(3 if smoothness else 0):  # three times a running mean is almost a bell
        for axis in (0, 1):
            x = np.sum([np.roll(x, k, axis) for k in range(-4 * smoothness, 4 * smoothness + 1)], axis=0)
    tile: Floats = ((x - x.mean()) / x.std()).astype(np.float32)
    return tile


def _index(places: Floats, per_unit: float) -> npt.NDArray[np.intp]:
    return (places * np.float32(per_unit)).astype(np.intp) & 255


def _saw(x: Floats) -> Floats:
    return x - np.floor(x) - np.float32(0.5)


def _bars(x: Floats, width: float) -> Floats:
    """1 on bars of that width, one to each whole number, with soft edges."""
    return _step(np.float32(width / 2) - np.abs(_saw(x)), 0, 16)


def _step(x: Floats, at: float, steepness: float = 12) -> Floats:
    share: Floats = np.clip((x - np.float32(at)) * np.float32(steepness) + np.float32(0.5), 0, 1)
    return share


def _flowers(a: Floats, b: Floats, seed: int) -> tuple[Floats, Floats]:
    """Five petals and a heart, one to a square, moved and turned at random."""
    down, across = np.floor(b), np.floor(a)
    row, column = down.astype(np.intp), across.astype(np.intp)
    random = _tile(seed % 7, 0)
    dx, dy = random[row & 255, column & 255], random[(row + 97) & 255, (column + 31) & 255]
    x = a - across - np.float32(0.5) - np.float32(0.12) * np.clip(dx, -1, 1)
    y = b - down - np.float32(0.5) - np.float32(0.12) * np.clip(dy, -1, 1)
    radius = np.sqrt(x * x + y * y)
    petal = np.float32(0.24) + np.float32(0.09) * np.cos(5 * np.arctan2(y, x) + 3 * dx)
    return _step(petal - radius, 0, 14), _step(np.float32(0.09) - radius, 0, 14)


def _mix(a: Any, b: Any, share: Floats) -> Floats:
    mixed: Floats = a + (b - a) * share[..., None]
    return mixed
