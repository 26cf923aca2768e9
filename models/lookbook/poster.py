"""The outfits as one picture, for where a page cannot go."""

from typing import Any

from PIL import Image, ImageDraw, ImageFont

from minigrad import viz

PAPER, CARD, INK, MUTED, LINE = "#faf8f5", "#ffffff", "#1c2127", "#5d646c", "#e3ded6"
PIECE, GAP, EDGE = 176, 16, 24  # pixels: a garment, between two, around a card
HEAD, FOOT = 48, 48  # the outfit's name above, what a garment is below
COLUMNS = 2


def poster(outfits: list[dict[str, Any]], images: Any, note: str) -> Image.Image:
    """Cards with the outfits, two in a row.

    Args:
        outfits: as ``outfits.choose`` gives them. images: the garments, each (H, W, 3) of bytes, by number.
        note: a line at the foot.
    """
    most = max(len(outfit["pieces"]) for outfit in outfits)
    width = 2 * EDGE + most * PIECE + (most - 1) * GAP
    height = 2 * EDGE + HEAD + PIECE + FOOT
    columns = min(COLUMNS, len(outfits))
    rows = -(-len(outfits) // columns)
    page = Image.new(
        "RGB",
        (columns * (width + EDGE) + 2 * EDGE - EDGE, 110 + rows * (height + EDGE) + 30),
        PAPER,
    )
    pen = ImageDraw.Draw(page)
    pen.text((EDGE, 28), "Lookbook", INK, font_for("Lookbook", 48))
    for i, outfit in enumerate(outfits):
        left = EDGE + i % columns * (width + EDGE)
        top = 110 + i // columns * (height + EDGE)
        pen.rounded_rectangle((left, top, left + width, top + height), 12, CARD, LINE)
        _card(page, pen, outfit, images, left + EDGE, top + EDGE, width - 2 * EDGE)
    pen.text((EDGE, page.height - 34), note, MUTED, font_for(note, 15))
    return page


def _card(
    page: Image.Image,
    pen: ImageDraw.ImageDraw,
    outfit: dict[str, Any],
    images: Any,
    left: int,
    top: int,
    width: int,
) -> None:
    """An outfit: its name, and its pieces side by side."""
    agreement = f"colour agreement {outfit['agreement']:.2f}"
    small, large = font_for(agreement, 15), font_for(outfit["name"], 26)
    name = fitted(outfit["name"], large, width - small.getlength(agreement) - GAP)
    pen.text((left, top), name, INK, large)
    pen.text((left + width, top + 8), agreement, MUTED, small, anchor="ra")
    top += HEAD
    for i, piece in enumerate(outfit["pieces"]):
        at = left + i * (PIECE + GAP)
        garment = Image.fromarray(images[piece["number"]])
        page.paste(garment.resize((PIECE, PIECE), Image.Resampling.BICUBIC), (at, top))
        below = top + PIECE + 10
        font = font_for(piece["kind"], 15)
        pen.text((at, below), fitted(piece["kind"], font, PIECE), INK, font)
        pen.ellipse((at, below + 25, at + 12, below + 37), piece["colour"], LINE)
        said = f"{percent(piece['confidence'])} sure, no. {piece['number']}"
        pen.text((at + 20, below + 22), said, MUTED, small)


def percent(probability: float) -> str:
    """ "87 %"; nothing is quite sure, so the highest is "> 99 %"."""
    return "> 99 %" if probability >= 0.995 else f"{100 * probability:.0f} %"


def font_for(text: str, size: int) -> Any:
    """Pillow's own font for English; for other letters, of which that has none, the one of ``viz``."""
    if text.replace("…", "").isascii():
        return ImageFont.load_default(size)
    return ImageFont.truetype(viz.font_file(), size)


def fitted(text: str, font: Any, width: float) -> str:
    """The text, cut where there is no more room for it."""
    while font.getlength(text) > width:
        text = f"{text.rstrip('…')[:-1].rstrip()}…"
    return text
