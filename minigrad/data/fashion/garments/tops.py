"""Tops, jackets and dresses, with long sleeves, short ones, or none.

The landmarks go once round: the neck (1 to 6), then the left sleeve, side and hem, the hem's middle, and the
right side upwards. A jacket that opens in front has, for the neck's and the hem's middle, two each, and two
more on each front edge at the end. The order is counted off from annotations that were published; that of
jackets with short sleeves follows those with long ones.
"""

import numpy as np
from numpy.random import Generator

from minigrad.data.fashion.garments.shape import (
    Part,
    Points,
    Pose,
    Shape,
    between,
    joined,
    mirrored,
    smooth,
    xy,
)
from minigrad.data.fashion.garments.sleeves import Arm, Cut, Frame, Sleeve, sleeve_folds, sleeve_points
from minigrad.data.fashion.garments.trimmings import finish


def top(rng: Generator, pose: Pose, sleeve: Sleeve, cut: Cut, back: bool = False) -> Shape:
    """A garment for the upper body, with DeepFashion2's landmarks for its kind; or its back."""
    frame = _frame(rng, sleeve, cut)
    if back and sleeve != "strap":
        frame = frame._replace(front=xy(0.0, 0.0))
    gap = 0.0 if cut != "jacket" else rng.choice([rng.uniform(0.0, 0.05), rng.uniform(0.12, 0.34)])
    neckline = _neckline(rng, frame, sleeve, gap)  # from the middle to the right shoulder
    armhole = smooth([frame.shoulder, between(frame.shoulder, frame.armpit) - (0.13, 0.02), frame.armpit])
    side = smooth([frame.armpit, *frame.sides, frame.hem])
    hemline = smooth([frame.hem, between(frame.hem, frame.hem_middle) + xy(0, 0.02), frame.hem_middle])
    if gap:
        hemline = hemline[hemline[:, 0] > gap]
    right = joined(neckline, armhole, side, hemline)
    shape = Shape([], np.zeros((0, 2)))
    if cut == "jacket":
        edge_top, edge_bottom = neckline[0], np.array([gap, frame.hem_middle[1]])
        right = joined(right, edge_bottom)
        # The left half lies on the right one where they overlap.
        shape.parts += [Part(right), Part(mirrored(right) - ((0.0 if gap > 0.1 else -0.04), 0))]
    else:
        edge_top = edge_bottom = neckline[0]
        shape.parts.append(Part(joined(right, mirrored(right))))
    nape = frame.neck * (0, 1) + xy(0, 0.1)
    shape.inside.append(
        joined(smooth([frame.neck * (-1, 1), nape, frame.neck]), neckline[::-1], mirrored(neckline)[::-1])
    )
    arms: list[Arm] = []
    if sleeve in ("long", "short"):
        long = sleeve == "long"
        length = rng.uniform(2.3, 2.75) if long else rng.uniform(0.7, 1.15)
        width = rng.uniform(0.2, 0.3) if long else rng.uniform(0.3, 0.42)
        arms = [sleeve_points(pose, frame, sleeve, s, length, width) for s in (-1, 1)]
        for s, points in zip((-1, 1), arms, strict=True):
            hole = armhole * (s, 1)
            outline = joined(smooth(points.outer), smooth(points.inner), hole[::-1])
            direction = pose.arm(s)[0]
            shape.parts.append(
                Part(outline, float(-s * np.arctan2(abs(direction[0]), direction[1])), tuple(hole[0]))
            )
            shape.seams.append(hole)
            cuff = joined(points.outer[-1], points.inner[0])
            up = between(points.outer[-1], points.outer[-2], 0.12) - points.outer[-1]
            shape.seams.append(cuff + up)
            shape.folds += sleeve_folds(rng, points, sleeve)
    shape.landmarks = _landmarks(frame, neckline, nape, arms, cut, edge_top, edge_bottom)
    shape.behind, shape.before = (0,), (2, 3, 4)
    finish(rng, shape, frame, neckline, hemline, arms, sleeve, cut, gap, back)
    return shape


