"""Somebody who wears the clothes: skin, hair, a face, shoes, drawn as plain shapes."""

from typing import Any, NamedTuple

import numpy as np
from numpy.random import Generator

from minigrad.data.fashion.garments.fabric import COLOURS, Colour, one_of, times
from minigrad.data.fashion.garments.shape import Points, Pose, band, joined, smooth

SKINS: tuple[Colour, ...] = (
    (246, 214, 190),
    (232, 190, 158),
    (214, 164, 124),
    (186, 132, 94),
    (146, 98, 66),
    (102, 68, 48),
)
HAIRS: tuple[Colour, ...] = (
    (34, 26, 24),
    (62, 42, 30),
    (104, 70, 42),
    (168, 128, 76),
    (206, 178, 122),
    (122, 52, 32),
    (150, 148, 146),
)


class Figure(NamedTuple):
    """Layers of coloured outlines, in body units, each from the back to the front.

    Attributes:
        behind: the hair and the neck behind the clothes. body: head, arms, legs, shoes.
        before: what lies over the clothes: hair over the shoulders.
    """

    behind: list[tuple[Points, Colour]]
    body: list[tuple[Points, Colour]]
    before: list[tuple[Points, Colour]]


def person(rng: Generator, pose: Pose, back: bool) -> Figure:
    """A person in that pose, seen from the front or from the back."""
    skin = SKINS[rng.integers(len(SKINS))]
    hair = HAIRS[rng.integers(len(HAIRS))]
    shade = times(skin, 0.86)
    long_hair = rng.random() < 0.5
    body: list[tuple[Points, Colour]] = []
    for s in (-1, 1):
        for outline in _arm(pose, s):
            body.append((outline, skin if s < 0 else times(skin, 0.96)))
    shoes = COLOURS[one_of(rng, ("black", "white", "brown", "red", "navy"))]
    for s in (-1, 1):
        foot = s * (0.42 + pose.stance)
        body.append(
            (
                joined(
                    (0.1 * s, 2.4),
                    (s * 0.95, 2.4),
                    (s * 0.9, 3.2),
                    (foot + s * 0.3, 4.7),
                    (foot + s * 0.17, 6.45),
                    (foot - s * 0.17, 6.45),
                    (foot - s * 0.27, 4.7),
                    (s * 0.06, 3.1),
                ),
                skin,
            )
        )
        body.append((_oval(foot + 0.08 * s, 6.6, 0.27, 0.2), shoes))
    body.append(
        (
            joined((-0.8, 0.1), (0.8, 0.1), (0.74, 1.75), (0.92, 2.6), (0, 3.0), (-0.92, 2.6), (-0.74, 1.75)),
            shade,
        )
    )
    body.append(
        (
            joined(
                (-0.27, -0.75),
                (0.27, -0.75),
                (0.29, -0.2),
                (0.95, 0.06),
                (0.7, 0.5),
                (0, 0.75),
                (-0.7, 0.5),
                (-0.95, 0.06),
                (-0.29, -0.2),
            ),
            skin,
        )
    )
    body.append((joined((-0.27, -0.55), (0.27, -0.55), (0.24, -0.28), (0, -0.18), (-0.24, -0.28)), shade))
    head = _oval(0, -0.98, 0.42, 0.56)
    behind = [(_oval(0, -0.85, 0.58, 0.75), hair)]
    before: list[tuple[Points, Colour]] = []
    if long_hair:
        length = rng.uniform(0.3, 1.1)
        behind.append(
            (
                joined(
                    smooth([(-0.5, -1.1), (-0.62, -0.3), (-0.55, length)]),
                    smooth([(0.55, length), (0.62, -0.3), (0.5, -1.1)]),
                ),
                hair,
            )
        )
    if back:
        before.append((_oval(0, -1.0, 0.5, 0.62), hair))
        if long_hair:
            before.append(
                (
                    joined(
                        smooth([(-0.5, -1.0), (-0.5, -0.2), (-0.38, length)]),
                        smooth([(0.38, length), (0.5, -0.2), (0.5, -1.0)]),
                    ),
                    hair,
                )
            )
        return Figure(behind, body, before)
    body.append((head, skin))
    body.append(
        (
            smooth(
                [
                    (-0.44, -0.9),
                    (-0.42, -1.35),
                    (0, -1.62),
                    (0.42, -1.35),
                    (0.44, -0.9),
                    (0.3, -1.22),
                    (-0.05, -1.34),
                    (-0.34, -1.15),
                    (-0.44, -0.9),
                ]
            ),
            hair,
        )
    )
    for s in (-1, 1):
        body.append((_oval(s * 0.16, -0.98, 0.06, 0.035), (40, 30, 28)))
        body.append((_oval(s * 0.17, -1.09, 0.09, 0.02), times(hair, 0.9)))
    body.append((_oval(0, -0.66, 0.11, 0.03), (176, 84, 84)))
    body.append((joined((0.0, -0.95), (0.05, -0.8), (-0.03, -0.79)), shade))
    if long_hair and rng.random() < 0.5:
        for s in (-1, 1):
            before.append(
                (
                    joined(
                        smooth([(s * 0.4, -1.0), (s * 0.56, -0.2), (s * 0.45, 0.75)]),
                        smooth([(s * 0.3, 0.7), (s * 0.36, -0.2), (s * 0.38, -0.8)]),
                    ),
                    hair,
                )
            )
    return Figure(behind, body, before)


