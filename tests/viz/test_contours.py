"""A surface from above, and paths on it."""

from typing import Any

import numpy as np
import pytest

from minigrad.viz import DARK, LIGHT, contours

PATHS = {"straight": [[2.0, 2.0], [1.0, 1.0], [0.0, 0.0]], "stays": [[1.0, 2.0]]}


def bowl(x: Any, y: Any) -> Any:
    return x**2 + y**2


def draw(**options: Any) -> Any:
    return contours(bowl, PATHS, across=(-3, 3), up=(-2, 2.5), **options)


def test_a_panel_for_each_path() -> None:
    for theme in (LIGHT, DARK):
        axes = draw(minimum=(0, 0)).figure(theme).axes
        assert [a.get_title(loc="left") for a in axes] == ["straight", "stays"]
        for a, path in zip(axes, PATHS.values(), strict=True):
            walked, start, minimum = a.lines
            np.testing.assert_array_equal(walked.get_xydata(), path)
            np.testing.assert_array_equal(start.get_xydata(), path[:1])
            np.testing.assert_array_equal(minimum.get_xydata(), [[0, 0]])
            assert (a.get_xlim(), a.get_ylim()) == ((-3, 3), (-2, 2.5))


def test_the_lines_have_the_same_height_everywhere() -> None:
    (axes, _) = draw().figure().axes
    rings = [p for p in axes.collections[0].get_paths() if len(p.vertices)]
    assert len(rings) > 8
    for ring in rings:
        heights = bowl(*np.asarray(ring.vertices).T)
        assert np.ptp(heights) < 0.02 * heights.mean() + 0.01


def test_a_long_path_has_no_dots() -> None:
    (axes,) = contours(bowl, {"long": np.zeros((500, 2))}, across=(-1, 1), up=(-1, 1)).figure().axes
    assert axes.lines[0].get_marker() == "None"


def test_words() -> None:
    assert draw().alt == (
        "A surface from above, with 2 paths. straight: 2 steps from (2, 2), height 8, to (0, 0), height 0. "
        "stays: 0 steps from (1, 2), height 5, to (1, 2), height 5."
    )


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        ({}, "no path"),
        ({"flat": [1.0, 2.0]}, r"'flat' to have shape \(N, 2\).*\(2,\)"),
        ({"none": np.zeros((0, 2))}, "N at least 1"),
    ],
)
def test_what_cannot_be_drawn_is_told(paths: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        contours(bowl, paths, across=(0, 1), up=(0, 1))
