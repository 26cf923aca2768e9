"""Layers in a row: each as a block of the size of what comes out of it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from minigrad.inspection.summary import summary
from minigrad.inspection.table import Layer, Summary
from minigrad.nn.module import Module
from minigrad.viz.picture import WIDTH, Picture
from minigrad.viz.theme import Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Shape = tuple[int, ...]

TALLEST = 0.95  # inches: an image of the largest side, or a vector of the most numbers
SLANT = 0.38  # how much of its width an image shows from the side
GAP = 0.09
TEXT = 0.62  # inches below the blocks, for the shapes
MARGIN = 0.08

KINDS = {  # what a legend calls them, and how their classes' names begin or end
    "input": ("input",),
    "convolution": ("Conv",),
    "dense": ("Linear", "Embedding"),
    "normalisation": ("BatchNorm", "GroupNorm", "LayerNorm", "InstanceNorm", "LocalResponse"),
    "pooling": ("MaxPool", "AvgPool", "AdaptiveMax", "AdaptiveAvg", "LPPool"),
    "dropout": ("Dropout",),
    "upsampling": ("Upsample", "PixelShuffle"),
    "reshaping": ("Flatten", "Unflatten", "Identity", "Pad", "ZeroPad", "ReflectionPad", "Fold", "Unfold"),
    "activation": (
        *("ReLU", "LeakyReLU", "ELU", "GELU", "SiLU", "Sigmoid", "Tanh", "Hardtanh"),
        *("Softmax", "LogSoftmax", "Softplus"),
    ),
    "other": (),
}


@dataclass(frozen=True)
class _Block:
    """A layer as it is drawn."""

    kind: str
    name: str  # of its class
    shape: Shape  # of one sample
    height: float = 0.0
    depth: float = 0.0  # of an image, that goes up and to the right
    width: float = 0.0


def layers(model: Module | Summary, input_shape: Any = None) -> Picture:
    """Draw a model's layers in the order in which they are called.

    An image is a box: as high as its rows, as wide as it has channels (on a logarithmic scale), and as deep
    as its columns. A vector is a bar, the higher the more numbers. Below stands what each layer makes of its
    input, where that is not of the size that came in. A long row goes on below.

    Args:
        model: a model, or its summary.
        input_shape: as for ``summary``.

    Raises:
        TypeError: a model without its input's shape.
    """
    if isinstance(model, Module):
        if input_shape is None:
            raise TypeError("layers: expected the shape of a sample, too: layers(model, (1, 28, 28))")
        model = summary(model, input_shape)
    elif not isinstance(model, Summary):
        raise TypeError(f"layers: expected a model or its summary, got a {type(model).__name__}")
    blocks = _sized(_blocks(model.layers))
    rows = _rows(blocks, WIDTH - 2 * MARGIN)
    shown = [kind for kind in KINDS if any(block.kind == kind for block in blocks)]
    heights = [max(block.height + block.depth for block in row) for row in rows]
    legend = 0.24 * math.ceil(len(shown) / 4)

    def draw(theme: Theme) -> "Figure":
        from matplotlib.figure import Figure

        total = sum(heights) + len(rows) * TEXT + legend + 2 * MARGIN
        figure = Figure(figsize=(WIDTH, total))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_xlim(0, WIDTH)
        axes.set_ylim(0, total)
        axes.axis("off")
        _legend(axes, shown, theme)
        top = total - MARGIN - legend
        for row, height in zip(rows, heights, strict=True):
            _draw_row(axes, row, top - height, theme)
            top -= height + TEXT
        return figure

    return Picture(draw, _in_words(model, blocks))


def _blocks(layers: Sequence[Layer]) -> list[_Block]:
    """The input, and each call that calls no others."""
    first = layers[0].inputs if layers else ()
    blocks = [_Block("input", "input", shape[1:]) for shape in first]
    for layer in layers:
        if not layer.parts and layer.shapes:
            blocks.append(_Block(_kind(layer.kind), layer.kind, layer.shapes[0][1:]))
    return blocks


def _kind(name: str) -> str:
    for kind, names in KINDS.items():
        if any(name.startswith(begin) for begin in names):
            return kind
    return "other"


def _sized(blocks: Sequence[_Block]) -> list[_Block]:
    """The blocks with their sizes in inches."""
    sides = [side for block in blocks if len(block.shape) > 1 for side in block.shape[-2:]]
    counts = [math.prod(block.shape) for block in blocks if len(block.shape) < 2]
    largest, most = max(sides, default=1), max(counts, default=1)
    tallest = TALLEST / (1 + SLANT)

    def side(length: int) -> float:
        return float(tallest * max(0.09, (length / largest) ** 0.7))

    sized = []
    for block in blocks:
        shape = block.shape
        thin = block.kind in ("activation", "dropout", "reshaping")
        if len(shape) < 2:  # a vector
            height = TALLEST * max(0.12, math.log2(1 + math.prod(shape)) / math.log2(2 + most))
            size = height, 0.0, 0.07 if thin else 0.12
        else:
            channels = math.prod(shape[:-2])
            columns = shape[-1] if len(shape) > 2 else 1  # (C, L): a signal is as flat as a sheet
            rows = shape[-2] if len(shape) > 2 else shape[-1]
            width = 0.05 + 0.035 * math.log2(1 + (channels if len(shape) > 2 else shape[0]))
            size = side(rows), SLANT * side(columns), 0.4 * width if thin else width
        sized.append(_Block(block.kind, block.name, shape, *size))
    return sized


def _rows(blocks: Sequence[_Block], width: float) -> list[list[_Block]]:
    """As many blocks in each row as there is room for."""
    rows: list[list[_Block]] = [[]]
    used = 0.0
    for block in blocks:
        needed = block.width + block.depth + GAP
        if rows[-1] and used + needed > width:
            rows.append([])
            used = 0.0
        rows[-1].append(block)
        used += needed - 0.5 * block.depth  # the next one stands before what goes back
    return rows


def _draw_row(axes: "Axes", row: Sequence[_Block], bottom: float, theme: Theme) -> None:
    x, before = MARGIN, None
    height = max(block.height + block.depth for block in row)
    for order, block in enumerate(row):
        y = bottom + (height - block.height - block.depth) / 2
        _draw_block(axes, block, x, y, theme, order)
        if block.shape != before:
            text = "×".join(map(str, block.shape)) or "1"
            middle = x + block.width / 2
            axes.text(
                middle, bottom - 0.06, text, ha="center", va="top", rotation=90, fontsize=6.5, color=theme.ink
            )
        before = block.shape
        x += block.width + 0.5 * block.depth + GAP


def _draw_block(axes: "Axes", block: _Block, x: float, y: float, theme: Theme, order: int) -> None:
    from matplotlib.patches import Polygon

    face, hatch = _look(block.kind, theme)
    right, top, back = x + block.width, y + block.height, block.depth
    faces = [([(x, y), (right, y), (right, top), (x, top)], face, hatch)]
    if back:
        lid = [(x, top), (right, top), (right + back, top + back), (x + back, top + back)]
        side = [(right, y), (right + back, y + back), (right + back, top + back), (right, top)]
        faces += [(lid, _mixed(face, theme.paper, 0.35), ""), (side, _mixed(face, theme.ink, 0.18), "")]
    for corners, color, pattern in faces:
        # Each block stands before the one at its left, which goes back to the right.
        axes.add_patch(
            Polygon(corners, fc=color, ec=theme.muted, lw=0.6, hatch=pattern, zorder=2 + order, closed=True)
        )


def _legend(axes: "Axes", kinds: Sequence[str], theme: Theme) -> None:
    from matplotlib.patches import Patch

    handles = []
    for kind in kinds:
        face, hatch = _look(kind, theme)
        handles.append(Patch(fc=face, ec=theme.muted, lw=0.6, hatch=hatch, label=kind))
    axes.legend(
        handles=handles,
        loc="upper left",
        ncols=4,
        fontsize=8,
        handlelength=1.1,
        handletextpad=0.5,
        columnspacing=1.2,
        borderpad=0.2,
        borderaxespad=0.2,
    )


def _look(kind: str, theme: Theme) -> tuple[str, str]:
    """The colour and the hatching of a kind: without colours, the hatchings tell."""
    looks = {
        "input": (theme.paper, ""),
        "convolution": (theme.first, ""),
        "dense": (theme.second, ""),
        "normalisation": (_mixed(theme.first, theme.paper, 0.65), "..."),
        "pooling": (_mixed(theme.second, theme.paper, 0.6), "///"),
        "dropout": (theme.paper, "xxx"),
        "upsampling": (_mixed(theme.second, theme.paper, 0.6), "\\\\\\"),
        "reshaping": (theme.line, ""),
        "activation": (theme.muted, ""),
        "other": (theme.low, "---"),
    }
    return looks[kind]


def _mixed(color: str, other: str, share: float) -> str:
    """``color`` with a share of another one in it."""
    parts = (
        round((1 - share) * int(color[i : i + 2], 16) + share * int(other[i : i + 2], 16)) for i in (1, 3, 5)
    )
    return "#" + "".join(f"{part:02x}" for part in parts)


def _in_words(model: Summary, blocks: Sequence[_Block]) -> str:
    steps = [f"{block.name} {'×'.join(map(str, block.shape)) or '1'}" for block in blocks]
    return (
        f"The layers of {model.model} in the order of their calls, each with the size of its output: "
        f"{'; '.join(steps)}."
    )
