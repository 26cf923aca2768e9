"""Photographs with boxes and points."""

import numpy as np
import pytest

from minigrad import viz

IMAGE = np.full((40, 60, 3), 120, np.uint8)
POINTS = np.array([[10, 10, 2], [20, 12, 1], [0, 0, 0], [30, 30, 2]])


def test_boxes_names_and_points_are_drawn():
    picture = viz.annotated(
        IMAGE, [(5, 6, 45, 36)], ["skirt"], [POINTS], [[(5, 6), (45, 6), (20, 36)]], title="A"
    )
    axes = picture.figure().axes[0]
    box = axes.patches[-1]
    assert (box.get_x(), box.get_y(), box.get_width(), box.get_height()) == (4.5, 5.5, 40, 30)
    seen, hidden = axes.collections
    assert seen.get_offsets().tolist() == [[10, 10], [30, 30]] and hidden.get_offsets().tolist() == [[20, 12]]
    assert hidden.get_facecolors().size == 0 and axes.texts[0].get_text() == "skirt"
    assert picture.alt == "A, 60 x 40 pixels: skirt at 5, 6, 45, 36, 2 points seen, 1 hidden."
    assert picture.format == "png"


def test_an_image_alone_and_charts_beside():
    picture = viz.annotated(IMAGE[..., 0] / 255)
    assert "nothing is marked" in picture.alt
    assert len(viz.beside(picture, picture).figure().axes) == 2


def test_refuses_other_shapes():
    with pytest.raises(ValueError, match=r"\(40, 60, 4\)"):
        viz.annotated(np.zeros((40, 60, 4)))
    with pytest.raises(ValueError, match="name for each"):
        viz.annotated(IMAGE, [(1, 2, 3, 4)], ["a", "b"])
    with pytest.raises(ValueError, match=r"\(n, 3\)"):
        viz.annotated(IMAGE, [(1, 2, 3, 4)], points=[np.zeros((4, 2))])
