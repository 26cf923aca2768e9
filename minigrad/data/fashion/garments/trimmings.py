"""What makes a shirt of a shape, or a jacket: collars, bands, buttons, pockets, and how the cloth falls."""

import numpy as np
from numpy.random import Generator

from minigrad.data.fashion.garments.bottoms import drape
from minigrad.data.fashion.garments.shape import Points, Shape, band, between, joined, mirrored, smooth, xy
from minigrad.data.fashion.garments.sleeves import Arm, Cut, Frame, Sleeve


def finish(
    rng: Generator,
    shape: Shape,
    frame: Frame,
    neckline: Points,
    hemline: Points,
    arms: list[Arm],
    sleeve: Sleeve,
    cut: Cut,
    gap: float,
    back: bool,
) -> None:
    """Collar, bands, buttons, pockets and folds."""
    whole_neck = joined(mirrored(neckline), neckline)
    whole_hem = joined(hemline, mirrored(hemline))
    kind = rng.random()
    shirt = cut != "dress" and sleeve in ("long", "short") and kind < 0.4
    if cut == "jacket":
        lapel = joined(
            frame.neck, neckline[0] + xy(0.02, 0.25), neckline[0] + xy(0.32, 0.05), frame.neck + xy(0.12, 0.3)
        )
        lapels = [lapel, mirrored(lapel)]
        shape.trims += lapels if kind < 0.5 else [band(neckline, 0.09), band(mirrored(neckline), 0.09)]
        edge = joined(neckline[0], (gap, frame.hem_middle[1]))
        shape.seams += [edge + xy(0.05, 0), mirrored(edge) - (0.05, 0)]
        if kind < 0.5:
            shape.seams += [joined(lapel, lapel[:1]), joined(mirrored(lapel), mirrored(lapel)[:1])]
            shape.buttons += [
                (gap + 0.12, y) for y in np.linspace(neckline[0, 1] + 0.4, frame.hem[1] - 0.3, 4)
            ]
        for s in (-1, 1):
            x, y = s * (0.35 + 0.5 * gap), frame.hem[1] - 0.75
            shape.seams.append(joined((x, y), (x + s * 0.4, y + 0.06)))
    elif shirt and not back:
        tip = np.array([0.3, frame.front[1] + 0.18])
        collar = joined(frame.neck, frame.front, tip, frame.neck + xy(0.14, 0.16))
        shape.trims += [collar, mirrored(collar)] if kind < 0.15 else []
        shape.seams += [joined(collar, collar[:1]), joined(mirrored(collar), mirrored(collar)[:1])]
        end = frame.hem_middle[1] if kind < 0.25 else frame.front[1] + 0.7
        shape.seams += [joined((x, frame.front[1]), (x, end)) for x in (-0.07, 0.07)]
        shape.buttons += [(0.0, y) for y in np.arange(frame.front[1] + 0.15, end - 0.05, 0.33)]
        if rng.random() < 0.5:
            pocket = [(0.25, 0.75), (0.62, 0.75), (0.62, 1.15), (0.435, 1.22), (0.25, 1.15), (0.25, 0.75)]
            shape.seams.append(joined(*pocket))
    else:
        shape.trims.append(band(whole_neck, -0.075 if sleeve != "strap" else -0.04))
        shape.seams.append(whole_neck + xy(0, 0.075))
        if cut == "top" and rng.random() < 0.45 and sleeve != "strap" and not back:
            shape.print = (0.0, max(frame.front[1] + 0.5, 0.85), rng.uniform(0.3, 0.48))
    if cut != "dress":
        ribbed = sleeve == "long" and kind > 0.65
        if ribbed:
            shape.trims.append(joined(whole_hem, whole_hem[::-1] * (0.985, 1) - xy(0, 0.2)))
            for arm in arms:
                ends = [between(arm.outer[-1], arm.outer[-2], 0.3), between(arm.inner[0], arm.inner[1], 0.3)]
                shape.trims.append(joined(arm.outer[-1], arm.inner[0], ends[1], ends[0]))
        shape.seams.append(whole_hem - (0, 0.2 if ribbed else 0.09))
        for s in (-1, 1):
            start = frame.armpit * (s, 1)
            shape.folds.append(
                (joined(start, start + xy(-s * rng.uniform(0.3, 0.5), rng.uniform(0.3, 0.6))), 0.8)
            )
            x = s * rng.uniform(0.25, 0.6)
            shape.folds.append((joined((x, rng.uniform(1.2, 1.6)), (x * 1.1, frame.hem[1] - 0.1)), 0.6))
            y = rng.uniform(1.4, 2.0)
            shape.folds.append((joined((s * 0.75, y), (s * 0.2, y + rng.uniform(0.05, 0.3))), 0.6))
        shape.folds.append((joined((rng.uniform(-0.2, 0.2), 1.0), (0, frame.hem[1] - 0.3)), -0.6))
    else:
        waist = frame.sides[1]
        line = smooth([waist * (-1, 1), (0, waist[1] + 0.05), waist])
        if rng.random() < 0.5:
            shape.trims.append(joined(line, line[::-1] + xy(0, 0.15)))
        shape.seams.append(line)
        shape.folds += drape(rng, (waist[0], waist[1]), (frame.hem[0], frame.hem[1]), int(rng.integers(4, 9)))
        shape.seams.append(whole_hem - (0, 0.08))
        for s in (-1, 1):
            shape.folds.append((joined(frame.armpit * (s, 1), (s * 0.3, 1.1)), 0.6))
