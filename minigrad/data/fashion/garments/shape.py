"""What a garment's shape is made of, and the curves that its edges are.

Lengths are in body units: the shoulders are at (-1, 0) and (1, 0), y goes down, the waist is at 1.75, the
hips at 2.6, the knees at 4.7, the ankles at 6.4. Left is the viewer's left when the front is seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]
Point = tuple[float, float]


class Pose(NamedTuple):
    """How somebody stands, or how a garment is laid out.

    Attributes:
        arms: the angle of the left and the right upper arm from hanging down, in radians, outwards.
        bends: how far the forearms turn inwards. stance: how far the feet are apart, in body units.
    """

    arms: tuple[float, float]
    bends: tuple[float, float]
    stance: float

    def arm(self, side: int) -> tuple[Points, Points]:
        """The directions of the upper arm and of the forearm, for side -1 (left) or 1."""
        angle, bend = self.arms[side > 0], self.bends[side > 0]
        lower = angle - bend
        return (
            np.array([side * np.sin(angle), np.cos(angle)]),
            np.array([side * np.sin(lower), np.cos(lower)]),
        )


class Part(NamedTuple):
    """A piece of cloth: its outline, and how its pattern lies: turned by an angle about a point."""

    outline: Points
    angle: float = 0.0
    origin: Point = (0.0, 0.0)


@dataclass
class Shape:
    """A garment, flat.

    Attributes:
        parts: the pieces of cloth that are seen, in the order in which they lie on one another.
        landmarks: (n, 2), in DeepFashion2's order for the category.
        inside: pieces of the back, seen from the inside through the neck.
        trims: pieces in the second colour: collars, cuffs, bands.
        seams: lines of stitches and edges. folds: lines where the cloth falls, each with its strength; a
            negative one is a ridge in the light.
        buttons: places. print: where a motif may go, (x, y, half a width); or None.
        behind: places of the landmarks that a wearer's neck hides when the front is seen. before: of those
            that are not seen from the back.
    """

    parts: list[Part]
    landmarks: Points
    inside: list[Points] = field(default_factory=list)
    trims: list[Points] = field(default_factory=list)
    seams: list[Points] = field(default_factory=list)
    folds: list[tuple[Points, float]] = field(default_factory=list)
    buttons: list[Point] = field(default_factory=list)
    print: tuple[float, float, float] | None = None
    behind: tuple[int, ...] = ()
    before: tuple[int, ...] = ()


def xy(x: float, y: float) -> Points:
    """A point."""
    return np.array([x, y], float)


def smooth(points: Sequence[Any], steps: int = 5) -> Points:
    """A curve through the points, from the first to the last (Catmull and Rom 1974)."""
    p = np.asarray(points, float)
    if len(p) < 3:
        return p
    n = len(p)
    p = np.concatenate([2 * p[:1] - p[1:2], p, 2 * p[-1:] - p[-2:-1]])
    four = p[np.arange(n - 1)[:, None] + np.arange(4)]  # (n - 1, 4, 2): the points around each stretch
    return np.concatenate([(_weights(steps) @ four).reshape(-1, 2), p[-2:-1]])


@cache
def _weights(steps: int) -> Points:
    """What the four points around a stretch weigh at each of its steps, (steps, 4)."""
    t = np.arange(steps) / steps
    powers = np.stack([np.ones(steps), t, t**2, t**3], axis=1)
    weights = np.array([[0, 1, 0, 0], [-0.5, 0, 0.5, 0], [1, -2.5, 2, -0.5], [-0.5, 1.5, -1.5, 0.5]])
    spread: Points = powers @ weights
    return spread


def joined(*lines: Any) -> Points:
    """Lines one after another, as one outline."""
    return np.concatenate([np.asarray(line, float).reshape(-1, 2) for line in lines])


def mirrored(points: Any) -> Points:
    """The same on the other side, gone through backwards."""
    return np.asarray(points, float)[::-1] * (-1, 1)


def between(a: Any, b: Any, share: float = 0.5) -> Points:
    """The point on the way from a to b."""
    return (1 - share) * np.asarray(a, float) + share * np.asarray(b, float)


def band(line: Any, width: float) -> Points:
    """A strip along a line, on the side that lies to the left of its direction (as it is seen)."""
    p = np.asarray(line, float)
    along = np.gradient(p, axis=0)
    along /= np.maximum(np.hypot(*along.T), 1e-9)[:, None]
    across = along[:, ::-1] * (1, -1)
    return joined(p, (p + width * across)[::-1])
