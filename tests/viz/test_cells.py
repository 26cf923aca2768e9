"""A matrix in cells: every number stands in its place, and marks are where they are asked for."""

import numpy as np
import pytest

from minigrad.viz import DARK, LIGHT, beside, cells

M = [[1, -2, 0], [0.5, 3, -0.0]]


def test_every_number_in_its_place() -> None:
    (axes,) = cells(M, title="m").figure().axes
    shown = {
        (round(text.get_position()[1]), round(text.get_position()[0])): text.get_text() for text in axes.texts
    }
    assert shown == {(0, 0): "1", (0, 1): "-2", (0, 2): "0", (1, 0): "0.5", (1, 1): "3", (1, 2): "0"}
    assert axes.get_title(loc="left") == "m"


def test_marks_frame_blocks_and_places() -> None:
    (axes,) = cells(M, marked=[(0, 1, 2, 2), (1, 0)]).figure().axes
    frames = [patch for patch in axes.patches if patch.get_linewidth() > 1]
    boxes = [(*patch.get_xy(), patch.get_width(), patch.get_height()) for patch in frames]  # type: ignore[attr-defined]
    assert boxes == [(0.5, -0.5, 2, 2), (-0.5, 0.5, 1, 1)]


def test_cells_beside_each_other_are_of_one_size() -> None:
    figure = beside(cells(np.ones((5, 5)), across=5), cells(np.ones((3, 3)), across=5)).figure()
    figure.draw_without_rendering()
    large, small = (axes.transData.transform([(0, 0), (1, 0)]) for axes in figure.axes)
    assert large[1, 0] - large[0, 0] == pytest.approx(small[1, 0] - small[0, 0])


def test_0_has_the_same_colour_whatever_the_others_are() -> None:
    for matrix in ([[0, 5]], [[-1, 0]], [[0, 0]]):
        (image,) = cells(matrix).figure().axes[0].images
        low, high = image.get_clim()
        assert low == -high < 0


def test_in_words_and_in_both_themes() -> None:
    picture = cells(M, title="m", marked=[(0, 1, 2, 2)])
    assert picture.alt == (
        "m, 2 x 3: 1, -2, 0; 0.5, 3, 0. Framed, counted from 0: 2 x 2 from row 0, column 1."
    )
    assert picture.render(LIGHT) != picture.render(DARK)


@pytest.mark.parametrize(
    ("matrix", "options", "message"),
    [
        ([1, 2], {}, "expected a matrix"),
        (np.ones((0, 3)), {}, "expected a matrix"),
        (M, {"marked": [(1, 0, 2, 1)]}, "lies outside of"),
        (M, {"marked": [(-1, 0)]}, "lies outside of"),
        (M, {"across": 2}, "too few"),
    ],
)
def test_what_cannot_be_drawn_is_refused(matrix: object, options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        cells(matrix, **options)  # type: ignore[arg-type]
