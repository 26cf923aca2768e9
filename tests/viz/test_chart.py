"""Charts side by side."""

from itertools import pairwise

import numpy as np
import pytest

from minigrad.viz import Chart, Picture, beside, contours, image_grid, lines, scatter

LEFT = lines({"a": ([0, 1], [0, 1]), "b": ([0, 1], [1, 0])}, title="left")
RIGHT = scatter([[0.0, 0.0], [1.0, 1.0]], [0, 1], title="right")
SURFACE = contours(lambda x, y: x * y, {"p": [[0, 0]], "q": [[1, 1]]}, across=(-1, 1), up=(-1, 1))


def titles(picture: Picture) -> list[str]:
    return [axes.get_title(loc="left") for axes in picture.figure().axes if axes.axison]


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_all_panels_are_there_in_reading_order(columns: int) -> None:
    both = beside(LEFT, RIGHT, SURFACE, columns=columns)
    assert titles(both) == ["left", "right", "p", "q"]
    assert both.alt == f"{LEFT.alt} {RIGHT.alt} {SURFACE.alt}"
    figure = both.figure()
    figure.draw_without_rendering()
    assert figure.get_size_inches()[0] == LEFT.figure().get_size_inches()[0]
    places = [axes.get_window_extent() for axes in figure.axes[:4]]
    for i, (one, other) in enumerate(pairwise(places), 1):
        if i % columns:
            assert one.x1 < other.x0
        else:
            assert one.y0 > other.y1


@pytest.mark.parametrize("picture", [RIGHT, beside(RIGHT, RIGHT), beside(LEFT, LEFT, columns=1), SURFACE])
def test_nothing_is_cut_off(picture: Chart) -> None:
    figure = picture.figure()
    figure.draw_without_rendering()
    for axes in figure.axes:
        box = axes.get_tightbbox()
        assert box is not None
        assert box.x0 >= -1 and box.y0 >= -1
        assert box.x1 <= figure.bbox.x1 + 1 and box.y1 <= figure.bbox.y1 + 1


def test_charts_put_together_can_be_put_together() -> None:
    assert titles(beside(beside(LEFT, RIGHT), LEFT, columns=1)) == ["left", "right", "left"]


def test_what_cannot_stand_side_by_side_is_told() -> None:
    with pytest.raises(ValueError, match="at least one chart and one column, got 0 and 2"):
        beside()
    with pytest.raises(ValueError, match="got 1 and 0"):
        beside(LEFT, columns=0)
    with pytest.raises(TypeError, match="expected charts from lines, scatter or contours, got Picture"):
        beside(LEFT, image_grid(np.zeros((1, 2, 2)), ["a"]))
