"""One photograph from its file to an array, by Pillow; what is wrong with a file is said in one way.

A file is read no further than its head before its size is known: a few kilobytes can unpack to gigabytes
(a decompression bomb). Formats that run other programs (EPS) are not opened at all.
"""

import os
import struct
import zlib
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from minigrad.data._seam import Array
from minigrad.data.photos.damage import Damaged

if TYPE_CHECKING:
    from PIL.Image import Image

Box = tuple[float, float, float, float]
Fit = Literal["crop", "pad", "stretch"]

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM")
MAX_PIXELS = 64_000_000  # of a photograph: the largest cameras have about as many; more is refused
# What Pillow raises for damaged files: its readers take the bytes apart themselves. Where the program makes
# errors of warnings, its warnings, too.
_BROKEN = (OSError, SyntaxError, ValueError, LookupError, TypeError, ArithmeticError, EOFError, UserWarning)


class Resize(NamedTuple):
    """How a picture is brought to one size.

    Attributes:
        height, width: of the result, in pixels.
        fit: "crop" fills the size and cuts off what is over, evenly on both sides; "pad" shows all of it
            and fills up with ``fill``; "stretch" changes its proportions.
        fill: red, green and blue of what is not picture.
        upright: whether a picture is turned as its EXIF orientation asks, a camera's note of how it was held.
            A part of a picture is not, as its box is in the pixels of the file.
    """

    height: int
    width: int
    fit: Fit = "crop"
    fill: tuple[int, int, int] = (255, 255, 255)
    upright: bool = False


