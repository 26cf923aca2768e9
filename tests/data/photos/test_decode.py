"""Pictures of every kind become arrays; damaged files are told apart and never crash."""

import io
import os
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

from minigrad.data.photos import Damaged, read_image
from minigrad.data.photos.decode import MAX_PIXELS, Resize
from minigrad.errors import DataError
from tests.data.photos.conftest import noise

PIL = pytest.importorskip("PIL.Image")


def kind(path, *more):
    with pytest.raises(Damaged) as caught:
        read_image(path, *more)
    assert str(path) in str(caught.value) and isinstance(caught.value, DataError)
    assert caught.value.damage.file == str(path) and caught.value.damage.reason
    return caught.value.damage.kind


def test_as_it_is(tmp_path):
    path = noise(tmp_path / "a.png", (7, 5))
    image = read_image(path)
    assert image.shape == (5, 7, 3) and image.dtype == np.uint8
    assert np.array_equal(image, np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8))
    assert np.array_equal(read_image(path, (1, 2, 4, 5)), image[2:5, 1:4])


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [
        ("L", 130, (130, 130, 130)),
        ("RGBA", (10, 20, 30, 255), (10, 20, 30)),
        ("RGBA", (10, 20, 30, 0), (255, 255, 255)),  # what shows through is white
        ("LA", (90, 255), (90, 90, 90)),
        ("1", 1, (255, 255, 255)),
    ],
)
def test_every_mode_becomes_colours(tmp_path, mode, colour, expected):
    PIL.new(mode, (4, 3), colour).save(tmp_path / "a.png")
    image = read_image(tmp_path / "a.png")
    assert image.shape == (3, 4, 3) and (image == expected).all()


def test_palette_and_cmyk(tmp_path):
    PIL.new("RGB", (4, 3), (255, 0, 0)).convert("P").save(tmp_path / "a.gif")
    assert (read_image(tmp_path / "a.gif") == (255, 0, 0)).all()
    PIL.new("CMYK", (8, 8), (0, 0, 0, 255)).save(tmp_path / "a.jpg")
    assert read_image(tmp_path / "a.jpg").max() < 10


