"""Images in rows and columns, with a text under each: what `image_grid` and `maps` draw."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from minigrad.viz.picture import WIDTH
from minigrad.viz.theme import Theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EDGE = 0.05  # inches of paper around all of it
GAP = 0.07  # inches between two images


def draw_grid(
    images: npt.NDArray[Any],
    limits: Iterable[tuple[float, float]],
    labels: Sequence[str] | None,
    theme: Theme,
    *,
    columns: int,
    colours: Any,
    size: float,
    title: str = "",
    framed: bool = False,
) -> "Figure":
    """Images (N, H, W) or (N, H, W, 3) as a figure as wide as all pictures, in reading order.

    Args:
        limits: of each image, the numbers that get the first and the last of the ``colours``.
        labels: a text for each image, in as many lines as are needed beside its neighbours'.
        size: of the labels, in points, where they have room.

    All are on one pair of axes, whose unit is the inch: with a pair for each of 64 images, drawing takes
    seven times as long.
    """
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    wide = (WIDTH - 2 * EDGE + GAP) / columns - GAP
    high = wide * images.shape[1] / images.shape[2]
    texts, size = fitting(labels or (), wide + GAP / 2, size)
    lines = max((text.count("\n") + 1 for text in texts), default=0)
    pitch = high + GAP + (lines * 1.2 * size / 72 + 0.03 if texts else 0)  # from one row to the next
    top = 0.3 if title else EDGE
    height = top + -(-len(images) // columns) * pitch - GAP + EDGE

    figure = Figure(figsize=(WIDTH, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.axis("off")
    axes.set(xlim=(0, WIDTH), ylim=(height, 0))
    for number, (image, (lowest, highest)) in enumerate(zip(images, limits, strict=True)):
        row, column = divmod(number, columns)
        left, upper = EDGE + column * (wide + GAP), top + row * pitch
        extent = left, left + wide, upper + high, upper
        look = {"cmap": colours, "vmin": lowest, "vmax": highest, "interpolation": "nearest"}
        axes.imshow(image, extent=extent, aspect="auto", **look)
        if framed:
            axes.add_patch(Rectangle((left, upper), wide, high, fill=False, ec=theme.line, lw=0.5))
        if texts:
            place = left + wide / 2, upper + high + 0.03
            style: dict[str, Any] = {"ha": "center", "va": "top", "size": size, "linespacing": 1.15}
            axes.text(*place, texts[number], parse_math=False, **style)
    if title:
        axes.text(EDGE, 0.22, title, size=10)
    return figure


def fitting(labels: Sequence[str], width: float, size: float) -> tuple[list[str], float]:
    """The labels in lines of at most ``width`` inches, and the size of type that they are set in.

    Lines are broken at spaces. For a word that is wider, the type of all gets smaller, down to three quarters
    of ``size``; one that is wider even then is broken where the line ends.
    """
    widest = max((_width(word, size) for label in labels for word in label.split()), default=0)
    if widest > width:
        size *= max(width / widest, 0.75)
    return ["\n".join(_lines(label, width, size)) for label in labels], size


def _lines(label: str, width: float, size: float) -> Iterator[str]:
    for line in label.split("\n"):
        begun = ""
        for word in line.split():
            longer = f"{begun} {word}".lstrip()
            if _width(longer, size) <= width * 1.0001:  # where the type was chosen for it, it is as wide
                begun = longer
                continue
            if begun:
                yield begun
            while _width(word, size) > width * 1.0001 and len(word) > 1:
                most = max(n for n in range(1, len(word)) if n == 1 or _width(word[:n], size) <= width)
                yield word[:most]
                word = word[most:]
            begun = word
        yield begun


def _width(text: str, size: float) -> float:
    """In inches."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    points, _, _ = text_to_path.get_text_width_height_descent(text, FontProperties(size=size), False)
    return float(points) / 72
