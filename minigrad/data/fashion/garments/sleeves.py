"""Sleeves, as the arms lie that they are on."""

from typing import Literal, NamedTuple

import numpy as np
from numpy.random import Generator

from minigrad.data.fashion.garments.shape import Points, Pose, between, joined, xy

Sleeve = Literal["long", "short", "none", "strap"]
Cut = Literal["top", "jacket", "dress"]


class Frame(NamedTuple):
    """The points that the rest hangs on; of the right side, x > 0."""

    neck: Points  # where the collar meets the shoulder seam
    front: Points  # the lowest point of the neckline
    shoulder: Points
    armpit: Points
    sides: list[Points]  # landmarks of the side seam, below the armpit and above the hem
    hem: Points
    hem_middle: Points


class Arm(NamedTuple):
    """A sleeve: the points of its outer edge from the shoulder to the cuff, and of the inner one back."""

    outer: list[Points]
    inner: list[Points]


def sleeve_points(pose: Pose, frame: Frame, sleeve: Sleeve, side: int, length: float, width: float) -> Arm:
    """The sleeve of side -1 or 1, of that length, and half as wide as ``width`` at the cuff, or so."""
    flip = np.array([side, 1])
    shoulder, armpit = frame.shoulder * flip, frame.armpit * flip
    upper, lower = pose.arm(side)
    out, out_low = (np.array([side * abs(d[1]), -side * d[0]]) for d in (upper, lower))  # away from the body
    if sleeve == "short":
        cuff_out = shoulder + length * upper + 0.05 * out
        cuff_in = cuff_out - 2 * width * out * 0.95
        middle_in = between(cuff_in, armpit, 0.5)
        return Arm(
            [shoulder, between(shoulder, cuff_out) + 0.05 * out, cuff_out], [cuff_in, middle_in, armpit]
        )
    elbow_out = shoulder + 1.3 * upper + 0.04 * out
    cuff_out = elbow_out + (length - 1.3) * lower
    cuff_in = cuff_out - 1.7 * width * out_low
    bisector = out + out_low
    elbow_in = elbow_out - (2 * width + 0.1) * bisector / np.hypot(*bisector)
    return Arm(
        [shoulder, shoulder + 0.65 * upper + 0.07 * out, elbow_out, between(elbow_out, cuff_out), cuff_out],
        [cuff_in, between(cuff_in, elbow_in), elbow_in, between(elbow_in, armpit, 0.55), armpit],
    )


def sleeve_folds(rng: Generator, arm: Arm, sleeve: Sleeve) -> list[tuple[Points, float]]:
    """Where a bent arm, and the armpit, crease the cloth."""
    folds = [(joined(arm.inner[-1], between(arm.inner[-1], arm.outer[0], 0.6)), 0.5)]
    if sleeve == "long":
        for share in rng.uniform(0.15, 0.85, 4):
            a, b = between(arm.outer[1], arm.outer[-1], share), between(arm.inner[-2], arm.inner[0], share)
            folds.append((joined(between(a, b, 0.15), between(a, b, 0.8) + xy(0, 0.12)), 0.7))
    return folds