def bag(rng: Generator, pose: Pose, side: int) -> list[tuple[Points, Colour]]:
    """A bag that hangs at a hand, before the clothes."""
    upper, lower = pose.arm(side)
    hand = np.array([side * 0.9, 0.15]) + 1.35 * upper + 1.3 * lower
    x, y = float(hand[0]) - side * 0.35, float(hand[1])
    colour = COLOURS[one_of(rng, ("black", "brown", "camel", "burgundy", "navy", "beige"))]
    w, h = rng.uniform(0.5, 0.8), rng.uniform(0.6, 0.95)
    handle = smooth([(x - 0.3, y + 0.45), (x - 0.22, y), (x + 0.22, y), (x + 0.3, y + 0.45)])
    return [
        (band(handle, 0.08), times(colour, 0.8)),
        (
            joined(
                (x - 0.9 * w, y + 0.4), (x + 0.9 * w, y + 0.4), (x + w, y + 0.4 + h), (x - w, y + 0.4 + h)
            ),
            colour,
        ),
        (
            joined(
                (x - 0.9 * w, y + 0.4),
                (x + 0.9 * w, y + 0.4),
                (x + 0.7 * w, y + 0.4 + 0.5 * h),
                (x - 0.7 * w, y + 0.4 + 0.5 * h),
            ),
            times(colour, 1.2),
        ),
    ]


def telephone(rng: Generator) -> list[tuple[Points, Colour]]:
    """A hand with a telephone before the chest, as in a mirror."""
    x, y = rng.uniform(-0.3, 0.4), rng.uniform(-0.1, 0.6)
    skin = SKINS[rng.integers(len(SKINS))]
    return [
        (joined((x + 0.1, y + 0.3), (x + 0.42, y + 0.2), (x + 1.25, y + 1.5), (x + 0.95, y + 1.7)), skin),
        (
            joined((x - 0.3, y - 0.45), (x + 0.3, y - 0.45), (x + 0.3, y + 0.5), (x - 0.3, y + 0.5)),
            (28, 28, 32),
        ),
        (_oval(x - 0.17, y - 0.3, 0.06, 0.06), (90, 94, 104)),
        (_oval(x + 0.22, y + 0.25, 0.2, 0.26), skin),
    ]


def _arm(pose: Pose, side: int) -> list[Points]:
    upper, lower = pose.arm(side)
    shoulder = np.array([side * 0.86, 0.2])
    elbow = shoulder + 1.25 * upper
    wrist = elbow + 1.2 * lower
    hand = wrist + 0.34 * lower
    across = np.array([upper[1], -upper[0]]), np.array([lower[1], -lower[0]])
    return [
        joined(
            shoulder - 0.23 * across[0],
            shoulder + 0.23 * across[0],
            elbow + 0.18 * across[0],
            elbow - 0.18 * across[0],
        ),
        joined(
            elbow - 0.18 * across[1],
            elbow + 0.18 * across[1],
            wrist + 0.12 * across[1],
            wrist - 0.12 * across[1],
        ),
        _oval(side * 0.86, 0.22, 0.23, 0.23),
        _oval(float(elbow[0]), float(elbow[1]), 0.18, 0.18),
        _oval(float(hand[0]), float(hand[1] - 0.1), 0.15, 0.26),
    ]


def _oval(x: float, y: float, a: float, b: float) -> Points:
    oval: Points = np.array([x, y]) + _CIRCLE * (a, b)
    return oval


_TURN = np.linspace(0, 2 * np.pi, 20, endpoint=False)
_CIRCLE: Any = np.stack([np.cos(_TURN), np.sin(_TURN)], axis=1)
