"""A grid shows the images in reading order, each with its label, and leaves places empty at the end."""

import numpy as np
import pytest

from minigrad.viz import image_grid

BYTES = np.arange(5 * 4 * 4, dtype=np.uint8).reshape(5, 4, 4)
LABELS = ["a", "b\nsecond line", "c", "d", "e"]


def test_images_and_labels_in_reading_order() -> None:
    axes = image_grid(BYTES, LABELS, columns=3).figure().axes
    assert len(axes) == 6
    for i, label in enumerate(LABELS):
        (image,) = axes[i].images
        assert np.array_equal(image.get_array(), BYTES[i])
        assert axes[i].get_title() == label
    assert not axes[5].images
    left, top = axes[0].get_position().x0, axes[0].get_position().y0
    assert axes[1].get_position().x0 > left
    assert axes[3].get_position().y0 < top


@pytest.mark.parametrize(("images", "highest"), [(BYTES, 255), (np.ones((5, 4, 4), np.float32), 1)])
def test_black_and_white_are_fixed_so_that_images_can_be_compared(images: np.ndarray, highest: int) -> None:
    for axes in image_grid(images, LABELS, columns=5).figure().axes:
        assert axes.images[0].get_clim() == (0, highest)


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