def halves(path, size=(80, 40), left=(250, 0, 0), right=(0, 0, 250), **options):
    image = PIL.new("RGB", size, left)
    image.paste(right, (size[0] // 2, 0, *size))
    image.save(path, **options)
    return path


def test_fit_decides_what_is_seen(tmp_path):
    path = halves(tmp_path / "a.png")
    stretched = read_image(path, None, Resize(20, 20, "stretch"))
    assert (stretched[:, :9] == (250, 0, 0)).all() and (stretched[:, 11:] == (0, 0, 250)).all()
    cropped = read_image(path, None, Resize(20, 20, "crop"))  # the middle 40 of 80 pixels
    assert (cropped[:, :9] == (250, 0, 0)).all() and (cropped[:, 11:] == (0, 0, 250)).all()
    padded = read_image(path, None, Resize(20, 20, "pad", (9, 8, 7)))  # 20 x 10, in the middle
    assert (padded[:5] == (9, 8, 7)).all() and (padded[15:] == (9, 8, 7)).all()
    assert (padded[5:15, :9] == (250, 0, 0)).all()
    assert read_image(path, None, Resize(6, 24, "crop")).shape == (6, 24, 3)


@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_a_box_is_read_at_its_place(tmp_path, name):
    """Of a JPEG too, which is decoded at a fraction of its size: the box has to shrink with it."""
    path = halves(tmp_path / name, (1600, 800))
    left = read_image(path, (10, 10, 790, 790), Resize(32, 32, "stretch")).astype(int)
    right = read_image(path, (810, 10, 1590, 790), Resize(32, 32, "stretch")).astype(int)
    assert abs(left - (250, 0, 0)).max() <= 4 and abs(right - (0, 0, 250)).max() <= 4
    both = read_image(path, (700, 0, 900, 200), Resize(20, 20, "stretch")).astype(int)
    assert abs(both[:, :9] - (250, 0, 0)).max() <= 8 and abs(both[:, 11:] - (0, 0, 250)).max() <= 8


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_upright_if_asked_for(tmp_path, orientation):
    """Pillow itself turns the whole picture; here it is turned when it is small."""
    from PIL import ImageOps

    pixels = np.random.default_rng(0).integers(0, 256, (10, 20, 3), np.uint8)
    exif = PIL.Exif()
    exif[0x0112] = orientation
    PIL.fromarray(pixels).save(tmp_path / "a.png", exif=exif)
    with PIL.open(tmp_path / "a.png") as image:
        ImageOps.exif_transpose(image).save(tmp_path / "seen.png", exif=PIL.Exif())
    for fit in ("crop", "pad", "stretch"):
        size = Resize(12, 8, fit, (1, 2, 3))
        seen = read_image(tmp_path / "seen.png", None, size).astype(int)
        upright = read_image(tmp_path / "a.png", None, size._replace(upright=True))
        assert abs(upright - seen).max() <= 1  # across first or down first: rounded otherwise
        assert (orientation == 1) == (abs(read_image(tmp_path / "a.png", None, size) - seen).max() <= 1)
    box = (0, 0, 8, 10)  # in the pixels of the file
    assert np.array_equal(read_image(tmp_path / "a.png", box, Resize(10, 8, upright=True)), pixels[:, :8])


@pytest.mark.parametrize("ending", ["jpg", "tif"])
def test_other_formats_are_turned_once(tmp_path, ending):
    """Pillow reads a TIFF upright by itself."""
    exif = PIL.Exif()
    exif[0x0112] = 6
    halves(tmp_path / f"a.{ending}", (160, 80), exif=exif)
    seen = read_image(tmp_path / f"a.{ending}", None, Resize(40, 20, upright=True)).astype(int)
    assert (
        abs(seen[:19] - (250, 0, 0)).max() <= 4 and abs(seen[21:] - (0, 0, 250)).max() <= 4
    )  # left is above


def test_a_note_that_cannot_be_read_turns_nothing(tmp_path):
    image = PIL.fromarray(np.random.default_rng(0).integers(0, 256, (12, 20, 3), np.uint8))
    image.save(tmp_path / "a.jpg", exif=b"Exif\0\0no such thing")
    image.save(tmp_path / "b.jpg")
    size = Resize(8, 6, upright=True)
    assert np.array_equal(
        read_image(tmp_path / "a.jpg", None, size), read_image(tmp_path / "b.jpg", None, size)
    )


def test_shrinking_averages(tmp_path):
    """One pixel of the result stands for all that it covers: no pattern appears that is not there."""
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 200
    PIL.fromarray(stripes).save(tmp_path / "a.png")
    small = read_image(tmp_path / "a.png", None, Resize(8, 8)).astype(int)
    assert abs(small - 100).max() <= 6


def test_a_box_over_the_edge_is_cut_and_one_outside_refused(tmp_path):
    path = noise(tmp_path / "a.png", (30, 20))
    assert read_image(path, (-5, -5, 10, 10)).shape == (10, 10, 3)
    for box in ((30, 0, 40, 10), (5, 5, 5, 9), (9, 9, 4, 12), (float("nan"), 0, 4, 4), (-9, -9, 0, 0)):
        assert kind(path, box) == "box"


def test_missing_empty_and_other_files(tmp_path):
    assert kind(tmp_path / "none.jpg") == "missing"
    for content in (
        b"",
        b"<html>",
        b"GIF",
        b"no picture at all",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9",
    ):
        (tmp_path / "a.jpg").write_bytes(content)
        assert kind(tmp_path / "a.jpg") in ("no picture", "broken")
    assert kind(tmp_path) in ("unreadable", "no picture")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_among_pictures_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(Damaged, match="a pipe or a device, and no file"):
        read_image(tmp_path / "a.png")


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "gif", "bmp", "tif"])
def test_cut_off_at_any_place(tmp_path, ending):
    """Refused with a reason, or read whole, where only what follows the pixels is missing."""
    whole = noise(tmp_path / f"a.{ending}", (64, 48)).read_bytes()
    path = tmp_path / f"cut.{ending}"
    expected = read_image(tmp_path / f"a.{ending}")
    refused = 0
    for length in np.linspace(0, len(whole) - 1, 60).astype(int).tolist():
        path.write_bytes(whole[:length])
        try:
            assert np.array_equal(read_image(path), expected)
        except Damaged as error:
            refused += 1
            assert error.damage.kind in ("truncated", "broken", "no picture")
    assert refused >= 50


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "gif", "tif"])
def test_bytes_changed_at_random(tmp_path, ending):
    """What is read has the right shape; nothing else comes out than Damaged."""
    whole = bytearray(noise(tmp_path / f"a.{ending}", (40, 30)).read_bytes())
    rng = np.random.default_rng(1)
    path = tmp_path / f"changed.{ending}"
    for _ in range(150):
        changed = bytearray(whole)
        for place in rng.integers(0, min(len(whole), 700), 4):
            changed[place] = rng.integers(256)
        path.write_bytes(changed)
        try:
            image = read_image(path, None, Resize(8, 8))
            assert image.shape == (8, 8, 3)
        except Damaged:
            pass


