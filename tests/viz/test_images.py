"""A grid shows the images in reading order, each with its label, and leaves places empty at the end."""

import numpy as np
import pytest

from minigrad.viz import image_grid

BYTES = np.arange(5 * 4 * 4, dtype=np.uint8).reshape(5, 4, 4)
LABELS = ["a", "b\nsecond line", "c", "d", "e"]


def test_images_and_labels_in_reading_order() -> None:
    (axes,) = image_grid(BYTES, LABELS, columns=3).figure().axes
    for image, text, given, label in zip(axes.images, axes.texts, BYTES, LABELS, strict=True):
        assert np.array_equal(image.get_array(), given)
        assert text.get_text() == label
        left, right, bottom, top = image.get_extent()
        assert left < text.get_position()[0] < right  # under it: inches from the top count downwards
        assert text.get_position()[1] > bottom > top >= 0
    left, right, bottom, top = np.transpose([image.get_extent() for image in axes.images])
    assert (left[1:3] > right[:2]).all() and (top[:3] == top[0]).all()
    assert (top[3:] > axes.texts[0].get_position()[1]).all() and (left[3:] == left[:2]).all()
    assert (bottom - top) == pytest.approx(right - left)  # square, as they are


@pytest.mark.parametrize(("images", "highest"), [(BYTES, 255), (np.ones((5, 4, 4), np.float32), 1)])
def test_black_and_white_are_fixed_so_that_images_can_be_compared(images: np.ndarray, highest: int) -> None:
    drawn = image_grid(images, LABELS, columns=5).figure().axes[0].images
    assert [image.get_clim() for image in drawn] == [(0, highest)] * 5


def test_colour_images() -> None:
    assert image_grid(np.zeros((2, 4, 4, 3)), ["a", "b"]).render().startswith(b"\x89PNG")


def test_something_is_on_the_paper() -> None:
    """The middle of a white image, drawn, is white, on a page that is not."""
    from minigrad.viz import DARK

    figure = image_grid(np.full((1, 4, 4), 255, np.uint8), ["a"], columns=1).figure(DARK)
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())
    height, width = pixels.shape[:2]
    assert pixels[height // 2, width // 2].tolist() == [255, 255, 255, 255]
    assert pixels[0, 0].tolist() == [0x15, 0x18, 0x1C, 255]


def test_words() -> None:
    assert image_grid(BYTES, LABELS).alt == "5 images: a; b, second line; c; d; e."
    assert image_grid(BYTES, LABELS, alt="Five images.").alt == "Five images."


@pytest.mark.parametrize(
    ("images", "labels", "columns", "message"),
    [
        (np.zeros((4, 4)), ["a"], 2, r"shape \(4, 4\)"),
        (np.zeros((2, 1, 4, 4)), ["a", "b"], 2, r"shape \(2, 1, 4, 4\)"),
        (np.zeros((0, 4, 4)), [], 2, "N at least 1"),
        (BYTES, ["a"], 2, "got 1 for 5 images"),
        (BYTES, LABELS, 0, "columns must be at least 1"),
    ],
)
def test_what_cannot_be_drawn(images: np.ndarray, labels: list[str], columns: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        image_grid(images, labels, columns)
