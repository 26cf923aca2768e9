"""Lines: every curve is there with its numbers, told apart without colours, and told in words."""

import itertools

import numpy as np
import pytest

from minigrad.viz import DARK, LIGHT, beside, lines

X = [0.0, 1.0, 2.0]
CURVES = {"up": (X, [0.0, 1.0, 4.0]), "valley": (X, [3.0, -1.0, 3.0])}


def test_each_curve_has_its_numbers_and_a_dash_of_its_own() -> None:
    picture = lines(CURVES, dots={"seen": ([1.0], [2.0])}, title="Two", x="time", y="height")
    for theme in (LIGHT, DARK):
        (axes,) = picture.figure(theme).axes
        up, valley, seen = axes.lines
        assert list(up.get_ydata()) == [0, 1, 4]
        assert list(valley.get_ydata()) == [3, -1, 3]
        assert (list(seen.get_xdata()), list(seen.get_ydata())) == ([1], [2])
        assert seen.get_linestyle() == "None"
        assert up.get_linestyle() != valley.get_linestyle()
        assert up.get_color() == theme.first
        assert (axes.get_title(loc="left"), axes.get_xlabel(), axes.get_ylabel()) == ("Two", "time", "height")
        assert [text.get_text() for text in axes.get_legend().get_texts()] == ["up", "valley", "seen"]


def test_a_single_curve_needs_no_legend() -> None:
    (axes,) = lines({"up": CURVES["up"]}).figure().axes
    assert axes.get_legend() is None


def test_scales() -> None:
    (axes,) = lines(CURVES, limits=(-2, 2), x_limits=(0, 40)).figure().axes
    assert axes.get_ylim() == (-2, 2)
    assert axes.get_xlim() == (0, 40)
    assert axes.get_yscale() == "linear"
    (axes,) = lines({"up": ([1, 2], [1, 100])}, log=True).figure().axes
    assert axes.get_yscale() == "log"


def test_whole_numbers_have_whole_ticks() -> None:
    for values, whole in ((range(1, 8), True), (np.arange(1.0, 8.0), False)):
        (axes,) = lines({"up": (values, values)}).figure().axes
        axes.set_xlim(1, 3.1)
        assert all(tick == int(tick) for tick in axes.get_xticks()) == whole


def test_words() -> None:
    assert lines(CURVES, dots={"seen": ([1], [2])}, title="Two", x="time", y="height").alt == (
        "Two: height over time. up goes from 0 at 0 to 4 at 2. valley goes from 3 at 0 to 3 at 2, lowest -1 "
        "at 1. seen: at (1, 2)."
    )
    assert lines({"hill": (X, [0, 9, 1])}, dots={"seen": (X, X)}).alt == (
        "Values over x. hill goes from 0 at 0 to 1 at 2, highest 9 at 1. seen: 3 points from (0, 0) to "
        "(2, 2)."
    )


def test_the_legend_stands_over_the_panel() -> None:
    """Whatever the curves do, it hides none of them; and it stays inside the picture."""
    many = {f"a long name, number {i}": (X, np.full(3, i)) for i in range(4)}
    figure = lines(many, title="Four").figure()
    figure.draw_without_rendering()
    (axes,) = figure.axes
    legend = axes.get_legend().get_window_extent()
    assert legend.y0 >= axes.get_window_extent().y1
    assert legend.x1 <= figure.bbox.x1
    title = axes._left_title.get_window_extent()
    assert legend.y1 <= title.y0
    assert title.y1 <= figure.bbox.y1


@pytest.mark.parametrize(
    ("curves", "dots", "message"),
    [
        ({}, None, "nothing to draw"),
        ({"a": ([1, 2], [1])}, None, r"'a' x and y of one length.*\(2,\) and \(1,\)"),
        ({"a": ([], [])}, None, "at least 1"),
        ({"a": ([[1]], [[1]])}, None, "one length"),
        ({str(i): (X, X) for i in range(5)}, None, "5 curves and 0 rows of dots"),
        ({}, {str(i): (X, X) for i in range(3)}, "0 curves and 3 rows of dots"),
    ],
)
def test_what_cannot_be_drawn_is_told(curves: dict, dots: dict | None, message: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(ValueError, match=message):
        lines(curves, dots=dots)


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_numbers_under_an_axis_do_not_touch(columns: int) -> None:
    panel = lines({"a": (np.arange(1, 45), np.linspace(2, 1, 44))}, x="epoch", y="loss")
    figure = beside(*[panel] * columns, columns=columns).figure()
    figure.canvas.draw()
    for axes in figure.axes:
        low, high = axes.get_xlim()
        places = [(t.get_position()[0], t.get_window_extent()) for t in axes.get_xticklabels()]
        boxes = [box for at, box in places if low <= at <= high]
        assert len(boxes) > 1
        assert all(left.x1 < right.x0 for left, right in itertools.pairwise(boxes))


def test_heights_without_places_are_told_that_both_are_needed() -> None:
    with pytest.raises(ValueError, match=r"'loss' x and y, .*; got one row of 3"):
        lines({"loss": [0.9, 0.7, 0.5]})  # type: ignore[dict-item]


def test_a_bare_list_is_told_that_curves_have_names() -> None:
    with pytest.raises(TypeError, match=r"curves by name, such as .* got a list"):
        lines([0.9, 0.7, 0.5])  # type: ignore[arg-type]
