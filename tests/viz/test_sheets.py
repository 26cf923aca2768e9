"""Sheets, image files and films, pixel by pixel."""

import numpy as np
import pytest

from docs.extensions.running import words
from minigrad.viz import film, sheet, write_image

Image = pytest.importorskip("PIL.Image")


def test_three_images_in_two_columns_by_hand():
    images = np.array([-1.0, 0.0, 1.0]).reshape(3, 1, 1, 1) * np.ones((1, 1, 2, 3))
    white = 255
    row = [0, 0, 0, white, 128, 128, 128]
    last = [white] * 7
    assert sheet(images, columns=2, gap=1).tolist() == [row, row, last, last, last]


def test_colours_stay_in_order_and_what_is_out_of_limits_is_cut():
    image = np.array([-0.5, 0.25, 7.0]).reshape(1, 3, 1, 1)
    assert sheet(image, limits=(0, 1)).tolist() == [[[0, 64, 255]]]


def test_what_is_no_number_is_no_error():
    assert sheet(np.full((1, 1, 1, 1), np.nan)).dtype == np.uint8


@pytest.mark.parametrize("shape", [(3, 4, 4), (0, 1, 4, 4), (2, 4, 4, 3)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"expected images \(N, C, H, W\)"):
        sheet(np.zeros(shape))


def test_a_png_keeps_every_pixel_and_leaves_no_other_file(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    (tmp_path / ".sheet.png.0123abcd.tmp").write_bytes(b"what a killed program left")
    write_image(tmp_path / "sheet.png", pixels)
    assert (np.asarray(Image.open(tmp_path / "sheet.png")) == pixels).all()
    assert [file.name for file in tmp_path.iterdir()] == ["sheet.png"]
    with pytest.raises(ValueError, match=r"\.png or \.jpg, got 'sheet\.bmp'"):
        write_image(tmp_path / "sheet.bmp", pixels)


@pytest.mark.parametrize("name", ["image.png", "image.jpg", "image.gif"])
def test_an_image_says_what_it_shows(tmp_path, name):
    path, pixels = tmp_path / name, np.zeros((8, 8), np.uint8)
    for said in ("A black square, 8 × 8.", ""):
        film(path, [pixels], alt=said) if name.endswith("gif") else write_image(path, pixels, said)
        assert words(path) == said


def test_a_film_of_files_and_arrays(tmp_path):
    dark, light = np.zeros((4, 6), np.uint8), np.full((4, 6), 200, np.uint8)
    write_image(tmp_path / "dark.png", dark)
    film(tmp_path / "two.gif", [tmp_path / "dark.png", light], seconds=0.3, last=1)
    with Image.open(tmp_path / "two.gif") as opened:
        assert (opened.n_frames, opened.size, opened.info["duration"]) == (2, (6, 4), 300)
        opened.seek(1)
        assert opened.info["duration"] == 1000
        assert np.asarray(opened.convert("L"))[0, 0] == 200
    for name, frames in (("none.gif", []), ("film.png", [light])):
        with pytest.raises(ValueError, match="film: expected frames"):
            film(tmp_path / name, frames)
