"""Texts under images have room: none is laid over another or cut off."""

import numpy as np
import pytest

from minigrad.viz import image_grid

LONG = ["said to be a pair of trousers that are too long for it", "aquarium_fish", "with $1 and $2"]


@pytest.mark.parametrize("columns", [3, 6, 10])
@pytest.mark.parametrize("lines", [1, 3])
def test_no_text_is_laid_over_another_or_over_an_image(columns: int, lines: int) -> None:
    labels = ["\n".join([label] * lines) for label in LONG * 4]
    figure = image_grid(np.zeros((12, 4, 3)), labels, columns).figure()
    figure.draw_without_rendering()
    (axes,) = figure.axes
    boxes = [part.get_window_extent() for part in (*axes.images, *axes.texts)]
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[i + 1 :])
        assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= box.y0 < box.y1 <= figure.bbox.y1
    for text, label in zip(axes.texts, labels, strict=True):
        assert "".join(text.get_text().split()) == "".join(label.split())  # and none is cut off


def test_lines_are_broken_at_spaces_where_there_are_some() -> None:
    (axes,) = image_grid(np.zeros((4, 4, 4)), ["a", "one word after another", "b", "c"]).figure().axes
    assert axes.texts[1].get_text() in ("one word after\nanother", "one word\nafter another")


def test_prices_are_no_formulas() -> None:
    (axes,) = image_grid(np.zeros((1, 4, 4)), ["$5, not $6"]).figure().axes
    assert not axes.texts[0].get_parse_math()
