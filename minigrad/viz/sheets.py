"""Sheets of many small images, pixel for pixel, and a film of sheets."""

import io
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from minigrad.files import sweep, write_whole
from minigrad.viz.numbers import numbers

if TYPE_CHECKING:
    from PIL.Image import Image

Array = npt.NDArray[Any]


def sheet(
    images: npt.ArrayLike, columns: int = 8, limits: tuple[float, float] = (-1.0, 1.0), gap: int = 2
) -> Array:
    """Images as a network makes them side by side, row after row, as one image of bytes.

    Shapes: images (N, C, H, W) with C 1 or 3; the result (rows (H + gap) - gap, columns (W + gap) - gap) of
    grey, or the same with 3 behind it. Places without an image, and gaps, are white.

    Args:
        columns: images per row. limits: the numbers that are black and white. gap: pixels between two images.

    Raises:
        ValueError: the shape is another, or there is no image.
    """
    x = numbers(images)
    if x.ndim != 4 or x.shape[1] not in (1, 3) or not len(x) or columns < 1:
        raise ValueError(
            "sheet: expected images (N, C, H, W) with C 1 or 3, N and columns at least 1; got shape "
            f"{x.shape} and columns={columns}."
        )
    low, high = limits
    scaled = np.nan_to_num((x.astype(np.float64) - low) / (high - low))
    pixels = (np.clip(scaled, 0, 1) * 255).round().astype(np.uint8).transpose(0, 2, 3, 1)  # (N, H, W, C)
    count, height, width, depth = pixels.shape
    columns = min(columns, count)
    rows = -(-count // columns)
    result = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, depth), 255, np.uint8)
    for i, image in enumerate(pixels):
        top, left = i // columns * (height + gap), i % columns * (width + gap)
        result[top : top + height, left : left + width] = image
    return result[:, :, 0] if depth == 1 else result


def write_image(path: str | os.PathLike[str], pixels: Array, alt: str = "") -> None:
    """Write bytes (H, W) or (H, W, 3) to an image file, which appears whole or not at all.

    The name's end says which kind: .png keeps every pixel, .jpg is small. ``alt`` says in words what the
    image shows, and the file holds it: the description of a PNG, the comment of a JPEG.
    """
    path = Path(path)
    form = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}.get(path.suffix.lower())
    if form is None:
        raise ValueError(f"write_image: expected a name that ends in .png or .jpg, got {path.name!r}.")
    file = io.BytesIO()
    _image(pixels).save(file, form, optimize=True, **_words(form, alt))
    sweep(path)
    write_whole(path, file.getvalue(), "write_image")


def film(
    path: str | os.PathLike[str],
    frames: Iterable[str | os.PathLike[str] | Array],
    seconds: float = 0.2,
    last: float = 2.0,
    alt: str = "",
) -> None:
    """Write frames, image files or bytes as `sheet` makes them, one after another to a GIF.

    Args:
        seconds: how long a frame is seen. last: how long the last one.
        alt: what the film shows, in words; the file's comment.

    Raises:
        ValueError: there is no frame, or the name does not end in .gif.
    """
    from PIL import Image

    path = Path(path)
    images = []
    for frame in frames:
        if isinstance(frame, str | os.PathLike):
            with Image.open(frame) as opened:
                images.append(opened.copy())
        else:
            images.append(_image(frame))
    if not images or path.suffix != ".gif":
        raise ValueError(
            f"film: expected frames and a name that ends in .gif, got {len(images)} frames and {path.name!r}."
        )
    shown = [round(1000 * seconds)] * (len(images) - 1) + [round(1000 * last)]
    file = io.BytesIO()
    more: dict[str, Any] = {"append_images": images[1:], "duration": shown, "loop": 0}
    images[0].save(file, "GIF", save_all=True, **more, **_words("GIF", alt))
    sweep(path)
    write_whole(path, file.getvalue(), "film")


def _words(form: str, alt: str) -> dict[str, Any]:
    """What an image file is saved with, so that it says what it shows."""
    from PIL.PngImagePlugin import PngInfo

    if not alt:
        return {}
    if form != "PNG":
        return {"comment": alt.encode()}
    info = PngInfo()
    info.add_itxt("Description", alt)
    return {"pnginfo": info}


def _image(pixels: Array) -> "Image":
    from PIL import Image

    return Image.fromarray(np.ascontiguousarray(pixels, np.uint8))
