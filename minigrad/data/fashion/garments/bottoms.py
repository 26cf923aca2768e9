"""Shorts, trousers and skirts."""

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


def trousers(rng: Generator, pose: Pose, short: bool) -> Shape:
    """Shorts (10 landmarks) or trousers (14): waist, outer leg, hem, inner leg, crotch, and so on round."""
    u = rng.uniform
    top = u(1.66, 1.95)
    waist, hip, crotch = u(0.7, 0.78), u(0.95, 1.08), u(2.95, 3.15)
    if short:
        hem, knee_w, hem_w = u(3.45, 4.3), 0.0, u(0.46, 0.66)
    else:
        hem = u(5.5, 6.5)
        knee_w, hem_w = ((0.29, 0.2), (0.36, 0.33), (0.42, 0.46), (0.31, 0.46))[rng.integers(4)]
    foot = 0.42 + pose.stance  # where the leg stands

    def leg(y: float) -> float:
        """The middle of the right leg at a height."""
        return 0.5 + (foot - 0.5) * (y - 2.6) / 3.8

    hem_w, knee = min(hem_w, leg(hem) - 0.03), 4.65  # the legs do not overlap
    side_top = (waist, top)
    side = (hip, 2.6)
    out_hem, in_hem = (leg(hem) + hem_w, hem), (leg(hem) - hem_w, hem + u(-0.02, 0.04))
    if short:
        outer = smooth([side_top, between(side_top, side, 0.6) + xy(0.03, 0), side, out_hem])
        inner = joined(in_hem, smooth([in_hem, between(in_hem, (0, crotch)) + xy(0.03, 0), (0, crotch)]))
    else:
        out_knee, in_knee = (leg(knee) + knee_w, knee), (leg(knee) - knee_w, knee)
        outer = smooth([side_top, between(side_top, side, 0.6) + xy(0.02, 0), side, out_knee, out_hem])
        inner = smooth([in_hem, in_knee, between(in_knee, (0.02, crotch), 0.75), (0, crotch)])
    right = joined(outer, inner)  # from the waist down, round the leg to the crotch
    dip = (0.0, top + u(0.02, 0.07))
    waistline = smooth([(-waist, top), dip, (waist, top)])
    outline = joined(waistline, right, mirrored(right)[1:-1])
    place = [(-waist, top), dip, (waist, top)]
    if short:
        left = [(-hip, 2.6), *(_left(p) for p in (out_hem, in_hem))]
        place += [*left, (0, crotch), in_hem, out_hem, (hip, 2.6)]
    else:
        left = [(-hip, 2.6), *(_left(p) for p in (out_knee, out_hem, in_hem, in_knee))]
        place += [*left, (0, crotch), in_knee, in_hem, out_hem, out_knee, (hip, 2.6)]
    shape = Shape([Part(outline)], joined(*place))
    shape.trims.append(
        joined(
            waistline, smooth([(waist + 0.02, top + 0.17), (0, dip[1] + 0.17), (-waist - 0.02, top + 0.17)])
        )
    )
    shape.seams += [
        smooth([(-waist, top + 0.17), (0, dip[1] + 0.17), (waist, top + 0.17)]),
        smooth([(0, top + 0.15), (0.02, 2.5), (0, crotch)]),
        smooth([(0.13, top + 0.2), (0.15, 2.35), (0.02, 2.65)]),
    ]
    pocket = smooth([(0.35, top + 0.19), (0.55, top + 0.5), (hip - 0.08, top + 0.72)])
    shape.seams += [pocket, mirrored(pocket)]
    for end in (0.1, 0.06):
        cuff = joined((out_hem[0], hem - end), (in_hem[0], in_hem[1] - end))
        shape.seams += [cuff, mirrored(cuff)]
    shape.buttons.append((0.0, top + 0.1))
    for s in (-1, 1):
        shape.folds += [
            (joined((s * 0.06, crotch - 0.1), (s * 0.5, crotch - 0.35)), 0.8),
            (joined((s * 0.05, crotch + 0.05), (s * 0.45, crotch + 0.3)), 0.6),
        ]
        middle = joined((s * leg(3.0), 2.9), (s * leg(hem), hem))
        shape.folds.append((middle, -0.5 if rng.random() < 0.6 else 0.4))
        if not short:
            for y in u(4.4, 5.0, 2):
                shape.folds.append((joined((s * (leg(y) - 0.25), y), (s * (leg(y) + 0.2), y + 0.12)), 0.5))
            shape.folds.append(
                (joined((s * (leg(6) - 0.2), hem - 0.3), (s * (leg(6) + 0.2), hem - 0.2)), 0.5)
            )
    return shape


def skirt(rng: Generator, pose: Pose) -> Shape:
    """A skirt (8 landmarks): waist, left side, hem, right side."""
    u = rng.uniform
    top, hem = u(1.62, 1.9), u(3.4, 5.6)
    waist, hip = u(0.68, 0.76), u(0.95, 1.1)
    flare = rng.choice([u(0.82, 1.0), u(1.15, 1.5), u(1.5, 2.0)])  # narrow, A-line, wide
    side: list[Points] = [
        xy(waist, top),
        xy(hip, 2.6),
        between((hip, 2.6), (flare, hem)) + xy(0.02, 0),
        xy(flare, hem),
    ]
    dip = (0.0, top + u(0.0, 0.05))
    middle = (0.0, hem + u(0.05, 0.16))
    right = smooth(side)
    waistline = smooth([(-waist, top), dip, (waist, top)])
    hemline = smooth([(flare, hem), (0.5 * flare, hem + 0.75 * (middle[1] - hem)), middle])
    outline = joined(waistline, right, hemline, mirrored(hemline), mirrored(right))
    half = side[2]
    landmarks = joined(
        (-waist, top), dip, (waist, top), half * (-1, 1), (-flare, hem), middle, (flare, hem), half
    )
    shape = Shape([Part(outline)], landmarks)
    shape.trims.append(
        joined(
            waistline, smooth([(waist + 0.03, top + 0.16), (0, dip[1] + 0.16), (-waist - 0.03, top + 0.16)])
        )
    )
    shape.seams.append(smooth([(-waist - 0.03, top + 0.16), (0, dip[1] + 0.16), (waist + 0.03, top + 0.16)]))
    shape.seams.append(joined(mirrored(hemline), hemline[::-1])[::-1] - (0, 0.09))
    shape.folds += drape(rng, (waist, top + 0.2), (flare, hem), int(rng.integers(3, 8)))
    return shape


def drape(
    rng: Generator, start: tuple[float, float], end: tuple[float, float], count: int
) -> list[tuple[Points, float]]:
    """Folds that fall from a waist to a hem: in turn a valley and a ridge."""
    folds = []
    for i, x in enumerate(rng.uniform(-0.85, 0.85, count)):
        begin = start[1] + rng.uniform(0.1, 0.5) * (end[1] - start[1])
        share = (begin - start[1]) / (end[1] - start[1])
        width = start[0] + share * (end[0] - start[0])
        folds.append((joined((x * width, begin), (x * end[0], end[1])), 0.9 if i % 2 else -0.6))
    return folds


def _left(point: tuple[float, float]) -> tuple[float, float]:
    return (-point[0], point[1])