def read_image(path: str | os.PathLike[str], box: Box | None = None, resize: Resize | None = None) -> Array:
    """The picture as an array (H, W, 3) of uint8.

    Args:
        path: the file. Grey and transparent pictures become coloured ones, on ``resize.fill`` or white;
            grey of 16 bits is brought to 8.
        box: (x1, y1, x2, y2), the part to read, in pixels of the file; by default all of it.
        resize: to which size; by default as it is. A large JPEG is then decoded at a fraction of its size.

    Raises:
        Damaged: the file is missing, truncated, no picture or a decompression bomb, its pixels have 32 bits,
            or the box has no pixel in common with it. ``Damaged.damage`` has the kind and the reason.
    """
    from PIL import Image, UnidentifiedImageError

    if os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path)):
        raise Damaged(path, "no picture", "it is a pipe or a device, and no file")  # whose end may never come
    try:
        with Image.open(path, formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise Damaged(
                    path,
                    "too large",
                    f"{image.width:,} x {image.height:,} pixels, of {MAX_PIXELS:,} at most; it may be made "
                    "to exhaust the memory",
                )
            if image.mode == "F" or (image.mode == "I" and image.format not in ("PNG", "PPM")):
                raise Damaged(
                    path,
                    "depth",
                    "its pixels have 32 bits, and nothing says which number is white; save it with 8 or 16",
                )
            if image.format == "TIFF":
                image.load()  # Pillow turns those; up to 10 it knows their size after that alone
            inside = _inside(path, box, image)
            if box is None and resize and resize.upright and image.format != "TIFF":
                return _turned(image, inside, resize)
            return _pixels(image, inside, resize)
    except Damaged:
        raise
    except FileNotFoundError:
        raise Damaged(path, "missing", "there is no such file") from None
    except UnidentifiedImageError:
        raise Damaged(path, "no picture", _what_it_is(path)) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Damaged(path, "too large", f"it may be made to exhaust the memory ({error})") from None
    except MemoryError:
        raise Damaged(path, "too large", "it takes more memory than is left") from None
    except (*_BROKEN, struct.error, zlib.error) as error:
        if isinstance(error, PermissionError | IsADirectoryError):
            raise Damaged(path, "unreadable", f"cannot be read ({error.strerror})") from None
        kind = "truncated" if "truncated" in str(error) or isinstance(error, EOFError) else "broken"
        raise Damaged(path, kind, f"the picture is {kind} ({error or type(error).__name__})") from None


def _inside(path: object, box: Box | None, image: "Image") -> Box:
    """The part of the box that lies in the picture."""
    if box is None:
        return (0, 0, image.width, image.height)
    x1, y1, x2, y2 = max(box[0], 0), max(box[1], 0), min(box[2], image.width), min(box[3], image.height)
    if not (x2 - x1 >= 1 and y2 - y1 >= 1):  # NaN is not, either
        raise Damaged(
            path,
            "box",
            f"the box {box} has no pixel in a picture of {image.width} x {image.height}",
        )
    return (x1, y1, x2, y2)


def _pixels(image: "Image", box: Box, resize: Resize | None) -> Array:
    from PIL import Image

    fill = resize.fill if resize else (255, 255, 255)
    if resize is None:
        whole = _coloured(image, fill)
        return np.asarray(whole.crop((int(box[0]), int(box[1]), round(box[2]), round(box[3]))))
    size, box = _geometry(box, resize)
    if image.format == "JPEG":  # decoded at 1/2, 1/4 or 1/8 of its size where twice the result's is left
        scale = min(1.0, 2 * max(size[0] / (box[2] - box[0]), size[1] / (box[3] - box[1])))
        before = image.size
        image.draft(None, (max(1, round(before[0] * scale)), max(1, round(before[1] * scale))))
        fx, fy = image.width / before[0], image.height / before[1]
        box = _within((0, 0, *image.size), (box[0] * fx, box[1] * fy, box[2] * fx, box[3] * fy))
    small = _coloured(image, fill).resize(size, Image.Resampling.BILINEAR, box)
    if size == (resize.width, resize.height):
        return np.asarray(small)
    canvas = Image.new("RGB", (resize.width, resize.height), fill)
    canvas.paste(small, ((resize.width - size[0]) // 2, (resize.height - size[1]) // 2))
    return np.asarray(canvas)


def _turned(image: "Image", box: Box, resize: Resize) -> Array:
    """The picture as it was seen: brought to its size first, and turned then, when it is small."""
    from PIL import Image

    try:
        orientation = int(image.getexif().get(0x0112, 1))
    except (*_BROKEN, struct.error):  # the picture may be right all the same
        orientation = 1
    turn = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }.get(orientation)
    if turn is None:
        return _pixels(image, box, resize)
    if orientation >= 5:  # it lies on its side
        resize = resize._replace(height=resize.width, width=resize.height)
    return np.asarray(Image.fromarray(_pixels(image, box, resize)).transpose(turn))


def _geometry(box: Box, resize: Resize) -> tuple[tuple[int, int], Box]:
    """The size (width, height) to which which part of the picture is brought."""
    x1, y1, x2, y2 = box
    across, down = resize.width / (x2 - x1), resize.height / (y2 - y1)
    if resize.fit == "pad":
        scale = min(across, down)
        return (max(1, round(scale * (x2 - x1))), max(1, round(scale * (y2 - y1)))), box
    if resize.fit == "crop":
        scale = max(across, down)
        over_x, over_y = (x2 - x1) - resize.width / scale, (y2 - y1) - resize.height / scale
        box = _within(box, (x1 + over_x / 2, y1 + over_y / 2, x2 - over_x / 2, y2 - over_y / 2))
    return (resize.width, resize.height), box


def _within(limits: Box, box: Box) -> Box:
    """The box, without the last digits by which a quotient may have carried it over the limits."""
    x1, y1, x2, y2 = limits
    return (max(x1, box[0]), max(y1, box[1]), min(x2, box[2]), min(y2, box[3]))


def _coloured(image: "Image", fill: tuple[int, int, int]) -> "Image":
    from PIL import Image

    if image.mode == "RGB":
        image.load()
        return image
    if image.mode.startswith("I"):  # grey of 16 bits: Pillow would make all above 255 white
        return Image.fromarray((np.asarray(image) // 257).astype(np.uint8)).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        see_through = image.convert("RGBA")
        ground = Image.new("RGB", image.size, fill)
        ground.paste(see_through, mask=see_through.getchannel("A"))
        return ground
    return image.convert("RGB")


def _what_it_is(path: str | os.PathLike[str]) -> str:
    with open(path, "rb") as file:
        head = file.read(16)
    if not head:
        return "the file is empty"
    if head[:1] == b"<":
        return "a web page, or other text in angle brackets, under the name of a picture"
    return f"not a picture of a known format ({', '.join(FORMATS)})"
