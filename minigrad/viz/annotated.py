"""A photograph with what is marked in it: boxes with names, points that are seen or hidden, outlines."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from minigrad.viz.chart import Chart, chart, head
from minigrad.viz.numbers import numbers
from minigrad.viz.theme import Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("#ff7a1a", "#12c2e9", "#ffd60a", "#d946ef", "#22d36b")  # seen on any photograph, in any theme


def annotated(
    image: npt.ArrayLike,
    boxes: Sequence[Sequence[float]] = (),
    names: Sequence[str] = (),
    points: Sequence[npt.ArrayLike] = (),
    outlines: Sequence[npt.ArrayLike] = (),
    *,
    title: str = "",
) -> Chart:
    """The image, and over it what is marked. Box i, its name and its points have one colour.

    Args:
        image: (H, W), grey, or (H, W, 3); bytes, or numbers from 0 to 1.
        boxes: (x1, y1, x2, y2) each, in pixels.
        names: a name for each box, or none.
        points: for each box, or for none, points (n, 3): x, y, and 2 for one that is seen, 1 for one that
            is hidden and drawn as a ring, 0 for one that is not drawn.
        outlines: polygons (n, 2).
        title: over the image.

    Raises:
        ValueError: the image or an array of points has another shape, or the names are too few or too many.
    """
    x = numbers(image)
    if not (x.ndim == 2 or (x.ndim == 3 and x.shape[2] == 3)) or not x.size:
        raise ValueError(f"annotated: expected an image (H, W) or (H, W, 3), got shape {x.shape}.")
    sets = [numbers(one) for one in points]
    if any(one.ndim != 2 or one.shape[1] != 3 for one in sets):
        raise ValueError(
            f"annotated: points are arrays (n, 3), x, y and 0 to 2; got shapes {[one.shape for one in sets]}."
        )
    for what, given in (("name", names), ("array of points", sets)):
        if given and len(given) != len(boxes):
            raise ValueError(
                f"annotated: expected a {what} for each of {len(boxes)} boxes, got {len(given)}."
            )
    polygons = [numbers(one) for one in outlines]
    height, width = x.shape[:2]

    def panel(axes: "Axes", theme: Theme) -> None:
        from matplotlib.patches import Polygon

        axes.imshow(x, cmap="gray", vmin=0, vmax=255 if x.dtype == np.uint8 else 1)
        for polygon in polygons:
            axes.add_patch(Polygon(polygon, fill=False, ec="#ffffff", lw=1.2))
            axes.add_patch(Polygon(polygon, fill=False, ec="#000000", lw=1.2, ls=(0, (3, 3))))
        for i, box in enumerate(boxes):
            colour = COLOURS[i % len(COLOURS)]
            _draw_box(axes, box, names[i] if names else "", colour, x.shape[:2])
            if sets:
                _draw_points(axes, sets[i], colour)
        axes.set_xlim(-0.5, width - 0.5)
        axes.set_ylim(height - 0.5, -0.5)
        axes.axis("off")
        head(axes, title, 0, 1)

    said = [
        f"{names[i] if names else 'box'} at {', '.join(f'{v:.0f}' for v in box)}"
        + (_counted(sets[i]) if sets else "")
        for i, box in enumerate(boxes)
    ]
    alt = f"{title or 'An image'}, {width} x {height} pixels: {'; '.join(said) or 'nothing is marked'}."
    return replace(chart([panel], alt, [height / width + 0.06], [0]), format="png")


def _draw_box(axes: "Axes", box: Sequence[float], name: str, colour: str, size: tuple[int, ...]) -> None:
    from matplotlib.patches import Rectangle

    x1, y1, x2, y2 = box
    axes.add_patch(Rectangle((x1 - 0.5, y1 - 0.5), x2 - x1, y2 - y1, fill=False, ec=colour, lw=1.6))
    if name:
        left = min(max(x1, 0), 0.98 * size[1])
        top = max(y1, 0) + max(size) / 100  # the size of a mark follows the picture's
        paper = {"facecolor": colour, "edgecolor": "none", "pad": 1.2}
        axes.text(left, top, name, va="top", fontsize=7, color="#000000", bbox=paper, clip_on=True, zorder=4)


def _draw_points(axes: "Axes", points: npt.NDArray[Any], colour: str) -> None:
    for seen, face in ((2, colour), (1, "none")):
        x, y, _ = points[points[:, 2] == seen].T
        axes.scatter(x, y, s=9, facecolors=face, edgecolors=colour, linewidths=1.1, zorder=3)


def _counted(points: npt.NDArray[Any]) -> str:
    seen, hidden = (int((points[:, 2] == kind).sum()) for kind in (2, 1))
    return f", {seen} points seen, {hidden} hidden"
