"""The colour of a garment, and how well two colours go together.

Colours are CIELAB, (L*, a*, b*) for the white point D65: a distance of 2 is just seen, one of 100 leads from
black to white. Agreement is colour harmony as people have judged it:

    CH = H_C + H_L + H_H

from the differences in chroma and hue, the lightness, and the hues themselves; more is more harmonious.
L. Ou and M. R. Luo 2006, "A colour harmony model for two-colour combinations", Color Research and
Application 31 (3), 191-204.
"""

from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

D65 = np.array([0.95047, 1.0, 1.08883])
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
DETAIL = 32  # a garment's colour is looked for in at most so many rows and columns
GROUND = 15.0  # what is nearer than this to the colour of the image's edge is ground
NEAR = 12.0  # pixels as near as this have one colour


def lab(rgb: npt.ArrayLike) -> Array:
    """CIELAB of sRGB bytes. Shapes: (..., 3); the result the same."""
    x = np.asarray(rgb, np.float64) / 255
    linear = np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)
    xyz = linear @ TO_XYZ.T / D65
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack(
        [116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1
    )


def rgb(colours: npt.ArrayLike) -> Array:
    """sRGB bytes of CIELAB: ``lab`` undone; what no screen can show is cut off. Shapes: (..., 3)."""
    x = np.asarray(colours, np.float64)
    y = (x[..., 0] + 16) / 116
    f = np.stack([y + x[..., 1] / 500, y, y - x[..., 2] / 200], axis=-1)
    xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * D65
    linear = np.clip(xyz @ np.linalg.inv(TO_XYZ).T, 0, 1)
    srgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.rint(255 * srgb).astype(np.uint8)


def garment_colour(image: Array) -> Array:
    """The colour that most of a garment has, as bytes (3,): the mean of the largest crowd of its pixels.

    A pixel is the garment's if it is not of the colour that the image's edge has; where hardly any is, a
    white shirt on white, all of them are. Of its pixels the one with the most others near it is taken,
    those in the middle of the image counting more, and its neighbours' mean.

    Shapes: image (H, W, 3) of bytes.
    """
    steps = [slice(None, None, max(1, length // DETAIL)) for length in image.shape[:2]]
    small = image[tuple(steps)]
    colours = lab(small)
    edge = np.concatenate([colours[0], colours[-1], colours[:, 0], colours[:, -1]])
    garment = np.linalg.norm(colours - np.median(edge, axis=0), axis=2) > GROUND
    if garment.mean() < 0.05:
        garment[:] = True
    points, weights = colours[garment], _middle(*small.shape[:2])[garment]
    squares = (points**2).sum(1)
    apart = squares[:, None] + squares - 2 * points @ points.T  # squared distances
    near = apart < NEAR**2
    chosen = near[(near * weights).sum(1).argmax()]
    mean = np.average(small[garment][chosen].astype(np.float64), axis=0, weights=weights[chosen])
    return mean.round().astype(np.uint8)


def _middle(height: int, width: int) -> Array:
    """Weights of pixels: 1 in the middle, a third at the edges."""
    down, across = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)
    return np.exp(-(down**2) - across**2)


def harmony(first: Array, second: Array) -> float:
    """Ou and Luo's CH of two colours in CIELAB, (3,) each; the same in either order."""
    (l1, a1, b1), (l2, a2, b2) = first, second
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    hue = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(h1 - h2) / 2)
    apart = np.hypot(hue, (c1 - c2) / 1.46)
    of_chroma = 0.04 + 0.53 * np.tanh(0.8 - 0.045 * apart)
    of_sum = 0.28 + 0.54 * np.tanh(-3.88 + 0.029 * (l1 + l2))
    of_contrast = 0.14 + 0.15 * np.tanh(-2 + 0.2 * abs(l1 - l2))
    return float(of_chroma + of_sum + of_contrast + _of_hue(l1, c1, h1) + _of_hue(l2, c2, h2))


def _of_hue(lightness: float, chroma: float, hue: float) -> float:
    """What one of the colours adds by itself: blues more than reds, light yellows more than dark ones."""
    colourful = 0.5 + 0.5 * np.tanh(-2 + 0.5 * chroma)
    of_hue = -0.08 - 0.14 * np.sin(np.radians(hue + 50)) - 0.07 * np.sin(np.radians(2 * hue + 90))
    yellow = (90 - hue) / 10
    of_yellow = (0.22 * lightness - 12.8) / 10 * np.exp(yellow - np.exp(yellow))
    return float(colourful * (of_hue + of_yellow))


def agreement(colours: Array) -> float:
    """The mean harmony of all pairs. Shapes: colours (N, 3) in CIELAB, N at least 2."""
    pairs = [harmony(first, second) for first, second in combinations(colours, 2)]
    return sum(pairs) / len(pairs)