@pytest.mark.parametrize("target", [28, 32, 64, 96, 128])
@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_no_size_is_too_odd_to_be_cropped(tmp_path, target, ending):
    """Dividing and multiplying again leaves a part of a pixel over, which is not to lie outside."""
    for side in (49, 55, 107, *range(target, 4 * target, 7)):
        path = noise(tmp_path / f"{side}.{ending}", (side, side + side % 3))
        assert read_image(path, None, Resize(target, target, "crop")).shape == (target, target, 3)


def bomb(width, height):
    """A PNG of a few hundred bytes that says it is as large as that."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [8_001, 10_000, 20_000, 60_000])
def test_a_decompression_bomb_is_refused_by_its_head(tmp_path, side):
    assert side**2 > MAX_PIXELS
    (tmp_path / "a.png").write_bytes(bomb(side, side))
    assert kind(tmp_path / "a.png") == "too large"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the limit of memory is Linux's")
def test_a_picture_that_does_not_fit_into_memory_is_told(tmp_path):
    """64 million pixels, which are allowed, take 256 MB and more; here 100 are left."""
    import resource

    PIL.new("L", (8_000, 8_000)).save(tmp_path / "a.png")
    taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (taken + 100_000_000, before[1]))
    try:
        assert kind(tmp_path / "a.png") == "too large"
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def test_bombs_look_like_pictures_in_memory_too(tmp_path):
    """The one that the test makes is a real PNG but for its size, so it is the size that is refused."""
    with PIL.open(io.BytesIO(bomb(10, 10))) as image:
        image.load()


@pytest.mark.parametrize("ending", ["png", "tif"])
def test_grey_of_16_bits_keeps_its_shades(tmp_path, ending):
    ramp = np.arange(0, 65536, 256, dtype=np.uint16).reshape(8, 32)
    PIL.fromarray(ramp).save(tmp_path / f"a.{ending}")
    image = read_image(tmp_path / f"a.{ending}")
    assert np.array_equal(image, np.repeat((ramp // 257).astype(np.uint8)[..., None], 3, 2))
    assert read_image(tmp_path / f"a.{ending}", None, Resize(4, 16, "stretch")).std() > 50


def test_pixels_of_32_bits_are_refused(tmp_path):
    PIL.fromarray(np.ones((4, 4), np.float32)).save(tmp_path / "a.tif")
    assert kind(tmp_path / "a.tif") == "depth"
    PIL.fromarray(np.ones((4, 4), np.int32)).save(tmp_path / "b.tif")
    assert kind(tmp_path / "b.tif") == "depth"