def _frame(rng: Generator, sleeve: Sleeve, cut: Cut) -> Frame:
    u = rng.uniform
    loose = u(0.0, 0.22) + (0.1 if cut == "jacket" else 0.0)
    narrow = sleeve in ("none", "strap")
    if sleeve == "strap":
        shoulder_x, strap, neck_y, shoulder_y, depth = (
            u(0.42, 0.55),
            u(0.05, 0.09),
            -0.12,
            -0.12,
            u(0.55, 0.8),
        )
    elif sleeve == "none":
        shoulder_x, strap, neck_y, shoulder_y, depth = u(0.62, 0.8), u(0.16, 0.28), -0.14, -0.1, u(0.2, 0.65)
    else:
        shoulder_x, strap, neck_y, shoulder_y = u(0.95, 1.06) + 0.4 * loose, 0.0, -0.16, 0.02
        depth = u(0.12, 0.3) if rng.random() < 0.6 else u(0.35, 0.75)
    neck_x = shoulder_x - strap if strap else u(0.33, 0.48)
    if cut == "jacket":
        depth = u(0.25, 1.1)
    armpit = xy(0.84 + 0.6 * loose, u(0.68, 0.82) + 0.5 * loose)
    if narrow:
        armpit = xy(0.8 + 0.3 * loose, u(0.62, 0.8))
    if cut == "dress":
        hem_y = u(3.5, 5.8)
        waist = u(0.68, 0.76) + 0.2 * loose
        flare = rng.choice([u(0.85, 1.0), u(1.2, 1.5), u(1.5, 2.0)])
        hip = max(0.94, 0.55 * flare + 0.3)
        sides = [xy(waist + 0.03, 1.45), xy(waist + 0.05, 1.85), xy(hip, 2.6)]
        sides += [between((hip, 2.6), (flare, hem_y), 0.5)] if not narrow else []
        hem = xy(flare, hem_y)
    else:
        hem_y = u(1.75, 2.15) if rng.random() < 0.25 else u(2.3, 2.85) + (0.3 if cut == "jacket" else 0)
        waist = u(0.72, 0.84) + loose
        hem = xy(max(waist, 0.8 + loose) + (0.14 if hem_y > 2.2 else 0.0), hem_y)
        lower = between((waist, 1.72), hem, 0.25)
        sides = [xy(waist, 0.5 * (armpit[1] + hem_y))] if narrow else [between(armpit, (waist, 1.7)), lower]
    middle = xy(0.0, hem_y + u(0.0, 0.1))
    return Frame(
        xy(neck_x, neck_y),
        xy(0.0, depth),
        xy(shoulder_x, shoulder_y),
        armpit,
        sides,
        hem,
        middle,
    )


def _neckline(rng: Generator, frame: Frame, sleeve: Sleeve, gap: float) -> Points:
    """From the middle of the front up to the right shoulder: round, pointed, or straight across."""
    start = frame.front + xy(gap, 0)
    if sleeve == "strap":
        corner = np.array([frame.neck[0] - 0.04, frame.front[1] - 0.12])
        return joined(smooth([start, between(start, corner) + xy(0, 0.01), corner]), frame.neck)
    pointed = frame.front[1] > 0.45 and rng.random() < 0.6
    if pointed or gap:
        return smooth([start, between(start, frame.neck, 0.5) + xy(0.03, 0.02), frame.neck])
    low = between(start, frame.neck, 0.5)
    return smooth(
        [start, low + xy(0.1 * frame.neck[0] + 0.05, 0.3 * (frame.front[1] - low[1])), frame.neck], 7
    )


def _landmarks(
    frame: Frame,
    neckline: Points,
    nape: Points,
    arms: list[Arm],
    cut: Cut,
    edge_top: Points,
    edge_bottom: Points,
) -> Points:
    flip = xy(-1, 1)
    beside_front = _at_height(neckline, 0.5 * (frame.front[1] + frame.neck[1]))
    neck = [nape, frame.neck * flip, beside_front * flip]
    neck += [edge_top * flip, beside_front, frame.neck]
    sides: list[list[Points]] = []
    for s, arm in zip((-1, 1), arms or (None, None), strict=True):
        f = xy(s, 1)
        sleeve = [frame.shoulder * f, frame.armpit * f] if arm is None else [*arm.outer, *arm.inner]
        sides.append([*sleeve, *(point * f for point in frame.sides), frame.hem * f])
    if cut != "jacket":
        return joined(*neck, *sides[0], frame.hem_middle, *sides[1][::-1])
    edges = [between(edge_top, edge_bottom, share) for share in (1 / 3, 2 / 3)]
    return joined(
        *neck,
        *sides[0],
        edge_bottom * flip,
        *sides[1][::-1],
        *(edge_top, *edges, edge_bottom),
        *(edge * flip for edge in edges),
    )


def _at_height(line: Points, y: float) -> Points:
    found: Points = line[int(np.abs(line[:, 1] - y).argmin())]
    return found
